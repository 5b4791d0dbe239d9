/*
 * overview -- the state of a dataset at a glance.
 */
#ifndef STORE_OVERVIEW_H
#define STORE_OVERVIEW_H

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

#define OVERVIEW_BINS 20	/* of the histogram of probabilities */

/*
 * An object, to be freed with json_free; NULL with an error:
 *
 *	works		how many
 *	recordings	{original, cover, humming, all, failed, quarantined}
 *	fragments	{keep, flag, drop, all}, after reviews
 *	reviews		how many verdicts
 *	hours_kept	of covers and hums in kept fragments
 *	rounds		scores of finished rounds: [{number, name, measure,
 *			value, low, high, n, reason, promoted}], the model's
 *			name or "fragments", in the order in which they were
 *			made
 *	histogram	of the fragments' probability: {edges: [21], keep: [20],
 *			flag: [20], drop: [20]}
 *	samples		of kept and flagged fragments, from all over the
 *			catalogue: [{g, f, decision}]
 *
 * Reads every fragment: a second for a million of them.
 */
struct json *overview_read(struct catalogue *c, struct error *err);

#endif
