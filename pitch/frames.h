/*
 * frames -- a sound cut into overlapping frames, without holding all of it.
 *
 * Frame k is centred on sample round(k * hop_sec * rate_hz); where it reaches
 * over an end of the sound it holds zeros.  There are 1 + floor(duration /
 * hop) frames, as crepe makes.
 *
 * Left-aligned frames are those of crepe without centring: crepe's frame of
 * FRAMES_CREPE samples begins at sample round(k * hop_sec * rate_hz), and there
 * are as many as lie wholly in the sound, 1 + floor((duration - frame) / hop)
 * or none.  Frames of another length have the same number and the same middle.
 *
 * The length of the sound need not be known before it has been read.
 */
#ifndef PITCH_FRAMES_H
#define PITCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Where samples come from: a file being read, or an array. */
struct frames_source {
	/* Read up to n_max samples; fewer only at the end. */
	int (*get)(void *context, float *samples, size_t n_max,
	    size_t *n_read, struct error *err);
	void *context;
	/* In all, from where it stands; for making room, not relied upon. */
	uint64_t n_samples;
	unsigned rate_hz;
};

/* An array as a source: point "context" at this. */
struct frames_array {
	const float *samples;
	size_t n_left;
};
int frames_array_get(void *array, float *samples, size_t n_max,
    size_t *n_read, struct error *err) MUST_CHECK;

#define FRAMES_CREPE 1024	/* samples in a frame of crepe */

struct frames {
	struct frames_source source;
	double hop_samples;
	size_t frame_samples;
	bool is_left_aligned;
	size_t next;		/* number of the frame that comes next */
	float *buffer;		/* samples [first_sample, + n_held) */
	uint64_t first_sample;
	size_t n_held, n_room;
	bool is_at_end;
};

/*
 * Frames of frame_samples (even, at most 1 << 16), hop_sec of at least one
 * sample.  The buffer is arena memory.
 */
int frames_init(struct frames *f, const struct frames_source *source,
    size_t frame_samples, double hop_sec, bool is_left_aligned,
    struct arena *a, struct error *err) MUST_CHECK;

/* How many there will be, when n_samples of the source is right. */
size_t frames_expected(const struct frames *f);

/* Fill the next frame; *has is false when the last has been given. */
int frames_next(struct frames *f, float *frame, bool *has,
    struct error *err) MUST_CHECK;

#endif
