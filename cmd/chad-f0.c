/*
 * chad-f0 -- the pitch of the voice, in every recording of a manifest or in
 * sound files.
 *
 * In a manifest it listens to vocals_filepath, else to decode.path, else to
 * audio_filepath, and writes KEY.f0.csv and, if asked, the 360 activations of
 * every frame.  Of sound files and folders it makes what the
 * crepe command makes (pitch/track_files.h).  What an operand is its content
 * says, not its name.
 *
 * Options: chad-f0.1.  Members of a record: manifests/FORMAT.md.
 */

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/progress.h"

#include "dsp/track.h"
#include "manifests/stream.h"

#include "pitch/track_files.h"
#include "pitch/track_record.h"
#include "pitch/tracker.h"
#include "pitch/tracker_names.h"
#include "pitch/under_voice.h"

#define DEFAULT_MODEL "models/f0-tiny.safetensors"
/* What the user chose.  Read-only once the command line is parsed. */
struct settings {
	struct tracker_options tracker;
	const char *method, *decoder, *model_path, *capacity, *format;
	double hop_ms, mixture_share;
	bool has_viterbi, wants_activations, is_centred;
	struct track_files_options files;
	struct stream_options stream;
	const char *default_work_folder;
};

static volatile sig_atomic_t must_stop;

/* ---- sound files ---- */

/* The sound files of one command line, one after another. */
struct batch {
	const struct settings *set;
	struct track_files *files;
	struct arena *a;
	struct progress progress;
	const char *path;		/* of the sound that is tracked */
	size_t n_done, n_failed;
	bool is_broken;			/* no result can be written */
};

static void
note_signal(int number)
{
	(void)number;
	must_stop = 1;
}

/* The first signal ends the sound that is tracked, the second the process. */
static void
take_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction ours, old;

	memset(&ours, 0, sizeof(ours));
	ours.sa_handler = note_signal;
	ours.sa_flags = (int)SA_RESETHAND;
	(void)sigemptyset(&ours.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		(void)sigaction(signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &ours, NULL);
	}
}

static int
go_on(void *context, double sec, struct error *err)
{
	struct batch *b = context;
	char note[80];

	if (must_stop)
		return error_set(err, ERROR_BUSY, "stopped by a signal");
	(void)snprintf(note, sizeof(note), "%.0f s of %s", sec,
	    file_name(b->path));
	progress_update(&b->progress, b->n_done + b->n_failed, note);
	return 0;
}

/* Track one; what fails is told.  True when it was a sound at all. */
static bool
track_file(struct batch *b, const char *path, bool is_found)
{
	struct error err = { ERROR_NONE, "" };
	bool is_sound;

	b->path = path;
	if (track_files_make(b->files, path, b->a, &is_sound, &err) == 0) {
		b->n_done++;
	} else if (is_found && !is_sound && err.code == ERROR_FORMAT) {
		cli_note("%s; passed over", err.text);
	} else if (!must_stop) {
		cli_warn(&err, "%s", "");
		b->n_failed++;
		/* There is but one place, and the next would find it so. */
		b->is_broken = err.code == ERROR_OUTPUT &&
		    b->set->files.folder != NULL;
	}
	arena_reset(b->a);
	return is_sound;
}

/* The sounds that lie in the folder itself. */
static int
track_folder(struct batch *b, const char *path, struct arena *a,
    struct error *err)
{
	const char **names;
	size_t n, n_sounds = 0;

	if (folder_names(path, a, &names, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n && !must_stop && !b->is_broken; i++) {
		const char *below = folder_join(path, names[i], a, err);

		if (below == NULL)
			return -1;
		if (!folder_is_one(below) && !track_files_is_ours(names[i]))
			n_sounds += track_file(b, below, true);
	}
	return n_sounds > 0 || must_stop || b->is_broken ? 0 :
	    error_set(err, ERROR_FORMAT, "there is no sound in the folder %s",
	    path);
}

static void
track_operand(struct batch *b, const char *path)
{
	struct error err = { ERROR_NONE, "" };
	struct arena *a;

	if (!folder_is_one(path)) {
		(void)track_file(b, path, false);
		return;
	}
	a = arena_new();
	if (a == NULL)
		error_set(&err, ERROR_NOMEM, "out of memory");
	if (a == NULL || track_folder(b, path, a, &err) != 0) {
		cli_warn(&err, "%s", "");
		b->n_failed++;
	}
	arena_free(a);
}

/* What is to be said at the end, and the exit status. */
static int
conclude(const struct batch *b)
{
	if (must_stop) {
		cli_note("stopped by a signal after %zu sounds; run the same "
		    "command again", b->n_done);
		return CLI_AGAIN;
	}
	if (b->is_broken)
		return CLI_FATAL;
	if (b->n_failed > 0 && b->n_failed + b->n_done > 1)
		cli_note("%zu of %zu failed", b->n_failed,
		    b->n_failed + b->n_done);
	return b->n_failed > 0 ? CLI_SOME_FAILED : CLI_OK;
}

/* Track the operands.  -1 when nothing could begin. */
static int
track_sounds(struct settings *set, const struct tracker_model *model,
    char *const paths[], size_t n_paths, int *status, struct error *err)
{
	struct batch b = { .set = set, .a = arena_new() };
	struct tracker *tracker;

	if (b.a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	set->tracker.n_threads = set->stream.n_threads;
	set->files.has_activations = set->wants_activations;
	set->files.go_on = go_on;
	set->files.context = &b;
	tracker = tracker_new(model, &set->tracker, err);
	if (tracker != NULL)
		b.files = track_files_new(tracker, &set->files, err);
	if (b.files != NULL) {
		take_signals();
		progress_init(&b.progress, "chad-f0", 0);
		for (size_t i = 0; i < n_paths && !must_stop && !b.is_broken;
		    i++)
			track_operand(&b, paths[i]);
		progress_end(&b.progress);
		*status = conclude(&b);
	}
	track_files_free(b.files);
	tracker_free(tracker);
	arena_free(b.a);
	return b.files == NULL ? -1 : 0;
}

/* ---- the command ---- */

/*
 * Whether the operand is a manifest: "-" and pipes are, and a file of text
 * that begins as an object does.
 */
static bool
is_manifest(const char *path)
{
	struct stat st;
	FILE *f;
	int c;

	if (strcmp(path, "-") == 0)
		return true;
	if (stat(path, &st) != 0 || S_ISDIR(st.st_mode))
		return false;
	if (!S_ISREG(st.st_mode))
		return true;
	f = fopen(path, "rb");
	if (f == NULL)
		return false;
	do
		c = getc(f);
	while (c != EOF && isspace(c));
	(void)fclose(f);
	return c == '{';
}

/* The network that --model or --model-capacity means. */
static int
choose_model(struct settings *set, struct arena *a, struct error *err)
{
	static const char *const capacities[] = { "tiny", "small", "medium",
	    "large", "full" };
	const char *name;
	size_t i;

	if (set->capacity == NULL) {
		if (set->model_path == NULL)
			set->model_path = cli_shared_path(DEFAULT_MODEL);
		return 0;
	}
	if (set->model_path != NULL)
		return error_set(err, ERROR_FORMAT, "--model names a network "
		    "and --model-capacity another: give one of them");
	for (i = 0; i < 5 && strcmp(set->capacity, capacities[i]) != 0;)
		i++;
	if (i == 5)
		return error_set(err, ERROR_FORMAT, "--model-capacity %s is "
		    "none of tiny, small, medium, large, full", set->capacity);
	name = arena_printf(a, "models/crepe-%s.safetensors", set->capacity);
	if (name == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	set->model_path = cli_shared_path(name);
	if (!file_exists(set->model_path))
		return error_set(err, ERROR_IO, "there is no %s: make it of "
		    "crepe's own weights (chad-model import --licence MIT "
		    "model-%s.h5 %s), or leave out --model-capacity", name,
		    set->capacity, name);
	return 0;
}

/* Check the method and load what it needs. */
static int
prepare(struct settings *set, struct tracker_model **model,
    const char **name, struct arena *a, struct error *err)
{
	bool has_network;

	set->tracker.hop_sec = set->hop_ms / 1000.0;
	set->tracker.is_left_aligned = !set->is_centred;
	if (set->tracker.n_median % 2 == 0)
		return error_set(err, ERROR_FORMAT,
		    "--median %zu is not odd", set->tracker.n_median);
	if (tracker_names_choose(&set->tracker, set->method, set->decoder,
	    set->has_viterbi, err) != 0)
		return -1;
	has_network = set->tracker.method == TRACKER_CREPE ||
	    set->tracker.method == TRACKER_AUTO;
	if (!has_network && set->tracker.is_bf16)
		return error_set(err, ERROR_FORMAT,
		    "--bf16 goes with --method crepe and auto only");
	if (!has_network)
		return set->capacity == NULL ? 0 : error_set(err, ERROR_FORMAT,
		    "--model-capacity goes with --method crepe and auto only");
	if (choose_model(set, a, err) != 0)
		return -1;
	*model = tracker_model_load(set->model_path, set->tracker.is_bf16,
	    err);
	if (*model == NULL)
		return -1;
	/* Networks that decide about the voice are decoded with that. */
	if (set->decoder == NULL && !set->has_viterbi &&
	    tracker_model_has_voicing(*model))
		set->tracker.decoder = TRACKER_VOICING;
	*name = file_stem(set->model_path, a, err);
	return *name == NULL ? -1 : 0;
}

/* Options that say something about sound files only. */
static int
check_for_manifest(const struct settings *set, struct error *err)
{
	const struct track_files_options *o = &set->files;
	/* Frames of records are centred: other stages rely on it. */
	const char *name = !set->is_centred ? "--no-centering" :
	    o->folder != NULL ? "--output" :
	    set->format != NULL ? "--format" :
	    o->has_picture || o->has_voicing_strip ? "--save-plot" :
	    o->accept_truncated ? "--accept-truncated" :
	    o->accept_nonfinite ? "--accept-nonfinite" : NULL;

	return name == NULL ? 0 : error_set(err, ERROR_FORMAT, "%s goes with "
	    "sound files and folders, not with a manifest", name);
}

/* And those about manifests only. */
static int
check_for_sounds(struct settings *set, struct error *err)
{
	struct track_files_options *o = &set->files;

	if (set->stream.shard != NULL ||
	    set->stream.work_folder != set->default_work_folder)
		return error_set(err, ERROR_FORMAT, "%s goes with a manifest, "
		    "not with sound files", set->stream.shard != NULL ?
		    "--shard" : "--work");
	if (o->folder != NULL && !folder_is_one(o->folder))
		return error_set(err, ERROR_FORMAT, "--output %s: there is no "
		    "such folder", o->folder);
	if (o->has_voicing_strip && !o->has_picture)
		return error_set(err, ERROR_FORMAT,
		    "--plot-voicing goes with --save-plot");
	if (set->format == NULL || strcmp(set->format, "crepe") == 0)
		o->format = TRACK_CREPE;
	else if (strcmp(set->format, "mir_eval") == 0)
		o->format = TRACK_MIR_EVAL;
	else
		return error_set(err, ERROR_FORMAT, "--format %s is neither "
		    "crepe nor mir_eval", set->format);
	return 0;
}

static int
run_manifest(struct settings *set, const struct tracker_model *model,
    const char *model_name, int *status, struct error *err)
{
	char *folder = NULL;
	struct track_record_job job = { .tracker = &set->tracker,
	    .method = set->method, .hop_ms = set->hop_ms,
	    .has_activations = set->wants_activations,
	    .mixture_share = set->mixture_share, .model = model,
	    .model_name = model_name,
	    .work_folder = set->stream.work_folder };
	const struct stream_stage stage = { "chad-f0",
	    model == NULL ? NULL : tracker_model_sha256(model), &job,
	    track_record_new_worker, track_record_free_worker,
	    track_record_work };

	if (stream_folder(set->stream.in_path, &folder, err) != 0)
		return -1;
	job.folder = folder;
	*status = stream_main(&stage, &set->stream);
	memory_free(folder);
	return 0;
}

/* Do what the operands ask for. */
static int
run(struct settings *set, int argc, char *argv[], int first, int *status,
    struct arena *a, struct error *err)
{
	const bool is_stream = first == argc ||
	    (argc - first == 1 && is_manifest(argv[first]));
	struct tracker_model *model = NULL;
	const char *name = NULL;
	int result = -1;

	if ((is_stream ? stream_take_manifest(&set->stream, argc, argv, first,
	    err) : check_for_sounds(set, err)) != 0 ||
	    (is_stream && check_for_manifest(set, err) != 0) ||
	    prepare(set, &model, &name, a, err) != 0)
		return -1;
	for (int i = first; !is_stream && i < argc; i++)
		if (is_manifest(argv[i])) {
			error_set(err, ERROR_FORMAT, "%s is a manifest: give "
			    "it alone", argv[i]);
			goto done;
		}
	result = is_stream ? run_manifest(set, model, name, status, err) :
	    track_sounds(set, model, argv + first, (size_t)(argc - first),
	    status, err);
done:
	tracker_model_free(model);
	return result;
}

static struct settings set = { .method = "crepe", .hop_ms = 10.0,
	.mixture_share = UNDER_VOICE_SHARE,
	.is_centred = true,
	.tracker = { .voicing_threshold = -1.0, .n_median = 1 } };

static const struct cli_option options[] = {
	{ CLI_STRING, "output", &set.files.folder, 0, 0, "DIR",
	    "folder of the results (default: beside each sound)" },
	{ CLI_FLAG, "activations", &set.wants_activations, 0, 0, NULL,
	    "write the 360 activations of every frame too" },
	{ CLI_FLAG, "save-activation", &set.wants_activations, 0, 0,
	    NULL, "the same" },
	{ CLI_FLAG, "save-plot", &set.files.has_picture, 0, 0, NULL,
	    "draw the activations as NAME.activation.png" },
	{ CLI_FLAG, "plot-voicing", &set.files.has_voicing_strip, 0, 0,
	    NULL, "draw the confidence and what is voiced below them" },
	{ CLI_STRING, "format", &set.format, 0, 0, "NAME",
	    "crepe: NAME.f0.csv, or mir_eval: NAME.f0.txt "
	    "(default: crepe)" },
	{ CLI_STRING, "method", &set.method, 0, 0, "NAME",
	    "crepe (a network), yin, pyin, whistle or auto" },
	{ CLI_SHARED, "model", &set.model_path, 0, 0, "FILE",
	    "weights of the network (default: " DEFAULT_MODEL ")" },
	{ CLI_STRING, "model-capacity", &set.capacity, 0, 0, "SIZE",
	    "crepe's own weights: tiny, small, medium, large, full" },
	{ CLI_STRING, "decoder", &set.decoder, 0, 0, "NAME",
	    "argmax, crepe-viterbi or voicing (default: the model's)" },
	{ CLI_FLAG, "viterbi", &set.has_viterbi, 0, 0, NULL,
	    "--decoder crepe-viterbi" },
	{ CLI_FLAG, "bf16", &set.tracker.is_bf16, 0, 0, NULL,
	    "compute in bf16 where the processor has it (crepe)" },
	{ CLI_DOUBLE, "hop", &set.hop_ms, 1, 100, "MS",
	    "time from frame to frame" },
	{ CLI_DOUBLE, "step-size", &set.hop_ms, 1, 100, "MS",
	    "the same" },
	{ CLI_FLAG, "centering", &set.is_centred, 0, 0, NULL,
	    "centre frames on their times" },
	{ CLI_DOUBLE, "voicing-threshold",
	    &set.tracker.voicing_threshold, 0, 1, "C",
	    "unvoiced below this confidence (default: the model's)" },
	{ CLI_DOUBLE, "mixture", &set.mixture_share, 0, 1, "SHARE",
	    "of the recording left under a separated voice" },
	{ CLI_SIZE, "median", &set.tracker.n_median, 1, 101, "N",
	    "smooth by the median of N frames, odd" },
	{ CLI_FLAG, "accept-truncated", &set.files.accept_truncated,
	    0, 0, NULL, "take files that end too early" },
	{ CLI_FLAG, "accept-nonfinite", &set.files.accept_nonfinite,
	    0, 0, NULL, "take samples that are NaN or infinite as 0" },
	STREAM_OPTIONS(set.stream),
	{ CLI_LETTER, "o", NULL, 0, 0, "output", NULL },
	{ CLI_LETTER, "a", NULL, 0, 0, "save-activation", NULL },
	{ CLI_LETTER, "p", NULL, 0, 0, "save-plot", NULL },
	{ CLI_LETTER, "v", NULL, 0, 0, "plot-voicing", NULL },
	{ CLI_LETTER, "c", NULL, 0, 0, "model-capacity", NULL },
	{ CLI_LETTER, "V", NULL, 0, 0, "viterbi", NULL },
	{ CLI_LETTER, "n", NULL, 0, 0, "no-centering", NULL },
	{ CLI_LETTER, "s", NULL, 0, 0, "step-size", NULL },
	{ CLI_LETTER, "q", NULL, 0, 0, "quiet", NULL },
	{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
};

int
main(int argc, char *argv[])
{
	const struct cli_tool tool = { "chad-f0",
	    "the pitch of the voice in sound files, or in every recording of "
	    "a manifest", "[options] sound|folder ... | [manifest] > manifest",
	    options };
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	int first, status = CLI_FATAL;

	stream_options_init(&set.stream);
	set.default_work_folder = set.stream.work_folder;
	first = cli_parse(&tool, argc, argv);
	if (a == NULL)
		error_set(&err, ERROR_NOMEM, "out of memory");
	if (a == NULL || run(&set, argc, argv, first, &status, a, &err) != 0)
		cli_warn(&err, "cannot start");
	arena_free(a);
	return cli_finish(status);
}
