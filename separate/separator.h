/*
 * separator -- the voice out of a recording, as a stream.
 *
 * The STFT is cut into patches of 512 frames (8 s), of which neighbours share
 * 96; the network gives a mask for each patch.  At a seam the masks are
 * cross-faded over 16 frames in the middle of what is shared (the two weights
 * sum to one), so that on either side the network has heard 40 frames beyond:
 * about as far as it looks.  Each frame is scaled by the loudness of the 129
 * frames around it, whatever patch it is in.  The mask is multiplied with the
 * frames of the mixture, phases kept, and turned back into samples.  What comes
 * out is as long as what went in, and sample k of it belongs to sample k of the
 * input.
 *
 * With the network of models/separate the place of the seams changes nothing:
 * the same sound with patches that begin 3 s earlier differs by its rounding to
 * 16 bits, 86 dB below the voice.
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

#define SEPARATOR_FRAMES 512	/* of a patch */

/* The network and tables; shared by all threads, unchanged while used. */
struct separator_model;

/* From a model file.  Free with separator_model_free.  NULL with an error. */
struct separator_model *separator_model_load(const char *path,
    struct error *err) MUST_CHECK;
/* From a network of SEPARATOR_FRAMES and weights; keeps references. */
struct separator_model *separator_model_new(const struct graph *g,
    const struct weights *w, struct error *err) MUST_CHECK;
void separator_model_free(struct separator_model *m);

/* SHA-256 of the model file; "" when it was made from memory. */
const char *separator_model_sha256(const struct separator_model *m);

/* What one thread changes while it separates; keeps a reference to m. */
struct separator;
struct separator *separator_new(const struct separator_model *m,
    struct error *err) MUST_CHECK;
void separator_free(struct separator *s);

/* Begin another recording. */
void separator_reset(struct separator *s);

/* Samples that one call takes at most. */
#define SEPARATOR_MAX_PUT 16384
/* Samples that one call gives at most. */
#define SEPARATOR_MAX_GET 262144

/*
 * Take n samples at 16 kHz (n up to SEPARATOR_MAX_PUT); voice has room for
 * SEPARATOR_MAX_GET, and *n_voice of it are filled with what is ready.
 */
int separator_put(struct separator *s, const float *samples, size_t n,
    float *voice, size_t *n_voice, struct error *err) MUST_CHECK;

/* End the recording; the last samples come out. */
int separator_finish(struct separator *s, float *voice, size_t *n_voice,
    struct error *err) MUST_CHECK;

/* The three above in one, for a whole recording: [n_samples] to the same. */
int separator_run(struct separator *s, const float *samples, size_t n_samples,
    float *voice, struct error *err) MUST_CHECK;

#endif
