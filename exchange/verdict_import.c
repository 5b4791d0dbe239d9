/* The reading half of exchange/verdict_list.h. */
#include <string.h>

#include "base/arena.h"
#include "base/csv_rows.h"
#include "base/packed.h"
#include "store/review_log.h"
#include "store/reviews.h"

#include "exchange/verdict_list.h"
#include "exchange/verdict_task.h"

#define WHERE_BYTES 64

/* A file on its way into the catalogue. */
struct reading {
	struct catalogue *c;
	struct arena *a;
	void (*refuse)(void *context, const char *where,
	    const struct error *why);
	void *context;
	size_t n_taken;
};

/* True for failures of the catalogue, after which nothing more can be done. */
static bool
is_fatal(const struct error *why)
{
	return why->code != ERROR_FORMAT && why->code != ERROR_LIMIT;
}

/* Say why something at the place was refused, or give up. */
static int
refuse(struct reading *r, const char *what, size_t number,
    const struct error *why, struct error *err)
{
	char where[WHERE_BYTES];

	if (is_fatal(why)) {
		if (err != NULL)
			*err = *why;
		return -1;
	}
	(void)snprintf(where, sizeof(where), "%s %zu", what, number);
	r->refuse(r->context, where, why);
	return 0;
}

/* Take the review, which may be NULL after a failure that "why" tells. */
static int
take(struct reading *r, struct json *review, const char *what, size_t number,
    struct error *why, struct error *err)
{
	const int status = review == NULL ? -1 : reviews_put(r->c, review,
	    why);

	json_free(review);
	if (status != 0)
		return refuse(r, what, number, why, err);
	r->n_taken++;
	return 0;
}

static int
take_lines(struct reading *r, char *text, struct error *err)
{
	size_t number = 0;

	for (char *line = text, *end; *line != '\0'; line = end) {
		struct error why = { ERROR_NONE, "" };

		number++;
		end = line + strcspn(line, "\n");
		if (*end != '\0')
			*end++ = '\0';
		if (line[strspn(line, " \t\r")] == '\0')
			continue;
		if (take(r, json_parse(line, strlen(line), &why), "line",
		    number, &why, err) != 0)
			return -1;
	}
	return 0;
}

/* Numbers and lists are JSON in their cell, other members texts. */
static int
put_cell(struct json *review, const char *path, const char *cell,
    struct error *err)
{
	static const char *const values[] = { "review.interval",
	    "review.original_interval", "review.reasons", "review.spent_sec",
	    "review.at" };
	struct json *value;
	int status;

	if (cell[0] == '\0' || path[0] == '\0')
		return 0;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(path, values[i]) != 0)
			continue;
		if ((value = json_parse(cell, strlen(cell), err)) == NULL)
			return error_add(err, "%s", path);
		status = json_put(review, path, value, err);
		json_free(value);
		return status;
	}
	return json_put_string(review, path, cell, err);
}

static int
take_row(struct reading *r, char *const *names, size_t n_names,
    const struct csv_rows *rows, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	struct json *review = json_new_object(err);

	if (review == NULL)
		return -1;
	for (size_t i = 0; i < rows->n_fields && i < n_names &&
	    review != NULL; i++)
		if (put_cell(review, names[i], rows->fields[i], &why) != 0) {
			json_free(review);
			review = NULL;
		}
	return take(r, review, "line", rows->line, &why, err);
}

/* The first row, which names the columns, in the arena of the reading. */
static char **
read_names(struct reading *r, struct csv_rows *rows, size_t *n_names,
    struct error *err)
{
	char **names;

	if (csv_rows_next(rows, err) != 0)
		return NULL;
	*n_names = rows->n_fields;
	names = arena_need(r->a, *n_names + 1, sizeof(*names), "columns", err);
	for (size_t i = 0; names != NULL && i < *n_names; i++)
		if ((names[i] = arena_strdup(r->a, rows->fields[i])) == NULL) {
			(void)error_set(err, ERROR_NOMEM, "out of memory");
			return NULL;
		}
	return names;
}

/* The rows below the names; one that is none costs its line. */
static int
take_rows(struct reading *r, struct csv_rows *rows, struct error *err)
{
	size_t n_names;
	char **names = read_names(r, rows, &n_names, err);

	if (names == NULL)
		return -1;
	for (;;) {
		struct error why = { ERROR_NONE, "" };
		int status = 0;

		if (csv_rows_next(rows, &why) != 0) {
			status = refuse(r, "line", rows->line, &why, err);
			csv_rows_give_up(rows);
		} else if (rows->n_fields == 0) {
			return 0;
		} else {
			rows->is_lost = false;
			if (rows->n_fields > 1 || rows->fields[0][0] != '\0')
				status = take_row(r, names, n_names, rows,
				    err);
		}
		if (status != 0)
			return -1;
	}
}

static int
take_table(struct reading *r, const char *text, struct error *err)
{
	struct csv_rows rows;
	int status;

	if (csv_rows_init(&rows, text, strlen(text), err) != 0)
		return -1;
	status = take_rows(r, &rows, err);
	csv_rows_release(&rows);
	return status;
}

static int
take_tasks(struct reading *r, const char *text, struct error *err)
{
	struct json *tasks = json_parse(text, strlen(text), err);
	int status = tasks == NULL ? -1 : 0;

	for (size_t i = 0; status == 0 && i < json_count(tasks); i++) {
		const struct json *task = json_item(tasks, i);
		const size_t n = json_count(json_at(task, "annotations"));

		for (size_t k = 0; k < n && status == 0; k++) {
			struct error why = { ERROR_NONE, "" };
			struct json *review;

			if (verdict_task_read(task, k, &review, &why) != 0)
				status = refuse(r, "task", i + 1, &why, err);
			else if (review != NULL)
				status = take(r, review, "task", i + 1, &why,
				    err);
		}
	}
	json_free(tasks);
	return status;
}

static int
take_file(struct reading *r, const char *path, const char *by, int64_t now,
    struct error *err)
{
	const char *name = path == NULL ? "standard input" : path;
	const struct review_log_row row = { .at = now, .who = by,
	    .what = "import", .verdict = name };
	size_t n_bytes;
	char *text = packed_read(path, VERDICT_LIST_MAX_BYTES, r->a, &n_bytes,
	    err);
	const char *start;
	int status;

	if (text == NULL)
		return -1;
	if (strlen(text) != n_bytes)
		return error_set(err, ERROR_FORMAT, "%s holds zero bytes: it "
		    "is no list of verdicts", name);
	start = text + strspn(text, " \t\r\n");
	status = *start == '[' ? take_tasks(r, start, err) :
	    *start == '{' ? take_lines(r, text, err) :
	    take_table(r, text, err);
	if (status != 0)
		return error_add(err, "%s", name);
	return review_log_put(r->c, &row, err);
}

int
verdict_list_import(struct catalogue *c, const char *path, const char *by,
    int64_t now, void (*refuse_it)(void *context, const char *where,
    const struct error *why), void *context, size_t *n_taken,
    struct error *err)
{
	struct reading r = { c, arena_new(), refuse_it, context, 0 };
	int status;

	*n_taken = 0;
	if (r.a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = catalogue_begin(c, err);
	if (status == 0 && (status = take_file(&r, path, by, now, err)) == 0)
		status = catalogue_commit(c, err);
	if (status != 0)
		catalogue_rollback(c);
	arena_free(r.a);
	*n_taken = r.n_taken;
	return status;
}
