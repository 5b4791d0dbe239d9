#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "pitch/pitch_decode.h"
#include "pitch/trellis.h"

#define N ACTIVATIONS_N_BINS
#define REACH 4			/* bins averaged on both sides */
#define STEP 11			/* bins moved at most between two frames */
#define OTHER_EMISSION (0.9 / N)
#define SAME_EMISSION (0.1 + OTHER_EMISSION)

struct pitch_viterbi {
	double transition[N][2 * STEP + 1];	/* log; [from][to - from] */
	struct trellis *trellis;
	float *f0_hz;			/* of the whole sequence */
	size_t n_written;
};

size_t
pitch_decode_peak(const float row[ACTIVATIONS_N_BINS])
{
	size_t best = 0;

	for (size_t b = 1; b < N; b++)
		if (row[b] > row[best])
			best = b;
	return best;
}

double
pitch_decode_hz(const float row[ACTIVATIONS_N_BINS], size_t centre)
{
	const size_t first = centre > REACH ? centre - REACH : 0;
	const size_t end = centre + REACH + 1 < N ? centre + REACH + 1 : N;
	double weight = 0.0, sum = 0.0;

	for (size_t b = first; b < end; b++) {
		weight += (double)row[b];
		sum += (double)row[b] * (double)b;
	}
	if (!(weight > 0.0))
		return 0.0;
	return activations_cents_to_hz(ACTIVATIONS_FIRST_CENTS +
	    ACTIVATIONS_BIN_CENTS * sum / weight);
}

/* Chances of moving from each state, as logarithms. */
static void
set_transitions(struct pitch_viterbi *v)
{
	for (int i = 0; i < N; i++) {
		double sum = 0.0;

		for (int d = -STEP; d <= STEP; d++)
			if (i + d >= 0 && i + d < N)
				sum += STEP + 1 - (d < 0 ? -d : d);
		for (int d = -STEP; d <= STEP; d++)
			v->transition[i][d + STEP] =
			    log((STEP + 1 - (d < 0 ? -d : d)) / sum);
	}
}

struct pitch_viterbi *
pitch_viterbi_new(struct error *err)
{
	struct pitch_viterbi *v = memory_new(1, sizeof(*v), "Viterbi decoder",
	    err);

	if (v == NULL)
		return NULL;
	v->trellis = trellis_new(N, N + 1, err);
	if (v->trellis == NULL) {
		pitch_viterbi_free(v);
		return NULL;
	}
	set_transitions(v);
	return v;
}

void
pitch_viterbi_free(struct pitch_viterbi *v)
{
	if (v == NULL)
		return;
	trellis_free(v->trellis);
	memory_free(v);
}

static void
put_f0(void *viterbi, const float *row, size_t state)
{
	struct pitch_viterbi *v = viterbi;

	v->f0_hz[v->n_written++] = (float)pitch_decode_hz(row, state) * row[N];
}

void
pitch_viterbi_reset(struct pitch_viterbi *v, float *f0_hz)
{
	const struct trellis_sink sink = { put_f0, v };

	v->f0_hz = f0_hz;
	v->n_written = 0;
	trellis_reset(v->trellis, &sink);
}

void
pitch_viterbi_move(struct pitch_viterbi *v, float *f0_hz)
{
	v->f0_hz = f0_hz;
}

/* The best way into each state; the predecessors go to from[N]. */
static void
find_ways(struct pitch_viterbi *v, int16_t *from)
{
	for (int j = 0; j < N; j++) {
		const int first = j > STEP ? j - STEP : 0;
		const int last = j + STEP < N ? j + STEP : N - 1;
		double best = -HUGE_VAL;

		for (int i = first; i <= last; i++) {
			const double score = v->trellis->score[i] +
			    v->transition[i][j - i + STEP];

			if (score > best) {
				best = score;
				from[j] = (int16_t)i;
			}
		}
		v->trellis->next_score[j] = best;
	}
}

void
pitch_viterbi_put(struct pitch_viterbi *v,
    const float row[ACTIVATIONS_N_BINS], float multiple)
{
	struct trellis *t = v->trellis;
	const size_t peak = pitch_decode_peak(row);
	float values[N + 1];
	int16_t *from;

	memcpy(values, row, N * sizeof(*values));
	values[N] = multiple;
	from = trellis_put(t, values);
	if (!t->is_first)
		find_ways(v, from);
	trellis_advance(t);
	if (row[peak] > 0.0f)
		for (size_t j = 0; j < N; j++)
			t->score[j] += log(j == peak ? SAME_EMISSION :
			    OTHER_EMISSION);
}

void
pitch_viterbi_end(struct pitch_viterbi *v)
{
	trellis_end(v->trellis);
}
