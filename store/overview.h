/*
 * overview -- the state of a dataset at a glance.
 */
#ifndef STORE_OVERVIEW_H
#define STORE_OVERVIEW_H

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

#define OVERVIEW_BINS 20	/* of the histogram */

/*
 * An object, to be freed with json_free; NULL with an error:
 *
 *	works		how many
 *	recordings	{original, cover, humming, all, failed, quarantined}
 *	fragments	{keep, flag, drop, all}, after reviews
 *	reviews		how many verdicts
 *	hours_kept	of covers and hums in kept fragments
 *	rounds		scores of finished rounds: [{number, name, is_new,
 *			measure, value, low, high, n, reason, promoted}], of
 *			a model (its name; is_new: the one the round trained),
 *			of "fragments" or of the "corpus", in the order in
 *			which they were made
 *	histogram	of the fragments' probability, or of their correlation
 *			where none has a probability: {of: which of both,
 *			edges: [21], keep: [20], flag: [20], drop: [20]}
 *	samples		of kept and flagged fragments, from all over the
 *			catalogue: [{g, f, title, decision}]
 *
 * Reads every fragment: a second for a million of them.
 */
struct json *overview_read(struct catalogue *c, struct error *err);

#endif
