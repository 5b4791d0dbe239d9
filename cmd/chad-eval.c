/*
 * chad-eval -- measure results against the truth, with intervals.
 *
 *	chad-eval align --truth manifest.jsonl < fragments.jsonl
 *	chad-eval retrieval --database songs.jsonl < queries.jsonl
 *	chad-eval f0 < manifest.jsonl
 *	chad-eval f0 truth.txt estimate.csv
 *	chad-eval voice < manifest.jsonl
 *	chad-eval separation < manifest.jsonl
 *
 * Every kind of score gives a list of rows with the same columns, printed as a
 * table or, with --json, as one JSON object.  An interval is the 95 per cent
 * one of a bootstrap over works.
 *
 * Options: chad-eval.1.
 */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/bootstrap.h"
#include "base/cli.h"
#include "base/cli_kinds.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/table.h"

#include "audio/clip.h"
#include "dsp/track.h"
#include "manifests/record.h"
#include "manifests/recording_scores.h"
#include "manifests/stream.h"

#include "align/align_table.h"
#include "align/align_truth.h"
#include "align/calibration.h"
#include "embed/match_cost.h"
#include "embed/retrieval_eval.h"
#include "embed/song_search.h"
#include "pitch/pitch_score.h"
#include "pitch/pitch_series.h"
#include "separate/separate_score.h"
#include "separate/separation_eval.h"

#define TOOL "chad-eval"
#define FILE_DECIMALS 6
#define N_F0_SCORES 10
#define VOICE_FILES 3
#define VOICE_RATE_HZ 16000

/* What every kind of score lets the user choose. */
struct common {
	bool wants_json;
	bool is_turned;		/* a line for each column */
	uint64_t seed;
};

#define COMMON_OPTIONS(c) \
	{ CLI_FLAG, "json", &(c).wants_json, 0, 0, NULL, \
	    "print one JSON object, not a table" }, \
	{ CLI_UINT64, "seed", &(c).seed, 0, 0, "N", \
	    "seed of the bootstrap" }, \
	{ CLI_END, NULL, NULL, 0, 0, NULL, NULL }

/* items: what the rows are made of, or NULL; in the JSON only, by that name. */
static int
print_result(const struct common *common, const char *score,
    const struct json *rows, const char *items_name,
    const struct json *items, struct arena *a, struct error *err)
{
	struct json *result;
	const char *text = NULL;

	if (!common->wants_json) {
		text = common->is_turned ? table_turned_text(rows, a, err) :
		    table_text(rows, a, err);
		return text == NULL ? -1 : fputs(text, stdout) == EOF ?
		    error_set_errno(err, "cannot write") : 0;
	}
	result = json_new_object(err);
	if (result == NULL)
		return -1;
	if (json_put_string(result, "score", score, err) == 0 &&
	    json_put_string(result, "version", CLI_VERSION, err) == 0 &&
	    json_put_string(result, "options", cli_options_text(),
	    err) == 0 &&
	    json_put(result, "rows", rows, err) == 0 &&
	    (items == NULL || json_put(result, items_name, items, err) == 0))
		text = json_text(result, a, err);
	json_free(result);
	return text == NULL ? -1 : puts(text) == EOF ?
	    error_set_errno(err, "cannot write") : 0;
}

/* The one manifest that may be named; *path is NULL for standard input. */
static int
take_operand(int argc, char *argv[], int first, const char **path,
    struct error *err)
{
	*path = first < argc ? argv[first] : NULL;
	return argc - first <= 1 ? 0 : error_set(err, ERROR_FORMAT,
	    "one manifest is read, and \"%s\" is another", argv[first + 1]);
}

/* ---- chad-eval align ---- */

struct align_settings {
	struct common common;
	const char *truth_path;
	bool wants_each;
	const char *fit_path, *data;
};

/* Print the fragments, each with "is_right" where the truth is known. */
static int
print_each(const struct stream_list *found, const struct align_truth *truth,
    struct arena *a, struct error *err)
{
	for (size_t i = 0; i < found->n_records; i++) {
		struct json *rec = found->records[i];
		bool is_known = false, is_right = false;

		if (!record_has_failed(rec) && calibration_check(rec, truth,
		    &is_known, &is_right, err) != 0)
			return error_add(err, "\"%s\"", record_id(rec));
		if (is_known && json_put_bool(rec, "is_right", is_right,
		    err) != 0)
			return -1;
		if (stream_write(stdout, rec, a, err) != 0)
			return -1;
	}
	return 0;
}

/* Write the calibration that fits the records best. */
static int
write_fit(const struct align_settings *set, const struct stream_list *found,
    const struct align_truth *truth, struct arena *a, struct error *err)
{
	struct json *fitted = calibration_fit(
	    (const struct json *const *)found->records, found->n_records,
	    truth, set->data != NULL ? set->data : set->truth_path, err);
	const char *text, *lines;

	if (fitted == NULL)
		return -1;
	text = json_text_pretty(fitted, a, err);
	json_free(fitted);
	if (text == NULL)
		return -1;
	lines = arena_printf(a, "%s\n", text);
	if (lines == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return file_write(set->fit_path, lines, strlen(lines), err);
}

static int
align_run(const struct align_settings *set, const struct stream_list *found,
    const struct stream_list *known, struct arena *a, struct error *err)
{
	struct align_truth truth;
	struct json *rows;
	int status = -1;

	if (align_truth_load((const struct json *const *)known->records,
	    known->n_records, a, &truth, err) != 0)
		return error_add(err, "%s", set->truth_path);
	if (truth.n_covers == 0)
		return error_set(err, ERROR_FORMAT, "%s: no record has "
		    "\"truth.original_id\"", set->truth_path);
	if (set->wants_each)
		return print_each(found, &truth, a, err);
	if (set->fit_path != NULL)
		return write_fit(set, found, &truth, a, err);
	if ((rows = json_new_array(err)) == NULL)
		return -1;
	if (align_table_fill((const struct json *const *)found->records,
	    found->n_records, &truth, set->common.seed, rows, a, err) == 0)
		status = print_result(&set->common, "align", rows, NULL,
		    NULL, a, err);
	json_free(rows);
	return status;
}

static int
eval_align(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct align_settings set = { .common = { .seed = 1 } };
	const struct cli_option options[] = {
		{ CLI_STRING, "truth", &set.truth_path, 0, 0, "FILE",
		    "manifest whose records have \"truth\"" },
		{ CLI_FLAG, "each", &set.wants_each, 0, 0, NULL,
		    "print the fragments, each with \"is_right\"" },
		{ CLI_STRING, "fit", &set.fit_path, 0, 0, "FILE",
		    "write the calibration that fits best" },
		{ CLI_STRING, "data", &set.data, 0, 0, "TEXT",
		    "what it was fitted on, to be noted in it" },
		COMMON_OPTIONS(set.common),
	};
	const struct cli_tool tool = { TOOL,
	    "align: score fragments against the truth",
	    "align --truth manifest [options] [fragments]", options };
	struct stream_list found = { .records = NULL };
	struct stream_list known = { .records = NULL };
	const int first = cli_parse(&tool, argc, argv);
	const char *path;
	int status = -1;

	if (set.truth_path == NULL)
		error_set(err, ERROR_FORMAT, "align needs --truth");
	else if (take_operand(argc, argv, first, &path, err) == 0 &&
	    stream_list_load(&found, path, err) == 0 &&
	    stream_list_load(&known, set.truth_path, err) == 0)
		status = align_run(&set, &found, &known, a, err);
	stream_list_release(&found);
	stream_list_release(&known);
	return status;
}

/* ---- chad-eval retrieval ---- */

struct retrieval_settings {
	struct common common;
	const char *database_path, *index_path;
	size_t n_threads;
	bool wants_rescore, is_exact;
	double beginning;
};

static int
retrieval_score(const struct retrieval_settings *set,
    const struct song_search *songs, const struct stream_list *queries,
    struct arena *a, struct error *err)
{
	struct json *rows = json_new_array(err);
	struct json *hums = rows == NULL ? NULL : json_new_array(err);
	struct retrieval_eval_options o = { .n_threads = set->n_threads,
	    .seed = set->common.seed };
	struct retrieval_eval_result result;
	int status = -1;

	song_search_options_init(&o.search, set->wants_rescore);
	o.search.is_exact = set->is_exact;
	o.search.retrieval.beginning = set->beginning;
	if (hums != NULL && retrieval_eval_run(songs, queries, &o, a,
	    &result, err) == 0 && retrieval_eval_put_row(&result, rows,
	    err) == 0 && retrieval_eval_put_hums(&result, hums, err) == 0)
		status = print_result(&set->common, "retrieval", rows,
		    "queries", hums, a, err);
	json_free(rows);
	json_free(hums);
	return status;
}

static int
eval_retrieval(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct retrieval_settings set = { .common = { .seed = 1 },
	    .n_threads = 1, .wants_rescore = true,
	    .beginning = MATCH_COST_BEGINNING };
	const struct cli_option options[] = {
		{ CLI_STRING, "database", &set.database_path, 0, 0, "FILE",
		    "manifest of the songs, with fingerprints" },
		{ CLI_STRING, "index", &set.index_path, 0, 0, "FILE",
		    "the songs as chad-index keeps them, instead" },
		{ CLI_FLAG, "exact", &set.is_exact, 0, 0, NULL,
		    "search the whole index, without its lists" },
		{ CLI_FLAG, "rescore", &set.wants_rescore, 0, 0, NULL,
		    "compare the best works again by pitch" },
		{ CLI_DOUBLE, "beginning", &set.beginning, 0, 1, "SHARE",
		    "of hums that begin where the melody does" },
		{ CLI_SIZE, "threads", &set.n_threads, 1, 256, "N",
		    "queries searched at a time" },
		COMMON_OPTIONS(set.common),
	};
	const struct cli_tool tool = { TOOL,
	    "retrieval: how often hums find their work",
	    "retrieval --database|--index FILE [options] [queries]", options };
	struct stream_list queries = { .records = NULL };
	struct song_search *songs = NULL;
	const int first = cli_parse(&tool, argc, argv);
	const char *path;
	int status = -1;

	if ((set.database_path == NULL) == (set.index_path == NULL))
		error_set(err, ERROR_FORMAT, "retrieval needs one of "
		    "--database and --index");
	else if (take_operand(argc, argv, first, &path, err) == 0 &&
	    stream_list_load(&queries, path, err) == 0 &&
	    (songs = set.index_path == NULL ?
	    song_search_load(set.database_path, set.wants_rescore, err) :
	    song_search_open(set.index_path, set.n_threads, err)) != NULL)
		status = retrieval_score(&set, songs, &queries, a, err);
	song_search_free(songs);
	stream_list_release(&queries);
	return status;
}

/* ---- scores of single recordings ---- */

/* What the measuring functions are told. */
struct measure_settings {
	struct common common;
	double tolerance_cents, shift_sec, voicing_threshold;	/* of f0 */
};

/* Read the manifest, measure, print. */
static int
measure_manifest(const struct recording_scores *kind, const char *score,
    const struct measure_settings *set, const char *path, struct arena *a,
    struct error *err)
{
	struct stream_list list = { .records = NULL };
	struct json *rows = json_new_array(err);
	int status = -1;

	if (rows != NULL && stream_list_load(&list, path, err) == 0 &&
	    recording_scores_run(kind, &list, set->common.seed, a, rows,
	    err) == 0)
		status = print_result(&set->common, score, rows, NULL, NULL,
		    a, err);
	stream_list_release(&list);
	json_free(rows);
	return status;
}

/* In the order of the names in eval_f0. */
static void
fill_values(const struct pitch_score *score, double values[N_F0_SCORES])
{
	const double ordered[N_F0_SCORES] = { score->raw_pitch,
	    score->raw_chroma, score->voicing_recall,
	    score->voicing_false_alarm, score->overall, score->octave_up,
	    score->octave_down, score->octave_up + score->octave_down,
	    score->gross_error, score->fine_error_cents };

	memcpy(values, ordered, sizeof(ordered));
}

static int
f0_run(const void *settings, const struct json *rec,
    const char *const *paths, double *values, struct arena *a,
    struct error *err)
{
	const struct measure_settings *set = settings;
	struct track found, truth;
	struct pitch_score score;
	double shift_sec;

	if (json_get_number(rec, "truth.f0_shift_sec", 0.0, &shift_sec,
	    err) != 0 ||
	    track_read(paths[0], a, &found, err) != 0 ||
	    track_read(paths[1], a, &truth, err) != 0 ||
	    pitch_score_tracks(&truth, &found, set->shift_sec + shift_sec,
	    set->tolerance_cents, a, &score, err) != 0)
		return -1;
	fill_values(&score, values);
	return 0;
}

/* Two files of pitch over time against each other. */
static int
score_files(const struct recording_scores *kind,
    const struct measure_settings *set, const char *truth_path,
    const char *found_path, struct arena *a, struct error *err)
{
	struct pitch_series_pair pair;
	struct pitch_score score;
	double values[N_F0_SCORES];
	struct json *rows, *row;
	int status = -1;

	if (pitch_series_read_pair(truth_path, found_path, set->shift_sec,
	    set->voicing_threshold, a, &pair, err) != 0 ||
	    pitch_score_series(&pair.truth, &pair.found,
	    set->tolerance_cents, a, &score, err) != 0)
		return -1;
	fill_values(&score, values);
	rows = json_new_array(err);
	row = rows == NULL ? NULL : json_new_object(err);
	if (row != NULL && json_put_size(row, "n_frames", score.n_frames,
	    err) == 0 && json_put_size(row, "n_voiced", score.n_voiced,
	    err) == 0)
		status = 0;
	for (size_t i = 0; status == 0 && i < kind->n_scores; i++)
		status = json_put_rounded(row, kind->names[i], values[i],
		    FILE_DECIMALS, err);
	if (status == 0)
		status = json_append(rows, "", row, err) != 0 ? -1 :
		    print_result(&set->common, "f0", rows, NULL, NULL, a,
		    err);
	json_free(row);
	json_free(rows);
	return status;
}

static int
eval_f0(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct measure_settings set = { .common = { .seed = 1,
	    .is_turned = true },
	    .tolerance_cents = PITCH_SCORE_TOLERANCE_CENTS };
	const struct recording_scores kind = {
	    .members = { "f0.path", "truth.f0_path" },
	    .names = { "raw_pitch", "raw_chroma", "voicing_recall",
	    "voicing_false_alarm", "overall", "octave_up", "octave_down",
	    "octave_error", "gross_error", "fine_error_cents" },
	    .n_scores = N_F0_SCORES, .run = f0_run, .settings = &set };
	const struct cli_option options[] = {
		{ CLI_DOUBLE, "tolerance", &set.tolerance_cents, 1, 1200,
		    "CENTS", "how far off a right pitch may be" },
		{ CLI_DOUBLE, "shift", &set.shift_sec, -1, 1, "SEC",
		    "the truth's time 0 is this time of the tracks" },
		{ CLI_DOUBLE, "voicing-threshold", &set.voicing_threshold, 0,
		    1, "X", "of two files: less confidence is unvoiced" },
		COMMON_OPTIONS(set.common),
	};
	const struct cli_tool tool = { TOOL,
	    "f0: score pitch tracks against the truth",
	    "f0 [options] [manifest | truth.txt estimate.csv]", options };
	const int first = cli_parse(&tool, argc, argv);
	const char *path;

	if (argc - first == 2)
		return score_files(&kind, &set, argv[first], argv[first + 1],
		    a, err);
	if (argc - first > 2)
		return error_set(err, ERROR_FORMAT, "f0 reads one manifest, "
		    "or a file of the truth and one of an estimate");
	return take_operand(argc, argv, first, &path, err) != 0 ? -1 :
	    measure_manifest(&kind, "f0", &set, path, a, err);
}

/* The voice, and the mixture it came from, against the true voice. */
static int
voice_run(const void *settings, const struct json *rec,
    const char *const *paths, double *values, struct arena *a,
    struct error *err)
{
	struct clip clips[VOICE_FILES];
	size_t i;

	(void)settings;
	(void)rec;
	for (i = 0; i < VOICE_FILES; i++) {
		if (clip_load(paths[i], VOICE_RATE_HZ, 0.0, 0.0, a, &clips[i],
		    err) != 0)
			return -1;
		if (clips[i].n_samples != clips[0].n_samples)
			return error_set(err, ERROR_FORMAT, "%s and %s are "
			    "not of one length", paths[0], paths[i]);
	}
	values[0] = separate_score_si_sdr(clips[1].samples, clips[0].samples,
	    clips[0].n_samples);
	values[1] = separate_score_si_sdr(clips[1].samples, clips[2].samples,
	    clips[0].n_samples);
	values[2] = values[0] - values[1];
	return 0;
}

static int
eval_voice(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct measure_settings set = { .common = { .seed = 1 } };
	const struct recording_scores kind = {
	    .members = { "vocals_filepath", "truth.vocals_filepath",
	    "decode.path" },
	    .names = { "si_sdr_db", "of_mixture_db", "gain_db" },
	    .n_scores = 3, .run = voice_run };
	const struct cli_option options[] = { COMMON_OPTIONS(set.common) };
	const struct cli_tool tool = { TOOL,
	    "voice: score separated voices against the true ones",
	    "voice [options] [manifest]", options };
	const int first = cli_parse(&tool, argc, argv);
	const char *path;

	return take_operand(argc, argv, first, &path, err) != 0 ? -1 :
	    measure_manifest(&kind, "voice", &set, path, a, err);
}

/* ---- chad-eval separation ---- */

struct separation_settings {
	struct common common;
	size_t n_threads;
};

static int
separation_score(const struct separation_settings *set,
    const struct stream_list *list, struct arena *a, struct error *err)
{
	struct json *rows = json_new_array(err);
	struct json *items = rows == NULL ? NULL : json_new_array(err);
	struct separation_eval_result result;
	int status = -1;

	if (items == NULL || separation_eval_run(list, set->n_threads, a,
	    &result, err) != 0)
		goto out;
	for (size_t i = 0; i < result.n_recordings; i++)
		if (result.recordings[i].reason != NULL)
			cli_note("\"%s\" cannot be scored: %s",
			    result.recordings[i].id,
			    result.recordings[i].reason);
	if (separation_eval_put_rows(&result, set->common.seed, rows,
	    err) == 0 &&
	    separation_eval_put_recordings(&result, items, err) == 0)
		status = print_result(&set->common, "separation", rows,
		    "recordings", items, a, err);
out:
	json_free(rows);
	json_free(items);
	return status;
}

static int
eval_separation(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct separation_settings set = { .common = { .seed = 1,
	    .is_turned = true }, .n_threads = 1 };
	const struct cli_option options[] = {
		{ CLI_SIZE, "threads", &set.n_threads, 1, 256, "N",
		    "recordings measured at a time" },
		COMMON_OPTIONS(set.common),
	};
	const struct cli_tool tool = { TOOL,
	    "separation: score voices and accompaniments by BSS Eval",
	    "separation [options] [manifest]", options };
	struct stream_list list = { .records = NULL };
	const int first = cli_parse(&tool, argc, argv);
	const char *path;
	int status = -1;

	if (take_operand(argc, argv, first, &path, err) == 0 &&
	    stream_list_load(&list, path, err) == 0)
		status = separation_score(&set, &list, a, err);
	stream_list_release(&list);
	return status;
}

/* ---- the command ---- */

static const struct cli_kinds_entry kinds[] = {
	{ "align", eval_align },
	{ "retrieval", eval_retrieval },
	{ "f0", eval_f0 },
	{ "voice", eval_voice },
	{ "separation", eval_separation },
	{ NULL, NULL },
};

int
main(int argc, char *argv[])
{
	static const struct cli_option options[] = {
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL } };
	const struct cli_kinds all = {
		{ TOOL, "measure results against the truth, with intervals",
		    "align|retrieval|f0|voice|separation [options] "
		    "(see chad-eval KIND --help)", options },
		"which kind of score?", "cannot score", kinds };

	return cli_kinds_main(&all, argc, argv);
}
