/*
 * separate_net -- the network that says how much of each time and frequency
 * is voice.
 *
 * It sees frames of 512 bins, the STFT at 16 kHz with a window of 1024 and a
 * hop of 256, without the highest bin, and gives a mask of the same size with
 * values 0..1; in training patches of 128 frames, 2 s.  Two architectures, of
 * so many channels:
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
#define SEPARATE_NET_FRAMES 128		/* in training */
#define SEPARATE_NET_FRAMES_STEP 32
#define SEPARATE_NET_BINS 512
#define SEPARATE_NET_VALUES (SEPARATE_NET_FRAMES * SEPARATE_NET_BINS)

/*
 * Input "magnitudes" [n_frames][512][1], output "mask" [n_frames][512][1];
 * n_frames is a multiple of 32; channels (4..64) is the width of the first
 * layer.  Weights fit any n_frames.  Another architecture is an ERROR_FORMAT.
 * Free with graph_free.
 */
struct graph *separate_net_new(const char *architecture, size_t channels,
    size_t n_frames, struct error *err) MUST_CHECK;

/* The network that a model's metadata names, held against its tensors. */
struct graph *separate_net_of_model(const struct weights *w, size_t n_frames,
    struct error *err) MUST_CHECK;

/* Say in the metadata what the network is and what it hears. */
int separate_net_describe(struct json *metadata, const char *architecture,
    size_t channels, struct error *err) MUST_CHECK;

/*
 * What magnitudes are multiplied with: 1 over the root of "power", the mean
 * square of the magnitudes around, so that loudness does not matter; 0 where
 * that is silence.
 */
float separate_net_scale(double power);

/*
 * Make the network's input from magnitudes: scaled, and the fourth root, so
 * that quiet partials count.
 */
void separate_net_input(const float *magnitudes, size_t n_values,
    double power, float *input);

#endif
