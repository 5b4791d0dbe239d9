/*
 * under_voice -- a separated voice with a little of its recording left under
 * it.
 *
 * Where a separator has nearly lost the voice, what it left is no longer a tone
 * whose pitch can be heard, but the recording still holds it.  So the
 * accompaniment (the recording without the voice) is added again, "share" of
 * it, but nowhere louder than UNDER_VOICE_MOST of the voice around: between
 * phrases there is no more of it than the separator left.  Levels are root mean
 * squares over 144 ms.
 */
#ifndef PITCH_UNDER_VOICE_H
#define PITCH_UNDER_VOICE_H

#include "base/error.h"

#include "pitch/frames.h"

#define UNDER_VOICE_SHARE 0.1	/* what trackers are trained on */
#define UNDER_VOICE_MOST 0.3

/*
 * Both sources are read, side by side, and must be of one rate and length.
 * share: 0..1.  Free with under_voice_free; the sources are the caller's.
 */
struct under_voice;
struct under_voice *under_voice_new(const struct frames_source *voice,
    const struct frames_source *recording, double share, struct error *err)
    MUST_CHECK;
void under_voice_free(struct under_voice *u);

/* What comes of them, as long as they are. */
struct frames_source under_voice_source(struct under_voice *u);

/* The same of arrays of 16 kHz, [n_samples] both; the voice is changed. */
int under_voice_apply(float *voice, const float *recording, size_t n_samples,
    double share, struct error *err) MUST_CHECK;

#endif
