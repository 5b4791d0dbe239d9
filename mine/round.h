/*
 * round -- one turn of the loop.
 *
 * Round 0 makes the first model: the one given, or one trained on the labelled
 * hums.  Round k >= 1 starts from the model of round k - 1:
 *
 *	recordings of the catalogue -> voice -> pitch	"analyse"
 *	fingerprints by the old model			"embed"
 *	thresholds, where truth is known	"check-truth"
 *	aligned fragments of every original and cover	"align"
 *	verdicts of people; into the catalogue		"decide"
 *	hums + kept fragments of works not blocked	"pairs"
 *	the new model					"train"
 *	held-out hums against songs, both models	"search-old", "-new"
 *	fragments against the truth, where known	"score"
 *	the better model goes on (mine/promote.h)
 *
 * The works of the held-out hums and of the truth are blocked first.  A round's
 * key is the hash of its settings, which name every input by its SHA-256; what
 * was begun under this key is gone on with.  Everything a round makes is a
 * function of its key, so a round that was killed any number of times ends with
 * the same catalogue and the same bytes of the model.
 */
#ifndef MINE_ROUND_H
#define MINE_ROUND_H

#include <stddef.h>

#include "base/error.h"

#include "store/catalogue.h"

#include "mine/round_options.h"

struct round_place {
	const char *work_folder;
	const char *threads;		/* for the commands, or NULL */
	/* Told what is being done, one line each.  May be NULL. */
	void (*note)(void *context, const char *text);
	void *context;
};

/*
 * Bring the catalogue to the end of round "number"; the rounds before it must
 * be done.  Nothing happens when it is done already.  ERROR_BUSY when a
 * passing fault stopped it and the same call will go on.
 */
int round_run(struct catalogue *c, const struct round_options *o,
    const struct round_place *place, size_t number, struct error *err)
    MUST_CHECK;

#endif
