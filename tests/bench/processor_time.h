/*
 * processor_time -- the processor time of a run, and the median of some.
 */
#ifndef TESTS_BENCH_PROCESSOR_TIME_H
#define TESTS_BENCH_PROCESSOR_TIME_H

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

/* Seconds of processor time that this process has had. */
static inline double
processor_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int
processor_time_compare(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

/* The median of n times, n >= 1; puts them in order. */
static inline double
processor_time_median(double *spent, size_t n)
{
	qsort(spent, n, sizeof(*spent), processor_time_compare);
	return spent[n / 2];
}

#endif
