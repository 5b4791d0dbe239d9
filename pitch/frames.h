/*
 * frames -- a sound cut into overlapping frames, without holding all of it.
 *
 * Frame k is centred on sample round(k * hop_sec * rate_hz); where it reaches
 * over an end of the sound it holds zeros.  There are 1 + floor(duration /
 * hop) frames, as crepe makes.
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
	uint64_t n_samples;	/* in all, from the place where it stands */
	unsigned rate_hz;
};

/* An array as a source: point "context" at this. */
struct frames_array {
	const float *samples;
	size_t n_left;
};
int frames_array_get(void *array, float *samples, size_t n_max,
    size_t *n_read, struct error *err) MUST_CHECK;

struct frames {
	struct frames_source source;
	double hop_samples;
	size_t n_frames, frame_samples;
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
    size_t frame_samples, double hop_sec, struct arena *a,
    struct error *err) MUST_CHECK;

/* Fill the next frame; n_frames of them may be asked for. */
int frames_next(struct frames *f, float *frame, struct error *err)
    MUST_CHECK;

#endif
