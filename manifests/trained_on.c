#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "manifests/trained_on.h"

struct values {
	const char **value;	/* [n], in arena "texts" */
	size_t n, capacity;
};

struct trained_on {
	struct arena *texts;
	struct values of[TRAINED_ON_N];
};

static const char *const kinds[TRAINED_ON_N] = { "work", "title", "video" };

/* Where a record, a fragment or a training pair has them. */
static const struct {
	enum trained_on_kind kind;
	const char *member;
} places[] = {
	{ TRAINED_ON_WORK, "group_id" }, { TRAINED_ON_WORK, "work" },
	{ TRAINED_ON_TITLE, "title" }, { TRAINED_ON_TITLE, "original.title" },
	{ TRAINED_ON_TITLE, "other.title" },
	{ TRAINED_ON_VIDEO, "youtube_id" }, { TRAINED_ON_VIDEO, "video" },
	{ TRAINED_ON_VIDEO, "original_youtube_id" },
	{ TRAINED_ON_VIDEO, "original.youtube_id" },
	{ TRAINED_ON_VIDEO, "other.youtube_id" },
};

struct trained_on *
trained_on_new(struct error *err)
{
	struct trained_on *t = memory_new(1, sizeof(*t), "works", err);

	if (t != NULL && (t->texts = arena_new()) == NULL) {
		memory_free(t);
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		return NULL;
	}
	return t;
}

void
trained_on_free(struct trained_on *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < TRAINED_ON_N; i++)
		memory_free(t->of[i].value);
	arena_free(t->texts);
	memory_free(t);
}

/* Values of neighbouring records are often the same. */
static int
add_value(struct trained_on *t, enum trained_on_kind kind, const char *text,
    struct error *err)
{
	struct values *v = &t->of[kind];

	if (text[0] == '\0' ||
	    (v->n > 0 && strcmp(v->value[v->n - 1], text) == 0))
		return 0;
	if (memory_grow(&v->value, &v->capacity, v->n + 1,
	    sizeof(*v->value), "works", err) != 0)
		return -1;
	if ((text = arena_strdup(t->texts, text)) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	v->value[v->n++] = text;
	return 0;
}

int
trained_on_add(struct trained_on *t, const struct json *rec,
    struct error *err)
{
	bool has_work = false;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *text;

		if (json_want_string(rec, places[i].member, &text,
		    NULL) != 0)
			continue;
		if (add_value(t, places[i].kind, text, err) != 0)
			return -1;
		has_work = has_work || places[i].kind == TRAINED_ON_WORK;
	}
	/* Of a line of a file of ours the id is "", which is not added. */
	return has_work ? 0 : add_value(t, TRAINED_ON_WORK, record_id(rec),
	    err);
}

int
trained_on_add_file(struct trained_on *t, const char *path,
    struct error *err)
{
	struct stream_list list;
	int status = 0;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	for (size_t i = 0; i < list.n_records && status == 0; i++)
		if (!record_has_failed(list.records[i]))
			status = trained_on_add(t, list.records[i], err);
	stream_list_release(&list);
	return status;
}

static int
compare_texts(const void *pa, const void *pb)
{
	return strcmp(*(const char *const *)pa, *(const char *const *)pb);
}

void
trained_on_sort(struct trained_on *t)
{
	for (size_t k = 0; k < TRAINED_ON_N; k++) {
		struct values *v = &t->of[k];
		size_t n = 0;

		if (v->n == 0)
			continue;
		qsort(v->value, v->n, sizeof(*v->value), compare_texts);
		for (size_t i = 0; i < v->n; i++)
			if (n == 0 || strcmp(v->value[n - 1],
			    v->value[i]) != 0)
				v->value[n++] = v->value[i];
		v->n = n;
	}
}

static int
write_line(FILE *out, const char *kind, const char *value,
    struct arena *scratch, struct error *err)
{
	struct json *line = json_new_object(err);
	int status = -1;

	if (line != NULL && json_put_string(line, kind, value, err) == 0)
		status = stream_write(out, line, scratch, err);
	json_free(line);
	return status;
}

int
trained_on_write(struct trained_on *t, const char *path, struct error *err)
{
	struct arena *scratch = arena_new();
	struct file_new *out;
	int status = 0;

	if (scratch == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	trained_on_sort(t);
	out = file_create(path, err);
	for (size_t k = 0; out != NULL && k < TRAINED_ON_N; k++)
		for (size_t i = 0; i < t->of[k].n && status == 0; i++) {
			status = write_line(file_stream(out), kinds[k],
			    t->of[k].value[i], scratch, err);
			arena_reset(scratch);
		}
	arena_free(scratch);
	if (out == NULL)
		return -1;
	if (status == 0)
		return file_commit(out, err);
	file_abandon(out);
	return -1;
}

const char *
trained_on_path(const char *model_path, struct arena *a, struct error *err)
{
	static const char usual[] = ".safetensors";
	const size_t n = strlen(model_path), n_usual = sizeof(usual) - 1;
	const bool is_usual = n > n_usual &&
	    strcmp(model_path + n - n_usual, usual) == 0;
	const char *path = arena_printf(a, "%.*s.works.jsonl",
	    (int)(is_usual ? n - n_usual : n), model_path);

	if (path == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	return path;
}

size_t
trained_on_count(const struct trained_on *t, enum trained_on_kind kind)
{
	return t->of[kind].n;
}

const char *
trained_on_value(const struct trained_on *t, enum trained_on_kind kind,
    size_t i)
{
	return t->of[kind].value[i];
}

bool
trained_on_has(const struct trained_on *t, enum trained_on_kind kind,
    const char *value)
{
	const struct values *v = &t->of[kind];

	return v->n > 0 && bsearch(&value, v->value, v->n, sizeof(*v->value),
	    compare_texts) != NULL;
}
