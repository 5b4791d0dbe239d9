#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/stored.h"

#include "embed/index_writer.h"

struct index_writer {
	struct file_new *file;
	size_t at;				/* bytes written */
	size_t offsets[INDEX_N_SECTIONS], n_bytes[INDEX_N_SECTIONS];
	enum index_section section;		/* the one being put */
};

static int
put_bytes(struct index_writer *w, const void *bytes, size_t n_bytes,
    struct error *err)
{
	errno = 0;
	if (n_bytes > 0 && fwrite(bytes, 1, n_bytes, file_stream(w->file)) !=
	    n_bytes)
		return error_set_errno(err, "cannot write %s",
		    file_path(w->file));
	w->at += n_bytes;
	return 0;
}

static int
pad_to(struct index_writer *w, size_t offset, struct error *err)
{
	static const unsigned char zeros[INDEX_FILE_ALIGNMENT];

	while (w->at < offset) {
		const size_t n = offset - w->at < sizeof(zeros) ?
		    offset - w->at : sizeof(zeros);

		if (put_bytes(w, zeros, n, err) != 0)
			return -1;
	}
	return 0;
}

struct index_writer *
index_writer_open(const char *path, struct error *err)
{
	struct index_writer *w = memory_new(1, sizeof(*w), "index", err);

	if (w == NULL)
		return NULL;
	if ((w->file = file_create(path, err)) == NULL ||
	    pad_to(w, INDEX_FILE_FIRST, err) != 0) {
		index_writer_abandon(w);
		return NULL;
	}
	return w;
}

int
index_writer_begin(struct index_writer *w, enum index_section section,
    struct error *err)
{
	const size_t rest = w->at % INDEX_FILE_ALIGNMENT;

	if (rest > 0 && pad_to(w, w->at - rest + INDEX_FILE_ALIGNMENT,
	    err) != 0)
		return -1;
	w->section = section;
	w->offsets[section] = w->at;
	return 0;
}

int
index_writer_put(struct index_writer *w, const void *bytes, size_t n_bytes,
    struct error *err)
{
	w->n_bytes[w->section] += n_bytes;
	return put_bytes(w, bytes, n_bytes, err);
}

static int
fill_facts(const struct index_facts *facts, struct json *j,
    struct error *err)
{
	if (json_put_string(j, "model_sha256", facts->model_sha256,
	    err) != 0 ||
	    json_put_number(j, "hop_sec", facts->hop_sec, err) != 0 ||
	    json_put_number(j, "window_sec", facts->window_sec, err) != 0 ||
	    json_put_size(j, "dimension", facts->shape.dimension, err) != 0 ||
	    json_put_size(j, "n_songs", facts->n_songs, err) != 0 ||
	    json_put_size(j, "n_windows", facts->n_windows, err) != 0 ||
	    json_put_size(j, "n_pitch", facts->n_pitch, err) != 0 ||
	    json_put_size(j, "n_lists", facts->shape.n_lists, err) != 0 ||
	    json_put_size(j, "n_parts", facts->shape.n_parts, err) != 0 ||
	    json_put_size(j, "n_trained", facts->n_trained, err) != 0)
		return -1;
	return json_put_size(j, "seed", facts->seed, err);
}

int
index_writer_put_facts(struct index_writer *w,
    const struct index_facts *facts, struct error *err)
{
	struct arena *a = arena_new();
	struct json *j = json_new_object(err);
	const char *text;
	int status = -1;

	if (a == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else if (j != NULL && fill_facts(facts, j, err) == 0 &&
	    (text = json_text(j, a, err)) != NULL &&
	    index_writer_begin(w, INDEX_FACTS, err) == 0)
		status = index_writer_put(w, text, strlen(text), err);
	json_free(j);
	arena_free(a);
	return status;
}

int
index_writer_put_song(struct index_writer *w, const struct index_song *song,
    size_t first_pitch, size_t first_name, struct error *err)
{
	unsigned char row[INDEX_FILE_SONG];
	uint64_t start;

	memcpy(&start, &song->line.start_sec, sizeof(start));
	stored_put_integer(row, 8, song->first_window);
	stored_put_integer(row + 8, 8, song->n_windows);
	stored_put_integer(row + 16, 8, first_pitch);
	stored_put_integer(row + 24, 8, song->line.n);
	stored_put_integer(row + 32, 8, start);
	stored_put_integer(row + 40, 8, first_name);
	return index_writer_put(w, row, sizeof(row), err);
}

int
index_writer_flush(struct index_writer *w, enum index_section section,
    const char **path, size_t *offset, struct error *err)
{
	*path = file_temporary_path(w->file);
	*offset = w->offsets[section];
	errno = 0;
	if (fflush(file_stream(w->file)) != 0)
		return error_set_errno(err, "cannot write %s",
		    file_path(w->file));
	return 0;
}

/* The head of what is mapped, in "head" [INDEX_FILE_FIRST], of zeros. */
static int
make_head(const struct index_writer *w, const struct map *m,
    size_t n_threads, unsigned char *head, struct error *err)
{
	char hex[HASH_HEX_BYTES];

	memcpy(head, INDEX_FILE_MAGIC, 8);
	stored_put_integer(head + 8, 4, INDEX_FILE_VERSION);
	stored_put_integer(head + 12, 4, INDEX_N_SECTIONS);
	stored_put_integer(head + 16, 8, w->at);
	for (size_t i = 0; i < INDEX_N_SECTIONS; i++) {
		unsigned char *row = head + INDEX_FILE_TABLE +
		    i * INDEX_FILE_ROW;

		if (index_file_hash(m->bytes + w->offsets[i], w->n_bytes[i],
		    n_threads, hex, err) != 0)
			return -1;
		stored_put_integer(row, 4, i);
		stored_put_integer(row + 8, 8, w->offsets[i]);
		stored_put_integer(row + 16, 8, w->n_bytes[i]);
		memcpy(row + 24, hex, HASH_HEX_BYTES - 1);
	}
	hash_bytes(head, INDEX_FILE_HEAD, hex);
	memcpy(head + INDEX_FILE_HEAD, hex, HASH_HEX_BYTES - 1);
	return 0;
}

static int
put_head(struct index_writer *w, size_t n_threads, struct error *err)
{
	unsigned char head[INDEX_FILE_FIRST] = { 0 };
	FILE *out = file_stream(w->file);
	const char *path;
	size_t offset;
	struct map m;
	int status;

	/* A section that was never begun is empty and lies at the first. */
	for (size_t i = 0; i < INDEX_N_SECTIONS; i++)
		if (w->offsets[i] == 0)
			w->offsets[i] = INDEX_FILE_FIRST;
	if (index_writer_flush(w, INDEX_FACTS, &path, &offset, err) != 0 ||
	    map_open(path, &m, err) != 0)
		return -1;
	status = make_head(w, &m, n_threads, head, err);
	map_close(&m);
	if (status != 0)
		return -1;
	if (fseek(out, 0, SEEK_SET) != 0 ||
	    fwrite(head, 1, sizeof(head), out) != sizeof(head))
		return error_set_errno(err, "cannot write %s",
		    file_path(w->file));
	return 0;
}

int
index_writer_commit(struct index_writer *w, size_t n_threads,
    struct error *err)
{
	int status = put_head(w, n_threads, err);

	if (status == 0) {
		status = file_commit(w->file, err);
		w->file = NULL;
	}
	index_writer_abandon(w);
	return status;
}

void
index_writer_abandon(struct index_writer *w)
{
	if (w == NULL)
		return;
	file_abandon(w->file);
	memory_free(w);
}
