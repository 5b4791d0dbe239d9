/*
 * report_media -- the pictures and sounds of a round's report.
 *
 * Pictures are drawn by chad-plot, sounds cut from what chad-decode wrote (or
 * the recording itself), 16-bit FLAC.  What cannot be made, its file being
 * gone, is said in the page instead.
 */
#ifndef MINE_REPORT_MEDIA_H
#define MINE_REPORT_MEDIA_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "mine/page.h"
#include "mine/report_round.h"

struct report_media {
	const char *folder;		/* of the page */
	const struct report_round *round;
	size_t n_sounds;		/* of kept and of flagged fragments */
	uint64_t seed;			/* draws which */
	struct arena *a;
};

/* Histograms of the scores, and a map of the fingerprints. */
int report_media_scores(const struct report_media *m, struct page *p,
    struct error *err) MUST_CHECK;

/* The learning curve of the model that the round trained. */
int report_media_curve(const struct report_media *m, struct page *p,
    struct error *err) MUST_CHECK;

/*
 * Fragments with that decision, drawn by the seed: their scores, both passages
 * as sounds, and for the first two the similarity of their recordings.
 */
int report_media_examples(const struct report_media *m, const char *decision,
    struct page *p, struct error *err) MUST_CHECK;

#endif
