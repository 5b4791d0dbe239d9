/*
 * umx_net -- the network of Open-Unmix, which says what of a stereo recording
 * is voice (Stoeter, Uhlich, Liutkus and Mitsufuji, "Open-Unmix - A Reference
 * Implementation for Music Source Separation", JOSS 2019).
 *
 * From the magnitudes of an STFT of 4096 samples at 44.1 kHz, every 1024, both
 * channels, it estimates those of the voice.  Of each frame the bins up to 16
 * kHz go in, shifted and scaled bin by bin; a dense layer to 512 values with
 * tanh; three bidirectional layers of LSTM (nn/lstm.h) over all frames; two
 * dense layers with ReLU on both of these results, to a factor for each bin and
 * channel, with which the magnitudes are multiplied.  Sizes are those of the
 * tensors, named in separate/umx_model.h.
 */
#ifndef SEPARATE_UMX_NET_H
#define SEPARATE_UMX_NET_H

#include <stddef.h>

#include "base/error.h"

#include "nn/weights.h"

/* Most frames of a segment: some 25 minutes, 540 MB. */
#define UMX_NET_MAX_FRAMES 65536

/*
 * The network of a model, const and shared by threads, with its own copy of
 * the weights: batch norms are part of the dense layers.  36 MB at the
 * published size, 9 MB more while it is made.  A model of another
 * architecture, or whose tensors do not fit, is an ERROR_FORMAT.  Free with
 * umx_net_free.
 */
struct umx_net;
struct umx_net *umx_net_new(const struct weights *w, struct error *err)
    MUST_CHECK;
void umx_net_free(struct umx_net *n);

/* Bins of the STFT, 2049 at the published size. */
size_t umx_net_n_bins(const struct umx_net *n);

/*
 * What one thread needs besides, for segments of at most max_frames (1 to
 * UMX_NET_MAX_FRAMES): 3 MB and 8 KB a frame at the published size; keeps a
 * reference to n.  Free with umx_net_scratch_free.
 */
struct umx_net_scratch;
struct umx_net_scratch *umx_net_scratch_new(const struct umx_net *n,
    size_t max_frames, struct error *err) MUST_CHECK;
void umx_net_scratch_free(struct umx_net_scratch *s);

/*
 * From the magnitudes of a segment to an estimate of the voice's, both
 * [n_frames][2][n_bins] and at least 0.  n_frames is at most max_frames; each
 * frame's estimate depends on all of them.  The estimate may be written over
 * the magnitudes.
 */
void umx_net_run(struct umx_net_scratch *s, size_t n_frames,
    const float *magnitudes, float *estimate);

#endif
