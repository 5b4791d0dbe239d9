/*
 * The sound is read in batches of as many links as there are threads, each
 * with its lead in front and what comes behind it, so that a link is the same
 * bytes in whatever batch it is encoded.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/pool.h"
#include "audio/decoder.h"
#include "manifests/artefact.h"

#include "review/sound_copy.h"

#define LINK SOUND_COPY_LINK
#define LEAD ((size_t)SOUND_COPY_LEAD)
#define BEHIND ((size_t)OPUS_FILE_BEHIND)
#define MAX_BATCH 16		/* links that are in memory at once */
#define BITS_PER_SEC 64000
#define URL_BYTES 128

static const struct artefact_recipe recipe = { .tool = "sound-copy",
    .revision = "1", .options = "opus mono 48000 Hz 64 kbit/s links of 5 s",
    .model_sha256 = "" };

/* What is on the way while a copy is made. */
struct work {
	struct decoder *decoder;
	struct file_new *file;
	size_t n_batch;			/* links at once */
	float *samples;			/* [LEAD + n_batch * LINK + BEHIND] */
	size_t n_samples;		/* that are there */
	bool is_end;			/* nothing follows them */
	size_t n_lead;			/* of them, before the first link */
	size_t first_link, n_links;	/* of the batch */
	struct {
		const void *bytes;
		size_t n_bytes;
	} made[MAX_BATCH];
	struct arena *arenas[MAX_BATCH];	/* hold them */
	uint64_t *offsets;		/* [n_offsets], with room behind */
	size_t n_offsets, capacity;
	uint64_t n_bytes, n_total;	/* written; samples in all */
};

void
sound_copy_key(const struct sound_source *s, char key[HASH_HEX_BYTES])
{
	artefact_key(&recipe, s->key, key);
}

const char *
sound_copy_path(const char *folder, const char *key, const char *suffix,
    struct arena *a, struct error *err)
{
	return artefact_path(folder, &recipe, key, suffix, a, err);
}

/* Fill up the batch's samples and count its links. */
static int
read_batch(struct work *w, struct error *err)
{
	const size_t n_wanted = w->n_lead + w->n_batch * LINK + BEHIND;
	size_t n_here, n;

	if (!w->is_end) {
		if (decoder_get(w->decoder, w->samples + w->n_samples,
		    n_wanted - w->n_samples, &n, err) != 0)
			return -1;
		w->n_samples += n;
		w->n_total += n;
		w->is_end = w->n_samples < n_wanted;
	}
	n_here = w->n_samples - w->n_lead;
	w->n_links = (n_here + LINK - 1) / LINK;
	if (w->n_links > w->n_batch)
		w->n_links = w->n_batch;
	return 0;
}

/* Task i encodes link first_link + i. */
static int
encode_link(void *shared, size_t i, size_t thread, struct error *err)
{
	struct work *w = shared;
	const size_t begin = w->n_lead + i * LINK;
	const size_t end = begin + LINK < w->n_samples ? begin + LINK :
	    w->n_samples;
	const size_t lead = w->first_link + i == 0 ? 0 : LEAD;
	const struct opus_file f = { .samples = w->samples + begin - lead,
	    .n_samples = end - begin + lead,
	    .n_behind = w->n_samples - end < BEHIND ? w->n_samples - end :
	    BEHIND, .serial = (unsigned)(w->first_link + i),
	    .bits_per_sec = BITS_PER_SEC };

	(void)thread;
	arena_reset(w->arenas[i]);
	w->made[i].bytes = opus_file_encode(&f, w->arenas[i],
	    &w->made[i].n_bytes, err);
	return w->made[i].bytes == NULL ? -1 : 0;
}

static int
write_batch(struct work *w, struct error *err)
{
	if (memory_grow(&w->offsets, &w->capacity,
	    w->n_offsets + w->n_links + 1, sizeof(*w->offsets),
	    "offsets of links", err) != 0)
		return -1;
	for (size_t i = 0; i < w->n_links; i++) {
		if (fwrite(w->made[i].bytes, 1, w->made[i].n_bytes,
		    file_stream(w->file)) != w->made[i].n_bytes)
			return error_set_errno(err, "cannot write %s",
			    file_path(w->file));
		w->n_bytes += w->made[i].n_bytes;
		w->offsets[++w->n_offsets] = w->n_bytes;
	}
	return 0;
}

/* Keep what the next batch begins with: its lead, and what was behind. */
static void
step(struct work *w)
{
	const size_t next = w->n_lead + w->n_links * LINK;

	w->first_link += w->n_links;
	if (next >= w->n_samples) {
		w->n_samples = w->n_lead = 0;
		return;
	}
	w->n_samples -= next - LEAD;
	memmove(w->samples, w->samples + next - LEAD,
	    w->n_samples * sizeof(*w->samples));
	w->n_lead = LEAD;
}

static int
encode_all(struct work *w, const struct sound_copy_options *o,
    struct error *err)
{
	struct pool *pool = pool_new(w->n_batch, err);
	int status = pool == NULL ? -1 : 0;

	while (status == 0) {
		if (o->must_stop != NULL && o->must_stop(o->shared))
			status = error_set(err, ERROR_BUSY, "stopped");
		else if (read_batch(w, err) != 0 || pool_run(pool,
		    w->n_links, encode_link, w, err) != 0 ||
		    write_batch(w, err) != 0)
			status = -1;
		if (status != 0)
			break;
		step(w);
		if (w->is_end && w->n_samples == 0)
			break;
	}
	pool_free(pool);
	return status;
}

/* The object that the page is told. */
static struct json *
describe(const struct work *w, const char *key, struct error *err)
{
	struct json *j = json_new_object(err);
	char url[URL_BYTES];

	if (j == NULL)
		return NULL;
	(void)snprintf(url, sizeof(url), "/media/%s.opus", key);
	if (json_put_string(j, "url", url, err) != 0 ||
	    json_put_size(j, "rate", SOUND_COPY_RATE_HZ, err) != 0 ||
	    json_put_size(j, "lead", LEAD, err) != 0 ||
	    json_put_size(j, "link_sec", LINK / SOUND_COPY_RATE_HZ,
	    err) != 0 ||
	    json_put_size(j, "n_samples", (size_t)w->n_total, err) != 0)
		goto fail;
	for (size_t i = 0; i <= w->n_offsets; i++)
		if (json_append_size(j, "offsets", (size_t)w->offsets[i],
		    err) != 0)
			goto fail;
	return j;
fail:
	json_free(j);
	return NULL;
}

static int
write_json(const struct json *j, const char *path, struct arena *a,
    struct error *err)
{
	const char *text = json_text(j, a, err);

	return text == NULL ? -1 : file_write(path, text, strlen(text), err);
}

/* A file that cannot be read now will not be read later: note it. */
static int
note_failure(const char *path, struct arena *a, struct error *err)
{
	struct json *j;
	int status = -1;

	if (err->code != ERROR_FORMAT && err->code != ERROR_LIMIT)
		return -1;
	if ((j = json_new_object(err)) == NULL)
		return -1;
	if (json_put_bytes(j, "error", err->text, strlen(err->text),
	    err) == 0)
		status = write_json(j, path, a, err);
	json_free(j);
	return status;
}

static int
init(struct work *w, const struct sound_copy_options *o, struct error *err)
{
	w->n_batch = o->n_threads < 1 ? 1 : o->n_threads > MAX_BATCH ?
	    MAX_BATCH : o->n_threads;
	w->samples = memory_new(LEAD + w->n_batch * LINK + BEHIND,
	    sizeof(*w->samples), "samples", err);
	if (w->samples == NULL)
		return -1;
	for (size_t i = 0; i < w->n_batch; i++)
		if ((w->arenas[i] = arena_new()) == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
	return memory_grow(&w->offsets, &w->capacity, 1, sizeof(*w->offsets),
	    "offsets of links", err);
}

static void
release(struct work *w)
{
	decoder_close(w->decoder);
	file_abandon(w->file);
	for (size_t i = 0; i < w->n_batch; i++)
		arena_free(w->arenas[i]);
	memory_free(w->offsets);
	memory_free(w->samples);
}

/* Encode into the file "path" and describe it beside, in "json_path". */
static int
make(const struct sound_source *s, const struct sound_copy_options *o,
    const char *key, const char *path, const char *json_path,
    struct arena *a, struct error *err)
{
	struct work w = { .n_batch = 0 };
	struct json *j = NULL;
	struct file_new *file;
	int status = -1;

	if (init(&w, o, err) != 0)
		goto out;
	w.decoder = sound_source_open(s, SOUND_COPY_RATE_HZ, 0.0, 0.0, err);
	if (w.decoder == NULL || (w.file = file_create(path, err)) == NULL ||
	    encode_all(&w, o, err) != 0)
		goto out;
	file = w.file;
	w.file = NULL;
	if (file_commit(file, err) != 0 ||
	    (j = describe(&w, key, err)) == NULL)
		goto out;
	status = write_json(j, json_path, a, err);
out:
	json_free(j);
	release(&w);
	return status == 0 ? 0 : note_failure(json_path, a, err);
}

/*
 * The description is written last, so the sound is there with it, but for one
 * that cannot be had; unless somebody has tidied up the folder.
 */
static bool
is_whole(const char *path, const char *json_path)
{
	struct json *j;
	bool is_noted;

	if (!file_exists(json_path))
		return false;
	if (file_exists(path))
		return true;
	j = json_load(json_path, NULL);
	is_noted = j != NULL && json_has(j, "error");
	json_free(j);
	return is_noted;
}

int
sound_copy_make(const struct sound_source *s,
    const struct sound_copy_options *options, struct error *err)
{
	struct arena *a = arena_new();
	struct error failure = { ERROR_NONE, "" };
	char key[HASH_HEX_BYTES];
	const char *path, *json_path;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	sound_copy_key(s, key);
	path = sound_copy_path(options->folder, key, "opus", a, &failure);
	json_path = sound_copy_path(options->folder, key, "json", a,
	    &failure);
	if (path != NULL && json_path != NULL)
		status = is_whole(path, json_path) ? 0 :
		    make(s, options, key, path, json_path, a, &failure);
	if (status != 0 && err != NULL)
		*err = failure;
	arena_free(a);
	return status;
}

bool
sound_copy_is_done(const struct sound_source *s, const char *folder)
{
	struct arena *a = arena_new();
	char key[HASH_HEX_BYTES];
	const char *path, *json_path;
	bool is_done;

	if (a == NULL)
		return false;
	sound_copy_key(s, key);
	path = sound_copy_path(folder, key, "opus", a, NULL);
	json_path = sound_copy_path(folder, key, "json", a, NULL);
	is_done = path != NULL && json_path != NULL &&
	    is_whole(path, json_path);
	arena_free(a);
	return is_done;
}

struct json *
sound_copy_load(const struct sound_source *s, const char *folder,
    struct error *err)
{
	struct arena *a = arena_new();
	char key[HASH_HEX_BYTES];
	struct json *j = NULL;
	const char *path, *text;

	if (a == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory");
		return NULL;
	}
	sound_copy_key(s, key);
	path = sound_copy_path(folder, key, "json", a, err);
	if (path != NULL)
		j = json_load(path, err);
	arena_free(a);
	if (j != NULL && json_has(j, "error")) {
		if (json_want_string(j, "error", &text, err) == 0)
			error_set(err, ERROR_FORMAT, "%s", text);
		json_free(j);
		return NULL;
	}
	return j;
}
