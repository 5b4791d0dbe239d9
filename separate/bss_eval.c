#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "nn/lapack.h"

#include "separate/bss_eval.h"
#include "separate/bss_signal.h"

#define TAPS ((size_t)BSS_SIGNAL_TAPS)

struct bss_eval {
	struct bss_eval_signals references;
	size_t n_signals;		/* channels of all of them */
	struct lapack_factor all;	/* delayed channels of all sources */
	struct lapack_factor own[BSS_EVAL_MAX_SOURCES];	/* of each */
};

/* ---- references ---- */

bool
bss_eval_is_silent(const double *const *channels, size_t n_channels,
    size_t first, size_t n_samples)
{
	for (size_t c = 0; c < n_channels; c++) {
		for (size_t i = first; i < first + n_samples; i++)
			if (channels[c][i] != 0.0)
				return false;
	}
	return true;
}

static bool
is_finite(const double *const *channels, size_t n_channels, size_t n_samples)
{
	for (size_t c = 0; c < n_channels; c++) {
		for (size_t i = 0; i < n_samples; i++)
			if (!isfinite(channels[c][i]))
				return false;
	}
	return true;
}

/* What of a source: "reference" or "estimate". */
static int
check_sound(const double *const *channels, size_t n_channels,
    size_t n_samples, const char *what, size_t source, struct error *err)
{
	if (!is_finite(channels, n_channels, n_samples))
		return error_set(err, ERROR_FORMAT, "the %s of source %zu has "
		    "samples that are not finite", what, source + 1);
	if (bss_eval_is_silent(channels, n_channels, 0, n_samples))
		return error_set(err, ERROR_LIMIT, "the %s of source %zu is "
		    "silent, which has no measures", what, source + 1);
	return 0;
}

static int
check_references(const struct bss_eval_signals *r, struct error *err)
{
	if (r->n_sources < 1 || r->n_sources > BSS_EVAL_MAX_SOURCES ||
	    r->n_channels < 1 ||
	    r->n_channels > BSS_EVAL_MAX_SIGNALS / r->n_sources)
		return error_set(err, ERROR_LIMIT,
		    "%zu sources of %zu channels: 1 to %d and %d in all can "
		    "be measured", r->n_sources, r->n_channels,
		    BSS_EVAL_MAX_SOURCES, BSS_EVAL_MAX_SIGNALS);
	for (size_t i = 0; i < r->n_sources; i++) {
		if (check_sound(r->samples + i * r->n_channels,
		    r->n_channels, r->n_samples, "reference", i, err) != 0)
			return -1;
	}
	return 0;
}

/*
 * The products of the delayed signals first..first + count - 1 with each
 * other, taken apart: block (i, k) is Toeplitz, of their correlation.
 */
static int
factor_signals(const double *lags, size_t n_signals, size_t first,
    size_t count, struct lapack_factor *factor, struct error *err)
{
	const size_t n = count * TAPS;
	double *matrix = memory_new(n * n, sizeof(*matrix), "products", err);

	if (matrix == NULL)
		return -1;
	for (size_t row = 0; row < n; row++) {
		const size_t i = first + row / TAPS;
		const size_t delay = row % TAPS;

		for (size_t k = 0; k < count; k++) {
			const double *pair = lags + BSS_SIGNAL_LAGS *
			    (i * n_signals + first + k) + delay + TAPS - 1;
			double *to = matrix + row * n + k * TAPS;

			for (size_t b = 0; b < TAPS; b++)
				to[b] = *(pair - b);
		}
	}
	return lapack_factor_init(factor, matrix, n, err);
}

static int
factor_references(struct bss_eval *e, struct error *err)
{
	const struct bss_eval_signals *r = &e->references;
	double *lags = memory_new(e->n_signals * e->n_signals *
	    BSS_SIGNAL_LAGS, sizeof(*lags), "lags", err);
	int status = -1;

	if (lags == NULL || bss_signal_correlate(r->samples, e->n_signals,
	    r->samples, e->n_signals, r->n_samples, lags, err) != 0)
		goto out;
	status = factor_signals(lags, e->n_signals, 0, e->n_signals, &e->all,
	    err);
	/* A source alone is all of them. */
	for (size_t i = 0; status == 0 && r->n_sources > 1 &&
	    i < r->n_sources; i++)
		status = factor_signals(lags, e->n_signals,
		    i * r->n_channels, r->n_channels, &e->own[i], err);
out:
	memory_free(lags);
	return status;
}

struct bss_eval *
bss_eval_new(const struct bss_eval_signals *references, struct error *err)
{
	struct bss_eval *e;

	if (check_references(references, err) != 0)
		return NULL;
	e = memory_new(1, sizeof(*e), "references", err);
	if (e == NULL)
		return NULL;
	e->references = *references;
	e->n_signals = references->n_sources * references->n_channels;
	if (factor_references(e, err) != 0) {
		bss_eval_free(e);
		return NULL;
	}
	return e;
}

void
bss_eval_free(struct bss_eval *e)
{
	if (e == NULL)
		return;
	lapack_factor_release(&e->all);
	for (size_t i = 0; i < BSS_EVAL_MAX_SOURCES; i++)
		lapack_factor_release(&e->own[i]);
	memory_free(e);
}

/* ---- projection ---- */

/*
 * The filters of signals first..first + count - 1 whose sum comes nearest to
 * each channel of the estimate, into taps [n_channels][n_signals][TAPS], those
 * of other signals being left as they are.
 */
static int
fit(const struct bss_eval *e, const struct lapack_factor *factor,
    const double *lags, size_t first, size_t count, double *taps,
    struct error *err)
{
	const size_t n_channels = e->references.n_channels;
	double *sides = memory_new(n_channels * count * TAPS, sizeof(*sides),
	    "taps", err);
	int status = -1;

	if (sides == NULL)
		return -1;
	for (size_t c = 0; c < n_channels; c++) {
		for (size_t i = 0; i < count; i++)
			memcpy(sides + (c * count + i) * TAPS,
			    lags + BSS_SIGNAL_LAGS * ((first + i) *
			    n_channels + c) + TAPS - 1,
			    TAPS * sizeof(*sides));
	}
	if (lapack_factor_solve(factor, sides, n_channels, err) == 0) {
		for (size_t c = 0; c < n_channels; c++)
			memcpy(taps + (c * e->n_signals + first) * TAPS,
			    sides + c * count * TAPS,
			    count * TAPS * sizeof(*taps));
		status = 0;
	}
	memory_free(sides);
	return status;
}

/*
 * A bank with the channels of q and behind them those of p; of a single source
 * they are the same, and its interference nothing at all.  NULL with an error.
 */
static struct bss_signal_bank *
project(const struct bss_eval *e, const double *const *estimate,
    size_t target, size_t window, struct error *err)
{
	const struct bss_eval_signals *r = &e->references;
	const size_t n_outputs = r->n_channels * (r->n_sources > 1 ? 2 : 1);
	struct bss_signal_bank *bank = NULL;
	double *lags = memory_new(e->n_signals * r->n_channels *
	    BSS_SIGNAL_LAGS, sizeof(*lags), "lags", err);
	double *taps = memory_new(n_outputs * e->n_signals * TAPS,
	    sizeof(*taps), "taps", err);

	if (lags == NULL || taps == NULL ||
	    bss_signal_correlate(r->samples, e->n_signals, estimate,
	    r->n_channels, r->n_samples, lags, err) != 0 ||
	    fit(e, &e->all, lags, 0, e->n_signals, taps, err) != 0)
		goto out;
	if (r->n_sources > 1 && fit(e, &e->own[target], lags,
	    target * r->n_channels, r->n_channels, taps + r->n_channels *
	    e->n_signals * TAPS, err) != 0)
		goto out;
	bank = bss_signal_bank_new(taps, n_outputs, e->n_signals, window,
	    err);
out:
	memory_free(lags);
	memory_free(taps);
	return bank;
}

/* ---- energies ---- */

/* Names as in the header: e_p is the energy of e - p. */
struct energies {
	const struct bss_eval *eval;
	const double *const *estimate;
	size_t target, first, n_samples;	/* the window */
	double p, q, s, e_p, q_p, e_q, e_s, p_s;
};

static void
add_energies(void *context, const double *const *outputs, size_t at,
    size_t n_block)
{
	struct energies *sum = context;
	const struct bss_eval_signals *r = &sum->eval->references;
	const size_t own = r->n_sources > 1 ? r->n_channels : 0;

	for (size_t c = 0; c < r->n_channels; c++) {
		const double *truth =
		    r->samples[sum->target * r->n_channels + c] + sum->first;
		const double *estimate = sum->estimate[c] + sum->first;

		for (size_t i = 0; i < n_block; i++) {
			const bool is_behind = at + i >= sum->n_samples;
			const double s = is_behind ? 0.0 : truth[at + i];
			const double e = is_behind ? 0.0 : estimate[at + i];
			const double q = outputs[c][i];
			const double p = outputs[own + c][i];

			sum->p += p * p;
			sum->q += q * q;
			sum->s += s * s;
			sum->e_p += (e - p) * (e - p);
			sum->q_p += (q - p) * (q - p);
			sum->e_q += (e - q) * (e - q);
			sum->e_s += (e - s) * (e - s);
			sum->p_s += (p - s) * (p - s);
		}
	}
}

static double
ratio_db(double part, double rest)
{
	return !(rest > 0.0) ? (double)INFINITY : !(part > 0.0) ?
	    -(double)INFINITY : 10.0 * log10(part / rest);
}

static bool
is_window_silent(const struct bss_eval_signals *r,
    const double *const *estimate, size_t first, size_t n_samples)
{
	for (size_t i = 0; i < r->n_sources; i++)
		if (bss_eval_is_silent(r->samples + i * r->n_channels,
		    r->n_channels, first, n_samples))
			return true;
	return bss_eval_is_silent(estimate, r->n_channels, first, n_samples);
}

static void
measure_window(const struct bss_eval *e, struct bss_signal_bank *bank,
    const double *const *estimate, size_t target, size_t first,
    size_t n_samples, struct bss_eval_measures *measures)
{
	struct energies sum = { .eval = e, .estimate = estimate,
	    .target = target, .first = first, .n_samples = n_samples };

	*measures = (struct bss_eval_measures){ .is_silent =
	    is_window_silent(&e->references, estimate, first, n_samples) };
	if (measures->is_silent)
		return;
	bss_signal_bank_run(bank, e->references.samples, first, n_samples,
	    add_energies, &sum);
	measures->sdr_db = ratio_db(sum.p, sum.e_p);
	measures->sir_db = ratio_db(sum.p, sum.q_p);
	measures->sar_db = ratio_db(sum.q, sum.e_q);
	measures->image_sdr_db = ratio_db(sum.s, sum.e_s);
	measures->isr_db = ratio_db(sum.s, sum.p_s);
}

size_t
bss_eval_n_windows(size_t n_samples, size_t window, size_t hop)
{
	return window >= n_samples || hop == 0 ? 1 :
	    (n_samples - window) / hop + 1;
}

int
bss_eval_measure_windows(const struct bss_eval *e,
    const double *const *estimate, size_t target, size_t window, size_t hop,
    struct bss_eval_measures *measures, struct error *err)
{
	const struct bss_eval_signals *r = &e->references;
	const size_t n = bss_eval_n_windows(r->n_samples, window, hop);
	const size_t length = window < r->n_samples ? window : r->n_samples;
	struct bss_signal_bank *bank;

	if (target >= r->n_sources || window == 0 || hop == 0)
		return error_set(err, ERROR_LIMIT, "source %zu of %zu in "
		    "windows of %zu samples every %zu", target + 1,
		    r->n_sources, window, hop);
	if (check_sound(estimate, r->n_channels, r->n_samples, "estimate",
	    target, err) != 0)
		return -1;
	bank = project(e, estimate, target, length, err);
	if (bank == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		measure_window(e, bank, estimate, target, i * hop, length,
		    &measures[i]);
	bss_signal_bank_free(bank);
	return 0;
}

int
bss_eval_measure(const struct bss_eval *e, const double *const *estimate,
    size_t target, struct bss_eval_measures *measures, struct error *err)
{
	const size_t n = e->references.n_samples;

	return bss_eval_measure_windows(e, estimate, target, n, n, measures,
	    err);
}
