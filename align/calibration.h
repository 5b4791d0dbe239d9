/*
 * calibration -- from scores to probabilities.
 *
 * Two logistic models (nn/logistic.h), fitted where the truth is known:
 *
 *	fragment	that it is right within 0.5 s (align_score.h), from its
 *			correlation, agreement, margin, is_repeat and the
 *			logarithms of its length and of voiced_sec
 *	pair		that two recordings share a work, from the members of
 *			"pair" (pair_record.h)
 *
 * Features are taken from the members of records, so that what was fitted is
 * what is applied.  A calibration is an object
 *
 *	{"format": "chad-calibration 1",
 *	 "fragment": {"features": {"correlation": {"mean": m, "scale": s,
 *	     "weight": w}, ...}, "bias": b, "l2": 1, "n": 700, "n_right": 500},
 *	 "pair": the same, "model_sha256": "of the fingerprints' model",
 *	 "data": "what it was fitted on"}
 *
 * with one of the two or both, in a JSON file beside the model.  It speaks of
 * the fingerprints of that model: others spread their similarities otherwise.
 */
#ifndef ALIGN_CALIBRATION_H
#define ALIGN_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "align/align_truth.h"

#include "nn/logistic.h"

enum calibration_kind { CALIBRATION_FRAGMENT, CALIBRATION_PAIR };
#define CALIBRATION_N_KINDS 2

struct calibration {
	struct logistic model[CALIBRATION_N_KINDS];
	bool has[CALIBRATION_N_KINDS];
	char sha256[HASH_HEX_BYTES];	/* of the object's text */
	char model_sha256[HASH_HEX_BYTES];	/* "" when it does not say */
};

/* Read one from its file, or from its object; they are checked. */
int calibration_load(const char *path, struct calibration *c,
    struct error *err) MUST_CHECK;
int calibration_read(const struct json *j, struct calibration *c,
    struct error *err) MUST_CHECK;

/* Whether it speaks of fingerprints of this model; always if it names none. */
bool calibration_is_for(const struct calibration *c,
    const char *model_sha256);

/* What a record is of: "pair" in it tells. */
enum calibration_kind calibration_kind_of(const struct json *rec);

/*
 * The probability of a record of a fragment or pair.  *is_known is false
 * when the calibration has no model of its kind.
 */
int calibration_probability(const struct calibration *c,
    const struct json *rec, bool *is_known, double *probability,
    struct error *err) MUST_CHECK;

/*
 * Put "probability" and, as "calibration", whose it is on a record made from
 * fingerprints of this model; nothing when it does not speak of those.
 */
int calibration_put(const struct calibration *c, struct json *rec,
    const char *model_sha256, struct error *err) MUST_CHECK;

/*
 * Whether a record is right: a fragment within 0.5 s, a pair when the cover has
 * anything of the original.  *is_known is false without truth.
 */
int calibration_check(const struct json *rec, const struct align_truth *truth,
    bool *is_known, bool *is_right, struct error *err) MUST_CHECK;

/*
 * Fit to the records whose truth is known; a kind without cases of both sorts
 * is left out, and it is an error when both are, or when their histories name
 * fingerprints of different models.  data: what they are, for people.  Returns
 * the object, to be freed with json_free, or NULL.
 */
struct json *calibration_fit(const struct json *const *records, size_t n,
    const struct align_truth *truth, const char *data, struct error *err)
    MUST_CHECK;

#endif
