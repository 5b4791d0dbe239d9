/*
 * embed_loss -- what the encoder's training makes small.
 *
 * The "loss" member of a recipe:
 *	kind		"ntxent" (embed/ntxent.h), "triplet"
 *			(embed/triplet.h), "group-infonce" (embed/group_nce.h)
 *			or "segment" (embed/segment_nce.h)	("ntxent")
 *	temperature	of all but triplet, 0.001..10	(0.05; group-infonce
 *			0.2)
 *	miner_epsilon	of ntxent and segment; absent: no miner
 *	margin		of triplet, 0.001..2			(0.2)
 *	negatives	of triplet: "hardest" or "semi-hard" ("semi-hard")
 *
 * In each, windows of one work are never negatives (embed/batch_pairs.h).
 */
#ifndef EMBED_EMBED_LOSS_H
#define EMBED_EMBED_LOSS_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "embed/ntxent.h"
#include "embed/triplet.h"

enum embed_loss_kind {
	EMBED_LOSS_NTXENT,
	EMBED_LOSS_TRIPLET,
	EMBED_LOSS_GROUP_NCE,
	EMBED_LOSS_SEGMENT
};

struct embed_loss {
	enum embed_loss_kind kind;
	struct ntxent_options ntxent;	/* also of segment */
	struct triplet_options triplet;
	double temperature;		/* of group-infonce */
};

/* What the fingerprints of a batch are of. */
struct embed_loss_items {
	size_t n;			/* 1..BATCH_PAIRS_MAX_ITEMS */
	const size_t *group, *work;	/* [n] */
	const size_t *bag;		/* [n], only for segment: see there */
};

/* Read the member "loss" of a recipe. */
int embed_loss_read(const struct json *recipe, struct embed_loss *l,
    struct error *err) MUST_CHECK;

/*
 * z [n][dimension], vectors of length 1.  Sets *loss, the mean over what the
 * kind counts, and gradients [n][dimension], the derivatives by z; both 0 when
 * there is nothing to count.
 */
int embed_loss_run(const struct embed_loss *l, const float *z,
    size_t dimension, const struct embed_loss_items *items, float *gradients,
    double *loss, struct error *err) MUST_CHECK;

#endif
