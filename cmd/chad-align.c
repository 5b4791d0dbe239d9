/*
 * chad-align -- find the fragments that recordings of one work share.
 *
 * Reads all records, pairs the originals of each group with its covers and
 * hums, aligns every pair, and prints one record a fragment.  Records that
 * failed before, or that lack fingerprints or pitch, come out first with their
 * "error"; a pair that cannot be aligned comes out with an "error" too.
 *
 * Options: chad-align.1.  Members of a record: manifests/FORMAT.md.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/progress.h"

#include "manifests/record.h"
#include "manifests/stream.h"

#include "align/aligner.h"
#include "align/calibration.h"
#include "align/fragment_record.h"
#include "align/pair_record.h"
#include "align/pairing.h"
#include "align/recording.h"

#define TOOL "chad-align"
/* Pairs in hand at a time: results are printed in order after each batch. */
#define BATCH_PAIRS_A_THREAD 8
#define MAX_MESSAGES 20
#define DEFAULT_CALIBRATION "models/align.json"

static volatile sig_atomic_t was_stopped;

/* What the user chose.  Read-only once the command line is parsed. */
struct settings {
	struct aligner_options aligner;
	struct stream_options stream;
	bool wants_all_pairs;
	bool wants_works;		/* a record a pair */
	double keep_probability, flag_probability;	/* keep 0: not asked */
	const char *calibration_path;	/* or NULL: the default, if there */
	bool has_calibration;
	struct calibration calibration;	/* of nothing when there is none */
};

/* What came of one pair. */
struct outcome {
	char *text;			/* the lines to print; free() */
	size_t n_bytes;
	size_t n_decided[3];		/* by enum aligner_decision */
	struct error failure;		/* code ERROR_NONE when all went well */
};

/* What was found in a pair. */
struct found {
	struct aligner_fragment *fragments;
	size_t n;
	const char *model_sha256;	/* of the fingerprints */
	const struct json *pair;	/* its record: pair_record.h */
};

/* What the threads share. */
struct job {
	const struct settings *set;
	const char *folder;
	const struct pairing_pair *pairs;	/* of this batch */
	struct outcome *outcomes;		/* [the same] */
	struct arena **arenas;			/* [n_threads] */
};

struct totals {
	size_t n_failed;
	size_t n_decided[3];
};

static void
stop(int number)
{
	(void)number;
	was_stopped = 1;
}

/* Put "error" on a record and print it; the message goes to the user too. */
static int
write_failure(FILE *out, struct json *rec, const struct error *why,
    struct arena *a, struct error *err)
{
	const char *text = arena_printf(a, "%s: %s", TOOL, why->text);

	if (text == NULL)
		return error_set(err, ERROR_NOMEM, "writing an error");
	if (json_put_string(rec, "error", text, err) != 0)
		return -1;
	return stream_write(out, rec, a, err);
}

/* Print a fragment's or a pair's record with its history. */
static int
write_found(FILE *out, const struct pairing_pair *pair, struct json *rec,
    const char *model_sha256, struct arena *a, struct error *err)
{
	const struct json *history = json_at(pair->cover, "history");

	if ((history != NULL &&
	    json_put(rec, "history", history, err) != 0) ||
	    record_add_history(rec, TOOL, cli_options_text(), model_sha256,
	    err) != 0)
		return -1;
	return stream_write(out, rec, a, err);
}

/* What is said of the fragment by probability, where that was asked for. */
static int
decide(const struct json *rec, const struct aligner_fragment *f,
    const struct settings *set, const char *model_sha256,
    enum aligner_decision *decision, struct error *err)
{
	double p;

	*decision = aligner_decide(f, &set->aligner);
	if (set->keep_probability <= 0.0)
		return 0;
	if (!json_has(rec, "probability"))
		return error_set(err, ERROR_FORMAT, "the calibration does not "
		    "speak of fingerprints of the model %.12s: fit one with "
		    "chad-eval align --fit", model_sha256);
	if (json_want_number(rec, "probability", &p, err) != 0)
		return -1;
	*decision = p >= set->keep_probability ? ALIGNER_KEEP :
	    p >= set->flag_probability ? ALIGNER_FLAG : ALIGNER_DROP;
	return 0;
}

static int
write_fragment(FILE *out, const struct pairing_pair *pair,
    const struct aligner_fragment *f, const struct settings *set,
    const struct found *found, struct outcome *outcome, struct arena *a,
    struct error *err)
{
	struct json *rec = fragment_record_new(pair->original, pair->cover,
	    err);
	const struct json *same_work = json_at(found->pair, "probability");
	enum aligner_decision decision;
	int status = -1;

	if (rec == NULL)
		return -1;
	if (fragment_record_put(rec, pair->cover, f, a, err) == 0 &&
	    calibration_put(&set->calibration, rec, found->model_sha256,
	    err) == 0 && (same_work == NULL ||
	    json_put(rec, "same_work", same_work, err) == 0) &&
	    decide(rec, f, set, found->model_sha256, &decision, err) == 0 &&
	    fragment_record_decide(rec, decision, err) == 0) {
		outcome->n_decided[decision]++;
		status = write_found(out, pair, rec, found->model_sha256, a,
		    err);
	}
	json_free(rec);
	return status;
}

/* The record of the pair, without a history. */
static struct json *
pair_record_of(const struct pairing_pair *pair, const struct found *found,
    const struct recording *original, const struct recording *cover,
    const struct settings *set, struct error *err)
{
	struct json *rec = fragment_record_new(pair->original, pair->cover,
	    err);

	if (rec != NULL && pair_record_put(rec, found->fragments, found->n,
	    original->arrays.duration_sec, cover->arrays.duration_sec,
	    err) == 0 && calibration_put(&set->calibration, rec,
	    found->model_sha256, err) == 0)
		return rec;
	json_free(rec);
	return NULL;
}

static int
align_and_write(const struct job *job, const struct pairing_pair *pair,
    struct outcome *outcome, FILE *out, struct arena *a, struct error *err)
{
	struct aligner_options o = job->set->aligner;
	struct recording original, cover;
	struct found found;
	struct json *rec;
	size_t i;
	int status = 0;

	if (recording_load(pair->original, job->folder, a, &original,
	    err) != 0 ||
	    recording_load(pair->cover, job->folder, a, &cover, err) != 0 ||
	    recording_agree(&original, &cover, &o, err) != 0 ||
	    aligner_run(&original.arrays, &cover.arrays, &o, a,
	    &found.fragments, &found.n, err) != 0)
		return -1;
	found.model_sha256 = original.model_sha256;
	found.pair = rec = pair_record_of(pair, &found, &original, &cover,
	    job->set, err);
	if (rec == NULL)
		return -1;
	if (job->set->wants_works)
		status = write_found(out, pair, rec, found.model_sha256, a,
		    err);
	for (i = 0; i < found.n && status == 0 && !job->set->wants_works; i++)
		status = write_fragment(out, pair, &found.fragments[i],
		    job->set, &found, outcome, a, err);
	json_free(rec);
	return status;
}

/* The record that stands for a pair that could not be aligned. */
static int
fail_pair(const struct pairing_pair *pair, struct outcome *outcome,
    FILE *out, struct arena *a, struct error *err)
{
	struct json *rec = fragment_record_new(pair->original, pair->cover,
	    err);
	int status;

	if (rec == NULL)
		return -1;
	error_add(&outcome->failure, "\"%s\" with \"%s\"",
	    record_id(pair->original), record_id(pair->cover));
	json_remove(rec, "fragment_id");
	status = write_failure(out, rec, &outcome->failure, a, err);
	json_free(rec);
	return status;
}

/* One task of the pool: align a pair, keep what is to be printed. */
static int
run_pair(void *shared, size_t task, size_t thread, struct error *err)
{
	const struct job *job = shared;
	struct outcome *outcome = &job->outcomes[task];
	struct arena *a = job->arenas[thread];
	FILE *out;
	int status = 0;

	memset(outcome, 0, sizeof(*outcome));
	out = open_memstream(&outcome->text, &outcome->n_bytes);
	if (out == NULL)
		return error_set_errno(err, "cannot keep the fragments");
	if (align_and_write(job, &job->pairs[task], outcome, out, a,
	    &outcome->failure) != 0) {
		/* Drop what was written before the failure. */
		rewind(out);
		status = fail_pair(&job->pairs[task], outcome, out, a, err);
	}
	arena_reset(a);
	if (fclose(out) != 0 && status == 0)
		status = error_set_errno(err, "cannot keep the fragments");
	return status;
}

/* Say what failed: the first messages, not all of thousands. */
static void
report(struct totals *totals, const struct error *why)
{
	if (totals->n_failed++ < MAX_MESSAGES)
		cli_warn(why, "not aligned");
}

/* Print the results of a batch, in order, and count them. */
static int
write_batch(struct outcome *outcomes, size_t n, struct totals *totals,
    struct error *err)
{
	size_t i;
	int d, status = 0;

	for (i = 0; i < n; i++) {
		struct outcome *o = &outcomes[i];

		if (o->failure.code != ERROR_NONE)
			report(totals, &o->failure);
		else
			for (d = 0; d < 3; d++)
				totals->n_decided[d] += o->n_decided[d];
		if (status == 0 && o->n_bytes > 0 &&
		    fwrite(o->text, 1, o->n_bytes, stdout) != o->n_bytes)
			status = error_set_errno(err,
			    "cannot write the fragments");
		free(o->text);
		o->text = NULL;
	}
	if (status == 0 && fflush(stdout) != 0)
		status = error_set_errno(err, "cannot write the fragments");
	return status;
}

static int
run_batches(struct job *job, const struct pairing *pairing,
    struct pool *pool, struct totals *totals, struct error *err)
{
	const size_t n_batch = BATCH_PAIRS_A_THREAD * pool_n_threads(pool);
	struct progress progress;
	size_t first, n;
	int status = 0;

	job->outcomes = memory_new(n_batch, sizeof(*job->outcomes), "pairs",
	    err);
	if (job->outcomes == NULL)
		return -1;
	progress_init(&progress, TOOL, pairing->n_pairs);
	for (first = 0; first < pairing->n_pairs && status == 0 &&
	    !was_stopped; first += n) {
		n = pairing->n_pairs - first;
		if (n > n_batch)
			n = n_batch;
		job->pairs = pairing->pairs + first;
		status = pool_run(pool, n, run_pair, job, err);
		if (write_batch(job->outcomes, n, totals,
		    status == 0 ? err : NULL) != 0)
			status = -1;
		progress_update(&progress, first + n, NULL);
	}
	progress_end(&progress);
	memory_free(job->outcomes);
	return status;
}

/* Align all pairs on the threads that were asked for. */
static int
run_pairs(const struct settings *set, const char *folder,
    const struct pairing *pairing, struct totals *totals, struct error *err)
{
	struct job job = { .set = set, .folder = folder };
	struct pool *pool = pool_new(set->stream.n_threads, err);
	size_t i, n_arenas = 0;
	int status = -1;

	job.arenas = memory_new(set->stream.n_threads, sizeof(*job.arenas),
	    "threads", err);
	if (pool == NULL || job.arenas == NULL)
		goto out;
	for (; n_arenas < set->stream.n_threads; n_arenas++) {
		job.arenas[n_arenas] = arena_new();
		if (job.arenas[n_arenas] == NULL) {
			error_set(err, ERROR_NOMEM, "starting threads");
			goto out;
		}
	}
	status = run_batches(&job, pairing, pool, totals, err);
out:
	for (i = 0; i < n_arenas; i++)
		arena_free(job.arenas[i]);
	memory_free(job.arenas);
	pool_free(pool);
	return status;
}

/* Whether a record can be aligned; if not, *why says it. */
static bool
is_usable(const struct json *rec, struct error *why)
{
	const char *group_id;

	if (json_get_string(rec, "group_id", NULL, &group_id, why) != 0)
		return false;
	if (group_id == NULL)
		error_set(why, ERROR_FORMAT, "no \"group_id\": which work is "
		    "this a recording of?");
	else if (!json_has(rec, "embed.path"))
		error_set(why, ERROR_FORMAT,
		    "no fingerprints: run chad-embed first");
	else if (!json_has(rec, "f0.path"))
		error_set(why, ERROR_FORMAT,
		    "no pitch track: run chad-f0 first");
	else
		return true;
	return false;
}

/*
 * Print the records that cannot take part; the others, of our shard, go to
 * "usable" [list->n_records].
 */
static int
sort_out(const struct settings *set, const struct stream_list *list,
    const struct json **usable, size_t *n_usable, struct totals *totals,
    struct arena *a, struct error *err)
{
	size_t i;

	for (i = 0; i < list->n_records; i++) {
		struct json *rec = list->records[i];
		struct error why = { ERROR_NONE, "" };
		const char *group_id;
		bool is_ours = true;

		if (json_get_string(rec, "group_id", "", &group_id,
		    NULL) != 0)
			group_id = "";
		if (set->stream.shard != NULL &&
		    stream_shard_has(set->stream.shard, group_id, &is_ours,
		    err) != 0)
			return -1;
		if (!is_ours)
			continue;
		if (record_has_failed(rec)) {
			if (stream_write(stdout, rec, a, err) != 0)
				return -1;
		} else if (is_usable(rec, &why)) {
			usable[(*n_usable)++] = rec;
		} else {
			if (write_failure(stdout, rec, &why, a, err) != 0)
				return -1;
			error_add(&why, "\"%s\"", record_id(rec));
			report(totals, &why);
		}
	}
	return 0;
}

/* Say that there will be no probabilities, when some could be missed. */
static int
note_unknown(const struct settings *set, const struct json *const *usable,
    size_t n_usable, struct error *err)
{
	size_t i;

	for (i = 0; i < n_usable; i++) {
		const char *model;

		if (json_get_string(usable[i], "embed.model_sha256", "",
		    &model, err) != 0)
			return -1;
		if (set->has_calibration &&
		    calibration_is_for(&set->calibration, model))
			continue;
		cli_note("there is no calibration for the fingerprints of the "
		    "model %.12s, so no probabilities: chad-eval align --fit "
		    "makes one", model[0] == '\0' ? "(unnamed)" : model);
		return 0;
	}
	return 0;
}

static int
run(const struct settings *set, struct stream_list *list,
    struct totals *totals, struct arena *a, struct error *err)
{
	const struct json **usable = arena_need(a, list->n_records,
	    sizeof(*usable), "records", err);
	struct pairing pairing;
	size_t n_usable = 0;

	if (usable == NULL ||
	    sort_out(set, list, usable, &n_usable, totals, a, err) != 0 ||
	    note_unknown(set, usable, n_usable, err) != 0 ||
	    pairing_make(usable, n_usable, set->wants_all_pairs, a, &pairing,
	    err) != 0)
		return -1;
	if (pairing.n_without_original > 0)
		cli_note("of %zu of %zu works there is no original, so "
		    "nothing was aligned (first: \"%s\"); see --all-pairs",
		    pairing.n_without_original, pairing.n_groups,
		    pairing.first_without);
	if (run_pairs(set, list->folder, &pairing, totals, err) != 0)
		return -1;
	if (set->wants_works)
		return 0;
	cli_note("works: %zu, pairs: %zu, fragments kept: %zu, flagged: %zu, "
	    "dropped: %zu", pairing.n_groups, pairing.n_pairs,
	    totals->n_decided[ALIGNER_KEEP], totals->n_decided[ALIGNER_FLAG],
	    totals->n_decided[ALIGNER_DROP]);
	return 0;
}

/* Load the manifest and run; the exit status. */
static int
align_manifest(const struct settings *set)
{
	struct error err = { ERROR_NONE, "" };
	struct stream_list list = { .records = NULL };
	struct totals totals = { 0, { 0, 0, 0 } };
	struct arena *a = arena_new();
	int status = CLI_FATAL;

	if (a == NULL)
		error_set(&err, ERROR_NOMEM, "starting");
	if (a == NULL ||
	    stream_list_load(&list, set->stream.in_path, &err) != 0 ||
	    run(set, &list, &totals, a, &err) != 0) {
		cli_warn(&err, "stopped");
	} else if (was_stopped) {
		cli_note("stopped by a signal; run the same command again");
		status = CLI_AGAIN;
	} else {
		status = totals.n_failed + list.n_broken > 0 ?
		    CLI_SOME_FAILED : CLI_OK;
	}
	if (list.n_broken > 0)
		cli_note("lines that are not records: %zu", list.n_broken);
	if (totals.n_failed > 0)
		cli_note("records or pairs that failed: %zu",
		    totals.n_failed);
	stream_list_release(&list);
	arena_free(a);
	return status;
}

/* Check that the options fit together and load what they name. */
static int
prepare(struct settings *set, struct error *err)
{
	const struct aligner_options *o = &set->aligner;
	const char *path = set->calibration_path;

	if (o->min_sec > o->max_sec)
		return error_set(err, ERROR_LIMIT, "--min %g is above --max "
		    "%g: no fragment can be as long", o->min_sec, o->max_sec);
	if (set->keep_probability > 0.0 && set->calibration_path == NULL)
		return error_set(err, ERROR_FORMAT, "--keep-probability "
		    "needs --calibration");
	if (path == NULL)
		path = cli_shared_path(DEFAULT_CALIBRATION);
	set->has_calibration = set->calibration_path != NULL ||
	    file_exists(path);
	return set->has_calibration ?
	    calibration_load(path, &set->calibration, err) : 0;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .flag_probability = 0.3 };
	struct aligner_options *o = &set.aligner;
	const struct cli_option options[] = {
		{ CLI_DOUBLE, "keep", &o->keep, 0, 1, "R",
		    "keep fragments with at least this correlation" },
		{ CLI_DOUBLE, "flag", &o->flag, 0, 1, "R",
		    "flag, for people, those with at least this" },
		{ CLI_DOUBLE, "min-agreement", &o->keep_agreement, 0, 1,
		    "SHARE", "keep only where so many pitches agree" },
		{ CLI_DOUBLE, "repeat-agreement", &o->repeat_agreement, 0, 1,
		    "SHARE", "the same for sections sung again" },
		{ CLI_DOUBLE, "flag-agreement", &o->flag_agreement, 0, 1,
		    "SHARE", "flag only where so many pitches agree" },
		{ CLI_DOUBLE, "threshold", &o->threshold, 0.05, 1, "R",
		    "similarity of windows that speaks for a match" },
		{ CLI_DOUBLE, "min", &o->min_sec, 1, 600, "SEC",
		    "shortest fragment" },
		{ CLI_DOUBLE, "max", &o->max_sec, 2, 600, "SEC",
		    "longer stretches are cut at pauses of the voice" },
		{ CLI_DOUBLE, "min-tempo", &o->min_tempo_ratio, 0.5, 1,
		    "RATIO", "shortest cover second of an original second" },
		{ CLI_DOUBLE, "max-tempo", &o->max_tempo_ratio, 1, 2,
		    "RATIO", "longest cover second of an original second" },
		{ CLI_DOUBLE, "shift", &o->shift_sec, 0, 10, "SEC",
		    "how far the pitch may move a fragment" },
		{ CLI_STRING, "calibration", &set.calibration_path, 0, 0,
		    "FILE", "probabilities by FILE (default: "
		    DEFAULT_CALIBRATION ", for its model)" },
		{ CLI_DOUBLE, "keep-probability", &set.keep_probability, 0, 1,
		    "P", "decide by probability: keep from this" },
		{ CLI_DOUBLE, "flag-probability", &set.flag_probability, 0, 1,
		    "P", "and flag from this" },
		{ CLI_FLAG, "works", &set.wants_works, 0, 0, NULL,
		    "a record a pair: do the two share a work?" },
		{ CLI_FLAG, "all-pairs", &set.wants_all_pairs, 0, 0, NULL,
		    "align every two records of a group" },
		STREAM_OPTIONS(set.stream),
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "find the fragments that recordings of one work share",
	    "[options] [manifest] > fragments", options };
	struct error err = { ERROR_NONE, "" };
	struct sigaction on_stop;
	int first;

	aligner_options_init(o);
	stream_options_init(&set.stream);
	first = cli_parse(&tool, argc, argv);
	if (prepare(&set, &err) != 0 || stream_take_manifest(&set.stream,
	    argc, argv, first, &err) != 0) {
		cli_warn(&err, "cannot start");
		return cli_finish(CLI_FATAL);
	}
	memset(&on_stop, 0, sizeof(on_stop));
	on_stop.sa_handler = stop;
	(void)sigaction(SIGTERM, &on_stop, NULL);
	(void)sigaction(SIGINT, &on_stop, NULL);
	(void)sigaction(SIGHUP, &on_stop, NULL);
	return cli_finish(align_manifest(&set));
}
