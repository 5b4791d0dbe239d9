#include <string.h>

#include "base/arena.h"
#include "manifests/record_table.h"
#include "manifests/stream.h"
#include "store/fragments.h"
#include "store/reviews.h"

#include "exchange/verdict_list.h"
#include "exchange/verdict_task.h"

static const char *const columns[] = {
	"group_id", "fragment_id", "review.reviewer", "review.verdict",
	"review.note", "review.interval", "review.original_interval",
	"review.role", "review.reasons", "review.spent_sec", "review.at",
	NULL
};

/* Where reviews are written to. */
struct writing {
	struct catalogue *c;
	FILE *out;
	struct arena *a;
	struct json *task;		/* the one in hand, or NULL */
	size_t n_tasks;
	int (*each)(void *context, struct json *label, struct error *err);
	void *context;
	struct json *fragment;		/* the review's */
};

static int
write_line(void *context, struct json *review, struct error *err)
{
	struct writing *w = context;
	const int status = stream_write(w->out, review, w->a, err);

	arena_reset(w->a);
	return status;
}

static int
write_row(void *context, struct json *review, struct error *err)
{
	return record_table_put(context, review, err);
}

static int
write_table(struct writing *w, struct error *err)
{
	struct record_table *table = record_table_new(w->out,
	    RECORD_TABLE_CSV, columns, err);
	int status;

	if (table == NULL)
		return -1;
	status = reviews_each(w->c, write_row, table, err);
	if (status == 0)
		status = record_table_end(table, err);
	record_table_free(table);
	return status;
}

static int
keep_fragment(void *context, struct json *rec, struct error *err)
{
	struct writing *w = context;

	json_free(w->fragment);
	w->fragment = json_clone(rec, err);
	return w->fragment == NULL ? -1 : 0;
}

/* Is the fragment in hand that of the review? */
static bool
is_in_hand(const struct writing *w, const char *group_id,
    const char *fragment_id)
{
	const char *g, *f;

	return w->fragment != NULL && json_want_string(w->fragment,
	    "group_id", &g, NULL) == 0 && json_want_string(w->fragment,
	    "fragment_id", &f, NULL) == 0 && strcmp(g, group_id) == 0 &&
	    strcmp(f, fragment_id) == 0;
}

/* w->fragment: that of the review; NULL when it is not aligned. */
static int
find_fragment(struct writing *w, const struct json *review, bool *is_new,
    struct error *err)
{
	struct fragments_filter filter = { .group_id = NULL };

	if (json_want_string(review, "group_id", &filter.group_id, err) != 0 ||
	    json_want_string(review, "fragment_id", &filter.fragment_id,
	    err) != 0)
		return -1;
	*is_new = !is_in_hand(w, filter.group_id, filter.fragment_id);
	if (!*is_new)
		return 0;
	json_free(w->fragment);
	w->fragment = NULL;
	return fragments_each(w->c, &filter, keep_fragment, w, err);
}

/* Write the task in hand. */
static int
end_task(struct writing *w, struct error *err)
{
	const char *text;

	if (w->task == NULL)
		return 0;
	text = json_text(w->task, w->a, err);
	json_free(w->task);
	w->task = NULL;
	if (text == NULL)
		return -1;
	if (fprintf(w->out, "%s\n%s", w->n_tasks++ == 0 ? "" : ",", text) < 0)
		return error_set_errno(err, "writing the tasks");
	arena_reset(w->a);
	return 0;
}

static int
write_annotation(void *context, struct json *review, struct error *err)
{
	struct writing *w = context;
	bool is_new;

	if (find_fragment(w, review, &is_new, err) != 0)
		return -1;
	if (w->fragment == NULL)
		return 0;
	if (is_new && (end_task(w, err) != 0 ||
	    (w->task = verdict_task_new(w->fragment, err)) == NULL))
		return -1;
	return verdict_task_add(w->task, review, err);
}

static int
write_tasks(struct writing *w, struct error *err)
{
	if (putc('[', w->out) == EOF)
		return error_set_errno(err, "writing the tasks");
	if (reviews_each(w->c, write_annotation, w, err) != 0 ||
	    end_task(w, err) != 0)
		return -1;
	return fputs("\n]\n", w->out) == EOF ?
	    error_set_errno(err, "writing the tasks") : 0;
}

static void
release(struct writing *w)
{
	json_free(w->task);
	json_free(w->fragment);
	arena_free(w->a);
}

int
verdict_list_write(struct catalogue *c, enum verdict_list_format format,
    FILE *out, struct error *err)
{
	struct writing w = { .c = c, .out = out, .a = arena_new() };
	int status;

	if (w.a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	switch (format) {
	case VERDICT_LIST_CSV:
		status = write_table(&w, err);
		break;
	case VERDICT_LIST_TASKS:
		status = write_tasks(&w, err);
		break;
	default:
		status = reviews_each(c, write_line, &w, err);
		break;
	}
	release(&w);
	return status;
}

/* One end; "names": of its id, its sound and its place, moved or found. */
static int
give_label(struct writing *w, const struct json *review,
    const char *const names[4], struct error *err)
{
	const struct json *moved = json_at(review, names[3]);
	const char *reviewer, *verdict, *fragment_id, *text;
	struct json *label = json_new_object(err);
	int status = -1;

	if (label == NULL)
		return -1;
	if (json_want_string(review, "review.reviewer", &reviewer, err) != 0 ||
	    json_want_string(review, "review.verdict", &verdict, err) != 0 ||
	    json_want_string(review, "fragment_id", &fragment_id, err) != 0)
		goto done;
	text = arena_printf(w->a, "%s %s: %s", verdict, reviewer,
	    fragment_id);
	if (text == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		goto done;
	}
	if (json_put(label, "recording", json_at(w->fragment, names[0]),
	    err) != 0 || (json_has(w->fragment, names[1]) && json_put(label,
	    "audio_filepath", json_at(w->fragment, names[1]), err) != 0) ||
	    json_put(label, "interval", moved != NULL ? moved :
	    json_at(w->fragment, names[2]), err) != 0 ||
	    json_put_string(label, "label", text, err) != 0)
		goto done;
	status = w->each(w->context, label, err);
done:
	json_free(label);
	arena_reset(w->a);
	return status;
}

static int
give_labels(void *context, struct json *review, struct error *err)
{
	static const char *const other[4] = { "id", "audio_filepath",
	    "interval", "review.interval" };
	static const char *const original[4] = { "original_id",
	    "original_audio_filepath", "original_interval",
	    "review.original_interval" };
	struct writing *w = context;
	bool is_new;

	if (find_fragment(w, review, &is_new, err) != 0)
		return -1;
	if (w->fragment == NULL)
		return 0;
	if (give_label(w, review, original, err) != 0)
		return -1;
	return give_label(w, review, other, err);
}

int
verdict_list_labels(struct catalogue *c,
    int (*each)(void *context, struct json *label, struct error *err),
    void *context, struct error *err)
{
	struct writing w = { .c = c, .a = arena_new(), .each = each,
	    .context = context };
	int status;

	if (w.a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = reviews_each(c, give_labels, &w, err);
	release(&w);
	return status;
}
