/*
 * catalogue -- what outlives a run: one SQLite file with everything that is
 * known of works, recordings, fragments, models and rounds.
 *
 * The file is in WAL mode, its tables are STRICT and keyed by the names that
 * the records carry, foreign keys are enforced, and no row that is made of
 * records holds a time of day: the same adds in the same order give the same
 * rows, so two catalogues are compared by their dumps (store/inspect.h).
 * PRAGMA application_id is CATALOGUE_APPLICATION_ID and
 * PRAGMA user_version the version of the tables;
 * older files are brought up to date in one transaction when opened for
 * writing, newer ones are refused.
 *
 * Times are seconds as REAL; where samples are known they stand beside them
 * as INTEGER with their rate.  Truth values are 0, 1 or NULL for not known.
 * "extra" is a JSON object of the record's members that have no column.
 *
 * works -- a work; its original, covers and hums are recordings of it
 *	group_id		key, as in the record
 *	title			as given by the first recording that has one
 *	title_key		title_normalise of it (store/title.h), or NULL
 *
 * recordings -- one version of a work
 *	group_id, id		key
 *	audio_type		'original', 'cover' or 'humming'
 *	audio_filepath		the sound, or NULL
 *	offset_sec, duration_sec	the part that is meant, or NULL
 *	title, youtube_id, url, is_available	carried, or NULL
 *	error			why the last command failed on it, or NULL
 *	quarantined_by		rounds.key that found nothing of the work in it
 *	extra			other members
 *
 * artefacts -- files that commands made of a recording
 *	group_id, id, member	key; member: "decode.path", "f0.activations" ...
 *	key			that names the file (manifests/artefact.h)
 *	path			of the file
 *
 * models -- weight files
 *	sha256			key: of the file
 *	name, path		"m0", and where it was written
 *	recipe_sha256		of the recipe it was trained by, or NULL
 *	manifest_sha256		of the training manifest, or NULL
 *	seed			of the training, or NULL
 *
 * rounds -- one turn of the loop (mine/, chad-mine)
 *	key			key: hash of the inputs, models, options, seed
 *	number			0 trains the first model, 1 is the first mining
 *	state			'running' or 'done'
 *	settings		JSON: what went into the key, in plain words
 *	model_in		models.sha256 that made the fingerprints
 *	model_new		models.sha256 trained in the round
 *	model_out		the better of the two, used by the next round
 *	reason			why, in one sentence
 *
 * steps -- stages of a round that are done, and the files they left
 *	round_key, name		key; name: "analyse", "align", "train" ...
 *	key			hash of what the step was made from
 *	path, sha256		of its output file
 *
 * scores -- what was measured in a round
 *	round_key, subject, measure	key; subject: a models.sha256 or
 *				"fragments", "corpus" or "thresholds"
 *	value			of the measure
 *	low, high		95 % bootstrap interval, or NULL
 *	n			queries, fragments ... it was measured on
 *
 * fragments -- a passage of a work, shared by its versions
 *	group_id, fragment_id	key
 *	decision		by scores: 'keep', 'flag', 'drop', or NULL: not
 *				decided; what is given out is that of reviews
 *	agreement, tempo_ratio, transposition	scores of the pair, or NULL
 *	round_key		rounds.key that found it; NULL: added by hand,
 *				or reviewed and its round never finished
 *	extra			other members
 *	probability		of being right, or NULL
 *	verdict			what most reviewers say, as a decision; of
 *				adjudicators, where one has spoken; NULL
 *				without reviews
 *	n_judged		reviews of it
 *	standing		'agreed': all reviewers say the same;
 *				'disputed': they do not, or one is unsure;
 *				'final': an adjudicator has spoken; NULL
 *				without reviews
 *	is_heard		1 where something of the work has a review
 *	is_asked		1: people have begun to judge it on the page,
 *				so that it stays in the queue; 0: it is gold,
 *				so that it is not in it; NULL: it is while
 *				"decision" is 'flag'
 *	Triggers on reviews keep these, but for the last.
 *
 * versions -- where a fragment lies in one version of the work
 *	group_id, fragment_id, id	key
 *	part			'original' or 'other' for the two ends of an
 *				aligned pair; 'row' for a row of a CHAD table
 *	recording_id		recordings.id; NULL for 'row'
 *	audio_type, youtube_id	as in the record
 *	rate_hz, start_sample, end_sample	exact place, or NULL
 *	start_sec, end_sec	the same in seconds
 *	duration_sec		as given in a CHAD table, else NULL
 *	correlation		with the original, or NULL
 *	check_by_crowdsource, is_available	truth values
 *	extra			other members of a row
 *
 * reviews -- what people said of a fragment; outranks every score
 *	group_id, fragment_id, reviewer	key
 *	verdict			'accept', 'reject' or 'unsure'
 *	note			free text, or NULL
 *	start_sec, end_sec	where the reviewer wants the end of the
 *				cover or hum, or NULL: as it was found
 *	original_start_sec, original_end_sec	the same of the original
 *	role			'adjudicator': it outranks those of others; or
 *				NULL.  That of the reviewer when he spoke
 *	reasons			JSON list of codes (manifests/FORMAT.md), NULL
 *	spent_sec		how long it took, or NULL
 *	at			seconds since 1970, or NULL
 *
 * people -- who judges on the page (store/people.h)
 *	name			key
 *	role			'annotator', 'adjudicator' or 'admin'
 *	token_sha256		of the token of his link, or NULL: he has none
 *	is_retired		1: he may come in no more
 *	n_claims		fragments he was given
 *
 * claims -- who has been given what to judge (store/review_claims.h)
 *	group_id, fragment_id, person	key
 *	expires_at		seconds since 1970; then it counts no more
 *
 * gold -- fragments whose verdict is known (store/gold.h)
 *	group_id, fragment_id	key
 *	verdict			'accept' or 'reject'
 *
 * gold_reviews -- what people said of gold: columns as of reviews.  No round
 * obeys these, and no trigger counts them
 *
 * review_log -- the audit trail; rows cannot be changed or deleted, and are
 * not merged (store/review_log.h)
 *	n			key, rising
 *	at, who, what		seconds since 1970; a name; "verdict" ...
 *	group_id, fragment_id, verdict	what it is about, or NULL
 *	before, after		JSON of the review, or NULL: none
 *	request_id		unique for who and what, or NULL
 *	undoes			of an undo: the row it takes back
 *
 * places -- a view: the rows of versions, but with the times to which the first
 * reviewer who accepts the fragment and moved this end of it has moved it,
 * adjudicators before others, and
 *	is_moved		1 where one has
 *
 * blocks -- what must never be trained on, because models are measured on it
 *	kind, value		key; kind: 'work' (group_id), 'title'
 *				(normalised) or 'video' (youtube_id)
 *	set_name		the evaluation set it belongs to
 */
#ifndef STORE_CATALOGUE_H
#define STORE_CATALOGUE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#define CATALOGUE_APPLICATION_ID 0x43484144	/* "CHAD" */
#define CATALOGUE_VERSION 5

enum catalogue_mode {
	CATALOGUE_READ,		/* must exist, is not changed */
	CATALOGUE_WRITE,	/* must exist */
	CATALOGUE_CREATE	/* made when missing */
};

struct catalogue;

/*
 * ERROR_FORMAT when the file is no catalogue, is damaged or is of a newer
 * version; ERROR_BUSY, here and in every call, when another process kept it
 * locked for busy_ms.  Close with catalogue_close; NULL with an error.
 */
struct catalogue *catalogue_open(const char *path, enum catalogue_mode mode,
    int busy_ms, struct error *err) MUST_CHECK;

/* From now on another process may keep it locked so long; 0: not at all. */
void catalogue_set_busy(struct catalogue *c, int busy_ms);

/* A transaction that was begun is rolled back.  NULL: nothing. */
void catalogue_close(struct catalogue *c);

/*
 * What is done between the two appears whole or not at all, whatever kills
 * the process.  catalogue_begin takes the only write lock.
 */
int catalogue_begin(struct catalogue *c, struct error *err) MUST_CHECK;
int catalogue_commit(struct catalogue *c, struct error *err) MUST_CHECK;
void catalogue_rollback(struct catalogue *c);

/*
 * Copy the catalogue, as it is at one moment, to the file "path", which appears
 * whole or not at all; others may read and write meanwhile (SQLite's online
 * backup).  Refused when "path" is the catalogue or is in use as one.
 */
int catalogue_backup(struct catalogue *c, const char *path,
    struct error *err) MUST_CHECK;

/*
 * Add a record of any kind, inside a transaction of the caller; when it is
 * refused (ERROR_FORMAT, ERROR_LIMIT) nothing of it is left; after another
 * error roll back.  What is there under the same key is brought up to date;
 * adding the same again changes nothing.
 */
int catalogue_add(struct catalogue *c, const struct json *rec,
    struct error *err) MUST_CHECK;

/*
 * catalogue_add in two parts.  The first needs no catalogue, so that any
 * thread may do it; NULL when the record is refused.  The row is in "a" and
 * borrows the record.
 */
struct catalogue_row;
struct catalogue_row *catalogue_read(const struct json *rec, struct arena *a,
    struct error *err) MUST_CHECK;
int catalogue_put(struct catalogue *c, const struct catalogue_row *row,
    struct error *err) MUST_CHECK;

#endif
