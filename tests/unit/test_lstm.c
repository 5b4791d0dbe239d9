/* nn/lstm.h against its equations in double, and the squashing functions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "nn/lstm.h"
#include "nn/squash.h"

#define MARGIN 3	/* values behind each row that belong to others */
#define UNTOUCHED 7.0f

struct layer {
	size_t n_inputs, n_units;
	float *values[2][4];	/* as struct lstm_direction has them */
};

static float *
random_values(struct random *r, size_t n, double scale)
{
	float *x = calloc(n, sizeof(*x));

	assert_non_null(x);
	for (size_t i = 0; i < n; i++)
		x[i] = (float)(scale * random_normal(r));
	return x;
}

static struct layer
random_layer(size_t n_inputs, size_t n_units, double scale)
{
	struct layer l = { n_inputs, n_units, { { NULL } } };
	const size_t n_columns[4] = { n_inputs, n_units, 1, 1 };
	struct random r;

	random_init(&r, 1);
	for (size_t d = 0; d < 2; d++)
		for (size_t i = 0; i < 4; i++)
			l.values[d][i] = random_values(&r, 4 * n_units *
			    n_columns[i], i < 2 ? scale /
			    sqrt((double)n_columns[i]) : 0.2);
	return l;
}

static void
free_layer(struct layer *l)
{
	for (size_t d = 0; d < 2; d++)
		for (size_t i = 0; i < 4; i++)
			free(l->values[d][i]);
}

static struct lstm *
pack(const struct layer *l)
{
	struct lstm_direction d[2];
	struct error err;
	struct lstm *packed;

	for (size_t i = 0; i < 2; i++)
		d[i] = (struct lstm_direction){ l->values[i][0],
		    l->values[i][1], l->values[i][2], l->values[i][3] };
	packed = lstm_new(l->n_inputs, l->n_units, d, &err);
	assert_non_null(packed);
	return packed;
}

/* What goes into gate g of unit u. */
static double
gate(const struct layer *l, size_t d, size_t g, size_t u, const float *x,
    const double *h)
{
	const size_t row = g * l->n_units + u;
	double sum = (double)l->values[d][2][row] +
	    (double)l->values[d][3][row];

	for (size_t k = 0; k < l->n_inputs; k++)
		sum += (double)l->values[d][0][row * l->n_inputs + k] *
		    (double)x[k];
	for (size_t k = 0; k < l->n_units; k++)
		sum += (double)l->values[d][1][row * l->n_units + k] * h[k];
	return g == 2 ? tanh(sum) : 1.0 / (1.0 + exp(-sum));
}

/* One direction, to y [n_frames][2 * n_units]. */
static void
run_slowly(const struct layer *l, size_t d, size_t n_frames, const float *x,
    size_t x_row, double *y)
{
	const size_t n = l->n_units;
	double *c = calloc(n, sizeof(*c)), *h = calloc(n, sizeof(*h));

	assert_true(c != NULL && h != NULL);
	for (size_t i = 0; i < n_frames; i++) {
		const size_t f = d == 0 ? i : n_frames - 1 - i;
		double *to = y + f * 2 * n + d * n;

		for (size_t u = 0; u < n; u++) {
			const float *in = x + f * x_row;

			c[u] = gate(l, d, 1, u, in, h) * c[u] +
			    gate(l, d, 0, u, in, h) * gate(l, d, 2, u, in, h);
			to[u] = gate(l, d, 3, u, in, h) * tanh(c[u]);
		}
		memcpy(h, to, n * sizeof(*h));
	}
	free(c);
	free(h);
}

/* The largest difference; rows lie apart and what is between them stays. */
static double
compare(size_t n_inputs, size_t n_units, size_t n_frames, double scale)
{
	const size_t x_row = n_inputs + MARGIN, n = 2 * n_units;
	const size_t y_row = n + MARGIN;
	struct layer l = random_layer(n_inputs, n_units, scale);
	struct lstm *packed = pack(&l);
	struct error err;
	struct random r;
	float *scratch = memory_new(lstm_scratch_values(packed),
	    sizeof(*scratch), "values", &err);
	float *x, *y = calloc(n_frames * y_row, sizeof(*y));
	double *want = calloc(n_frames * n, sizeof(*want)), worst = 0.0;

	random_init(&r, 2);
	x = random_values(&r, n_frames * x_row, 1.0);
	assert_true(scratch != NULL && y != NULL && want != NULL);
	for (size_t i = 0; i < n_frames * y_row; i++)
		y[i] = UNTOUCHED;
	for (size_t d = 0; d < 2; d++)
		run_slowly(&l, d, n_frames, x, x_row, want);
	lstm_run(packed, n_frames, x, x_row, y, y_row, scratch);
	for (size_t f = 0; f < n_frames; f++) {
		for (size_t i = 0; i < n; i++)
			worst = fmax(worst, fabs((double)y[f * y_row + i] -
			    want[f * n + i]));
		for (size_t i = n; i < y_row; i++)
			assert_true(y[f * y_row + i] == UNTOUCHED);
	}
	memory_free(scratch);
	lstm_free(packed);
	free_layer(&l);
	free(x);
	free(y);
	free(want);
	return worst;
}

static void
layers_meet_the_equations(void **state)
{
	/* 130 frames are one whole block of products and a piece. */
	static const struct {
		size_t n_inputs, n_units, n_frames;
	} cases[] = {
		{ 2, 1, 1 }, { 2, 1, 9 }, { 16, 8, 7 }, { 6, 16, 130 },
		{ 34, 17, 241 }, { 10, 40, 120 }, { 128, 64, 1 },
		{ 512, 256, 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const double worst = compare(cases[i].n_inputs,
		    cases[i].n_units, cases[i].n_frames, 1.0);

		print_message("%zu inputs, %zu units, %zu frames: "
		    "largest difference %.2g\n", cases[i].n_inputs,
		    cases[i].n_units, cases[i].n_frames, worst);
		/* A few times the precision of float, frame after frame. */
		assert_true(worst < 3e-6);
	}
}

/* Gates wide open and shut; sums of some hundred are rounded to 1e-5. */
static void
large_weights_saturate(void **state)
{
	(void)state;
	assert_true(compare(32, 16, 20, 100.0) < 1e-3);
}

/* Infinite sums, and differences of such, give numbers. */
static void
what_overflows_stays_within_bounds(void **state)
{
	struct layer l = random_layer(4, 3, 1.0);
	float x[2 * 4] = { 1e38f, -1e38f, 1e38f, 1e38f, 1, 1, 1, 1 };
	float y[2 * 6], *scratch;
	struct lstm *packed;
	struct error err;

	(void)state;
	for (size_t d = 0; d < 2; d++)
		for (size_t i = 0; i < 4 * 3 * 4; i++)
			l.values[d][0][i] *= 1e6f;
	packed = pack(&l);
	scratch = memory_new(lstm_scratch_values(packed), sizeof(*scratch),
	    "values", &err);
	assert_non_null(scratch);
	lstm_run(packed, 2, x, 4, y, 6, scratch);
	for (size_t i = 0; i < 2 * 6; i++)
		assert_true(fabsf(y[i]) <= 1.0f);
	memory_free(scratch);
	lstm_free(packed);
	free_layer(&l);
}

static void
sizes_are_limited(void **state)
{
	static const size_t sizes[][2] = { { 0, 4 }, { 3, 4 }, { 4, 0 },
		{ LSTM_MAX_INPUTS + 2, 4 }, { 4, LSTM_MAX_UNITS + 1 } };
	const struct lstm_direction none[2] = { { NULL, NULL, NULL, NULL },
		{ NULL, NULL, NULL, NULL } };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		assert_null(lstm_new(sizes[i][0], sizes[i][1], none, &err));
		assert_int_equal(err.code, ERROR_LIMIT);
	}
}

static void
squashing_is_exact_to_float(void **state)
{
	(void)state;
	for (double x = -40.0; x < 40.0; x += 1.0 / 1024.0) {
		const double sigmoid = (double)squash_sigmoid((float)x);

		assert_true(fabs(sigmoid - 1.0 / (1.0 + exp(-x))) < 2e-7);
		assert_true(fabs((double)squash_tanh((float)x) - tanh(x)) <
		    2e-7);
	}
	assert_true(squash_tanh(0.0f) == 0.0f);
	assert_true(squash_tanh(INFINITY) == 1.0f);
	assert_true(squash_sigmoid(-INFINITY) < 1e-12f);
	assert_true(isfinite(squash_tanh(NAN)));
	assert_true(isfinite(squash_sigmoid(NAN)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_meet_the_equations),
		cmocka_unit_test(large_weights_saturate),
		cmocka_unit_test(what_overflows_stays_within_bounds),
		cmocka_unit_test(sizes_are_limited),
		cmocka_unit_test(squashing_is_exact_to_float),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
