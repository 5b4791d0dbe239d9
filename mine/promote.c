#include <stdio.h>

#include "base/bootstrap.h"
#include "base/memory.h"

#include "mine/promote.h"

static int
difference_of(const double *old_hits, const double *new_hits,
    const size_t *group, size_t n_queries, uint64_t seed,
    struct bootstrap_interval *interval, struct error *err)
{
	double *differences;
	int status;

	differences = memory_new(n_queries, sizeof(*differences), "queries",
	    err);
	if (differences == NULL)
		return -1;
	for (size_t i = 0; i < n_queries; i++)
		differences[i] = new_hits[i] - old_hits[i];
	status = bootstrap_grouped_mean(differences, group, n_queries,
	    n_queries, BOOTSTRAP_N_RESAMPLES, seed, interval, err);
	memory_free(differences);
	return status;
}

int
promote_decide(const double *old_hits, const double *new_hits,
    const size_t *group, size_t n_queries, size_t top, uint64_t seed,
    struct promote_result *result, struct error *err)
{
	struct bootstrap_interval d = { 0, 0, 0 };

	if (n_queries > 0 && difference_of(old_hits, new_hits, group,
	    n_queries, seed, &d, err) != 0)
		return -1;
	result->promoted = n_queries > 0 && d.low > 0;
	result->difference = d.mean;
	result->low = d.low;
	result->high = d.high;
	if (n_queries == 0)
		(void)snprintf(result->reason, sizeof(result->reason),
		    "not promoted: there are no held-out hums to measure on");
	else
		(void)snprintf(result->reason, sizeof(result->reason),
		    "%s: top-%zu hit rate %+.3f on %zu held-out hums, 95 %% "
		    "interval %+.3f to %+.3f, which %s 0",
		    result->promoted ? "promoted" : "not promoted", top,
		    d.mean, n_queries, d.low, d.high,
		    d.low > 0 ? "lies above" : d.high < 0 ? "lies below" :
		    "includes");
	return 0;
}
