/*
 * agreement -- how far people agree beyond chance, on a nominal scale.
 *
 * cohen: Cohen's kappa of two raters on the items that both rated: (p - e) /
 * (1 - e) with p the share of equal ratings and e that expected of two raters
 * with their shares of the categories (J. Cohen, "A Coefficient of Agreement
 * for Nominal Scales", Educational and Psychological Measurement 20, 1960).
 *
 * fleiss: Fleiss' kappa (J. L. Fleiss, "Measuring Nominal Scale Agreement Among
 * Many Raters", Psychological Bulletin 76, 1971).  It wants the same number of
 * ratings of each item, so it takes the items with the number of ratings (2 or
 * more) that most items have, of two such numbers the higher.
 *
 * krippendorff: Krippendorff's alpha, from the coincidences of the ratings of
 * each item; any number of raters, and missing ratings (K. Krippendorff,
 * "Computing Krippendorff's Alpha-Reliability", 2011, section C).
 *
 * Where all ratings that count are of one category, or none count, chance
 * explains everything and nothing: has_value is false then and value 0.
 */
#ifndef REVIEW_AGREEMENT_H
#define REVIEW_AGREEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "store/ratings.h"

#define AGREEMENT_MAX_CATEGORIES 8

struct agreement {
	double value;		/* up to 1; 0 is chance */
	bool has_value;
	size_t n;		/* items that count */
	size_t n_raters;	/* of each of them, of fleiss; else of all */
};

/* n_categories <= AGREEMENT_MAX_CATEGORIES, in all of these. */
struct agreement agreement_cohen(const struct ratings *r, size_t rater,
    size_t other);
struct agreement agreement_krippendorff(const struct ratings *r);
int agreement_fleiss(const struct ratings *r, struct agreement *result,
    struct error *err) MUST_CHECK;

/*
 * All of it about a catalogue: {cohen: [{a, b, kappa, n}], fleiss: {kappa, n,
 * raters}, krippendorff: {alpha, n}, gold: [{name, right, n}]}; pairs that
 * share no item are left out, a value there is none of is null.  NULL with an
 * error; free with json_free.
 */
struct json *agreement_report(struct catalogue *c, struct error *err)
    MUST_CHECK;

#endif
