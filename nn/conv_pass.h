/*
 * conv_pass -- a convolution as oneDNN runs it in one direction: forward,
 * back to the input, or back to the weights.
 *
 * Values are [n][h][w][c]; the weights' layout is oneDNN's choice.  A
 * convolution along h alone (w = 1) may be told to oneDNN as one along w: the
 * memory is the same, and one of the two is faster.
 */
#ifndef NN_CONV_PASS_H
#define NN_CONV_PASS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "nn/engine.h"
#include "nn/step.h"

/*
 * Bias and ReLU are part of the forward pass, but not of a transposed one,
 * which has a fast path only without them.
 */
enum conv_way { CONV_FORWARD, CONV_BACK_DATA, CONV_BACK_WEIGHTS };

struct conv_pass {
	dnnl_primitive_t primitive;
	dnnl_memory_desc_t in, weights, bias, out;	/* or gradients */
	dnnl_memory_desc_t plain;	/* weights in our layout */
	dnnl_memory_desc_t scratch;
};

int conv_pass_init(struct conv_pass *p, const struct step *s,
    enum conv_way way, struct error *err) MUST_CHECK;
void conv_pass_release(struct conv_pass *p);

bool conv_has_bias(const struct step *s);

#endif
