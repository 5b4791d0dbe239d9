/* BSS Eval where the answer is known without another program. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"

#include "separate/bss_eval.h"
#include "separate/bss_set.h"
#include "separate/bss_signal.h"

#define N 24000
#define PART 6000		/* of a signal; more than TAPS after it is 0 */
#define TAPS BSS_SIGNAL_TAPS

static int
set_up(void **state)
{
	*state = arena_new();
	return *state == NULL;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static double *
silence(size_t n, struct arena *a)
{
	double *x = arena_alloc(a, n, sizeof(*x));

	assert_non_null(x);
	return x;
}

/* Noise in samples first..first + n - 1 of N. */
static double *
burst(size_t first, size_t n, uint64_t seed, struct arena *a)
{
	double *x = silence(N, a);
	struct random r;

	random_init(&r, seed);
	for (size_t i = first; i < first + n; i++)
		x[i] = random_uniform(&r) - 0.5;
	return x;
}

static double
energy(const double *x)
{
	double sum = 0.0;

	for (size_t i = 0; i < N; i++)
		sum += x[i] * x[i];
	return sum;
}

static void
add(double *x, const double *y, double gain)
{
	for (size_t i = 0; i < N; i++)
		x[i] += gain * y[i];
}

static double
db(double ratio)
{
	return 10.0 * log10(ratio);
}

/* Relative to numbers of some ten dB: what rounding of sums leaves. */
static void
assert_near(double got, double want)
{
	assert_true(fabs(got - want) < 1e-8);
}

/*
 * Two sources and a noise at different times, farther apart than the filters
 * reach: none has a part in the others, so that every energy is known.
 */
static void
gains_of_what_is_orthogonal_are_the_ratios(void **state)
{
	const double *voice = burst(0, PART, 1, *state);
	const double *band = burst(8000, PART, 2, *state);
	const double *noise = burst(16000, PART, 3, *state);
	const double *references[2] = { voice, band };
	const struct bss_eval_signals r = { references, 2, 1, N };
	double *found = silence(N, *state);
	const double *estimate = found;
	struct bss_eval_measures m;
	struct bss_eval *e;
	struct error err;
	double v, b, n;

	add(found, voice, 1.0);
	add(found, band, 0.1);
	add(found, noise, 0.03);
	v = energy(voice);
	b = 0.01 * energy(band);
	n = 0.0009 * energy(noise);
	assert_non_null(e = bss_eval_new(&r, &err));
	assert_int_equal(bss_eval_measure(e, &estimate, 0, &m, &err), 0);
	assert_near(m.sdr_db, db(v / (b + n)));
	assert_near(m.sir_db, db(v / b));
	assert_near(m.sar_db, db((v + b) / n));
	/* The reference itself is in it: the same, and no filter at all. */
	assert_near(m.image_sdr_db, db(v / (b + n)));
	assert_true(m.isr_db > 200.0);
	/* As an estimate of the band it is the other way round. */
	assert_int_equal(bss_eval_measure(e, &estimate, 1, &m, &err), 0);
	assert_near(m.sdr_db, db(b / (v + n)));
	assert_near(m.sir_db, db(b / v));
	/* A gain and a sign change no measure but those of images. */
	for (size_t i = 0; i < N; i++)
		found[i] *= -0.5;
	assert_int_equal(bss_eval_measure(e, &estimate, 0, &m, &err), 0);
	assert_near(m.sdr_db, db(v / (b + n)));
	assert_near(m.isr_db, db(1.0 / 2.25));
	assert_near(m.image_sdr_db, db(v / (2.25 * v + 0.25 * (b + n))));
	bss_eval_free(e);
}

/* x through a decaying random filter, as a room would be. */
static double *
filtered(const double *x, size_t n_taps, struct arena *a)
{
	double *y = silence(N, a);
	struct random r;

	random_init(&r, 9);
	for (size_t k = 0; k < n_taps; k++) {
		const double tap = (random_uniform(&r) - 0.5) *
		    exp(-(double)k / 400.0);

		for (size_t i = k; i < N; i++)
			y[i] += tap * x[i - k];
	}
	return y;
}

static void
a_filter_of_512_taps_costs_nothing(void **state)
{
	const double *references[2] = { burst(0, 20000, 4, *state),
	    burst(2000, 20000, 5, *state) };
	const struct bss_eval_signals r = { references, 2, 1, N };
	const double *near = filtered(references[0], 512, *state);
	const double *far = filtered(references[0], 700, *state);
	struct bss_eval_measures m;
	struct bss_eval *e;
	struct error err;

	assert_non_null(e = bss_eval_new(&r, &err));
	assert_int_equal(bss_eval_measure(e, &near, 0, &m, &err), 0);
	assert_true(m.sdr_db > 200.0 && m.sir_db > 200.0 && m.sar_db > 200.0);
	assert_true(m.image_sdr_db < 20.0);
	assert_int_equal(bss_eval_measure(e, &far, 0, &m, &err), 0);
	assert_true(m.sdr_db > 0.0 && m.sdr_db < 20.0);
	bss_eval_free(e);
}

/* The block-wise sums against plain loops. */
static void
correlations_and_filters_match_loops(void **state)
{
	enum { LONG = 9000, FIRST = 700, STRETCH = 8500 };
	const double *x[2] = { burst(0, LONG, 6, *state),
	    burst(0, LONG, 7, *state) };
	double *lags = silence(4 * BSS_SIGNAL_LAGS, *state);
	struct error err;

	assert_int_equal(bss_signal_correlate(x, 2, x, 2, LONG, lags, &err),
	    0);
	for (int pair = 0; pair < 4; pair++) {
		const double *a = x[pair / 2], *b = x[pair % 2];

		for (int l = 1 - TAPS; l < TAPS; l += 73) {
			double sum = 0.0;

			for (int t = l < 0 ? -l : 0; t < LONG && t + l < LONG;
			    t++)
				sum += a[t] * b[t + l];
			/* Sums of 9000 terms of at most a quarter. */
			assert_true(fabs(sum - lags[pair * BSS_SIGNAL_LAGS +
			    TAPS - 1 + l]) < 1e-10);
		}
	}
}

struct filtering {
	const double *x, *taps;
	size_t first, n, n_seen;
};

/* Output 0 is x through the taps, output 1 twice that. */
static void
check_block(void *context, const double *const *outputs, size_t at,
    size_t n_block)
{
	struct filtering *f = context;

	assert_int_equal(at, f->n_seen);
	f->n_seen += n_block;
	for (size_t i = 0; i < n_block; i += 97) {
		double sum = 0.0;

		for (size_t k = 0; k < TAPS && k <= at + i; k++)
			if (at + i - k < f->n)
				sum += f->taps[k] *
				    f->x[f->first + at + i - k];
		assert_true(fabs(outputs[0][i] - sum) < 1e-10);
		assert_true(fabs(outputs[1][i] - 2.0 * sum) < 1e-10);
	}
}

static void
banks_match_loops(void **state)
{
	static const size_t lengths[] = { 1, 600, 9000, 20000 };
	const double *x = burst(0, N, 8, *state);
	double *taps = silence(2 * TAPS, *state);
	struct error err;

	for (size_t k = 0; k < TAPS; k++)
		taps[TAPS + k] = 2.0 * (taps[k] = x[5000 + k]);
	for (size_t i = 0; i < 4; i++) {
		struct filtering f = { x, taps, 300, lengths[i], 0 };
		struct bss_signal_bank *bank = bss_signal_bank_new(taps, 2, 1,
		    f.n, &err);

		assert_non_null(bank);
		bss_signal_bank_run(bank, &x, f.first, f.n, check_block, &f);
		assert_int_equal(f.n_seen, f.n + TAPS - 1);
		bss_signal_bank_free(bank);
	}
}

/* A second channel that is a copy only makes the equations singular. */
static void
singular_equations_are_solved(void **state)
{
	const double *voice = burst(0, PART, 1, *state);
	const double *band = burst(3000, PART, 2, *state);
	double *found = silence(N, *state);
	const double *mono[2] = { voice, band };
	const double *stereo[4] = { voice, voice, band, band };
	const struct bss_eval_signals r1 = { mono, 2, 1, N };
	const struct bss_eval_signals r2 = { stereo, 2, 2, N };
	const double *estimate[2] = { found, found };
	struct bss_eval_measures m1, m2;
	struct bss_eval *e1, *e2;
	struct error err;

	add(found, voice, 0.8);
	add(found, band, 0.2);
	add(found, burst(100, N - 200, 3, *state), 0.05);
	assert_non_null(e1 = bss_eval_new(&r1, &err));
	assert_non_null(e2 = bss_eval_new(&r2, &err));
	assert_int_equal(bss_eval_measure(e1, estimate, 0, &m1, &err), 0);
	assert_int_equal(bss_eval_measure(e2, estimate, 0, &m2, &err), 0);
	/* What depends on the rest up to 1e-13 of it is left out. */
	assert_true(fabs(m1.sdr_db - m2.sdr_db) < 1e-6);
	assert_true(fabs(m1.sir_db - m2.sir_db) < 1e-6);
	assert_true(fabs(m1.sar_db - m2.sar_db) < 1e-6);
	assert_true(fabs(m1.isr_db - m2.isr_db) < 1e-6);
	bss_eval_free(e1);
	bss_eval_free(e2);
}

static void
windows_see_the_energy_of_their_time(void **state)
{
	const double *references[2] = { burst(0, 18000, 4, *state),
	    burst(0, 18000, 5, *state) };
	const struct bss_eval_signals r = { references, 2, 1, N };
	double *found = silence(N, *state), *late = silence(N, *state);
	const double *estimates[2] = { found, late };
	struct bss_eval_measures m[8], whole, local[8];
	struct bss_eval *e;
	struct error err;

	add(found, references[0], 1.0);
	add(late, references[1], 1.0);
	/* From 12000 on the other source is in it, ten times as weak. */
	for (size_t i = 12000; i < N; i++)
		found[i] += 0.1 * references[1][i];
	assert_non_null(e = bss_eval_new(&r, &err));
	assert_int_equal(bss_eval_n_windows(N, 6000, 3000), 7);
	assert_int_equal(bss_eval_measure_windows(e, estimates, 0, 6000, 3000,
	    m, &err), 0);
	assert_true(m[0].sdr_db > 25.0 && m[4].sdr_db < 25.0);
	/* The window of silence alone has none, whoever is silent. */
	assert_true(!m[5].is_silent && m[6].is_silent);
	/* One window is the whole signal. */
	assert_int_equal(bss_eval_n_windows(N, N + 5, 100), 1);
	assert_int_equal(bss_eval_measure_windows(e, estimates, 0, N + 5, 100,
	    m, &err), 0);
	assert_int_equal(bss_eval_measure(e, estimates, 0, &whole, &err), 0);
	assert_memory_equal(&m[0], &whole, sizeof(whole));
	bss_eval_free(e);
	/* With filters of their own the first windows have nothing wrong. */
	{
		const struct bss_eval_signals s = { estimates, 2, 1, N };

		assert_int_equal(bss_set_measure_windows(&r, &s, 6000, 6000,
		    local, &err), 0);
		assert_true(local[0].sdr_db > 200.0);
		assert_true(local[4].sdr_db < 25.0);
		assert_true(local[6].is_silent && local[7].is_silent);
	}
}

static void
estimates_are_put_in_order(void **state)
{
	const double *x[4] = { burst(0, PART, 1, *state),
	    burst(4000, PART, 2, *state), burst(9000, PART, 3, *state),
	    burst(13000, PART, 4, *state) };
	/* Where each reference is found. */
	static const size_t want[4] = { 2, 0, 3, 1 };
	const double *y[4];
	const struct bss_eval_signals r = { x, 4, 1, N }, e = { y, 4, 1, N };
	struct bss_eval_measures m[4];
	size_t order[4];
	struct error err;

	for (size_t i = 0; i < 4; i++) {
		double *found = silence(N, *state);

		add(found, x[i], 1.0);
		add(found, x[(i + 1) % 4], 0.3);
		y[want[i]] = found;
	}
	assert_int_equal(bss_set_permute(&r, &e, order, m, &err), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(order[i], want[i]);
		assert_true(m[i].sir_db > 5.0);
	}
}

static void
what_has_no_measures_is_refused(void **state)
{
	const double *x[17] = { burst(0, PART, 1, *state),
	    silence(N, *state) };
	double *broken = burst(0, PART, 1, *state);
	const double *bad = broken;
	struct bss_eval_signals r = { x, 2, 1, N };
	struct bss_eval_measures m;
	struct bss_eval *e;
	struct error err;

	assert_null(bss_eval_new(&r, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_string_equal(err.text, "the reference of source 2 is silent, "
	    "which has no measures");
	r.n_sources = 1;
	assert_non_null(e = bss_eval_new(&r, &err));
	assert_int_equal(bss_eval_measure(e, &x[1], 0, &m, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	broken[5] = NAN;
	assert_int_equal(bss_eval_measure(e, &bad, 0, &m, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
	assert_int_equal(bss_eval_measure(e, &x[0], 1, &m, &err), -1);
	/* A source alone has no interference. */
	assert_int_equal(bss_eval_measure(e, &x[0], 0, &m, &err), 0);
	assert_true(isinf(m.sir_db) && m.sir_db > 0.0 && m.sdr_db > 200.0);
	bss_eval_free(e);
	for (size_t i = 1; i < 17; i++)
		x[i] = x[0];
	r.n_sources = 9;
	assert_null(bss_eval_new(&r, &err));
	r.n_sources = 1;
	r.n_channels = 17;
	assert_null(bss_eval_new(&r, &err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gains_of_what_is_orthogonal_are_the_ratios),
		TEST(a_filter_of_512_taps_costs_nothing),
		TEST(correlations_and_filters_match_loops),
		TEST(banks_match_loops),
		TEST(singular_equations_are_solved),
		TEST(windows_see_the_energy_of_their_time),
		TEST(estimates_are_put_in_order),
		TEST(what_has_no_measures_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
