/*
 * lstm -- a bidirectional layer of long short-term memory (Hochreiter and
 * Schmidhuber, "Long short-term memory", Neural Computation 1997; with forget
 * gates, Gers et al. 2000), forward only, for one sequence at a time.
 *
 * Each direction, from h = c = 0 and frame by frame:
 *
 *	i, f, g, o = W x + b + U h + b'
 *	c = sigmoid(f) c + sigmoid(i) tanh(g)
 *	h = sigmoid(o) tanh(c)
 *
 * The products with W are made for many frames at once (nn/product.h).  Those
 * with U must be made a frame at a time, and each reads all of U: for 256 units
 * a megabyte, twice what the second cache of many processors holds.  Every
 * second frame reads it backwards, so that half is still there: 255 frames of
 * Open-Unmix take a twentieth less.
 */
#ifndef NN_LSTM_H
#define NN_LSTM_H

#include <stddef.h>

#include "base/error.h"

#define LSTM_MAX_UNITS 4096	/* a direction */
#define LSTM_MAX_INPUTS 16384

/* The tensors of one direction, gates in the order i, f, g, o. */
struct lstm_direction {
	const float *input_weights;	/* W [4][n_units][n_inputs] */
	const float *hidden_weights;	/* U [4][n_units][n_units] */
	const float *input_bias;	/* b [4][n_units] */
	const float *hidden_bias;	/* b' [4][n_units] */
};

/*
 * A layer, const and shared by threads, with its own copy of the weights:
 * forwards directions[0], backwards directions[1].  n_inputs is even.  NULL
 * with an error; free with lstm_free.
 */
struct lstm;
struct lstm *lstm_new(size_t n_inputs, size_t n_units,
    const struct lstm_direction directions[2], struct error *err) MUST_CHECK;
void lstm_free(struct lstm *l);

/* Floats that lstm_run needs besides, however many frames there are. */
size_t lstm_scratch_values(const struct lstm *l);

/*
 * From x [n_frames][n_inputs] to y [n_frames][2 * n_units], forwards then
 * backwards; rows lie x_row and y_row values apart.  y overlaps nothing that
 * is read.  scratch is aligned to 64 bytes.  All of y lies in -1..1.
 */
void lstm_run(const struct lstm *l, size_t n_frames, const float *x,
    size_t x_row, float *y, size_t y_row, float *scratch);

#endif
