#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "manifests/record.h"
#include "manifests/stream.h"
#include "store/recordings.h"

#include "mine/lists.h"

int
lists_begin(struct lists_new *n, struct error *err)
{
	memset(n, 0, sizeof(*n));
	if ((n->out = open_memstream(&n->text, &n->n_bytes)) == NULL)
		return error_set_errno(err, "making a list");
	return 0;
}

void
lists_abandon(struct lists_new *n)
{
	if (n->out != NULL)
		(void)fclose(n->out);
	free(n->text);
	memset(n, 0, sizeof(*n));
}

/* Store the text under its name unless it is there. */
static int
store_text(const struct lists_new *n, const struct steps *s,
    struct lists_file *f, struct error *err)
{
	hash_bytes(n->text, n->n_bytes, f->sha256);
	f->n_records = n->n_records;
	f->path = arena_printf(s->a, "%s/chad-mine/%.2s/%s.jsonl",
	    s->work_folder, f->sha256, f->sha256);
	if (f->path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (file_exists(f->path))
		return 0;
	return file_write(f->path, n->text, n->n_bytes, err);
}

int
lists_end(struct lists_new *n, const struct steps *s, struct lists_file *f,
    struct error *err)
{
	int status;

	if (fclose(n->out) != 0) {
		n->out = NULL;
		lists_abandon(n);
		return error_set_errno(err, "making a list");
	}
	n->out = NULL;
	status = store_text(n, s, f, err);
	lists_abandon(n);
	return status;
}

/* Where a record is written to, and the memory for its text. */
struct writer {
	struct lists_new list;
	struct arena *scratch;
	/* Which records are written; NULL: all. */
	bool (*takes)(const void *context, const struct json *rec);
	const void *context;
};

static int
put_record(void *context, struct json *rec, struct error *err)
{
	struct writer *w = context;
	const int status = stream_write(w->list.out, rec, w->scratch, err);

	arena_reset(w->scratch);
	w->list.n_records++;
	return status;
}

static int
writer_begin(struct writer *w, struct error *err)
{
	memset(w, 0, sizeof(*w));
	if ((w->scratch = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (lists_begin(&w->list, err) == 0)
		return 0;
	arena_free(w->scratch);
	return -1;
}

/* status: of what was written so far; the list is given up when it is bad. */
static int
writer_end(struct writer *w, int status, const struct steps *s,
    struct lists_file *f, struct error *err)
{
	arena_free(w->scratch);
	if (status == 0)
		return lists_end(&w->list, s, f, err);
	lists_abandon(&w->list);
	return -1;
}

static int
put_taken(void *context, struct json *rec, struct error *err)
{
	const struct writer *w = context;

	return w->takes == NULL || w->takes(w->context, rec) ?
	    put_record(context, rec, err) : 0;
}

int
lists_of_catalogue(const struct steps *s, const char *audio_type,
    bool (*takes)(const void *context, const struct json *rec),
    const void *context, struct lists_file *f, struct error *err)
{
	const struct recordings_filter filter = { .audio_type = audio_type,
	    .inputs_only = true };
	struct writer w;
	int status;

	if (writer_begin(&w, err) != 0)
		return -1;
	w.takes = takes;
	w.context = context;
	status = recordings_each(s->catalogue, &filter, put_taken, &w, err);
	return writer_end(&w, status, s, f, err);
}

/* Paths that the user gave become relative to the working folder. */
static int
rebase(struct json *rec, const char *folder, struct arena *scratch,
    struct error *err)
{
	static const char *const members[] = { "audio_filepath",
	    "truth.f0_path", "truth.vocals_filepath" };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *path;

		if (!json_has(rec, members[i]))
			continue;
		path = record_path(rec, members[i], folder, scratch, err);
		if (path == NULL || json_put_string(rec, members[i], path,
		    err) != 0)
			return -1;
	}
	return 0;
}

static int
copy_records(struct writer *w, const struct stream_list *list,
    const char *path, struct error *err)
{
	for (size_t i = 0; i < list->n_records; i++) {
		struct json *rec = list->records[i];
		const char *problem;

		if (json_get_string(rec, "error", NULL, &problem, err) != 0)
			return -1;
		if (problem != NULL)
			return error_set(err, ERROR_FORMAT, "%s: record %zu "
			    "is not usable: %s", path, i + 1, problem);
		if (rebase(rec, list->folder, w->scratch, err) != 0 ||
		    put_record(w, rec, err) != 0)
			return error_add(err, "%s: record %zu", path, i + 1);
	}
	return 0;
}

int
lists_of_file(const struct steps *s, const char *path, struct lists_file *f,
    struct error *err)
{
	struct stream_list list;
	struct writer w;
	int status;

	memset(f, 0, sizeof(*f));
	if (path == NULL)
		return 0;
	if (stream_list_load(&list, path, err) != 0)
		return -1;
	status = writer_begin(&w, err);
	if (status == 0)
		status = writer_end(&w, copy_records(&w, &list, path, err), s,
		    f, err);
	stream_list_release(&list);
	return status;
}

int
lists_select(const struct steps *s, const struct lists_file *all,
    bool (*takes)(const struct json *rec), struct lists_file *f,
    struct error *err)
{
	struct stream_list list;
	struct writer w;
	int status;

	if (stream_list_load(&list, all->path, err) != 0)
		return -1;
	if ((status = writer_begin(&w, err)) == 0) {
		for (size_t i = 0; i < list.n_records && status == 0; i++)
			if (takes(list.records[i]))
				status = put_record(&w, list.records[i], err);
		status = writer_end(&w, status, s, f, err);
	}
	stream_list_release(&list);
	return status;
}

static bool
has_pitch(const struct json *rec)
{
	return json_has(rec, "f0.activations");
}

static bool
lacks_pitch(const struct json *rec)
{
	return !has_pitch(rec);
}

static bool
has_both(const struct json *rec)
{
	return has_pitch(rec) && json_has(rec, "cqt_filepath");
}

static bool
lacks_one(const struct json *rec)
{
	return !has_both(rec);
}

int
lists_split(const struct steps *s, const struct lists_file *all,
    bool wants_cqt, struct lists_file *ready, struct lists_file *raw,
    struct error *err)
{
	if (lists_select(s, all, wants_cqt ? has_both : has_pitch, ready,
	    err) != 0)
		return -1;
	return lists_select(s, all, wants_cqt ? lacks_one : lacks_pitch, raw,
	    err);
}
