#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"

#include "base/bootstrap.h"

static int
compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
check(const double *values, const double *weights, size_t n_values,
    size_t n_resamples, struct error *err)
{
	if (n_values == 0)
		return error_set(err, ERROR_LIMIT,
		    "there are no values to take a mean of");
	if (n_resamples == 0 || n_resamples > BOOTSTRAP_MAX_RESAMPLES)
		return error_set(err, ERROR_LIMIT,
		    "%zu resamples: expected 1 to %d", n_resamples,
		    BOOTSTRAP_MAX_RESAMPLES);
	for (size_t i = 0; i < n_values; i++)
		if (!isfinite(values[i]) || (weights != NULL &&
		    !(weights[i] > 0 && isfinite(weights[i]))))
			return error_set(err, ERROR_FORMAT, "value %zu is "
			    "not finite, or its weight not above 0", i);
	return 0;
}

/* The quantile q of n sorted values, between neighbours by a straight line. */
static double
quantile(const double *sorted, size_t n, double q)
{
	const double at = q * (double)(n - 1);
	const size_t i = (size_t)at;
	const double part = at - (double)i;

	if (i + 1 >= n)
		return sorted[n - 1];
	return sorted[i] * (1 - part) + sorted[i + 1] * part;
}

/* Sorts "means" and reads the interval off it. */
static void
read_interval(double *means, size_t n, struct bootstrap_interval *interval)
{
	qsort(means, n, sizeof(means[0]), compare_doubles);
	interval->low = quantile(means, n, 0.025);
	interval->high = quantile(means, n, 0.975);
}

/* weights NULL: all one. */
static double
mean_of(const double *values, const double *weights, size_t n)
{
	double sum = 0, total = 0;

	for (size_t i = 0; i < n; i++) {
		const double weight = weights == NULL ? 1 : weights[i];

		sum += weight * values[i];
		total += weight;
	}
	return sum / total;
}

/* The mean over one draw of groups; draws of empty groups only are redrawn. */
static double
draw_groups(const double *sum, const double *count, size_t n_groups,
    struct random *r)
{
	double total = 0, n = 0;

	while (!(n > 0)) {
		total = n = 0;
		for (size_t i = 0; i < n_groups; i++) {
			const size_t g = random_below(r, n_groups);

			total += sum[g];
			n += count[g];
		}
	}
	return total / n;
}

int
bootstrap_grouped_mean(const double *values, const size_t *group,
    size_t n_values, size_t n_groups, size_t n_resamples, uint64_t seed,
    struct bootstrap_interval *interval, struct error *err)
{
	return bootstrap_weighted_mean(values, NULL, group, n_values,
	    n_groups, n_resamples, seed, interval, err);
}

int
bootstrap_weighted_mean(const double *values, const double *weights,
    const size_t *group, size_t n_values, size_t n_groups,
    size_t n_resamples, uint64_t seed, struct bootstrap_interval *interval,
    struct error *err)
{
	double *sum = NULL, *count = NULL, *means = NULL;
	struct random r;
	int status = -1;

	if (check(values, weights, n_values, n_resamples, err) != 0)
		return -1;
	if ((sum = memory_new(n_groups, sizeof(*sum), "groups", err)) == NULL)
		return -1;
	count = memory_new(n_groups, sizeof(*count), "groups", err);
	means = memory_new(n_resamples, sizeof(*means), "means", err);
	if (count == NULL || means == NULL)
		goto out;
	for (size_t i = 0; i < n_values; i++) {
		const double weight = weights == NULL ? 1 : weights[i];

		if (group[i] >= n_groups) {
			error_set(err, ERROR_BUG, "group %zu of %zu",
			    group[i], n_groups);
			goto out;
		}
		sum[group[i]] += weight * values[i];
		count[group[i]] += weight;
	}
	random_init(&r, seed);
	for (size_t k = 0; k < n_resamples; k++)
		means[k] = draw_groups(sum, count, n_groups, &r);
	interval->mean = mean_of(values, weights, n_values);
	read_interval(means, n_resamples, interval);
	status = 0;
out:
	memory_free(means);
	memory_free(count);
	memory_free(sum);
	return status;
}
