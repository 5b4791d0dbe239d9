/*
 * chad-plot -- pictures of alignments, pitch, training, fingerprints and
 * scores, as SVG or PNG.
 *
 *	chad-plot similarity --original ID --cover ID --out x.svg
 *	    manifest.jsonl [fragments.jsonl]
 *	chad-plot f0 --fragment ID --out x.svg manifest.jsonl fragments.jsonl
 *	chad-plot f0 --out x.svg truth.txt estimate.csv
 *	chad-plot curve --out x.svg NAME.curve.csv
 *	chad-plot activations --out x.svg x.npy
 *	chad-plot spectrogram --out x.svg mixture.flac vocals.flac truth.flac
 *	chad-plot map --out x.svg embedded.jsonl
 *	chad-plot histogram --out x.svg --member agreement fragments.jsonl
 *
 * Options: chad-plot.1.
 */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/cli_kinds.h"
#include "base/csv_table.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

#include "draw/heat_map.h"
#include "draw/histogram.h"
#include "draw/line_plot.h"
#include "draw/palette.h"
#include "draw/strokes.h"
#include "dsp/activations.h"
#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/record.h"
#include "manifests/stream.h"
#include "nn/projection.h"

#include "align/fragment_record.h"
#include "align/score_picture.h"
#include "align/similarity_picture.h"
#include "align/time_line.h"
#include "embed/embed_map.h"
#include "pitch/pitch_picture.h"
#include "pitch/pitch_score.h"
#include "pitch/pitch_series.h"
#include "separate/spectrogram_picture.h"

#define TOOL "chad-plot"
/* Longer sides are thinned out. */
#define MAX_CELLS 1500
/* Of pitch, around a fragment. */
#define MARGIN_SEC 1.0
#define FRAME_SEC 0.01
#define SMOOTH_STEPS 51
/* Semitones between frames that are no longer joined. */
#define MAX_JUMP 5.0

/* MIDI note number of a frequency. */
static double
note_of(double f0_hz)
{
	return 69.0 + 12.0 * log2(f0_hz / 440.0);
}

/* ---- similarity ---- */

static int
plot_similarity(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct similarity_picture p = { .original_id = NULL };
	const char *out_path = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &out_path, 0, 0, "FILE",
		    "the picture: x.svg or x.png" },
		{ CLI_STRING, "original", &p.original_id, 0, 0, "ID",
		    "the original's id" },
		{ CLI_STRING, "cover", &p.cover_id, 0, 0, "ID",
		    "the cover's id" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "similarity: the matrix of two recordings and its fragments",
	    "similarity --out FILE --original ID --cover ID manifest "
	    "[fragments]", options };
	const int first = cli_parse(&tool, argc, argv);
	struct stream_list manifest = { .records = NULL };
	struct stream_list fragments = { .records = NULL };
	int status = -1;

	if (out_path == NULL || p.original_id == NULL ||
	    p.cover_id == NULL || first >= argc || argc - first > 2)
		return error_set(err, ERROR_FORMAT, "similarity needs --out, "
		    "--original, --cover and a manifest, and may have "
		    "fragments");
	p.manifest = &manifest;
	p.fragments = &fragments;
	if (stream_list_load(&manifest, argv[first], err) == 0 &&
	    (first + 1 >= argc ||
	    stream_list_load(&fragments, argv[first + 1], err) == 0))
		status = similarity_picture_write(out_path, &p, a, err);
	stream_list_release(&manifest);
	stream_list_release(&fragments);
	return status;
}

/* ---- f0 ---- */

struct f0_settings {
	const char *out_path, *fragment_id;
	double tolerance_cents, shift_sec, voicing_threshold;
};

/* The track of the record as notes, mapped to original time and key. */
static int
track_strokes(const struct json *rec, const char *folder,
    const struct time_line *line, double transposition,
    const struct axes_range *span, struct strokes *s, struct arena *a,
    struct error *err)
{
	const char *path = record_path(rec, "f0.path", folder, a, err);
	struct track track;
	bool is_break = true;
	double note;
	size_t k;

	if (path == NULL || track_read(path, a, &track, err) != 0 ||
	    strokes_init(s, track.n_frames, a, err) != 0)
		return -1;
	for (k = 0; k < track.n_frames; k++) {
		const double sec = time_line_original(line,
		    (double)k * track.hop_sec);

		if (sec < span->low || sec > span->high)
			continue;
		if (track.f0_hz[k] <= 0.0f) {
			is_break = true;
			continue;
		}
		note = note_of((double)track.f0_hz[k]) - transposition;
		if (s->n > 0 && fabs(note - s->y[s->n - 1]) > MAX_JUMP)
			is_break = true;
		strokes_add(s, is_break, sec, note);
		is_break = false;
	}
	return 0;
}

static int
f0_of(const struct f0_settings *set, const struct stream_list *manifest,
    const struct json *fragment, struct arena *a, struct error *err)
{
	const struct time_line same = { 0.0, 0.0, 1.0 };
	struct line_plot plot = { .x_label = "time in the original (s)",
	    .y_label = "pitch in the original's key (MIDI note)" };
	const struct json *original, *cover;
	const char *original_id;
	struct axes_line lines[2];
	struct strokes sung, covered;
	struct time_line line;
	struct axes_range span;
	double semitones;

	if (json_want_string(fragment, "original_id", &original_id,
	    err) != 0 ||
	    json_want_number(fragment, "transposition_semitones", &semitones,
	    err) != 0 ||
	    fragment_record_line(fragment, &line, &span.low, &span.high,
	    err) != 0)
		return -1;
	span.low -= MARGIN_SEC;
	span.high += MARGIN_SEC;
	original = similarity_picture_record(manifest, "id", original_id, err);
	cover = original == NULL ? NULL : similarity_picture_record(
	    manifest, "id", record_id(fragment), err);
	if (cover == NULL ||
	    track_strokes(original, manifest->folder, &same, 0.0, &span,
	    &sung, a, err) != 0 ||
	    track_strokes(cover, manifest->folder, &line, semitones, &span,
	    &covered, a, err) != 0)
		return -1;
	lines[0] = strokes_line(&sung, original_id, PALETTE_BLUE);
	lines[1] = strokes_line(&covered, record_id(fragment),
	    PALETTE_VERMILLION);
	plot.title = arena_printf(a, "%s over %s: %+.1f semitones, %.3f "
	    "times the length", record_id(fragment), original_id, semitones,
	    line.tempo_ratio);
	plot.lines = lines;
	plot.n_lines = 2;
	return line_plot_write(set->out_path, &plot, err);
}

/* Two files of pitch over time, the first being true. */
static int
files_of(const struct f0_settings *set, const char *truth_path,
    const char *found_path, struct arena *a, struct error *err)
{
	struct pitch_series_pair pair;
	struct pitch_score_frame *frames;
	size_t n_frames;

	if (pitch_series_read_pair(truth_path, found_path, set->shift_sec,
	    set->voicing_threshold, a, &pair, err) != 0 ||
	    pitch_score_frames(&pair.truth, &pair.found,
	    set->tolerance_cents, a, &frames, &n_frames, err) != 0)
		return -1;
	return pitch_picture_write(set->out_path, arena_printf(a,
	    "%s over %s", file_name(found_path), file_name(truth_path)),
	    frames, n_frames, &pair.found_file, a, err);
}

static int
plot_f0(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct f0_settings set = {
	    .tolerance_cents = PITCH_SCORE_TOLERANCE_CENTS };
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &set.out_path, 0, 0, "FILE",
		    "the picture: x.svg or x.png" },
		{ CLI_STRING, "fragment", &set.fragment_id, 0, 0, "ID",
		    "the fragment_id; without it the truth and an estimate" },
		{ CLI_DOUBLE, "tolerance", &set.tolerance_cents, 1, 1200,
		    "CENTS", "estimate: how far off a right pitch may be" },
		{ CLI_DOUBLE, "shift", &set.shift_sec, -1, 1, "SEC",
		    "estimate: the truth's time 0 is this time of it" },
		{ CLI_DOUBLE, "voicing-threshold", &set.voicing_threshold, 0,
		    1, "X", "estimate: less confidence is unvoiced" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "f0: a fragment in original and cover, or an estimate over truth",
	    "f0 --out FILE (--fragment ID manifest fragments | truth "
	    "estimate)", options };
	const int first = cli_parse(&tool, argc, argv);
	struct stream_list manifest = { .records = NULL };
	struct stream_list fragments = { .records = NULL };
	const struct json *fragment;
	int status = -1;

	if (set.out_path == NULL || argc - first != 2)
		return error_set(err, ERROR_FORMAT, "f0 needs --out and "
		    "--fragment, a manifest and fragments, or --out, a file "
		    "of the truth and one of an estimate");
	if (set.fragment_id == NULL)
		return files_of(&set, argv[first], argv[first + 1], a, err);
	if (stream_list_load(&manifest, argv[first], err) == 0 &&
	    stream_list_load(&fragments, argv[first + 1], err) == 0 &&
	    (fragment = similarity_picture_record(&fragments, "fragment_id",
	    set.fragment_id, err)) != NULL)
		status = f0_of(&set, &manifest, fragment, a, err);
	stream_list_release(&manifest);
	stream_list_release(&fragments);
	return status;
}

/* ---- curve ---- */

/* The rows in which both columns have a value. */
static int
column_strokes(const struct csv_table_column *x,
    const struct csv_table_column *y, size_t n_rows, struct strokes *s,
    struct arena *a, struct error *err)
{
	size_t i;

	if (strokes_init(s, n_rows, a, err) != 0)
		return -1;
	for (i = 0; i < n_rows; i++) {
		if (x->has_value[i] && y->has_value[i])
			strokes_add(s, s->n == 0, x->values[i], y->values[i]);
	}
	return 0;
}

static int
plot_curve(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *out_path = NULL, *x_name = "step", *y_name = "loss";
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &out_path, 0, 0, "FILE",
		    "the picture: x.svg or x.png" },
		{ CLI_STRING, "x", &x_name, 0, 0, "NAME",
		    "column along the picture" },
		{ CLI_STRING, "y", &y_name, 0, 0, "NAME",
		    "column that is drawn" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "curve: a training run, each step and the mean of 51",
	    "curve --out FILE [options] NAME.curve.csv", options };
	const int first = cli_parse(&tool, argc, argv);
	struct line_plot plot = { .x_label = x_name, .y_label = y_name,
	    .n_lines = 2 };
	const struct csv_table_column *x, *y;
	struct strokes each, smooth;
	struct axes_line lines[2];
	struct csv_table table;

	if (out_path == NULL || argc - first != 1)
		return error_set(err, ERROR_FORMAT,
		    "curve needs --out and one file");
	if (csv_table_read(argv[first], a, &table, err) != 0)
		return -1;
	x = csv_table_find(&table, x_name);
	y = csv_table_find(&table, y_name);
	if (x == NULL || y == NULL)
		return error_set(err, ERROR_FORMAT, "%s: no column \"%s\"",
		    argv[first], x == NULL ? x_name : y_name);
	if (column_strokes(x, y, table.n_rows, &each, a, err) != 0 ||
	    strokes_smooth(&each, SMOOTH_STEPS / 2, &smooth, a, err) != 0)
		return -1;
	lines[0] = strokes_line(&each, y_name, PALETTE_SKY);
	lines[0].width = 0.8;
	lines[1] = strokes_line(&smooth, "mean", PALETTE_BLUE);
	plot.lines = lines;
	return line_plot_write(out_path, &plot, err);
}

/* ---- activations ---- */

static int
plot_activations(int argc, char *argv[], struct arena *a, struct error *err)
{
	const char *out_path = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &out_path, 0, 0, "FILE",
		    "the picture: x.svg or x.png" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "activations: the pitch bins of chad-f0 over time",
	    "activations --out FILE x.npy", options };
	const int first = cli_parse(&tool, argc, argv);
	const double bin = ACTIVATIONS_BIN_CENTS / 100.0;
	struct heat_map map = { .x_label = "time (s)",
	    .y_label = "pitch (MIDI note)", .value = { 0.0, 1.0 },
	    .width = 900.0, .height = 420.0 };
	size_t n_frames;
	float *frames;

	if (out_path == NULL || argc - first != 1)
		return error_set(err, ERROR_FORMAT,
		    "activations needs --out and one file");
	if (npy_read(argv[first], a, &frames, &n_frames, &map.n_rows,
	    err) != 0)
		return -1;
	if (map.n_rows != ACTIVATIONS_N_BINS || n_frames == 0)
		return error_set(err, ERROR_FORMAT, "%s: %zu frames of %zu "
		    "values are no activations (%d)", argv[first], n_frames,
		    map.n_rows, ACTIVATIONS_N_BINS);
	map.n_columns = n_frames < MAX_CELLS ? n_frames : MAX_CELLS;
	map.values = heat_map_turn(frames, n_frames, map.n_rows,
	    map.n_columns, a, err);
	if (map.values == NULL)
		return -1;
	map.x.low = -0.5 * FRAME_SEC;
	map.x.high = ((double)n_frames - 0.5) * FRAME_SEC;
	map.y.low = note_of(activations_cents_to_hz(
	    ACTIVATIONS_FIRST_CENTS)) - 0.5 * bin;
	map.y.high = map.y.low + bin * (double)map.n_rows;
	return heat_map_write(out_path, &map, err);
}

/* ---- spectrogram ---- */

static int
plot_spectrogram(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct spectrogram_picture picture = { .duration_sec = 30.0 };
	const char *out_path = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &out_path, 0, 0, "FILE",
		    "the picture: x.svg or x.png" },
		{ CLI_DOUBLE, "from", &picture.from_sec, 0, 1e6, "SEC",
		    "where the picture begins" },
		{ CLI_DOUBLE, "duration", &picture.duration_sec, 0.1,
		    SPECTROGRAM_PICTURE_MAX_SEC, "SEC",
		    "how much is drawn, if there is as much" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "spectrogram: sounds of one rate one above the other",
	    "spectrogram --out FILE [options] sound...", options };
	const int first = cli_parse(&tool, argc, argv);
	const int n = argc - first;

	if (out_path == NULL || n < 1 || n > SPECTROGRAM_PICTURE_MAX_SOUNDS)
		return error_set(err, ERROR_FORMAT, "spectrogram needs --out "
		    "and one to %d sounds", SPECTROGRAM_PICTURE_MAX_SOUNDS);
	for (int i = 0; i < n; i++)
		picture.paths[i] = argv[first + i];
	picture.n_sounds = (size_t)n;
	return spectrogram_picture_write(out_path, &picture, a, err);
}

/* ---- map ---- */

/* Which of two words; -1 with an error. */
static int
choose(const char *option, const char *word, const char *no, const char *yes,
    bool *is_yes, struct error *err)
{
	*is_yes = strcmp(word, yes) == 0;
	if (*is_yes || strcmp(word, no) == 0)
		return 0;
	return error_set(err, ERROR_FORMAT, "--%s is \"%.40s\" and must be "
	    "%s or %s", option, word, no, yes);
}

static int
plot_map(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct embed_map map = { .group = "group_id", .max_points = 2000,
	    .perplexity = 30.0, .seed = 1 };
	const char *out_path = NULL, *method = "tsne", *points = "windows";
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &out_path, 0, 0, "FILE",
		    "the picture: x.svg or x.png" },
		{ CLI_STRING, "method", &method, 0, 0, "NAME",
		    "pca or tsne" },
		{ CLI_STRING, "points", &points, 0, 0, "NAME",
		    "windows, or recordings: the mean of each" },
		{ CLI_STRING, "group", &map.group, 0, 0, "MEMBER",
		    "what the colours tell apart" },
		{ CLI_SIZE, "max-points", &map.max_points, 3,
		    PROJECTION_MAX_TSNE, "N", "more are thinned out" },
		{ CLI_DOUBLE, "perplexity", &map.perplexity, 1, 1000, "X",
		    "tsne: about how many neighbours a point has" },
		{ CLI_UINT64, "seed", &map.seed, 0, 0, "N",
		    "tsne: of the places at the start" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "map: fingerprints as points of a plane",
	    "map --out FILE [options] manifest", options };
	const int first = cli_parse(&tool, argc, argv);
	struct stream_list list = { .records = NULL };
	int status = -1;

	if (out_path == NULL || argc - first != 1)
		return error_set(err, ERROR_FORMAT,
		    "map needs --out and a manifest of chad-embed");
	if (choose("method", method, "pca", "tsne", &map.by_tsne, err) != 0 ||
	    choose("points", points, "windows", "recordings",
	    &map.of_recordings, err) != 0)
		return -1;
	if (stream_list_load(&list, argv[first], err) == 0)
		status = embed_map_write(out_path, &map, &list, a, err);
	stream_list_release(&list);
	return status;
}

/* ---- histogram ---- */

static int
plot_histogram(int argc, char *argv[], struct arena *a, struct error *err)
{
	struct score_picture p = { .member = "correlation", .n_bins = 40,
	    .marks = { -HUGE_VAL } };
	const char *out_path = NULL;
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &out_path, 0, 0, "FILE",
		    "the picture: x.svg or x.png" },
		{ CLI_STRING, "member", &p.member, 0, 0, "NAME",
		    "the number that is counted" },
		{ CLI_SIZE, "bins", &p.n_bins, 1, HISTOGRAM_MAX_BINS, "N",
		    "how many bars" },
		{ CLI_DOUBLE, "mark", &p.marks[0], -1e300, 1e300, "X",
		    "a dashed line there, such as a threshold "
		    "(default: none)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { TOOL,
	    "histogram: a score of fragments, by decision and truth",
	    "histogram --out FILE [options] fragments", options };
	const int first = cli_parse(&tool, argc, argv);
	struct stream_list list = { .records = NULL };
	int status = -1;

	if (out_path == NULL || argc - first != 1)
		return error_set(err, ERROR_FORMAT,
		    "histogram needs --out and a manifest");
	p.n_marks = isfinite(p.marks[0]) ? 1 : 0;
	if (stream_list_load(&list, argv[first], err) == 0)
		status = score_picture_write(out_path, &p, &list, a, err);
	stream_list_release(&list);
	return status;
}

/* ---- the command ---- */

static const struct cli_kinds_entry kinds[] = {
	{ "similarity", plot_similarity },
	{ "f0", plot_f0 },
	{ "curve", plot_curve },
	{ "activations", plot_activations },
	{ "spectrogram", plot_spectrogram },
	{ "map", plot_map },
	{ "histogram", plot_histogram },
	{ NULL, NULL },
};

int
main(int argc, char *argv[])
{
	static const struct cli_option options[] = {
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL } };
	const struct cli_kinds all = {
		{ TOOL, "pictures of alignments, pitch, training, "
		    "fingerprints and scores (see KIND --help)",
		    "similarity|f0|curve|activations|spectrogram|map|"
		    "histogram --out FILE ...", options },
		"which kind of picture?", "cannot draw", kinds };

	return cli_kinds_main(&all, argc, argv);
}
