/*
 * tracker -- the pitch of a voice over time, by a network or by classical
 * methods.
 *
 * The model is loaded once, const and shared; a tracker holds what changes
 * and belongs to one caller.  It may have threads of its own: blocks of frames
 * are spread over them, and their number changes no digit.  Sound streams
 * through, so memory does not grow with its length, but for the track itself.
 */
#ifndef PITCH_TRACKER_H
#define PITCH_TRACKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/track.h"
#include "nn/weights.h"

#include "pitch/frames.h"

#define TRACKER_RATE_HZ 16000	/* of all sound that is tracked */

enum tracker_method {
	TRACKER_CREPE,		/* a network: pitch/pitch_net.h */
	TRACKER_YIN,		/* pitch/yin.h */
	TRACKER_PYIN,		/* pitch/pyin.h, with a path of voicing */
	TRACKER_WHISTLE,	/* pitch/whistle.h, with a path of voicing */
	TRACKER_AUTO		/* whistle for what is whistled, else crepe */
};

/* From a network's activations to pitch. */
enum tracker_decoder {
	TRACKER_ARGMAX,		/* mean around the strongest bin */
	TRACKER_CREPE_VITERBI,	/* around crepe's path: pitch/pitch_decode.h */
	TRACKER_VOICING		/* pitch/pitch_voicing.h */
};

struct tracker_options {
	enum tracker_method method;
	double hop_sec;			/* 0.001..0.1 */
	bool is_left_aligned;		/* frames: see pitch/frames.h */
	/*
	 * Frames of less confidence are unvoiced; with a path of voicing, it
	 * is where voiced and unvoiced are as likely.  Negative: 0.8 for YIN,
	 * 0.2 for pYIN, 0.5 for whistles, for CREPE the model's own (metadata
	 * "features.voicing_threshold"), 0.5 when it has none.
	 */
	double voicing_threshold;
	enum tracker_decoder decoder;	/* crepe only */
	bool is_bf16;			/* as the model was loaded */
	size_t n_threads;		/* in one sound; 0 means 1 */
	size_t n_median;		/* odd; voiced frames are smoothed by
					 * the median of so many; 1: not */
};

struct tracker_model;

/*
 * Load a model file, its products in bf16 (pitch_spectral.h says what that
 * costs and gives) or not; free with tracker_model_free.
 */
struct tracker_model *tracker_model_load(const char *path, bool is_bf16,
    struct error *err) MUST_CHECK;

/* The same of weights in memory, in f32; keeps a reference until freed. */
struct tracker_model *tracker_model_of(const struct weights *w,
    struct error *err) MUST_CHECK;

void tracker_model_free(struct tracker_model *m);
const char *tracker_model_sha256(const struct tracker_model *m);

/* Whether the network decides about the voice by itself (pitch_net.h). */
bool tracker_model_has_voicing(const struct tracker_model *m);

struct tracker;

/*
 * The state of one thread; keeps references to m and options until freed.
 * m is used by TRACKER_CREPE and TRACKER_AUTO, else may be NULL.
 */
struct tracker *tracker_new(const struct tracker_model *m,
    const struct tracker_options *options, struct error *err) MUST_CHECK;
void tracker_free(struct tracker *t);

/*
 * TRACKER_AUTO listens to a sound twice: once with tracker_listen, which
 * chooses the method (pitch/whistle_share.h), and then, from its start again,
 * with tracker_run.  Others need not listen first, and it does nothing.
 */
bool tracker_listens_first(const struct tracker *t);
int tracker_listen(struct tracker *t, const struct frames_source *source,
    struct arena *a, struct error *err) MUST_CHECK;

/* Takes [n_rows][360] activations as they come. */
struct tracker_sink {
	int (*put)(void *context, const float *rows, size_t n_rows,
	    struct error *err);
	void *context;
};

/*
 * Track a sound of 16 kHz.  A sound without a frame is refused; there is none
 * when frames are left-aligned and it is shorter.  The track is arena memory.
 *
 * "sink" (may be NULL) is handed its activations: the network's, for YIN the
 * Gaussians of its pitches, for pYIN the chances of its candidates, for
 * whistles the shares of the spectrum's peaks, those above the bins' range an
 * octave lower.
 *
 * Every frame has a confidence: the network's probability of a voice, or where
 * it gives none its strongest activation; 1 minus the depth of YIN's dip; the
 * sum of pYIN's chances; the largest share.  Frames of digital silence have
 * confidence 0, no activation and no pitch.
 */
int tracker_run(struct tracker *t, const struct frames_source *source,
    const struct tracker_sink *sink, struct arena *a, struct track *track,
    struct error *err) MUST_CHECK;

#endif
