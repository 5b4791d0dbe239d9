#include <string.h>

#include "store/member.h"
#include "store/review_row.h"
#include "store/reviews.h"

#define MAX_REASONS 16
#define MAX_NOTE_BYTES 65536
#define MAX_SEC 1e7
#define MAX_AT 253402300799.0	/* the end of the year 9999 */

/* A member that is null is as good as missing. */
static bool
has(const struct json *rec, const char *name)
{
	const struct json *value = json_at(rec, name);

	return value != NULL && !json_is_null(value);
}

/* Where an end was moved to; both pointers NULL when it was not. */
static int
read_moved(const struct json *rec, const char *name, const char *verdict,
    double place[2], const double *pointer[2], struct error *err)
{
	pointer[0] = pointer[1] = NULL;
	if (!has(rec, name))
		return 0;
	if (strcmp(verdict, "accept") != 0)
		return error_set(err, ERROR_FORMAT, "\"%s\" moves a fragment "
		    "that \"review.verdict\" does not accept", name);
	if (member_interval(rec, name, &place[0], &place[1], err) != 0)
		return -1;
	if (place[1] > MAX_SEC)
		return error_set(err, ERROR_LIMIT, "\"%s\" ends at %g s, "
		    "which no recording does", name, place[1]);
	pointer[0] = &place[0];
	pointer[1] = &place[1];
	return 0;
}

static int
check_reason(const struct json *reason, struct error *err)
{
	const char *text;

	if (json_want_string(reason, "", &text, err) != 0)
		return error_add(err, "\"review.reasons\"");
	for (const char *const *known = reviews_reasons(); *known != NULL;
	    known++)
		if (strcmp(*known, text) == 0)
			return 0;
	return error_set(err, ERROR_FORMAT, "\"review.reasons\" has "
	    "\"%.40s\", which is none of those in manifests/FORMAT.md", text);
}

static int
read_reasons(struct catalogue *c, const struct json *rec,
    const char **reasons, struct error *err)
{
	const struct json *list = json_at(rec, "review.reasons");

	*reasons = NULL;
	if (!has(rec, "review.reasons"))
		return 0;
	if (!json_is_array(list) || json_count(list) > MAX_REASONS)
		return error_set(err, ERROR_FORMAT, "\"review.reasons\" is "
		    "not a list of at most %d texts", MAX_REASONS);
	if (json_count(list) == 0)
		return 0;
	for (size_t i = 0; i < json_count(list); i++)
		if (check_reason(json_item(list, i), err) != 0)
			return -1;
	arena_reset(c->scratch);
	*reasons = json_text(list, c->scratch, err);
	return *reasons == NULL ? -1 : 0;
}

/* Who spoke with what weight, when, and how long it took him. */
static int
read_circumstances(const struct json *rec, struct review_row *r,
    struct error *err)
{
	const double *at;
	double at_value;

	if (member_text(rec, "review.role", &r->role, err) != 0 ||
	    member_number(rec, "review.spent_sec", &r->spent_value,
	    &r->spent_sec, err) != 0 ||
	    member_number(rec, "review.at", &at_value, &at, err) != 0)
		return -1;
	if (r->role != NULL && strcmp(r->role, "adjudicator") != 0)
		return error_set(err, ERROR_FORMAT, "\"review.role\" is "
		    "\"%.40s\" and can only be adjudicator", r->role);
	if (r->spent_sec != NULL && (*r->spent_sec < 0 ||
	    *r->spent_sec > MAX_SEC))
		return error_set(err, ERROR_FORMAT, "\"review.spent_sec\" is "
		    "%g: it must be 0 to %g", *r->spent_sec, MAX_SEC);
	r->at = NULL;
	if (at == NULL)
		return 0;
	if (*at < 0 || *at > MAX_AT)
		return error_set(err, ERROR_FORMAT, "\"review.at\" is %g: it "
		    "must be in seconds since 1970", *at);
	r->at_value = (int64_t)*at;
	r->at = &r->at_value;
	return 0;
}

int
review_row_read(struct catalogue *c, const struct json *rec,
    struct review_row *r, struct error *err)
{
	if (member_key(rec, "group_id", &r->group_id, err) != 0 ||
	    member_key(rec, "fragment_id", &r->fragment_id, err) != 0 ||
	    member_key(rec, "review.reviewer", &r->reviewer, err) != 0 ||
	    member_key(rec, "review.verdict", &r->verdict, err) != 0 ||
	    member_text(rec, "review.note", &r->note, err) != 0)
		return -1;
	if (strcmp(r->verdict, "accept") != 0 &&
	    strcmp(r->verdict, "reject") != 0 &&
	    strcmp(r->verdict, "unsure") != 0)
		return error_set(err, ERROR_FORMAT,
		    "\"review.verdict\" is \"%.40s\" and must be accept, "
		    "reject or unsure", r->verdict);
	if (r->note != NULL && strlen(r->note) > MAX_NOTE_BYTES)
		return error_set(err, ERROR_LIMIT, "\"review.note\" is longer "
		    "than %d bytes", MAX_NOTE_BYTES);
	if (read_moved(rec, "review.interval", r->verdict, r->place, r->moved,
	    err) != 0 || read_moved(rec, "review.original_interval",
	    r->verdict, r->place + 2, r->moved + 2, err) != 0 ||
	    read_circumstances(rec, r, err) != 0)
		return -1;
	return read_reasons(c, rec, &r->reasons, err);
}

#define PUT(table) \
	"INSERT INTO " table " (" REVIEW_ROW_COLUMNS ") VALUES (?1, ?2, ?3," \
	" ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)" \
	" ON CONFLICT DO UPDATE SET" \
	" verdict = excluded.verdict, note = excluded.note," \
	" start_sec = excluded.start_sec, end_sec = excluded.end_sec," \
	" original_start_sec = excluded.original_start_sec," \
	" original_end_sec = excluded.original_end_sec," \
	" role = excluded.role, reasons = excluded.reasons," \
	" spent_sec = excluded.spent_sec, at = excluded.at"

int
review_row_put(struct catalogue *c, enum review_row_table table,
    const struct review_row *r, struct error *err)
{
	return sql_run(c, err, table == REVIEW_ROW_GOLD ?
	    PUT("gold_reviews") : PUT("reviews"), "tttttDDDDttDI",
	    r->group_id, r->fragment_id, r->reviewer, r->verdict, r->note,
	    r->moved[0], r->moved[1], r->moved[2], r->moved[3], r->role,
	    r->reasons, r->spent_sec, r->at);
}

/* The list of reasons, which is stored as text. */
static int
put_reasons(struct json *rec, sqlite3_stmt *row, int column,
    struct error *err)
{
	const char *text = sql_text(row, column);
	struct json *list;
	int status;

	if (!sql_has(row, column))
		return 0;
	if ((list = json_parse(text, strlen(text), err)) == NULL)
		return -1;
	status = json_put(rec, "review.reasons", list, err);
	json_free(list);
	return status;
}

static int
put_members(struct json *rec, sqlite3_stmt *row, struct error *err)
{
	static const char *const texts[] = { "group_id", "fragment_id",
	    "review.reviewer", "review.verdict", "review.note" };

	for (int i = 0; i < 5; i++)
		if (member_put_text(rec, texts[i], row, i, err) != 0)
			return -1;
	if ((sql_has(row, 5) && member_put_interval(rec, "review.interval",
	    row, 5, err) != 0) || (sql_has(row, 7) &&
	    member_put_interval(rec, "review.original_interval", row, 7,
	    err) != 0) ||
	    member_put_text(rec, "review.role", row, 9, err) != 0 ||
	    put_reasons(rec, row, 10, err) != 0 ||
	    member_put_number(rec, "review.spent_sec", row, 11, err) != 0)
		return -1;
	return !sql_has(row, 12) ? 0 : json_put_size(rec, "review.at",
	    (size_t)sqlite3_column_int64(row, 12), err);
}

struct json *
review_row_restore(void *from, sqlite3_stmt *row, struct error *err)
{
	struct json *rec = json_new_object(err);

	(void)from;
	if (rec == NULL || put_members(rec, row, err) == 0)
		return rec;
	json_free(rec);
	return NULL;
}
