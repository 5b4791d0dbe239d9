#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "pitch/pitch_decode.h"

#define N ACTIVATIONS_N_BINS
#define REACH 4			/* bins averaged on both sides */
#define STEP 11			/* bins moved at most between two frames */
#define WINDOW 2048		/* frames held */
#define OTHER_EMISSION (0.9 / N)
#define SAME_EMISSION (0.1 + OTHER_EMISSION)

struct pitch_viterbi {
	double transition[N][2 * STEP + 1];	/* log; [from][to - from] */
	double score[N], next_score[N];
	float *rows;			/* [WINDOW][N] */
	int16_t *from;			/* [WINDOW][N]: state before */
	float *f0_hz;			/* of the whole sequence */
	size_t n_written;
	size_t n_held;
	bool has_begun;
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
	v->rows = memory_new(WINDOW * N, sizeof(*v->rows), "activations",
	    err);
	v->from = memory_new(WINDOW * N, sizeof(*v->from), "paths", err);
	if (v->rows == NULL || v->from == NULL) {
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
	memory_free(v->rows);
	memory_free(v->from);
	memory_free(v);
}

void
pitch_viterbi_reset(struct pitch_viterbi *v, float *f0_hz)
{
	v->f0_hz = f0_hz;
	v->n_written = 0;
	v->n_held = 0;
	v->has_begun = false;
}

void
pitch_viterbi_move(struct pitch_viterbi *v, float *f0_hz)
{
	v->f0_hz = f0_hz;
}

/* The best way into each state; the predecessors go to from[N]. */
static void
advance(struct pitch_viterbi *v, int16_t *from)
{
	for (int j = 0; j < N; j++) {
		const int first = j > STEP ? j - STEP : 0;
		const int last = j + STEP < N ? j + STEP : N - 1;
		double best = -HUGE_VAL;

		for (int i = first; i <= last; i++) {
			const double score = v->score[i] +
			    v->transition[i][j - i + STEP];

			if (score > best) {
				best = score;
				from[j] = (int16_t)i;
			}
		}
		v->next_score[j] = best;
	}
	memcpy(v->score, v->next_score, sizeof(v->score));
}

/* Add the chance of what is observed; keep scores near 0. */
static void
observe(struct pitch_viterbi *v, const float *row)
{
	const size_t peak = pitch_decode_peak(row);
	double top = -HUGE_VAL;

	if (row[peak] > 0.0f)
		for (size_t j = 0; j < N; j++)
			v->score[j] += log(j == peak ? SAME_EMISSION :
			    OTHER_EMISSION);
	for (size_t j = 0; j < N; j++)
		top = fmax(top, v->score[j]);
	for (size_t j = 0; j < N; j++)
		v->score[j] -= top;
}

/*
 * Write the pitches of frames 0..last, the path being in "state" at frame
 * "last", and let go of them.
 */
static void
release_frames(struct pitch_viterbi *v, size_t last, int state)
{
	const size_t n = last + 1, n_left = v->n_held - n;

	for (size_t k = n; k-- > 0;) {
		v->f0_hz[v->n_written + k] = (float)pitch_decode_hz(
		    v->rows + k * N, (size_t)state);
		state = v->from[k * N + (size_t)state];
	}
	memmove(v->rows, v->rows + n * N, n_left * N * sizeof(*v->rows));
	memmove(v->from, v->from + n * N, n_left * N * sizeof(*v->from));
	v->n_written += n;
	v->n_held = n_left;
}

/* The first of the best states. */
static int
best_state(const struct pitch_viterbi *v)
{
	int best = 0;

	for (int j = 1; j < N; j++)
		if (v->score[j] > v->score[best])
			best = j;
	return best;
}

/* The window is full: let go of what is certain, or else of the older half. */
static void
make_room(struct pitch_viterbi *v)
{
	bool is_ancestor[N], is_before[N];
	int state = best_state(v);

	memset(is_ancestor, 1, sizeof(is_ancestor));
	for (size_t k = v->n_held; k-- > 0;) {
		size_t n_ancestors = 0;

		for (size_t j = 0; j < N; j++)
			n_ancestors += is_ancestor[j];
		if (n_ancestors == 1 || k == WINDOW / 2 - 1) {
			release_frames(v, k, state);
			return;
		}
		memset(is_before, 0, sizeof(is_before));
		for (size_t j = 0; j < N; j++)
			if (is_ancestor[j])
				is_before[v->from[k * N + j]] = true;
		memcpy(is_ancestor, is_before, sizeof(is_ancestor));
		state = v->from[k * N + (size_t)state];
	}
}

void
pitch_viterbi_put(struct pitch_viterbi *v,
    const float row[ACTIVATIONS_N_BINS])
{
	if (v->n_held == WINDOW)
		make_room(v);
	memcpy(v->rows + v->n_held * N, row, N * sizeof(*row));
	if (v->has_begun) {
		advance(v, v->from + v->n_held * N);
	} else {
		memset(v->from, 0, N * sizeof(*v->from));
		memset(v->score, 0, sizeof(v->score));
		v->has_begun = true;
	}
	v->n_held++;
	observe(v, row);
}

void
pitch_viterbi_end(struct pitch_viterbi *v)
{
	if (v->n_held > 0)
		release_frames(v, v->n_held - 1, best_state(v));
}
