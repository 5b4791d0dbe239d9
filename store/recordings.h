/*
 * recordings -- works and their versions in the catalogue.
 */
#ifndef STORE_RECORDINGS_H
#define STORE_RECORDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/*
 * Add a recording, or bring it up to date: members of the record replace
 * those that are there, others stay, and "error" goes when the record has
 * none; a member that is null is as good as missing.  Needs group_id, id and
 * audio_type.
 */
int recordings_put(struct catalogue *c, const struct json *rec,
    struct error *err) MUST_CHECK;

/*
 * Add a recording that a fragment speaks of, unless it is there; the texts
 * may be NULL but for the first three.
 */
int recordings_imply(struct catalogue *c, const char *group_id,
    const char *id, const char *audio_type, const char *audio_filepath,
    const char *youtube_id, struct error *err) MUST_CHECK;

/* Which recordings; NULL and false: all of them. */
struct recordings_filter {
	const char *group_id;
	const char *id;
	const char *audio_type;
	bool only_failed;	/* those with an error */
	bool only_quarantined;
	size_t max_recordings;	/* the first so many; 0: all */
	/*
	 * Give only what the user put in: no artefacts, no history, no
	 * error.  What is given then does not change when stages have run.
	 */
	bool inputs_only;
};

/*
 * Call each(context, record, err) in order of group_id, id.  The record is
 * the callee's to change and is freed afterwards; -1 of the callee ends it.
 */
int recordings_each(struct catalogue *c,
    const struct recordings_filter *filter,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/* The same for works: {group_id, title, n_recordings, n_fragments}. */
int recordings_each_work(struct catalogue *c,
    int (*each)(void *context, struct json *work, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/*
 * Say that the round found nothing of the work in those covers and hums of
 * which no fragment is kept though their work has an original; forget
 * what earlier rounds said of it.
 */
int recordings_quarantine(struct catalogue *c, const char *round_key,
    struct error *err) MUST_CHECK;

/* Recordings in all, with an error, and in quarantine. */
int recordings_count(struct catalogue *c, size_t *n_all, size_t *n_failed,
    size_t *n_quarantined, struct error *err) MUST_CHECK;

#endif
