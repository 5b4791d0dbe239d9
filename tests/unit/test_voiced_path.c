#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"
#include "dsp/activations.h"
#include "pitch/pitch_voicing.h"
#include "pitch/trellis.h"
#include "pitch/voiced_path.h"

#define N_BINS 9
#define N_STATES (2 * N_BINS)
#define N ACTIVATIONS_N_BINS

static const struct voiced_path_costs costs = { .step = 0.4, .jump = 1.5,
	.turn = 0.7, .unvoiced_share = 0.5 };

/* What the frames cost, and the path that was found. */
struct course {
	size_t n_frames, n_put;
	double *bin_cost;	/* [n_frames][N_BINS] */
	double *turn_cost;	/* [n_frames][2]: with a voice, without */
	size_t *state;		/* [n_frames] */
};

static void
note(void *context, const float *values, size_t bin, bool is_voiced)
{
	struct course *c = context;

	/* Frames come in order with what was put. */
	assert_true(values[0] == (float)c->n_put);
	assert_true(bin < N_BINS);
	c->state[c->n_put++] = is_voiced ? bin : N_BINS + bin;
}

static double
move_cost(size_t from, size_t to)
{
	const double distance = fabs((double)(from % N_BINS) -
	    (double)(to % N_BINS));

	return fmin(costs.step * distance, costs.jump) +
	    ((from < N_BINS) == (to < N_BINS) ? 0.0 : costs.turn);
}

static double
frame_cost(const struct course *c, size_t k, size_t state)
{
	const double bin = c->bin_cost[k * N_BINS + state % N_BINS];

	return state < N_BINS ? c->turn_cost[2 * k] + bin :
	    c->turn_cost[2 * k + 1] + costs.unvoiced_share * bin;
}

/* The cost of the best of all paths, by every predecessor: plain twin. */
static double
least_cost(const struct course *c)
{
	double cost[N_STATES], next[N_STATES], least = HUGE_VAL;

	for (size_t j = 0; j < N_STATES; j++)
		cost[j] = frame_cost(c, 0, j);
	for (size_t k = 1; k < c->n_frames; k++) {
		for (size_t j = 0; j < N_STATES; j++) {
			next[j] = HUGE_VAL;
			for (size_t i = 0; i < N_STATES; i++)
				next[j] = fmin(next[j], cost[i] +
				    move_cost(i, j));
			next[j] += frame_cost(c, k, j);
		}
		memcpy(cost, next, sizeof(cost));
	}
	for (size_t j = 0; j < N_STATES; j++)
		least = fmin(least, cost[j]);
	return least;
}

/* Longer than the window too, where survivors meet soon enough. */
static void
the_path_is_the_cheapest_of_all(void **state)
{
	static const size_t lengths[] = { 1, 2, 60, TRELLIS_WINDOW,
	    TRELLIS_WINDOW + 1, 3 * TRELLIS_WINDOW };
	struct error err;
	struct voiced_path *v = voiced_path_new(N_BINS, 1, &costs, &err);

	(void)state;
	assert_non_null(v);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const size_t n = lengths[i];
		struct course c = { n, 0, calloc(n * N_BINS, sizeof(double)),
		    calloc(n * 2, sizeof(double)), calloc(n,
		    sizeof(size_t)) };
		const struct voiced_path_sink sink = { note, &c };
		struct random r;
		double cost = 0.0;

		assert_true(c.bin_cost != NULL && c.turn_cost != NULL &&
		    c.state != NULL);
		random_init(&r, 11 + i);
		voiced_path_reset(v, &sink);
		for (size_t k = 0; k < n; k++) {
			const float number = (float)k;

			for (size_t b = 0; b < N_BINS; b++)
				c.bin_cost[k * N_BINS + b] =
				    random_range(&r, 0.0, 2.0);
			c.turn_cost[2 * k] = random_range(&r, 0.0, 2.0);
			c.turn_cost[2 * k + 1] = random_range(&r, 0.0, 3.0);
			voiced_path_put(v, c.bin_cost + k * N_BINS,
			    c.turn_cost[2 * k], c.turn_cost[2 * k + 1],
			    &number);
		}
		voiced_path_end(v);
		assert_int_equal(c.n_put, n);
		for (size_t k = 0; k < n; k++)
			cost += frame_cost(&c, k, c.state[k]) + (k == 0 ?
			    0.0 : move_cost(c.state[k - 1], c.state[k]));
		/* Sums of up to 6144 costs, in another order. */
		assert_true(fabs(cost - least_cost(&c)) < 1e-8);
		free(c.bin_cost);
		free(c.turn_cost);
		free(c.state);
	}
	voiced_path_free(v);
}

/* Nothing decides: memory stays bounded and all frames come out. */
static void
frames_without_difference_come_out_too(void **state)
{
	const double none[N_BINS] = { 0.0 };
	struct course c = { 2 * TRELLIS_WINDOW + 7, 0, NULL, NULL, NULL };
	const struct voiced_path_sink sink = { note, &c };
	struct error err;
	struct voiced_path *v = voiced_path_new(N_BINS, 1, &costs, &err);

	(void)state;
	assert_non_null(v);
	c.state = calloc(c.n_frames, sizeof(*c.state));
	assert_non_null(c.state);
	voiced_path_reset(v, &sink);
	for (size_t k = 0; k < c.n_frames; k++) {
		const float number = (float)k;

		voiced_path_put(v, none, 1.0, 1.0, &number);
	}
	voiced_path_end(v);
	assert_int_equal(c.n_put, c.n_frames);
	free(c.state);
	voiced_path_free(v);
}

/* Put n frames at f0_hz, their activations scaled by "height". */
static void
put(struct pitch_voicing *v, size_t n, double f0_hz, double height,
    double confidence)
{
	float row[N];

	activations_of_f0(f0_hz, row);
	for (size_t b = 0; b < N; b++)
		row[b] *= (float)height;
	for (size_t k = 0; k < n; k++)
		pitch_voicing_put(v, row, confidence, 1.0f);
}

static void
assert_all_near(const float *f0_hz, size_t first, size_t end, double want_hz)
{
	for (size_t k = first; k < end; k++) {
		if (!(want_hz > 0.0))
			assert_true(f0_hz[k] == 0.0f);
		else	/* a Gaussian cut at 4 bins is off by under a cent */
			assert_true(fabs(1200.0 * log2((double)f0_hz[k] /
			    want_hz)) < 1.0);
	}
}

static void
short_errors_are_mended_and_rests_kept(void **state)
{
	struct pitch_voicing_options o = pitch_voicing_voice;
	struct pitch_voicing *v;
	struct error err;
	float f0_hz[200] = { 0.0f };

	(void)state;
	o.threshold = 0.5;
	o.hop_sec = 0.01;
	v = pitch_voicing_new(&o, &err);
	assert_non_null(v);
	pitch_voicing_reset(v, f0_hz);
	put(v, 50, 220.0, 0.9, 0.9);
	put(v, 2, 220.0, 0.4, 0.4);	/* 50: a short doubt is voiced */
	put(v, 48, 220.0, 0.9, 0.9);
	put(v, 30, 300.0, 0.05, 0.05);	/* 100: a rest */
	put(v, 2, 300.0, 0.6, 0.6);	/* 130: a blip in it */
	put(v, 18, 300.0, 0.05, 0.05);
	put(v, 50, 330.0, 0.9, 0.9);	/* 150: another note */
	pitch_voicing_end(v);
	assert_all_near(f0_hz, 0, 100, 220.0);
	assert_all_near(f0_hz, 100, 150, 0.0);
	assert_all_near(f0_hz, 150, 200, 330.0);
	pitch_voicing_free(v);
}

/* An octave that is a little stronger for three frames is not followed. */
static void
octaves_do_not_flip(void **state)
{
	struct pitch_voicing_options o = pitch_voicing_voice;
	struct pitch_voicing *v;
	struct error err;
	float f0_hz[63] = { 0.0f }, row[N], other[N];

	(void)state;
	o.threshold = 0.0;
	o.hop_sec = 0.01;
	v = pitch_voicing_new(&o, &err);
	assert_non_null(v);
	pitch_voicing_reset(v, f0_hz);
	put(v, 30, 200.0, 0.8, 0.8);
	activations_of_f0(200.0, row);
	activations_of_f0(400.0, other);
	for (size_t b = 0; b < N; b++)
		row[b] = 0.4f * row[b] + 0.6f * other[b];
	for (size_t k = 0; k < 3; k++)
		pitch_voicing_put(v, row, 0.6, 1.0f);
	/* With a threshold of 0 all have a voice but silence. */
	put(v, 20, 200.0, 0.01, 0.01);
	put(v, 10, 0.0, 0.0, 0.0);
	pitch_voicing_end(v);
	assert_all_near(f0_hz, 0, 53, 200.0);
	assert_all_near(f0_hz, 53, 63, 0.0);
	pitch_voicing_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_path_is_the_cheapest_of_all),
		cmocka_unit_test(frames_without_difference_come_out_too),
		cmocka_unit_test(short_errors_are_mended_and_rests_kept),
		cmocka_unit_test(octaves_do_not_flip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
