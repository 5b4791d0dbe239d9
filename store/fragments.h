/*
 * fragments -- passages that versions of a work share.
 *
 * An aligned fragment, as chad-align writes it, has two versions: the
 * original's passage and the cover's.  A row of a CHAD table is one version
 * of a fragment that may have many.
 */
#ifndef STORE_FRAGMENTS_H
#define STORE_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/*
 * Add or replace an aligned fragment (manifests/FORMAT.md, "Fragments") with
 * both its ends; recordings it speaks of are added when missing.  round_key:
 * the round that found it, or NULL.  A record that is refused (ERROR_FORMAT,
 * ERROR_LIMIT) has changed nothing; after another error roll back.
 */
int fragments_put(struct catalogue *c, const struct json *rec,
    const char *round_key, struct error *err) MUST_CHECK;

/*
 * fragments_put in two parts.  The first checks the record and needs no
 * catalogue, so that any thread may do it; NULL when the record is refused.
 * The pair is in "a" and borrows the record.
 */
struct fragments_pair;
struct fragments_pair *fragments_read(const struct json *rec,
    struct arena *a, struct error *err) MUST_CHECK;
int fragments_put_pair(struct catalogue *c,
    const struct fragments_pair *pair, const char *round_key,
    struct error *err) MUST_CHECK;

/*
 * Add or replace a version given as a row of a CHAD table: group_id,
 * fragment_id, id, audio_type, interval; maybe youtube_id, correlation,
 * check_by_crowdsource, is_available, duration.  A row about an end of an
 * aligned fragment brings it up to date; it stays an end of that fragment.
 */
int fragments_put_row(struct catalogue *c, const struct json *rec,
    struct error *err) MUST_CHECK;

/* Which fragments; NULL, false and 0: all of them. */
struct fragments_filter {
	const char *group_id;
	const char *fragment_id;
	const char *decision;	/* after reviews, which outrank the scores */
	const char *round_key;
	const size_t *round;	/* its number; of several the first by key */
	const char *recording_id;	/* either end is of this recording */
	bool has_probability;	/* and it is within low..high */
	double low, high;
	size_t max_fragments;	/* the first so many; for rows: so many rows */
	/*
	 * Rows come with "decision" and "probability" of the fragment and with
	 * what their sound is cut from, where that is known:
	 * sound.audio_filepath, sound.offset (sec) and sound.decoded, the
	 * decoded file.  A row of a CHAD table belongs to the recording of
	 * the work that has its id, or else its youtube_id.
	 */
	bool with_sound;
};

/*
 * Aligned fragments as records, in order of group_id, fragment_id (first of
 * probability where it is asked for), with the
 * decision of most reviewers where there are any, and at the times to which
 * those who accept it moved it.  The record is freed after
 * the call; -1 of the callee ends it.
 */
int fragments_each(struct catalogue *c, const struct fragments_filter *filter,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/*
 * Versions of all fragments as rows of the CHAD table (store/chad_table.h),
 * in order of group_id, fragment_id, original before others, id.
 */
int fragments_each_row(struct catalogue *c,
    const struct fragments_filter *filter,
    int (*each)(void *context, struct json *row, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/*
 * Forget what earlier rounds found, except fragments that somebody has
 * reviewed and gold items: before a round stores its own.
 */
int fragments_forget_mined(struct catalogue *c, struct error *err) MUST_CHECK;

#endif
