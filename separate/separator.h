/*
 * separator -- the voice out of a recording, as a stream.
 *
 * The STFT is cut into patches, of which neighbours share some frames.  Of each
 * patch the network says what is voice (voice_kind.h); where two meet they are
 * cross-faded in the middle of what they share (the two weights sum to one), so
 * that on either side the network has heard beyond.  Then it is turned back
 * into samples.  What comes out is as long as what went in, and sample k of it
 * belongs to sample k of the input.
 *
 *	network			patch		shared		fade
 *	ours, 16 ms a frame	512 (8.2 s)	96 (1.5 s)	16
 *	Open-Unmix, 23 ms	1024 (23.8 s)	128 (3.0 s)	32
 *
 * With the network of models/separate the place of the seams changes next to
 * nothing: the same sound with patches that begin 3 s earlier differs by 74 dB
 * less than the voice.
 *
 * Memory does not grow with the recording: some patches are held.
 */
#ifndef SEPARATE_SEPARATOR_H
#define SEPARATE_SEPARATOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "nn/graph.h"
#include "nn/weights.h"

#define SEPARATOR_FRAMES 512	/* of a patch of our own network */
#define SEPARATOR_MAX_CHANNELS 2

/* The network and tables; shared by all threads, unchanged while used. */
struct separator_model;

/*
 * From a model file, of our own network or of Open-Unmix.  Free with
 * separator_model_free.  NULL with an error.
 */
struct separator_model *separator_model_load(const char *path,
    struct error *err) MUST_CHECK;
/* From a network of SEPARATOR_FRAMES and weights; keeps references. */
struct separator_model *separator_model_new(const struct graph *g,
    const struct weights *w, struct error *err) MUST_CHECK;
void separator_model_free(struct separator_model *m);

/* SHA-256 of the model file; "" when it was made from memory. */
const char *separator_model_sha256(const struct separator_model *m);

/*
 * What one thread changes while it separates; keeps a reference to m.
 * n_wiener (0..WIENER_MAX_ITERATIONS): so often the voice of a stereo
 * recording is refined by where it stands (separate/wiener.h).
 */
struct separator;
struct separator *separator_new(const struct separator_model *m,
    size_t n_wiener, struct error *err) MUST_CHECK;
void separator_free(struct separator *s);

/*
 * Begin another recording, of 1 or 2 channels.  Our network hears 16 kHz and
 * more, Open-Unmix 44.1 kHz; other rates are an ERROR_FORMAT.
 */
int separator_begin(struct separator *s, unsigned rate_hz, size_t n_channels,
    struct error *err) MUST_CHECK;

/* Samples that one call takes at most. */
#define SEPARATOR_MAX_PUT 16384
/* Samples that one call gives at most; known once a recording has begun. */
size_t separator_max_get(const struct separator *s);

/*
 * Take n samples of each channel, [n][n_channels] (n up to SEPARATOR_MAX_PUT);
 * voice has room for separator_max_get, and *n_voice of it are filled with what
 * is ready, [*n_voice][n_channels].
 */
int separator_put(struct separator *s, const float *samples, size_t n,
    float *voice, size_t *n_voice, struct error *err) MUST_CHECK;

/* End the recording; the last samples come out. */
int separator_finish(struct separator *s, float *voice, size_t *n_voice,
    struct error *err) MUST_CHECK;

/*
 * How far the voice that was given since the beginning and what it was taken
 * from lie over each other: the sum over times and frequencies of |voice|
 * |rest| by that of |voice|^2.  0 where every bin was one or the other; the
 * larger, the worse the voice is likely to be (tests/real/separate_overlap.sh).
 */
double separator_overlap(const struct separator *s);

/*
 * The three above in one, for a whole recording: [n_samples][n_channels] to the
 * same.
 */
int separator_run(struct separator *s, unsigned rate_hz, size_t n_channels,
    const float *samples, size_t n_samples, float *voice, struct error *err)
    MUST_CHECK;

#endif
