#include <stdio.h>
#include <string.h>

#include "store/inspect.h"
#include "store/member.h"
#include "store/overview.h"
#include "store/schema.h"
#include "store/sql.h"

#define N_SAMPLES 6		/* with each decision */
#define PATH_BYTES 64

static const char *const decisions[] = { "keep", "flag", "drop" };

/* "recordings cover" becomes recordings.cover, "recordings" recordings.all. */
static int
put_count(void *context, struct json *rec, struct error *err)
{
	char path[PATH_BYTES];
	const char *what, *word;
	size_t n;

	if (json_want_string(rec, "what", &what, err) != 0 ||
	    json_want_size(rec, "n", &n, err) != 0)
		return -1;
	if (strcmp(what, "rounds") == 0)
		return 0;	/* a list, see put_scores */
	word = strchr(what, ' ');
	if (word != NULL)
		(void)snprintf(path, sizeof(path), "%.*s.%s",
		    (int)(word - what), what, word + 1);
	else if (strcmp(what, "recordings") == 0 ||
	    strcmp(what, "fragments") == 0)
		(void)snprintf(path, sizeof(path), "%s.all", what);
	else
		(void)snprintf(path, sizeof(path), "%s", what);
	return json_put_size(context, path, n, err);
}

static int
put_hours(struct catalogue *c, struct json *out, struct error *err)
{
	int64_t sec;

	if (sql_integer(c, &sec, err, "SELECT CAST(coalesce(sum(v.end_sec"
	    " - v.start_sec), 0) AS INTEGER) FROM fragments AS f"
	    " JOIN versions AS v ON v.group_id = f.group_id"
	    " AND v.fragment_id = f.fragment_id AND v.part <> 'original'"
	    " WHERE " SCHEMA_DECISION " = 'keep'", "") != 0)
		return -1;
	return json_put_rounded(out, "hours_kept", (double)sec / 3600, 2, err);
}

/* Where rows become the items of an array. */
struct list {
	struct json *out;
	const char *path;
};

static int
append_row(void *context, sqlite3_stmt *row, struct error *err)
{
	const struct list *list = context;
	struct json *item = json_new_object(err);
	int status = -1;

	if (item != NULL && member_put_columns(item, row, err) == 0)
		status = json_append(list->out, list->path, item, err);
	json_free(item);
	return status;
}

static int
put_scores(struct catalogue *c, struct json *out, struct error *err)
{
	struct list list = { out, "rounds" };

	return sql_each(c, sql_query(c, err, "SELECT r.number,"
	    " coalesce(m.name, s.subject) AS name,"
	    " coalesce(m.sha256 = r.model_new, 0) AS is_new,"
	    " s.measure, s.value, s.low, s.high, s.n, r.reason,"
	    " r.model_new IS NOT NULL AND r.model_new = r.model_out"
	    " AS promoted FROM scores AS s"
	    " JOIN rounds AS r ON r.key = s.round_key"
	    " LEFT JOIN models AS m ON m.sha256 = s.subject"
	    " WHERE r.state = 'done'"
	    " ORDER BY r.number, r.key, name, s.measure", ""), append_row,
	    &list, err);
}

struct histogram {
	size_t counts[3][OVERVIEW_BINS];
};

#define NO_PROBABILITY \
	"SELECT NOT EXISTS (SELECT 1 FROM fragments AS f" \
	" WHERE f.probability IS NOT NULL)"
/* What an anticorrelated pair has below 0 counts as 0. */
#define CORRELATION \
	"(SELECT max(v.correlation, 0) FROM versions AS v" \
	" WHERE v.group_id = f.group_id AND v.fragment_id = f.fragment_id" \
	" AND v.part = 'other')"
#define BINS(score) \
	"SELECT " SCHEMA_DECISION ", CAST(" score " * ?1 AS INTEGER) AS bin," \
	" count(*) FROM fragments AS f WHERE " SCHEMA_DECISION " IS NOT NULL" \
	" GROUP BY 1, 2 HAVING bin IS NOT NULL"

/* decision, bin, count */
static int
take_bin(void *context, sqlite3_stmt *row, struct error *err)
{
	struct histogram *h = context;
	const int64_t bin = sqlite3_column_int64(row, 1);

	(void)err;
	for (size_t d = 0; d < 3; d++)
		if (strcmp(sql_text(row, 0), decisions[d]) == 0 && bin >= 0 &&
		    bin <= OVERVIEW_BINS)
			/* The last bin has its upper edge, 1, too. */
			h->counts[d][bin < OVERVIEW_BINS ? bin :
			    OVERVIEW_BINS - 1] +=
			    (size_t)sqlite3_column_int64(row, 2);
	return 0;
}

static int
put_histogram(struct catalogue *c, struct json *out, struct error *err)
{
	struct histogram h = { 0 };
	char path[PATH_BYTES];
	int64_t is_none;

	if (sql_integer(c, &is_none, err, NO_PROBABILITY, "") != 0 ||
	    sql_each(c, sql_query(c, err, is_none ? BINS(CORRELATION) :
	    BINS("f.probability"), "i", (int64_t)OVERVIEW_BINS), take_bin, &h,
	    err) != 0 || json_put_string(out, "histogram.of",
	    is_none ? "correlation" : "probability", err) != 0)
		return -1;
	for (size_t i = 0; i <= OVERVIEW_BINS; i++)
		if (json_append_number(out, "histogram.edges",
		    (double)i / OVERVIEW_BINS, err) != 0)
			return -1;
	for (size_t d = 0; d < 3; d++) {
		(void)snprintf(path, sizeof(path), "histogram.%s",
		    decisions[d]);
		for (size_t i = 0; i < OVERVIEW_BINS; i++)
			if (json_append_size(out, path, h.counts[d][i],
			    err) != 0)
				return -1;
	}
	return 0;
}

/* Evenly spread over the works, which are in the order of their ids. */
static int
put_samples(struct catalogue *c, struct json *out, const char *decision,
    struct error *err)
{
	struct list list = { out, "samples" };
	int64_t n;

	if (sql_integer(c, &n, err, "SELECT count(*) FROM fragments AS f"
	    " WHERE " SCHEMA_DECISION " = ?1", "t", decision) != 0)
		return -1;
	for (int64_t i = 0; i < N_SAMPLES && i < n; i++)
		if (sql_each(c, sql_query(c, err, "SELECT f.group_id AS g,"
		    " f.fragment_id AS f, (SELECT title FROM works AS w"
		    " WHERE w.group_id = f.group_id) AS title,"
		    " ?1 AS decision FROM fragments AS f"
		    " WHERE " SCHEMA_DECISION " = ?1"
		    " ORDER BY f.group_id, f.fragment_id LIMIT 1 OFFSET ?2",
		    "ti", decision, n < N_SAMPLES ? i :
		    i * (n / N_SAMPLES)), append_row, &list, err) != 0)
			return -1;
	return 0;
}

/* Lists that stay empty are there too. */
static int
put_lists(struct json *out, struct error *err)
{
	static const char *const paths[] = { "rounds", "samples" };
	struct json *empty = json_new_array(err);
	int status = empty == NULL ? -1 : 0;

	for (size_t i = 0; i < 2 && status == 0; i++)
		status = json_put(out, paths[i], empty, err);
	json_free(empty);
	return status;
}

/* All of it belongs together. */
static int
fill(struct catalogue *c, struct json *out, struct error *err)
{
	int status = -1;

	if (put_lists(out, err) != 0 || sql_script(c, "BEGIN", err) != 0)
		return -1;
	if (inspect_counts(c, put_count, out, err) == 0 &&
	    put_hours(c, out, err) == 0 && put_scores(c, out, err) == 0 &&
	    put_histogram(c, out, err) == 0 &&
	    put_samples(c, out, "keep", err) == 0 &&
	    put_samples(c, out, "flag", err) == 0)
		status = 0;
	sql_undo(c, "ROLLBACK");
	return status;
}

struct json *
overview_read(struct catalogue *c, struct error *err)
{
	struct json *out = json_new_object(err);

	if (out != NULL && fill(c, out, err) == 0)
		return out;
	json_free(out);
	return NULL;
}
