#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/fft_double.h"

#include "separate/bss_signal.h"

#define EDGE (BSS_SIGNAL_TAPS - 1)
#define MOST_POINTS 8192	/* of a transform: it stays in the cache */

/* The least power of two that holds n, but no more than MOST_POINTS. */
static size_t
points_for(size_t n)
{
	size_t points = 2;

	while (points < n && points < MOST_POINTS)
		points *= 2;
	return points;
}

/* out [n]: x from sample "from" on, which may be negative; zero outside. */
static void
cut(const double *x, size_t n_samples, ptrdiff_t from, double *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const ptrdiff_t t = from + (ptrdiff_t)i;

		out[i] = t < 0 || (size_t)t >= n_samples ? 0.0 : x[t];
	}
}

/* sum += x y, or conj(x) y; n_bins complex numbers each. */
static void
add_product(const double *x, const double *y, bool is_conjugate,
    size_t n_bins, double *sum)
{
	const double sign = is_conjugate ? -1.0 : 1.0;

	for (size_t i = 0; i < 2 * n_bins; i += 2) {
		const double im = sign * x[i + 1];

		sum[i] += x[i] * y[i] - im * y[i + 1];
		sum[i + 1] += x[i] * y[i + 1] + im * y[i];
	}
}

/* ---- correlation ---- */

struct correlator {
	struct fft_double *fft;
	size_t n_points, n_bins;	/* n_bins: doubles of a spectrum */
	double *block;			/* [n_points] */
	double *a, *b;			/* [n][n_bins]: spectra of a block */
	double *sums;			/* [n_a][n_b][n_bins] */
};

static int
correlator_init(struct correlator *c, size_t n_a, size_t n_b,
    size_t n_samples, struct error *err)
{
	c->n_points = points_for(n_samples < MOST_POINTS ?
	    n_samples + 2 * EDGE : MOST_POINTS);
	c->n_bins = c->n_points + 2;
	c->fft = fft_double_new(c->n_points, err);
	c->block = memory_new(c->n_points, sizeof(double), "samples", err);
	c->a = memory_new(n_a * c->n_bins, sizeof(double), "bins", err);
	c->b = memory_new(n_b * c->n_bins, sizeof(double), "bins", err);
	c->sums = memory_new(n_a * n_b * c->n_bins, sizeof(double), "bins",
	    err);
	return c->fft == NULL || c->block == NULL || c->a == NULL ||
	    c->b == NULL || c->sums == NULL ? -1 : 0;
}

static void
correlator_release(struct correlator *c)
{
	fft_double_free(c->fft);
	memory_free(c->block);
	memory_free(c->a);
	memory_free(c->b);
	memory_free(c->sums);
}

/*
 * Lags of +-EDGE between a block of a and all that it meets in b: circular
 * correlation does not wrap onto them.  Spectra are summed, so that each pair
 * is transformed back once.
 */
static void
correlate_block(struct correlator *c, const double *const *a, size_t n_a,
    const double *const *b, size_t n_b, size_t n_samples, size_t at)
{
	const size_t n_new = c->n_points - 2 * EDGE;
	size_t i, j;

	memset(c->block, 0, c->n_points * sizeof(*c->block));
	for (i = 0; i < n_a; i++) {
		cut(a[i], n_samples, (ptrdiff_t)at, c->block, n_new);
		fft_double_forward(c->fft, c->block, c->a + i * c->n_bins);
	}
	for (j = 0; j < n_b; j++) {
		cut(b[j], n_samples, (ptrdiff_t)at - EDGE, c->block,
		    c->n_points);
		fft_double_forward(c->fft, c->block, c->b + j * c->n_bins);
	}
	for (i = 0; i < n_a; i++) {
		for (j = 0; j < n_b; j++)
			add_product(c->a + i * c->n_bins,
			    c->b + j * c->n_bins, true, c->n_bins / 2,
			    c->sums + (i * n_b + j) * c->n_bins);
	}
}

int
bss_signal_correlate(const double *const *a, size_t n_a,
    const double *const *b, size_t n_b, size_t n_samples, double *lags,
    struct error *err)
{
	struct correlator c = { .fft = NULL };
	int status = -1;

	if (correlator_init(&c, n_a, n_b, n_samples, err) != 0)
		goto out;
	for (size_t at = 0; at < n_samples; at += c.n_points - 2 * EDGE)
		correlate_block(&c, a, n_a, b, n_b, n_samples, at);
	for (size_t i = 0; i < n_a * n_b; i++) {
		fft_double_backward(c.fft, c.sums + i * c.n_bins, c.block);
		memcpy(lags + i * BSS_SIGNAL_LAGS, c.block,
		    BSS_SIGNAL_LAGS * sizeof(*lags));
	}
	status = 0;
out:
	correlator_release(&c);
	return status;
}

/* ---- filters ---- */

struct bss_signal_bank {
	struct fft_double *fft;
	size_t n_outputs, n_inputs;
	size_t n_points, n_bins;	/* n_bins: doubles of a spectrum */
	double *filters;		/* [n_outputs][n_inputs][n_bins] */
	double *inputs;			/* [n_inputs][n_bins] */
	double *sum;			/* [n_bins] */
	double *block;			/* [n_points] */
	double *blocks;			/* [n_outputs][n_points] */
	const double **outputs;		/* [n_outputs] */
};

static int
allocate(struct bss_signal_bank *k, struct error *err)
{
	const size_t n = sizeof(double);

	k->fft = fft_double_new(k->n_points, err);
	k->filters = memory_new(k->n_outputs * k->n_inputs * k->n_bins, n,
	    "bins", err);
	k->inputs = memory_new(k->n_inputs * k->n_bins, n, "bins", err);
	k->sum = memory_new(k->n_bins, n, "bins", err);
	k->block = memory_new(k->n_points, n, "samples", err);
	k->blocks = memory_new(k->n_outputs * k->n_points, n, "samples", err);
	k->outputs = memory_new(k->n_outputs, sizeof(*k->outputs), "outputs",
	    err);
	return k->fft == NULL || k->filters == NULL || k->inputs == NULL ||
	    k->sum == NULL || k->block == NULL || k->blocks == NULL ||
	    k->outputs == NULL ? -1 : 0;
}

struct bss_signal_bank *
bss_signal_bank_new(const double *taps, size_t n_outputs, size_t n_inputs,
    size_t n_samples, struct error *err)
{
	struct bss_signal_bank *k = memory_new(1, sizeof(*k), "filters", err);

	if (k == NULL)
		return NULL;
	k->n_outputs = n_outputs;
	k->n_inputs = n_inputs;
	k->n_points = points_for(n_samples < MOST_POINTS ?
	    n_samples + 2 * EDGE : MOST_POINTS);
	k->n_bins = k->n_points + 2;
	if (allocate(k, err) != 0) {
		bss_signal_bank_free(k);
		return NULL;
	}
	for (size_t i = 0; i < n_outputs; i++)
		k->outputs[i] = k->blocks + i * k->n_points + EDGE;
	for (size_t i = 0; i < n_outputs * n_inputs; i++) {
		cut(taps + i * BSS_SIGNAL_TAPS, BSS_SIGNAL_TAPS, 0, k->block,
		    k->n_points);
		fft_double_forward(k->fft, k->block,
		    k->filters + i * k->n_bins);
	}
	return k;
}

void
bss_signal_bank_free(struct bss_signal_bank *k)
{
	if (k == NULL)
		return;
	fft_double_free(k->fft);
	memory_free(k->filters);
	memory_free(k->inputs);
	memory_free(k->sum);
	memory_free(k->block);
	memory_free(k->blocks);
	memory_free(k->outputs);
	memory_free(k);
}

/* The first EDGE points of each result hold what wrapped round. */
static void
filter_block(struct bss_signal_bank *k, const double *const *inputs,
    size_t first, size_t n_samples, size_t at)
{
	size_t i, j;

	for (j = 0; j < k->n_inputs; j++) {
		cut(inputs[j] + first, n_samples, (ptrdiff_t)at - EDGE,
		    k->block, k->n_points);
		fft_double_forward(k->fft, k->block,
		    k->inputs + j * k->n_bins);
	}
	for (i = 0; i < k->n_outputs; i++) {
		memset(k->sum, 0, k->n_bins * sizeof(*k->sum));
		for (j = 0; j < k->n_inputs; j++)
			add_product(k->filters +
			    (i * k->n_inputs + j) * k->n_bins,
			    k->inputs + j * k->n_bins, false, k->n_bins / 2,
			    k->sum);
		fft_double_backward(k->fft, k->sum,
		    k->blocks + i * k->n_points);
	}
}

void
bss_signal_bank_run(struct bss_signal_bank *bank,
    const double *const *inputs, size_t first, size_t n_samples,
    void (*take)(void *context, const double *const *outputs, size_t at,
    size_t n_block), void *context)
{
	const size_t n_all = n_samples + EDGE;
	const size_t n_new = bank->n_points - EDGE;

	for (size_t at = 0; at < n_all; at += n_new) {
		filter_block(bank, inputs, first, n_samples, at);
		take(context, bank->outputs, at,
		    n_all - at < n_new ? n_all - at : n_new);
	}
}
