#include <math.h>

#include "nn/optimiser.h"
#include "nn/simd.h"

/* What the loops need, in float. */
struct factors {
	float beta1, beta2, rate, epsilon, decay, scale, root;
};

SIMD static void
move_adamw(const struct factors *f, size_t n, float *restrict value,
    const float *restrict gradient, float *restrict first,
    float *restrict second)
{
	const struct factors k = *f;
	size_t i;

	for (i = 0; i < n; i++) {
		const float g = gradient[i] * k.scale;

		first[i] = k.beta1 * first[i] + (1.0f - k.beta1) * g;
		second[i] = k.beta2 * second[i] + (1.0f - k.beta2) * g * g;
		value[i] = value[i] * k.decay - k.rate * first[i] /
		    (sqrtf(second[i]) * k.root + k.epsilon);
	}
}

SIMD static void
move_rmsprop(const struct factors *f, size_t n, float *restrict value,
    const float *restrict gradient, float *restrict second)
{
	const struct factors k = *f;
	size_t i;

	for (i = 0; i < n; i++) {
		const float g = gradient[i] * k.scale + k.decay * value[i];

		second[i] = k.beta2 * second[i] + (1.0f - k.beta2) * g * g;
		value[i] -= k.rate * g / (sqrtf(second[i]) + k.epsilon);
	}
}

SIMD static void
move_sgd(const struct factors *f, size_t n, float *restrict value,
    const float *restrict gradient, float *restrict first)
{
	const struct factors k = *f;
	size_t i;

	for (i = 0; i < n; i++) {
		const float g = gradient[i] * k.scale + k.decay * value[i];

		first[i] = k.beta1 * first[i] + g;
		value[i] -= k.rate * first[i];
	}
}

void
optimiser_move(const struct optimiser_step *o, size_t n, float *value,
    const float *gradient, float *moment1, float *moment2)
{
	struct factors f = { (float)o->beta1, (float)o->beta2,
	    (float)o->learning_rate, (float)o->epsilon,
	    (float)o->weight_decay, o->scale, 1.0f };

	switch (o->rule) {
	case TRAINER_ADAMW:
		f.decay = (float)(1.0 - o->learning_rate * o->weight_decay);
		f.rate = (float)(o->learning_rate /
		    (1.0 - pow(o->beta1, (double)o->number)));
		f.root = (float)(1.0 /
		    sqrt(1.0 - pow(o->beta2, (double)o->number)));
		move_adamw(&f, n, value, gradient, moment1, moment2);
		break;
	case TRAINER_RMSPROP:
		move_rmsprop(&f, n, value, gradient, moment2);
		break;
	case TRAINER_SGD:
		move_sgd(&f, n, value, gradient, moment1);
		break;
	}
}
