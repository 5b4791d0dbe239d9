/*
 * feature -- sound to rows of a feature, as a stream, whatever the feature is.
 *
 * Parameters, defaults and numbers are librosa's (version 0.10); each kind's
 * header says how, and within which tolerance.  Rows lie [n_frames][n_columns],
 * librosa's arrays being the transpose.  Row k is centred on sample k * n_hop,
 * zeros lie outside of the sound, and a sound of n samples has n / n_hop + 1
 * rows.  Memory does not grow with the sound.
 */
#ifndef DSP_FEATURE_H
#define DSP_FEATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "dsp/cqt.h"

enum feature_kind {
	FEATURE_CQT,		/* magnitudes of dsp/cqt.h */
	FEATURE_N_KINDS
};

/* Of all kinds; each looks at its own. */
struct feature_options {
	enum feature_kind kind;
	struct cqt_options cqt;
};

#define FEATURE_MAX_PUT CQT_MAX_PUT	/* samples at a time */

/* "cqt" and so on; NULL behind the last. */
const char *feature_kind_name(enum feature_kind kind);

/* Of its name; -1 with a message that lists them. */
int feature_kind_find(const char *name, enum feature_kind *kind,
    struct error *err) MUST_CHECK;

struct feature;

/*
 * For sounds of one rate; plans and tables are kept from one to the next.  Free
 * with feature_free.  NULL with an error.
 */
struct feature *feature_new(const struct feature_options *o, double rate_hz,
    struct error *err) MUST_CHECK;
void feature_free(struct feature *f);
size_t feature_n_columns(const struct feature *f);

/* Begin another sound. */
void feature_reset(struct feature *f);

/*
 * Take n samples, at most FEATURE_MAX_PUT; returns how many rows are ready.
 * *rows is valid until the next call.
 */
size_t feature_put(struct feature *f, const float *samples, size_t n,
    const float **rows);

/* End the sound: the rows that are left. */
size_t feature_finish(struct feature *f, const float **rows);

#endif
