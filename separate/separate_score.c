#include <math.h>

#include "separate/separate_score.h"

#define MOST_DB 100.0

double
separate_score_si_sdr(const float *truth, const float *estimate,
    size_t n_samples)
{
	double tt = 0.0, te = 0.0;
	double signal = 0.0, rest = 0.0;
	double scale, db;

	for (size_t i = 0; i < n_samples; i++) {
		tt += (double)truth[i] * (double)truth[i];
		te += (double)truth[i] * (double)estimate[i];
	}
	if (!(tt > 0.0))
		return -MOST_DB;
	scale = te / tt;
	for (size_t i = 0; i < n_samples; i++) {
		double along = scale * (double)truth[i];
		double off = (double)estimate[i] - along;

		signal += along * along;
		rest += off * off;
	}
	if (!(signal > 0.0))
		return -MOST_DB;
	if (!(rest > 0.0))
		return MOST_DB;
	db = 10.0 * log10(signal / rest);
	return fmax(-MOST_DB, fmin(MOST_DB, db));
}
