/*
 * voice_kind -- what differs between networks that find a voice: how they want
 * the sound cut, and what of a patch of it is voice.  Private to separate/.
 *
 * A patch is n_frames frames of an STFT (dsp/stft.h), of each channel.
 */
#ifndef SEPARATE_VOICE_KIND_H
#define SEPARATE_VOICE_KIND_H

#include <stddef.h>

#include "base/error.h"

#include "nn/weights.h"

#include "separate/separator.h"

struct voice_shape {
	size_t n_channels;	/* 1..SEPARATOR_MAX_CHANNELS */
	size_t n_window, n_hop;	/* of the STFT, samples */
	size_t n_bins;		/* n_window / 2 + 1 */
	size_t n_frames;	/* of a patch */
	size_t n_shared;	/* of them with the next patch */
	size_t n_fade;		/* of those, in the middle */
	size_t n_around;	/* before and behind a patch that count */
};

struct voice_patch {
	/* Frame 0 of each channel, [n_frames][n_bins][2]. */
	const float *frames[SEPARATOR_MAX_CHANNELS];
	size_t n_frames;	/* 1..shape->n_frames */
	/* Frames before frame 0, and behind the last; at most n_around. */
	size_t n_before, n_behind;
};

struct voice_kind {
	/*
	 * How a sound of this rate and so many channels is cut; one that the
	 * network cannot hear is an ERROR_FORMAT.
	 */
	int (*shape)(const void *network, unsigned rate_hz, size_t n_channels,
	    struct voice_shape *shape, struct error *err);
	/* What one thread needs, for sounds of any shape. */
	void *(*new_worker)(const void *network, struct error *err);
	void (*free_worker)(void *worker);
	/* Fill voice, as the patch's frames are. */
	int (*estimate)(void *worker, const struct voice_shape *shape,
	    const struct voice_patch *patch, float *const *voice,
	    struct error *err);
	void (*free_network)(void *network);
};

/* Networks of separate_net.h; keep references to the graph and weights. */
extern const struct voice_kind mask_voice;
struct mask_voice;
struct mask_voice *mask_voice_new(const struct graph *g,
    const struct weights *w, struct error *err) MUST_CHECK;
/* The same, of a model file's weights, which it then owns. */
struct mask_voice *mask_voice_of_model(struct weights *w, struct error *err)
    MUST_CHECK;

/* Networks of umx_net.h; nothing of the weights is kept. */
extern const struct voice_kind umx_voice;
struct umx_net *umx_voice_of_model(const struct weights *w, struct error *err)
    MUST_CHECK;

#endif
