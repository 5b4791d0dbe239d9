#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"

#include "audio/decoder.h"
#include "audio/sound_file.h"
#include "dsp/activations.h"
#include "dsp/npy.h"

#include "pitch/activation_picture.h"
#include "pitch/track_files.h"

#define ACTIVATIONS_END ".activation.npy"
#define PICTURE_END ".activation.png"
#define CREPE_END ".f0.csv"
#define MIR_EVAL_END ".f0.txt"

/* Longer sounds are taken all the same; room is made for them as they come. */
#define MAX_EXPECTED_SEC 86400.0

/* Whose files have been named: what they are called, and the sound. */
struct claim {
	uint64_t hash;		/* of the text */
	char *text;		/* folder, by its number, and NAME */
	char *sound_path;
};

struct track_files {
	struct tracker *tracker;
	const struct track_files_options *options;
	struct activation_picture *picture;	/* or NULL */
	struct claim *claims;
	size_t n_claims, claims_capacity;
};

/* What is written for one sound. */
struct names {
	const char *name;	/* NAME */
	const char *track, *activations, *picture;
};

/* The sound while it is read, and who gets its activations. */
struct run {
	const struct track_files_options *options;
	struct decoder *decoder;
	struct npy_writer *activations;		/* or NULL */
	struct activation_picture *picture;	/* or NULL */
	uint64_t n_samples;
	bool has_failed;		/* reading, with a message */
};

struct track_files *
track_files_new(struct tracker *t, const struct track_files_options *options,
    struct error *err)
{
	struct track_files *f = memory_new(1, sizeof(*f), "list of files",
	    err);

	if (f == NULL)
		return NULL;
	f->tracker = t;
	f->options = options;
	if (options->has_picture) {
		f->picture = activation_picture_new(err);
		if (f->picture == NULL) {
			track_files_free(f);
			return NULL;
		}
	}
	return f;
}

void
track_files_free(struct track_files *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n_claims; i++) {
		memory_free(f->claims[i].text);
		memory_free(f->claims[i].sound_path);
	}
	memory_free(f->claims);
	activation_picture_free(f->picture);
	memory_free(f);
}

bool
track_files_is_ours(const char *name)
{
	static const char *const ends[] = { ACTIVATIONS_END, PICTURE_END,
	    CREPE_END, MIR_EVAL_END };
	const size_t n = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const size_t n_end = strlen(ends[i]);

		if (n > n_end && strcmp(name + n - n_end, ends[i]) == 0)
			return true;
	}
	return false;
}

/* The folder of the results, with a slash at its end, or "". */
static const char *
folder_of(const struct track_files_options *o, const char *sound_path,
    struct arena *a)
{
	const size_t n = (size_t)(file_name(sound_path) - sound_path);

	return o->folder == NULL ? arena_printf(a, "%.*s", (int)n,
	    sound_path) : arena_printf(a, "%s/", o->folder);
}

static int
name_files(const struct track_files_options *o, const char *sound_path,
    struct arena *a, struct names *names, struct error *err)
{
	const char *folder = folder_of(o, sound_path, a);

	names->name = file_stem(sound_path, a, err);
	if (names->name == NULL)
		return -1;
	names->track = arena_printf(a, "%s%s%s", folder == NULL ? "" : folder,
	    names->name, o->format == TRACK_CREPE ? CREPE_END : MIR_EVAL_END);
	names->activations = arena_printf(a, "%s%s" ACTIVATIONS_END,
	    folder == NULL ? "" : folder, names->name);
	names->picture = arena_printf(a, "%s%s" PICTURE_END,
	    folder == NULL ? "" : folder, names->name);
	if (folder == NULL || names->track == NULL ||
	    names->activations == NULL || names->picture == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a name");
	return 0;
}

/* The folder by its number on the disk: it has many names. */
static const char *
claim_text(const struct track_files_options *o, const char *sound_path,
    const struct names *names, struct arena *a, struct error *err)
{
	const char *folder = folder_of(o, sound_path, a);
	const char *text;
	struct stat st;

	if (folder != NULL && stat(folder[0] == '\0' ? "." : folder,
	    &st) != 0) {
		error_set_errno(err, "%s", folder);
		return NULL;
	}
	text = folder == NULL ? NULL : arena_printf(a, "%llu:%llu/%s",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
	    names->name);
	if (text == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a name");
	return text;
}

/* Take the names for this sound, unless another has them. */
static int
claim(struct track_files *f, const char *sound_path,
    const struct names *names, struct arena *a, struct error *err)
{
	const char *text = claim_text(f->options, sound_path, names, a, err);
	struct claim new = { .hash = 0 };

	if (text == NULL)
		return -1;
	new.hash = hash_text64(text);
	for (size_t i = 0; i < f->n_claims; i++) {
		const struct claim *c = &f->claims[i];
		char first[SOUND_FILE_LABEL_BYTES];
		char second[SOUND_FILE_LABEL_BYTES];

		if (c->hash == new.hash && strcmp(c->text, text) == 0)
			return error_set(err, ERROR_FORMAT, "%s would be "
			    "written over the result of %s: rename it, or "
			    "track it by itself", sound_file_label(sound_path,
			    second), sound_file_label(c->sound_path, first));
	}
	if (memory_grow(&f->claims, &f->claims_capacity, f->n_claims + 1,
	    sizeof(*f->claims), "names", err) != 0)
		return -1;
	new.text = memory_strdup(text, err);
	new.sound_path = memory_strdup(sound_path, err);
	if (new.text == NULL || new.sound_path == NULL) {
		memory_free(new.text);
		memory_free(new.sound_path);
		return -1;
	}
	f->claims[f->n_claims++] = new;
	return 0;
}

/* The sound could not be tracked: another may have its names. */
static void
give_back_claim(struct track_files *f)
{
	struct claim *last = &f->claims[--f->n_claims];

	memory_free(last->text);
	memory_free(last->sound_path);
}

/* frames_source: read, and ask whether to go on. */
static int
read_sound(void *context, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	struct run *run = context;
	const struct track_files_options *o = run->options;

	run->has_failed = (o->go_on != NULL && o->go_on(o->context,
	    (double)run->n_samples / TRACKER_RATE_HZ, err) != 0) ||
	    decoder_get(run->decoder, samples, n_max, n_read, err) != 0;
	if (run->has_failed)
		return -1;
	run->n_samples += *n_read;
	return 0;
}

/* tracker_sink */
static int
take_rows(void *context, const float *rows, size_t n_rows, struct error *err)
{
	struct run *run = context;

	if (run->picture != NULL)
		activation_picture_put(run->picture, rows, n_rows);
	return run->activations == NULL ? 0 :
	    npy_writer_put(run->activations, rows, n_rows, err);
}

/* What the header lets expect, within reason. */
static uint64_t
expected_samples(const struct decoder *d)
{
	const double sec = decoder_stated_sec(d);

	return !(sec > 0.0) ? 0 : (uint64_t)((sec < MAX_EXPECTED_SEC ? sec :
	    MAX_EXPECTED_SEC) * TRACKER_RATE_HZ);
}

/* Write the track and the picture; the activations are written already. */
static int
write_results(struct track_files *f, const struct names *names,
    const struct track *track, struct arena *a, struct error *err)
{
	const struct track_files_options *o = f->options;

	if (f->picture != NULL && activation_picture_write(f->picture,
	    names->picture, names->name, track, o->has_voicing_strip, a,
	    err) != 0)
		return -1;
	return track_write(names->track, track, o->format, err);
}

/* Track what the decoder gives and write everything. */
static int
track_sound(struct track_files *f, struct decoder *d, const char *sound_path,
    const struct names *names, struct arena *a, struct error *err)
{
	char label[SOUND_FILE_LABEL_BYTES];
	struct run run = { .options = f->options, .decoder = d,
	    .picture = f->picture };
	const struct tracker_sink sink = { take_rows, &run };
	const struct frames_source source = { read_sound, &run,
	    expected_samples(d), TRACKER_RATE_HZ };
	struct track track;

	if (f->options->has_activations) {
		run.activations = npy_writer_open(names->activations,
		    STORED_FLOAT32, ACTIVATIONS_N_BINS, err);
		if (run.activations == NULL)
			return -1;
	}
	if (f->picture != NULL)
		activation_picture_reset(f->picture);
	if (tracker_run(f->tracker, &source, &sink, a, &track, err) != 0) {
		npy_writer_abandon(run.activations);
		/* The decoder names the sound itself. */
		return run.has_failed ? -1 : error_add(err, "%s",
		    sound_file_label(sound_path, label));
	}
	if (run.activations != NULL &&
	    npy_writer_commit(run.activations, err) != 0)
		return -1;
	return write_results(f, names, &track, a, err);
}

/* Let a tracker that wants to hear all of the sound first do so. */
static int
listen(struct track_files *f, const char *sound_path,
    const struct decoder_options *options, struct arena *a,
    struct error *err)
{
	struct run run = { .options = f->options };
	struct frames_source source = { read_sound, &run, 0,
	    TRACKER_RATE_HZ };
	int status;

	if (!tracker_listens_first(f->tracker))
		return 0;
	run.decoder = decoder_open(sound_path, options, err);
	if (run.decoder == NULL)
		return -1;
	source.n_samples = expected_samples(run.decoder);
	status = tracker_listen(f->tracker, &source, a, err);
	decoder_close(run.decoder);
	return status;
}

int
track_files_make(struct track_files *f, const char *sound_path,
    struct arena *a, bool *is_sound, struct error *err)
{
	const struct decoder_options options = { .rate_hz = TRACKER_RATE_HZ,
	    .accept_truncated = f->options->accept_truncated,
	    .accept_nonfinite = f->options->accept_nonfinite };
	struct decoder *d = decoder_open(sound_path, &options, err);
	struct names names;
	int status = -1;

	*is_sound = d != NULL;
	if (d == NULL)
		return -1;
	if (name_files(f->options, sound_path, a, &names, err) == 0 &&
	    claim(f, sound_path, &names, a, err) == 0) {
		status = listen(f, sound_path, &options, a, err);
		if (status == 0)
			status = track_sound(f, d, sound_path, &names, a,
			    err);
		if (status != 0)
			give_back_claim(f);
	}
	decoder_close(d);
	return status;
}
