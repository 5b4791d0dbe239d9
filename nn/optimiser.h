/*
 * optimiser -- the rules that move one array of weights by its gradient.
 *
 * AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization",
 * 2019, with the corrections of both moments.  RMSProp and SGD with momentum
 * as PyTorch has them.
 */
#ifndef NN_OPTIMISER_H
#define NN_OPTIMISER_H

#include <stddef.h>
#include <stdint.h>

#include "nn/trainer.h"

struct optimiser_step {
	enum trainer_rule rule;
	double learning_rate, beta1, beta2, epsilon, weight_decay;
	uint64_t number;	/* from 1 */
	float scale;		/* of the gradient */
};

/* moment1 and moment2 start as zeros. */
void optimiser_move(const struct optimiser_step *o, size_t n, float *value,
    const float *gradient, float *moment1, float *moment2);

#endif
