/*
 * separate_net -- the network that says how much of each time and frequency
 * is voice.
 *
 * It sees a patch of 128 frames (2 s) of 512 bins, the STFT at 16 kHz with a
 * window of 1024 and a hop of 256, without the highest bin, and gives a mask
 * of the same size with values 0..1.  Two architectures, of so many channels:
 *
 * "mask-tdf": a U-Net of blocks that join convolutions in time and frequency
 * with dense layers along all frequencies of a frame, so that a voice's
 * partials are seen together however far apart they lie (TFC-TDF: Choi, Kim,
 * Chung, Lee, Jung, "Investigating U-Nets with various intermediate blocks for
 * spectrogram-based singing voice separation", ISMIR 2020).  The first layer
 * halves the frequencies, three levels halve both sides; a block is two
 * convolutions of 3 x 3, then F to F / 8 to F, each with batch norm and ReLU,
 * both added to what came in; the way up adds the block of its size on the way
 * down.  Level i has i times the channels.
 *
 * "mask-unet": a U-Net on magnitudes (Jansson et al., "Singing voice separation
 * with deep U-Net convolutional networks", ISMIR 2017; the sizes follow
 * Hennequin et al., "Spleeter", JOSS 2020): five convolutions of 5 x 5 at a
 * stride of 2, each with batch norm and leaky ReLU, then five transposed ones,
 * each joined with the layer of its size on the way down.
 *
 * A model's metadata says {"network": {"architecture": "mask-tdf",
 * "channels": 16}}.
 */
#ifndef SEPARATE_SEPARATE_NET_H
#define SEPARATE_SEPARATE_NET_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "nn/graph.h"
#include "nn/weights.h"

#define SEPARATE_NET_RATE_HZ 16000
#define SEPARATE_NET_WINDOW 1024
#define SEPARATE_NET_HOP 256
#define SEPARATE_NET_FRAMES 128
#define SEPARATE_NET_BINS 512
#define SEPARATE_NET_VALUES (SEPARATE_NET_FRAMES * SEPARATE_NET_BINS)

/*
 * Input "magnitudes" [128][512][1], output "mask" [128][512][1]; channels
 * (4..64) is the width of the first layer.  Another architecture is an
 * ERROR_FORMAT.  Free with graph_free.
 */
struct graph *separate_net_new(const char *architecture, size_t channels,
    struct error *err) MUST_CHECK;

/* The network that a model's metadata names, held against its tensors. */
struct graph *separate_net_of_model(const struct weights *w,
    struct error *err) MUST_CHECK;

/* Say in the metadata what the network is and what it hears. */
int separate_net_describe(struct json *metadata, const char *architecture,
    size_t channels, struct error *err) MUST_CHECK;

/*
 * Make the network's input from the magnitudes of a patch: divided by their
 * root mean square, so that loudness does not matter, and the fourth root, so
 * that quiet partials count.  Returns what was multiplied with, 0 for a patch
 * of silence, whose input is 0.
 */
float separate_net_input(const float magnitudes[SEPARATE_NET_VALUES],
    float input[SEPARATE_NET_VALUES]);

#endif
