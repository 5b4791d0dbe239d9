/*
 * chad-synth -- make covers and hums whose every alignment is known.
 *
 * Makes a corpus: works, each an original with covers and hums, as audio, and
 * a manifest that holds the truth about them.  The tunes are made up or those
 * of MIDI files.
 *
 * Options: chad-synth.1.  Members of a record: manifests/FORMAT.md.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/progress.h"

#include "audio/clip.h"
#include "dsp/activations.h"
#include "dsp/track.h"
#include "manifests/stream.h"
#include "manifests/truth.h"
#include "synth/works.h"

#define MAX_WORKS 1000000
#define HUM_RATE_HZ 16000
#define REVISION "1"		/* changed when the sound changes */

/* What the user chose.  Read-only once the command line is parsed. */
struct settings {
	struct works works;
	const char *out, *midi_folder;
	size_t n_works, first, n_covers, n_hums, rate_hz, n_threads;
	bool has_audio, has_vocals, has_activations, hums_only;
};

/* A corpus while it is made. */
struct corpus {
	const struct settings *set;
	char **lines;		/* [n_works], the records of each work */
	struct progress progress;
	atomic_size_t n_done;
};

/* A recording to be written. */
struct item {
	const struct settings *set;
	const struct work *work;
	const struct work_version *version, *original;
};

static bool
has_sound(const struct item *it)
{
	return it->set->has_audio && (!it->set->hums_only ||
	    it->version->rendition.kind == RENDITION_HUM);
}

static const char *
make_path(const struct item *it, const char *folder, const char *suffix,
    struct arena *a, struct error *err)
{
	const char *path = arena_printf(a, "%s/%s/%s.%s", folder,
	    it->work->name, it->version->name, suffix);

	if (path == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory for a name");
	return path;
}

/* The same below the corpus's folder. */
static const char *
below_out(const struct settings *set, const char *path, struct arena *a,
    struct error *err)
{
	const char *full = arena_printf(a, "%s/%s", set->out, path);

	if (full == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory for a name");
	return full;
}

static int
track_of(const struct performance *p, struct arena *a, struct track *t,
    struct error *err)
{
	if (track_init(t, p->n_frames, PERFORMANCE_HOP_SEC, a, err) != 0)
		return -1;
	for (size_t k = 0; k < t->n_frames; k++) {
		t->f0_hz[k] = p->f0_hz[k];
		t->confidence[k] = p->f0_hz[k] > 0 ?
		    0.5f + 0.5f * p->loudness[k] : 0;
	}
	return 0;
}

/* The members that chad-f0 would add. */
static int
put_track(struct json *rec, const struct track *t, const char *path,
    const char *activations, struct error *err)
{
	if (json_put_string(rec, "f0.path", path, err) != 0 ||
	    (activations != NULL && json_put_string(rec, "f0.activations",
	    activations, err) != 0) ||
	    json_put_number(rec, "f0.hop_sec", t->hop_sec, err) != 0 ||
	    json_put_size(rec, "f0.n_frames", t->n_frames, err) != 0 ||
	    json_put_rounded(rec, "f0.voiced_share", track_voiced_share(t),
	    6, err) != 0)
		return -1;
	return json_put_string(rec, "f0.method", "score", err);
}

/* Write the pitch track, and say where it is. */
static int
write_pitch(const struct item *it, struct json *rec, struct arena *a,
    struct error *err)
{
	const struct settings *set = it->set;
	const char *path = make_path(it, "truth", "f0.csv", a, err);
	const char *rows = make_path(it, "truth", "activation.npy", a, err);
	const char *full, *full_rows = NULL;
	struct track t;

	if (path == NULL || rows == NULL ||
	    track_of(&it->version->rendition.performance, a, &t, err) != 0 ||
	    (full = below_out(set, path, a, err)) == NULL ||
	    (!file_exists(full) && track_write(full, &t,
	    TRACK_CREPE, err) != 0) ||
	    json_put_string(rec, "truth.f0_path", path, err) != 0)
		return -1;
	if (set->has_activations &&
	    ((full_rows = below_out(set, rows, a, err)) == NULL ||
	    (!file_exists(full_rows) &&
	    activations_write(full_rows, &t, err) != 0)))
		return -1;
	if (has_sound(it))
		return 0;
	/* Unlike the truth, what stages read is named from where we are. */
	return put_track(rec, &t, full, full_rows, err);
}

/* Make the sound, unless it is there, and say where it is. */
static int
write_sound(const struct item *it, struct json *rec, struct arena *a,
    struct error *err)
{
	const struct settings *set = it->set;
	const struct work_version *v = it->version;
	unsigned rate_hz = v->rendition.kind == RENDITION_HUM ? HUM_RATE_HZ :
	    (unsigned)set->rate_hz;
	const char *path = make_path(it, "works", "flac", a, err);
	const char *vocals = make_path(it, "truth", "vocals.flac", a, err);
	const char *full, *full_vocals;
	struct rendition_sound s;

	if (path == NULL || vocals == NULL ||
	    (full = below_out(set, path, a, err)) == NULL ||
	    (full_vocals = below_out(set, vocals, a, err)) == NULL)
		return -1;
	if (json_put_string(rec, "audio_filepath", path, err) != 0 ||
	    (set->has_vocals && json_put_string(rec, "truth.vocals_filepath",
	    vocals, err) != 0))
		return -1;
	if (file_exists(full) && (!set->has_vocals ||
	    file_exists(full_vocals)))
		return 0;
	if (rendition_sound(v->tune, &v->rendition, rate_hz, a, &s,
	    err) != 0 ||
	    clip_write(full, CLIP_FLAC16, rate_hz, s.mixture, s.n_samples,
	    err) != 0)
		return -1;
	return !set->has_vocals ? 0 : clip_write(full_vocals, CLIP_FLAC16,
	    rate_hz, s.voice, s.n_samples, err);
}

static int
add_segments(struct json *rec, const struct performance_segment *segments,
    size_t n_segments, struct arena *a, struct error *err)
{
	if (truth_clear_segments(rec, err) != 0)
		return -1;
	for (size_t i = 0; i < n_segments; i++) {
		size_t n = segments[i].n_points;
		struct truth_point *points = arena_need(a, n, sizeof *points,
		    "times", err);

		if (points == NULL)
			return -1;
		for (size_t k = 0; k < n; k++)
			points[k] = (struct truth_point){
			    segments[i].points[k].tune_sec,
			    segments[i].points[k].sung_sec };
		if (truth_add_segment(rec, points, n, err) != 0)
			return -1;
	}
	return 0;
}

/* Where in the original this version's notes are. */
static int
put_truth(const struct item *it, struct json *rec, struct arena *a,
    struct error *err)
{
	const struct rendition *d = &it->version->rendition;
	const struct rendition *o = &it->original->rendition;
	struct performance_segment *segments = NULL;
	size_t n_segments = 0;
	const char *id = arena_printf(a, "%s/%s", it->work->name,
	    it->original->name);

	if (id == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (json_put_string(rec, "truth.original_id", id, err) != 0)
		return -1;
	if (!it->version->is_wrong && (performance_relate(&o->performance,
	    &d->performance, a, &segments, &n_segments, err) != 0 ||
	    json_put_rounded(rec, "truth.transposition_semitones",
	    d->style.transposition - o->style.transposition, 3, err) != 0))
		return -1;
	return add_segments(rec, segments, n_segments, a, err);
}

static int
fill_record(const struct item *it, struct json *rec, struct arena *a,
    struct error *err)
{
	static const char *const types[] = { "original", "cover", "humming" };
	const char *id = arena_printf(a, "%s/%s", it->work->name,
	    it->version->name);

	if (id == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (json_put_string(rec, "id", id, err) != 0 ||
	    json_put_string(rec, "group_id", it->work->name, err) != 0 ||
	    json_put_string(rec, "title", it->work->name, err) != 0 ||
	    json_put_string(rec, "audio_type",
	    types[it->version->rendition.kind], err) != 0)
		return -1;
	if (has_sound(it) && write_sound(it, rec, a, err) != 0)
		return -1;
	if (it->version != it->original && put_truth(it, rec, a, err) != 0)
		return -1;
	return write_pitch(it, rec, a, err);
}

/* Write one recording's files and append its record to the lines. */
static int
write_item(const struct item *it, struct arena *a, struct arena *scratch,
    const char **lines, struct error *err)
{
	struct json *rec = json_new_object(err);
	const char *text = NULL;

	if (rec != NULL && fill_record(it, rec, scratch, err) == 0)
		text = json_text(rec, scratch, err);
	json_free(rec);
	if (text == NULL)
		return error_add(err, "%s/%s", it->work->name,
		    it->version->name);
	if ((*lines = arena_printf(a, "%s%s\n", *lines, text)) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for records");
	return 0;
}

/* All versions of a work; each is gone before the next is made. */
static int
make_versions(const struct settings *set, size_t number, struct arena *a,
    struct arena *scratch, const char **lines, struct error *err)
{
	const struct works *w = &set->works;
	struct work work;
	struct work_version original, v;
	struct item it = { set, &work, &original, &original };

	if (works_draw(w, number, a, &work, err) != 0 ||
	    works_perform(w, &work, RENDITION_ORIGINAL, 0, a, &original,
	    err) != 0 || write_item(&it, a, scratch, lines, err) != 0)
		return -1;
	it.version = &v;
	for (size_t i = 0; i < set->n_covers + set->n_hums; i++) {
		bool is_hum = i >= set->n_covers;

		arena_reset(scratch);
		if (works_perform(w, &work, is_hum ? RENDITION_HUM :
		    RENDITION_COVER, is_hum ? i - set->n_covers : i, scratch,
		    &v, err) != 0 ||
		    write_item(&it, a, scratch, lines, err) != 0)
			return -1;
	}
	return 0;
}

/* One task of the pool: a work with all its versions. */
static int
make_work(void *shared, size_t task, size_t thread, struct error *err)
{
	struct corpus *c = shared;
	struct arena *a = arena_new(), *scratch = arena_new();
	const char *lines = "";
	int status = -1;

	if (a == NULL || scratch == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory for a work");
	else if (make_versions(c->set, c->set->first + task, a, scratch,
	    &lines, err) == 0 &&
	    (c->lines[task] = memory_strdup(lines, err)) != NULL)
		status = 0;
	arena_free(scratch);
	arena_free(a);
	atomic_fetch_add(&c->n_done, 1);
	if (thread == 0)
		progress_update(&c->progress, atomic_load(&c->n_done), "");
	return status;
}

/* Refuse to mix files of different options in one folder. */
static int
check_folder(const struct settings *set, struct arena *a, struct error *err)
{
	const struct works *w = &set->works;
	const char *path = below_out(set, "options.txt", a, err);
	const char *text, *before;
	size_t n_bytes;

	text = arena_printf(a, "chad-synth %s seed %llu midi %s track %s "
	    "length %g %g hum %g wrong %g poor %g snr %g %g rate %zu band %d\n",
	    REVISION, (unsigned long long)w->seed,
	    w->n_midi > 0 ? w->midi_paths[0] : "-",
	    w->track_name != NULL ? w->track_name : "-", w->length.min_sec,
	    w->length.max_sec, w->hum_sec, w->wrong, w->poor, w->min_snr_db,
	    w->max_snr_db, set->rate_hz, (int)w->has_band);
	if (path == NULL)
		return -1;
	if (text == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for options");
	if (!file_exists(path))
		return file_write(path, text, strlen(text), err);
	if ((before = file_read(path, 65536, a, &n_bytes, err)) == NULL)
		return -1;
	if (strcmp(before, text) != 0)
		return error_set(err, ERROR_FORMAT, "%s was made with other "
		    "options: give those again, or another --out", set->out);
	return 0;
}

/* Write the manifest: the works' lines in their order. */
static int
write_manifest(const struct corpus *c, struct arena *a, struct error *err)
{
	const char *path = below_out(c->set, "manifest.jsonl", a, err);
	struct file_new *f;

	if (path == NULL || (f = file_create(path, err)) == NULL)
		return -1;
	for (size_t i = 0; i < c->set->n_works; i++)
		if (fputs(c->lines[i], file_stream(f)) == EOF) {
			file_abandon(f);
			return error_set_errno(err, "writing %s", path);
		}
	return file_commit(f, err);
}

/* Find the tunes, and see how many works they make. */
static int
choose_works(struct settings *set, struct arena *a, struct error *err)
{
	struct works *w = &set->works;

	if (set->midi_folder != NULL && works_find_midi(w, set->midi_folder,
	    a, err) != 0)
		return -1;
	if (w->n_midi == 0) {
		set->n_works = set->n_works == 0 ? 20 : set->n_works;
		return 0;
	}
	if (set->first >= w->n_midi || set->n_works > w->n_midi - set->first)
		return error_set(err, ERROR_LIMIT, "each MIDI file makes "
		    "one work, and there are %zu: lower --first or --works",
		    w->n_midi);
	if (set->n_works == 0)
		set->n_works = w->n_midi - set->first;
	return works_check_midi(w, a, err);
}

static int
make_corpus(struct settings *set, struct arena *a, struct error *err)
{
	struct corpus c = { .set = set };
	struct pool *pool;
	int status = -1;

	if (set->works.length.min_sec > set->works.length.max_sec ||
	    set->works.min_snr_db > set->works.max_snr_db)
		return error_set(err, ERROR_LIMIT,
		    "a --min option is above its --max");
	if (choose_works(set, a, err) != 0)
		return -1;
	if (check_folder(set, a, err) != 0)
		return -1;
	c.lines = memory_new(set->n_works, sizeof *c.lines, "works", err);
	pool = pool_new(set->n_threads, err);
	progress_init(&c.progress, "chad-synth", set->n_works);
	if (c.lines != NULL && pool != NULL &&
	    pool_run(pool, set->n_works, make_work, &c, err) == 0)
		status = write_manifest(&c, a, err);
	progress_end(&c.progress);
	pool_free(pool);
	for (size_t i = 0; c.lines != NULL && i < set->n_works; i++)
		memory_free(c.lines[i]);
	memory_free(c.lines);
	return status;
}

static int
run_corpus(struct settings *set, char *paths[], size_t n_paths)
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	int status = CLI_FATAL;

	set->works.midi_paths = (const char *const *)paths;
	set->works.n_midi = n_paths;
	if (a == NULL)
		(void)error_set(&err, ERROR_NOMEM, "out of memory");
	if (a == NULL || make_corpus(set, a, &err) != 0)
		cli_warn(&err, "cannot make the corpus");
	else {
		cli_note("%zu works, each an original with %zu covers and "
		    "%zu hums: %s/manifest.jsonl", set->n_works,
		    set->n_covers, set->n_hums, set->out);
		status = CLI_OK;
	}
	arena_free(a);
	return status;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .out = "chad-corpus", .n_covers = 2,
	    .n_hums = 1, .rate_hz = 22050, .has_audio = true,
	    .has_vocals = true, .works = { .seed = 1, .length = { 60, 120 },
	    .hum_sec = 10, .min_snr_db = 0, .max_snr_db = 6,
	    .has_band = true } };
	struct works *w = &set.works;
	const struct cli_option options[] = {
		{ CLI_STRING, "out", &set.out, 0, 0, "DIR",
		    "folder of the corpus (default: chad-corpus)" },
		{ CLI_SIZE, "works", &set.n_works, 0, MAX_WORKS, "N",
		    "works to make (default: all MIDI files, or 20)" },
		{ CLI_SIZE, "first", &set.first, 0, MAX_WORKS, "N",
		    "begin with work N + 1 of the seed" },
		{ CLI_SIZE, "covers", &set.n_covers, 0, WORKS_MAX_VERSIONS,
		    "N", "covers of each work" },
		{ CLI_SIZE, "hums", &set.n_hums, 0, WORKS_MAX_VERSIONS, "N",
		    "hums of each work" },
		{ CLI_UINT64, "seed", &w->seed, 0, 0, "N",
		    "another seed is another corpus" },
		{ CLI_STRING, "midi", &set.midi_folder, 0, 0, "DIR",
		    "take the tunes from the MIDI files of a folder" },
		{ CLI_STRING, "track", &w->track_name, 0, 0, "NAME",
		    "track of the melody (default: the likeliest)" },
		{ CLI_DOUBLE, "min-sec", &w->length.min_sec, 5, 3600, "SEC",
		    "shortest tune that is made up" },
		{ CLI_DOUBLE, "max-sec", &w->length.max_sec, 5, 3600, "SEC",
		    "longest tune that is made up" },
		{ CLI_DOUBLE, "hum-sec", &w->hum_sec, 1, 600, "SEC",
		    "length of a hum" },
		{ CLI_DOUBLE, "wrong", &w->wrong, 0, 1, "SHARE",
		    "share of covers that are another tune" },
		{ CLI_DOUBLE, "poor", &w->poor, 0, 1, "SHARE",
		    "share of hums by people who cannot hold a tune" },
		{ CLI_DOUBLE, "min-snr", &w->min_snr_db, -40, 60, "DB",
		    "voice over accompaniment at least" },
		{ CLI_DOUBLE, "max-snr", &w->max_snr_db, -40, 60, "DB",
		    "voice over accompaniment at most" },
		{ CLI_SIZE, "rate", &set.rate_hz, 8000, 96000, "HZ",
		    "sample rate of originals and covers" },
		{ CLI_FLAG, "band", &w->has_band, 0, 0, NULL,
		    "accompany originals and covers (default)" },
		{ CLI_FLAG, "audio", &set.has_audio, 0, 0, NULL,
		    "write sound (default), or --no-audio: pitch alone" },
		{ CLI_FLAG, "hums-only", &set.hums_only, 0, 0, NULL,
		    "sound of hums only, pitch of the others" },
		{ CLI_FLAG, "vocals", &set.has_vocals, 0, 0, NULL,
		    "write the voice alone too (default)" },
		{ CLI_FLAG, "activations", &set.has_activations, 0, 0, NULL,
		    "write the 360 activations of every frame too" },
		{ CLI_SIZE, "threads", &set.n_threads, 1, 256, "N",
		    "worker threads (default: one a core)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-synth",
	    "make covers and hums whose every alignment is known",
	    "[options] [FILE.mid ...]", options };
	struct stream_options defaults;
	int i;

	stream_options_init(&defaults);
	set.n_threads = defaults.n_threads;
	i = cli_parse(&tool, argc, argv);
	return cli_finish(run_corpus(&set, argv + i, (size_t)(argc - i)));
}
