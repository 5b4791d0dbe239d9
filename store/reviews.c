#include <string.h>

#include "store/member.h"
#include "store/reviews.h"
#include "store/sql.h"

int
reviews_put(struct catalogue *c, const struct json *rec, struct error *err)
{
	const char *group_id, *fragment_id, *reviewer, *verdict, *note;
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
	if (sql_integer(c, &n_known, err, "SELECT count(*) FROM fragments"
	    " WHERE group_id = ?1 AND fragment_id = ?2", "tt", group_id,
	    fragment_id) != 0)
		return -1;
	if (n_known == 0)
		return error_set(err, ERROR_FORMAT,
		    "the catalogue has no fragment \"%.80s\" of \"%.80s\"",
		    fragment_id, group_id);
	return sql_run(c, err, "INSERT INTO reviews VALUES (?1, ?2, ?3, ?4,"
	    " ?5) ON CONFLICT DO UPDATE SET verdict = excluded.verdict,"
	    " note = excluded.note", "ttttt", group_id, fragment_id, reviewer,
	    verdict, note);
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
	return rec;
}

int
reviews_each(struct catalogue *c,
    int (*each)(void *context, struct json *review, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore, NULL, each, context };

	return member_each(c, sql_query(c, err, "SELECT group_id,"
	    " fragment_id, reviewer, verdict, note FROM reviews"
	    " ORDER BY group_id, fragment_id, reviewer", ""), &reader, err);
}
