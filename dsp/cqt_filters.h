/*
 * cqt_filters -- the filters of neighbouring CQT bins, as sums over the bins of
 * an FFT.  Private to dsp/cqt.c; the formulas are in dsp/cqt.h.
 */
#ifndef DSP_CQT_FILTERS_H
#define DSP_CQT_FILTERS_H

#include <stddef.h>

#include "base/error.h"

/* Of one bin: n weights, real and imaginary part, from FFT bin "first" on. */
struct cqt_filter {
	size_t first, n;
	float *weights;		/* [n][2] */
};

struct cqt_filters {
	size_t n_window, n_bins;
	struct cqt_filter *filters;	/* [n_bins] */
};

/* What they are made of. */
struct cqt_filters_design {
	double rate_hz;		/* of the samples that are transformed */
	double lowest_hz;	/* of the first bin */
	size_t n_bins, bins_per_octave;
	double q;		/* frequency over band width */
	double sparsity;
	/* Each is scaled by the square root of its length at this rate. */
	double scale_rate_hz;
};

/* Samples of the FFT that holds the longest of them; a power of two. */
size_t cqt_filters_window(const struct cqt_filters_design *d);

/* Fill "f"; release with cqt_filters_release.  -1 with an error. */
int cqt_filters_init(struct cqt_filters *f, const struct cqt_filters_design *d,
    struct error *err) MUST_CHECK;
void cqt_filters_release(struct cqt_filters *f);

/* spectrum [n_window / 2 + 1][2] to magnitudes [n_bins]. */
void cqt_filters_run(const struct cqt_filters *f, const float *spectrum,
    float *magnitudes);

#endif
