/*
 * umx_model -- the tensors of an Open-Unmix network: their names, sizes and
 * import (Stoeter, Uhlich, Liutkus and Mitsufuji, "Open-Unmix - A Reference
 * Implementation for Music Source Separation", JOSS 2019).
 *
 * What the network computes is in separate/umx_net.h.  For so many bins of its
 * STFT, of which it hears the first so many, and so many hidden values:
 *
 *	input_mean, input_scale                         [n_heard]
 *	fc1.weight                                      [hidden][2 * n_heard]
 *	lstm.weight_ih_l0, .bias_ih_l0, ..., _reverse   3 layers, 2 directions
 *	fc2.weight                                      [hidden][2 * hidden]
 *	fc3.weight                                      [2 * n_bins][hidden]
 *	bn1, bn2, bn3: .weight, .bias, .running_mean, .running_var
 *	output_mean, output_scale                       [n_bins]
 *
 * A model's metadata says {"network": {"architecture": "open-unmix",
 * "hidden": 512}, "features": {"rate_hz": 44100, "window_samples": 4096,
 * "hop_samples": 1024, "n_bins": 2049, "n_heard": 1487}}.
 */
#ifndef SEPARATE_UMX_MODEL_H
#define SEPARATE_UMX_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "nn/weights.h"

#define UMX_MODEL_RATE_HZ 44100
#define UMX_MODEL_CHANNELS 2
#define UMX_MODEL_LAYERS 3
#define UMX_MODEL_MAX_HIDDEN 4096
#define UMX_MODEL_MAX_BINS 8193

struct umx_model_size {
	size_t n_bins;		/* of the STFT */
	size_t n_heard;		/* of which so many go in; at most n_bins */
	size_t n_hidden;	/* even */
};

/*
 * Find the sizes and hold every tensor against them.  What does not fit is an
 * ERROR_FORMAT that names the tensor.
 */
int umx_model_check(const struct weights *w, struct umx_model_size *size,
    struct error *err) MUST_CHECK;

/*
 * Do the tensors' names say that this is such a network?  In a file of nested
 * dictionaries they may have something in front.
 */
bool umx_model_is_published(const struct weights *published);

/*
 * Turn tensors as published for PyTorch into a model: those the network needs,
 * without what nested dictionaries put in front of their names, and metadata.
 * A file of several networks is refused.  Free with weights_free.
 */
struct weights *umx_model_import(const struct weights *published,
    struct error *err) MUST_CHECK;

/* Say in the metadata what the network is and what it hears. */
int umx_model_describe(struct json *metadata,
    const struct umx_model_size *size, struct error *err) MUST_CHECK;

#endif
