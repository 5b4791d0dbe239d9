/*
 * excerpt -- a passage of activations, kept small in memory for training.
 *
 * Columns of 40 ms (embed/crop.h), one byte a value, and only the 4 octaves
 * around the passage's median pitch: 6 KB a second.
 */
#ifndef EMBED_EXCERPT_H
#define EMBED_EXCERPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "dsp/npy.h"

#define EXCERPT_N_BINS 240
#define EXCERPT_MAX_SEC 120.0

struct excerpt {
	size_t n_columns;
	size_t first_bin;	/* of the 360 */
	uint8_t *values;	/* [n_columns][EXCERPT_N_BINS], 255 is 1 */
};

/*
 * Read the columns from from_sec to to_sec, cut to what the array holds and
 * to EXCERPT_MAX_SEC.  *start_sec is where the first column begins.  The
 * array must have 360 columns.  Release with excerpt_release.
 */
int excerpt_read(struct npy_reader *r, double from_sec, double to_sec,
    struct excerpt *e, double *start_sec, struct error *err) MUST_CHECK;
void excerpt_release(struct excerpt *e);

/* Columns first .. first + n - 1 as columns [n][360]; outside they are 0. */
void excerpt_expand(const struct excerpt *e, ptrdiff_t first, size_t n,
    float *columns);

#endif
