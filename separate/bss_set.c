#include <math.h>

#include "separate/bss_set.h"

#define N_SETS ((size_t)1 << BSS_EVAL_MAX_SOURCES)
#define MOST_DB 1e6		/* stands for infinity in a mean */

static int
check_pair(const struct bss_eval_signals *references,
    const struct bss_eval_signals *estimates, struct error *err)
{
	if (references->n_sources == estimates->n_sources &&
	    references->n_channels == estimates->n_channels &&
	    references->n_samples == estimates->n_samples)
		return 0;
	return error_set(err, ERROR_FORMAT, "%zu references of %zu channels "
	    "and %zu samples, %zu estimates of %zu channels and %zu samples",
	    references->n_sources, references->n_channels,
	    references->n_samples, estimates->n_sources,
	    estimates->n_channels, estimates->n_samples);
}

/* ---- windows ---- */

size_t
bss_set_n_windows(size_t n_samples, size_t window, size_t hop)
{
	return bss_eval_n_windows(n_samples, window, hop);
}

/* Pointers to the samples from "first" on. */
static struct bss_eval_signals
window_of(const struct bss_eval_signals *all, size_t first, size_t n_samples,
    const double **samples)
{
	for (size_t i = 0; i < all->n_sources * all->n_channels; i++)
		samples[i] = all->samples[i] + first;
	return (struct bss_eval_signals){ samples, all->n_sources,
	    all->n_channels, n_samples };
}

static bool
has_silence(const struct bss_eval_signals *s)
{
	for (size_t i = 0; i < s->n_sources; i++)
		if (bss_eval_is_silent(s->samples + i * s->n_channels,
		    s->n_channels, 0, s->n_samples))
			return true;
	return false;
}

static int
measure_window(const struct bss_eval_signals *references,
    const struct bss_eval_signals *estimates,
    struct bss_eval_measures *measures, struct error *err)
{
	struct bss_eval *e;
	int status = 0;

	if (has_silence(references) || has_silence(estimates)) {
		for (size_t i = 0; i < references->n_sources; i++)
			measures[i] = (struct bss_eval_measures){
			    .is_silent = true };
		return 0;
	}
	if ((e = bss_eval_new(references, err)) == NULL)
		return -1;
	for (size_t i = 0; status == 0 && i < references->n_sources; i++)
		status = bss_eval_measure(e, estimates->samples +
		    i * estimates->n_channels, i, &measures[i], err);
	bss_eval_free(e);
	return status;
}

int
bss_set_measure_windows(const struct bss_eval_signals *references,
    const struct bss_eval_signals *estimates, size_t window, size_t hop,
    struct bss_eval_measures *measures, struct error *err)
{
	const size_t n = bss_set_n_windows(references->n_samples, window,
	    hop);
	const double *truth[BSS_EVAL_MAX_SIGNALS];
	const double *found[BSS_EVAL_MAX_SIGNALS];

	if (check_pair(references, estimates, err) != 0)
		return -1;
	if (references->n_sources * references->n_channels >
	    BSS_EVAL_MAX_SIGNALS || window == 0 || hop == 0)
		return error_set(err, ERROR_LIMIT, "%zu signals in windows "
		    "of %zu samples every %zu", references->n_sources *
		    references->n_channels, window, hop);
	if (n < 2)
		window = references->n_samples;
	for (size_t k = 0; k < n; k++) {
		const struct bss_eval_signals r = window_of(references,
		    k * hop, window, truth);
		const struct bss_eval_signals e = window_of(estimates,
		    k * hop, window, found);

		if (measure_window(&r, &e, measures + k * r.n_sources,
		    err) != 0)
			return error_add(err, "window %zu", k + 1);
	}
	return 0;
}

/* ---- order ---- */

/*
 * sir_db [n][n]: of reference i and estimate j.  The best sum for references
 * 0..k with a set of k + 1 estimates, for all sets in turn, a set being the
 * bits of a number: n 2^n steps where n! orders would have to be tried.
 */
static void
find_order(double sir_db[][BSS_EVAL_MAX_SOURCES], size_t n, size_t *order)
{
	double best[N_SETS] = { 0.0 };
	unsigned char last[N_SETS] = { 0 };
	unsigned char n_taken[N_SETS] = { 0 };
	size_t set;

	for (set = 1; set < (size_t)1 << n; set++) {
		size_t i;

		n_taken[set] =
		    (unsigned char)(n_taken[set & (set - 1)] + 1);
		i = (size_t)n_taken[set] - 1;
		best[set] = -(double)INFINITY;
		for (size_t j = 0; j < n; j++) {
			const size_t rest = set & ~((size_t)1 << j);

			if (rest != set &&
			    best[rest] + sir_db[i][j] > best[set]) {
				best[set] = best[rest] + sir_db[i][j];
				last[set] = (unsigned char)j;
			}
		}
	}
	for (set = ((size_t)1 << n) - 1; set != 0;
	    set &= ~((size_t)1 << last[set]))
		order[n_taken[set] - 1] = last[set];
}

int
bss_set_permute(const struct bss_eval_signals *references,
    const struct bss_eval_signals *estimates, size_t *order,
    struct bss_eval_measures *measures, struct error *err)
{
	const size_t n = references->n_sources;
	struct bss_eval_measures all[BSS_EVAL_MAX_SOURCES]
	    [BSS_EVAL_MAX_SOURCES];
	double sir_db[BSS_EVAL_MAX_SOURCES][BSS_EVAL_MAX_SOURCES];
	struct bss_eval *e;
	int status = 0;
	size_t i, j;

	if (check_pair(references, estimates, err) != 0 ||
	    (e = bss_eval_new(references, err)) == NULL)
		return -1;
	for (j = 0; status == 0 && j < n; j++) {
		for (i = 0; status == 0 && i < n; i++) {
			status = bss_eval_measure(e, estimates->samples +
			    j * estimates->n_channels, i, &all[i][j], err);
			sir_db[i][j] = status != 0 ? 0.0 : fmax(-MOST_DB,
			    fmin(MOST_DB, all[i][j].sir_db));
		}
		if (status != 0)
			error_add(err, "estimate %zu", j + 1);
	}
	bss_eval_free(e);
	if (status != 0)
		return -1;
	find_order(sir_db, n, order);
	for (i = 0; i < n; i++)
		measures[i] = all[i][order[i]];
	return 0;
}
