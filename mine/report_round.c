#include <string.h>

#include "base/file.h"
#include "base/spawn.h"

#include "mine/report_round.h"

#define MAX_BYTES ((size_t)1 << 32)

bool
report_round_is(const struct json *fragment, const char *decision)
{
	const char *text;

	if (json_has(fragment, "error") ||
	    !json_has(fragment, "fragment_id") ||
	    json_want_string(fragment, "decision", &text, NULL) != 0)
		return false;
	return decision == NULL || strcmp(text, decision) == 0;
}

double
report_round_seconds(const struct json *fragment)
{
	double from, to;

	if (json_want_number(fragment, "interval.0", &from, NULL) != 0 ||
	    json_want_number(fragment, "interval.1", &to, NULL) != 0)
		return 0.0;
	return to - from;
}

/* The path of a step whose file is still there, or NULL. */
static int
find_step(struct catalogue *c, const struct report_round *r,
    const char *name, struct arena *a, const char **path, struct error *err)
{
	if (rounds_find_step(c, r->result.key, name, a, path, err) != 0)
		return -1;
	if (*path != NULL && !file_exists(*path))
		*path = NULL;
	return 0;
}

/* Rounds of earlier versions have no step "decide". */
static int
find_steps(struct catalogue *c, struct report_round *r, struct arena *a,
    struct error *err)
{
	if (find_step(c, r, "analyse", a, &r->analysed_path, err) != 0 ||
	    find_step(c, r, "embed", a, &r->embedded_path, err) != 0 ||
	    find_step(c, r, "train", a, &r->model_path, err) != 0 ||
	    find_step(c, r, "decide", a, &r->fragments_path, err) != 0)
		return -1;
	return r->fragments_path != NULL ? 0 :
	    find_step(c, r, "align", a, &r->fragments_path, err);
}

static bool
some_have_truth(const struct stream_list *list)
{
	for (size_t i = 0; i < list->n_records; i++)
		if (json_has(list->records[i], "truth.original_id"))
			return true;
	return false;
}

/* Let chad-eval say which fragments are right; where it cannot, none does. */
static int
check_fragments(struct report_round *r, const char *path, struct error *err)
{
	const char *const argv[] = { "chad-eval", "align", "--each",
	    "--quiet", "--truth", r->analysed_path, NULL };
	const struct spawn_command command = { argv };
	struct file_new *out;
	int status = 0;

	if ((out = file_create(path, err)) == NULL)
		return -1;
	if (spawn_pipeline(&command, 1, r->fragments_path,
	    file_temporary_path(out), &status, err) != 0) {
		file_abandon(out);
		return -1;
	}
	if (status == 0)
		r->has_truth = true;
	if (status == 0)
		return file_commit(out, err);
	file_abandon(out);
	return 0;
}

static int
copy_fragments(struct report_round *r, const char *path, struct arena *a,
    struct error *err)
{
	size_t n_bytes;
	const void *bytes = file_read(r->fragments_path, MAX_BYTES, a,
	    &n_bytes, err);

	return bytes == NULL ? -1 : file_write(path, bytes, n_bytes, err);
}

static int
load_fragments(struct report_round *r, const char *folder, struct arena *a,
    struct error *err)
{
	const char *path = r->fragments_path;

	if (folder != NULL) {
		path = arena_printf(a, "%s/fragments.jsonl", folder);
		if (path == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
		if (some_have_truth(&r->recordings) &&
		    check_fragments(r, path, err) != 0)
			return -1;
		if (!r->has_truth && copy_fragments(r, path, a, err) != 0)
			return -1;
		r->fragments_path = path;
	}
	return stream_list_load(&r->fragments, path, err);
}

int
report_round_load(struct catalogue *c, size_t number, const char *folder,
    struct arena *a, struct report_round *r, bool *found, struct error *err)
{
	memset(r, 0, sizeof(*r));
	r->number = number;
	if (rounds_find(c, number, a, &r->result, found, err) != 0)
		return -1;
	if (!*found)
		return 0;
	r->settings = json_parse(r->result.settings,
	    strlen(r->result.settings), err);
	if (r->settings == NULL || find_steps(c, r, a, err) != 0)
		return -1;
	if (r->analysed_path != NULL &&
	    stream_list_load(&r->recordings, r->analysed_path, err) != 0)
		return -1;
	r->index = recording_index_new(r->recordings.records,
	    r->recordings.n_records, err);
	if (r->index == NULL)
		return -1;
	if (r->fragments_path != NULL)
		return load_fragments(r, folder, a, err);
	return 0;
}

void
report_round_release(struct report_round *r)
{
	json_free(r->settings);
	recording_index_free(r->index);
	stream_list_release(&r->recordings);
	stream_list_release(&r->fragments);
}
