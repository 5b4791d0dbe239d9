/*
 * histogram -- how many values fall where, in classes one on the other, as a
 * picture of one or more panels over one axis.
 */
#ifndef DRAW_HISTOGRAM_H
#define DRAW_HISTOGRAM_H

#include <stddef.h>

#include "base/error.h"

#include "draw/axes.h"
#include "draw/palette.h"

#define HISTOGRAM_MAX_PANELS 8
#define HISTOGRAM_MAX_BINS 1000

/* What is told apart by colour. */
struct histogram_class {
	const char *name;
	enum palette_name colour;
};

struct histogram_panel {
	const char *title;		/* or NULL */
	const size_t *counts;		/* [n_classes][n_bins] */
};

struct histogram {
	const char *title;		/* or NULL */
	const char *x_label;
	struct axes_range range;	/* edges of the first and last bin */
	size_t n_bins;			/* 1 to HISTOGRAM_MAX_BINS */
	const struct histogram_class *classes;
	size_t n_classes;
	const struct histogram_panel *panels;	/* downwards */
	size_t n_panels;		/* at most HISTOGRAM_MAX_PANELS */
	const double *marks;		/* [n_marks] thresholds, dashed */
	size_t n_marks;
};

/* The bin of a value; those beyond the edges fall into the outermost. */
size_t histogram_bin(const struct axes_range *range, size_t n_bins,
    double value);

/* Write the picture.  The path as canvas_open. */
int histogram_write(const char *path, const struct histogram *h,
    struct error *err) MUST_CHECK;

#endif
