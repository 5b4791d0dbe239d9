#include <string.h>

#include "store/ratings.h"
#include "store/sql.h"

/* The table while it is read. */
struct filling {
	struct arena *a;
	struct ratings_one *list;
	size_t n, n_items;
	size_t n_raters;
	const char **raters;
	const char *group_id, *fragment_id;	/* of the last row */
};

static int
out_of_memory(struct error *err)
{
	return error_set(err, ERROR_NOMEM, "out of memory");
}

static int
take_name(void *context, sqlite3_stmt *row, struct error *err)
{
	struct filling *f = context;

	f->raters[f->n_raters] = arena_strdup(f->a, sql_text(row, 0));
	return f->raters[f->n_raters++] == NULL ? out_of_memory(err) : 0;
}

/* The rater of the name, who is there. */
static size_t
find_rater(const struct filling *f, const char *name)
{
	size_t low = 0, high = f->n_raters;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(f->raters[middle], name) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Columns: group_id, fragment_id, reviewer, category. */
static int
take_rating(void *context, sqlite3_stmt *row, struct error *err)
{
	struct filling *f = context;
	struct ratings_one *one = &f->list[f->n];

	if (f->n == 0 || strcmp(f->fragment_id, sql_text(row, 1)) != 0 ||
	    strcmp(f->group_id, sql_text(row, 0)) != 0) {
		f->n_items++;
		f->group_id = arena_strdup(f->a, sql_text(row, 0));
		f->fragment_id = arena_strdup(f->a, sql_text(row, 1));
		if (f->group_id == NULL || f->fragment_id == NULL)
			return out_of_memory(err);
	}
	one->item = f->n_items - 1;
	one->rater = find_rater(f, sql_text(row, 2));
	one->category = (size_t)sqlite3_column_int(row, 3);
	f->n++;
	return 0;
}

static int
load(struct catalogue *c, struct filling *f, struct error *err)
{
	int64_t n_raters, n;

	if (sql_integer(c, &n_raters, err, "SELECT count(DISTINCT reviewer)"
	    " FROM reviews WHERE role IS NULL", "") != 0 ||
	    sql_integer(c, &n, err, "SELECT count(*) FROM reviews"
	    " WHERE role IS NULL", "") != 0)
		return -1;
	f->raters = arena_need(f->a, (size_t)n_raters, sizeof(*f->raters),
	    "raters", err);
	f->list = arena_need(f->a, (size_t)n, sizeof(*f->list), "ratings",
	    err);
	if (f->raters == NULL || f->list == NULL)
		return -1;
	if (sql_each(c, sql_query(c, err, "SELECT DISTINCT reviewer"
	    " FROM reviews WHERE role IS NULL ORDER BY reviewer", ""),
	    take_name, f, err) != 0)
		return -1;
	return sql_each(c, sql_query(c, err, "SELECT group_id, fragment_id,"
	    " reviewer, CASE verdict WHEN 'accept' THEN 0"
	    " WHEN 'reject' THEN 1 ELSE 2 END FROM reviews"
	    " WHERE role IS NULL ORDER BY group_id, fragment_id, reviewer",
	    ""), take_rating, f, err);
}

int
ratings_load(struct catalogue *c, struct arena *a, struct ratings *r,
    struct error *err)
{
	struct filling f = { .a = a };
	int status = sql_script(c, "BEGIN", err);

	/* One transaction, so that all counts are of one moment. */
	if (status == 0)
		status = sql_end(c, load(c, &f, err), err);
	*r = (struct ratings){ .list = f.list, .n = f.n,
	    .n_items = f.n_items, .n_raters = f.n_raters,
	    .n_categories = RATINGS_N_CATEGORIES, .raters = f.raters };
	return status;
}
