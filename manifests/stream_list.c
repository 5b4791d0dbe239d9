#include <string.h>

#include "base/memory.h"

#include "manifests/line_reader.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "manifests/stream.h"

#define MAX_RECORDS ((size_t)1 << 24)

int
stream_folder(const char *path, char **folder, struct error *err)
{
	char *slash;

	*folder = NULL;
	if (path == NULL || strcmp(path, "-") == 0)
		return 0;
	*folder = memory_strdup(path, err);
	if (*folder == NULL)
		return -1;
	slash = strrchr(*folder, '/');
	if (slash == *folder)
		slash[1] = '\0';
	else if (slash != NULL)
		*slash = '\0';
	else
		memcpy(*folder, ".", strlen(".") + 1);
	return 0;
}

static int
each_line(struct line_reader *r, struct stream_each *e, const char *folder,
    struct error *err)
{
	struct record_line line = { NULL, 0, 0, false };
	enum line_kind kind;

	while ((kind = line_reader_next(r, &line.text, &line.n_bytes, err)) >
	    LINE_END) {
		struct json *rec;
		int result;

		line.number++;
		line.is_too_long = kind == LINE_TOO_LONG;
		if (record_line_is_blank(&line))
			continue;
		if ((rec = record_line_take(&line, &e->n_broken,
		    err)) == NULL)
			return -1;
		result = e->take(e->shared, &rec, folder, err);
		json_free(rec);
		if (result != 0)
			return -1;
	}
	if (kind != LINE_FAILED)
		return 0;
	return error_add(err, "%s", e->path != NULL ? e->path :
	    "standard input");
}

int
stream_each_run(struct stream_each *e, struct error *err)
{
	struct line_reader *r = line_reader_open(e->path, RECORD_LINE_BYTES,
	    NULL, NULL, err);
	char *folder = NULL;
	int result = -1;

	if (r == NULL)
		return -1;
	if (stream_folder(e->path, &folder, err) == 0)
		result = each_line(r, e, folder, err);
	memory_free(folder);
	line_reader_close(r);
	return result;
}

/* A list that grows. */
struct growing {
	struct stream_list *list;
	size_t capacity;
};

static int
keep(void *shared, struct json **rec, const char *folder, struct error *err)
{
	struct growing *g = shared;
	struct stream_list *list = g->list;

	(void)folder;
	if (list->n_records == MAX_RECORDS)
		return error_set(err, ERROR_LIMIT,
		    "more than %zu records in one manifest", MAX_RECORDS);
	if (memory_grow(&list->records, &g->capacity, list->n_records + 1,
	    sizeof(list->records[0]), "records", err) != 0)
		return -1;
	list->records[list->n_records++] = *rec;
	*rec = NULL;
	return 0;
}

int
stream_list_load(struct stream_list *list, const char *path,
    struct error *err)
{
	struct growing growing = { list, 0 };
	struct stream_each each = { .path = path, .take = keep,
		.shared = &growing };

	memset(list, 0, sizeof(*list));
	if (stream_folder(path, &list->folder, err) == 0 &&
	    stream_each_run(&each, err) == 0) {
		list->n_broken = each.n_broken;
		return 0;
	}
	stream_list_release(list);
	return -1;
}

void
stream_list_release(struct stream_list *list)
{
	for (size_t i = 0; i < list->n_records; i++)
		json_free(list->records[i]);
	memory_free(list->records);
	memory_free(list->folder);
	memset(list, 0, sizeof(*list));
}

int
stream_write(FILE *out, const struct json *rec, struct arena *scratch,
    struct error *err)
{
	const char *text = json_text(rec, scratch, err);

	if (text == NULL)
		return -1;
	if (fputs(text, out) == EOF || fputc('\n', out) == EOF)
		return error_set_errno(err, "cannot write a record");
	return 0;
}
