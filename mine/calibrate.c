#include <stdlib.h>

#include "mine/calibrate.h"

static int
by_falling_score(const void *a, const void *b)
{
	const struct calibrate_point *x = a;
	const struct calibrate_point *y = b;

	return (x->score < y->score) - (x->score > y->score);
}

int
calibrate_threshold(struct calibrate_point *points, size_t n_points,
    double wanted_precision, struct calibrate_result *result,
    struct error *err)
{
	struct calibrate_result best = { false, 1, 0, 0, 0 };
	size_t n_right = 0, n_all_right = 0;

	if (n_points < CALIBRATE_MIN_FRAGMENTS)
		return error_set(err, ERROR_LIMIT, "only %zu fragments of "
		    "known truth: at least %d are needed to set a threshold",
		    n_points, CALIBRATE_MIN_FRAGMENTS);
	qsort(points, n_points, sizeof(*points), by_falling_score);
	for (size_t i = 0; i < n_points; i++)
		n_all_right += points[i].is_right ? 1 : 0;
	for (size_t i = 0; i < n_points; i++) {
		const size_t n_above = i + 1;
		double precision;

		n_right += points[i].is_right ? 1 : 0;
		/* A threshold takes all of one score or none. */
		if (n_above < CALIBRATE_MIN_FRAGMENTS || (n_above < n_points &&
		    points[i].score <= points[n_above].score))
			continue;
		precision = (double)n_right / (double)n_above;
		if (precision >= wanted_precision ||
		    (!best.reached && precision > best.precision)) {
			best.reached = precision >= wanted_precision;
			best.threshold = points[i].score;
			best.precision = precision;
			best.n_above = n_above;
			best.recall = n_all_right == 0 ? 0 :
			    (double)n_right / (double)n_all_right;
		}
	}
	*result = best;
	return 0;
}
