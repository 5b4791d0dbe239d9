/*
 * excerpt -- a passage of an array, kept small in memory for training.
 *
 * Columns of 40 ms (embed/image_kind.h), one byte a value, and of activations
 * only the 4 octaves around the passage's median pitch: 6 KB a second.
 */
#ifndef EMBED_EXCERPT_H
#define EMBED_EXCERPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "dsp/npy.h"

#include "embed/image_kind.h"

#define EXCERPT_MAX_SEC 120.0

struct excerpt {
	const struct image_kind *kind;
	size_t n_columns;
	size_t first_bin;	/* of the kind's n_bins */
	uint8_t *values;	/* [n_columns][n_kept_bins], 255 is 1 */
};

/*
 * Read the columns from from_sec to to_sec, cut to what the array holds and
 * to EXCERPT_MAX_SEC.  *start_sec is where the first column begins.  The
 * array must be of the kind (image_kind_check).  Release with excerpt_release.
 */
int excerpt_read(struct npy_reader *r, const struct image_kind *kind,
    double from_sec, double to_sec, struct excerpt *e, double *start_sec,
    struct error *err) MUST_CHECK;
void excerpt_release(struct excerpt *e);

/* Columns first .. first + n - 1 as columns [n][n_bins]; outside they are 0. */
void excerpt_expand(const struct excerpt *e, ptrdiff_t first, size_t n,
    float *columns);

#endif
