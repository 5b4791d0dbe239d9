#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "pitch/pitch_decode.h"
#include "pitch/pitch_voicing.h"

#define N ACTIVATIONS_N_BINS
#define HOP_SEC 0.01		/* for which the weights were found */
#define NEAREST 1e-4		/* to 0 and 1 that counts */
#define NEVER 1e3		/* cost of what is out of the question */

/*
 * Found by the overall accuracy on the MIR-1K singers abjones and amy, alone
 * and separated from their accompaniment, and no worse for pYIN than what is
 * best for it; flat around the optimum.  On what was separated, a jump must be
 * dear: the accompaniment is heard wherever the voice is weak.
 */
const struct pitch_voicing_options pitch_voicing_voice = {
	.slope = 0.5, .floor = 0.05,
	.costs = { .step = 0.4, .jump = 30.0, .turn = 2.0,
	    .unvoiced_share = 0.5 },
	.hz_scale = 1.0,
};

/* Whistles leap further and slide faster than voices. */
const struct pitch_voicing_options pitch_voicing_whistle = {
	.slope = 1.0, .floor = 0.01,
	.costs = { .step = 0.2, .jump = 6.0, .turn = 2.0,
	    .unvoiced_share = 0.5 },
	.hz_scale = 2.0,
};

struct pitch_voicing {
	struct pitch_voicing_options options;
	double weight;
	struct voiced_path *path;
	float *f0_hz;			/* of the whole sequence */
	size_t n_written;
};

struct pitch_voicing *
pitch_voicing_new(const struct pitch_voicing_options *options,
    struct error *err)
{
	struct pitch_voicing *v = memory_new(1, sizeof(*v), "voicing", err);

	if (v == NULL)
		return NULL;
	v->options = *options;
	v->weight = fmin(options->hop_sec / HOP_SEC, 1.0);
	v->path = voiced_path_new(N, N + 1, &options->costs, err);
	if (v->path == NULL) {
		pitch_voicing_free(v);
		return NULL;
	}
	return v;
}

void
pitch_voicing_free(struct pitch_voicing *v)
{
	if (v == NULL)
		return;
	voiced_path_free(v->path);
	memory_free(v);
}

static void
put_f0(void *voicing, const float *values, size_t bin, bool is_voiced)
{
	struct pitch_voicing *v = voicing;

	v->f0_hz[v->n_written++] = !is_voiced ? 0.0f :
	    (float)(v->options.hz_scale * pitch_decode_hz(values, bin)) *
	    values[N];
}

void
pitch_voicing_reset(struct pitch_voicing *v, float *f0_hz)
{
	const struct voiced_path_sink sink = { put_f0, v };

	v->f0_hz = f0_hz;
	v->n_written = 0;
	voiced_path_reset(v->path, &sink);
}

void
pitch_voicing_move(struct pitch_voicing *v, float *f0_hz)
{
	v->f0_hz = f0_hz;
}

static double
logit(double p)
{
	p = fmin(fmax(p, NEAREST), 1.0 - NEAREST);
	return log(p / (1.0 - p));
}

void
pitch_voicing_put(struct pitch_voicing *v,
    const float row[ACTIVATIONS_N_BINS], double confidence, float multiple)
{
	const struct pitch_voicing_options *o = &v->options;
	const double x = o->slope * (logit(confidence) - logit(o->threshold));
	const float highest = row[pitch_decode_peak(row)];
	double cost[N] = { 0.0 };
	double voiced = v->weight * log1p(exp(-x));
	double unvoiced = v->weight * log1p(exp(x));
	float values[N + 1];

	memcpy(values, row, N * sizeof(*values));
	values[N] = multiple;
	if (!(highest > 0.0f) || !(confidence > 0.0))
		voiced = NEVER;
	else if (!(o->threshold > 0.0))
		unvoiced = NEVER;
	if (highest > 0.0f)
		for (size_t b = 0; b < N; b++)
			cost[b] = -v->weight * log((double)(row[b] /
			    highest) + o->floor);
	voiced_path_put(v->path, cost, voiced, unvoiced, values);
}

void
pitch_voicing_end(struct pitch_voicing *v)
{
	voiced_path_end(v->path);
}
