#include <string.h>

#include "store/member.h"
#include "store/reviews.h"
#include "store/sql.h"

/* Where an end was moved to; both pointers NULL when it was not. */
static int
read_moved(const struct json *rec, const char *name, const char *verdict,
    double place[2], const double *pointer[2], struct error *err)
{
	pointer[0] = pointer[1] = NULL;
	if (!json_has(rec, name))
		return 0;
	if (strcmp(verdict, "accept") != 0)
		return error_set(err, ERROR_FORMAT, "\"%s\" moves a fragment "
		    "that \"review.verdict\" does not accept", name);
	if (member_interval(rec, name, &place[0], &place[1], err) != 0)
		return -1;
	pointer[0] = &place[0];
	pointer[1] = &place[1];
	return 0;
}

int
reviews_put(struct catalogue *c, const struct json *rec, struct error *err)
{
	const char *group_id, *fragment_id, *reviewer, *verdict, *note;
	const double *moved[4];
	double place[4];
	int64_t n_known;

	if (member_key(rec, "group_id", &group_id, err) != 0 ||
	    member_key(rec, "fragment_id", &fragment_id, err) != 0 ||
	    member_key(rec, "review.reviewer", &reviewer, err) != 0 ||
	    member_key(rec, "review.verdict", &verdict, err) != 0 ||
	    member_text(rec, "review.note", &note, err) != 0)
		return -1;
	if (strcmp(verdict, "accept") != 0 && strcmp(verdict, "reject") != 0 &&
	    strcmp(verdict, "unsure") != 0)
		return error_set(err, ERROR_FORMAT,
		    "\"review.verdict\" is \"%.40s\" and must be accept, "
		    "reject or unsure", verdict);
	if (read_moved(rec, "review.interval", verdict, place, moved,
	    err) != 0 || read_moved(rec, "review.original_interval", verdict,
	    place + 2, moved + 2, err) != 0)
		return -1;
	if (sql_integer(c, &n_known, err, "SELECT count(*) FROM fragments"
	    " WHERE group_id = ?1 AND fragment_id = ?2", "tt", group_id,
	    fragment_id) != 0)
		return -1;
	if (n_known == 0)
		return error_set(err, ERROR_FORMAT,
		    "the catalogue has no fragment \"%.80s\" of \"%.80s\"",
		    fragment_id, group_id);
	return sql_run(c, err, "INSERT INTO reviews VALUES (?1, ?2, ?3, ?4,"
	    " ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET"
	    " verdict = excluded.verdict, note = excluded.note,"
	    " start_sec = excluded.start_sec, end_sec = excluded.end_sec,"
	    " original_start_sec = excluded.original_start_sec,"
	    " original_end_sec = excluded.original_end_sec", "tttttDDDD",
	    group_id, fragment_id, reviewer, verdict, note, moved[0],
	    moved[1], moved[2], moved[3]);
}

static struct json *
restore(void *from, sqlite3_stmt *row, struct error *err)
{
	static const char *const members[] = { "group_id", "fragment_id",
	    "review.reviewer", "review.verdict", "review.note" };
	struct json *rec = json_new_object(err);

	(void)from;
	for (int i = 0; rec != NULL && i < 5; i++)
		if (member_put_text(rec, members[i], row, i, err) != 0) {
			json_free(rec);
			return NULL;
		}
	if (rec == NULL || ((!sql_has(row, 5) || member_put_interval(rec,
	    "review.interval", row, 5, err) == 0) && (!sql_has(row, 7) ||
	    member_put_interval(rec, "review.original_interval", row, 7,
	    err) == 0)))
		return rec;
	json_free(rec);
	return NULL;
}

int
reviews_each(struct catalogue *c,
    int (*each)(void *context, struct json *review, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore, NULL, each, context };

	return member_each(c, sql_query(c, err, "SELECT group_id,"
	    " fragment_id, reviewer, verdict, note, start_sec, end_sec,"
	    " original_start_sec, original_end_sec FROM reviews"
	    " ORDER BY group_id, fragment_id, reviewer", ""), &reader, err);
}
