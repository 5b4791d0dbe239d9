#include <string.h>

#include "store/gold.h"
#include "store/member.h"
#include "store/review_log.h"
#include "store/sql.h"

static int
check(struct catalogue *c, const char *group_id, const char *fragment_id,
    const char *verdict, struct error *err)
{
	int64_t n_aligned;

	if (strcmp(verdict, "accept") != 0 && strcmp(verdict, "reject") != 0)
		return error_set(err, ERROR_FORMAT, "\"review.verdict\" is "
		    "\"%.40s\": what is known is accept or reject", verdict);
	if (sql_integer(c, &n_aligned, err, "SELECT count(*) FROM versions"
	    " WHERE group_id = ?1 AND fragment_id = ?2 AND part = 'other'",
	    "tt", group_id, fragment_id) != 0)
		return -1;
	return n_aligned > 0 ? 0 : error_set(err, ERROR_FORMAT,
	    "the catalogue has no aligned fragment \"%.80s\" of \"%.80s\"",
	    fragment_id, group_id);
}

int
gold_put(struct catalogue *c, const struct json *review, const char *by,
    int64_t now, struct error *err)
{
	struct review_log_row row = { .at = now, .who = by, .what = "gold" };

	if (member_key(review, "group_id", &row.group_id, err) != 0 ||
	    member_key(review, "fragment_id", &row.fragment_id, err) != 0 ||
	    member_key(review, "review.verdict", &row.verdict, err) != 0 ||
	    check(c, row.group_id, row.fragment_id, row.verdict, err) != 0)
		return -1;
	if (sql_run(c, err, "INSERT INTO gold VALUES (?1, ?2, ?3)"
	    " ON CONFLICT DO UPDATE SET verdict = excluded.verdict", "ttt",
	    row.group_id, row.fragment_id, row.verdict) != 0 ||
	    sql_run(c, err, "UPDATE fragments SET is_asked = 0"
	    " WHERE group_id = ?1 AND fragment_id = ?2", "tt", row.group_id,
	    row.fragment_id) != 0)
		return -1;
	return review_log_put(c, &row, err);
}

int
gold_each_person(struct catalogue *c,
    int (*each)(void *context, struct json *person, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { member_restore, NULL, each, context };

	return member_each(c, sql_query(c, err, "SELECT a.reviewer AS name,"
	    " sum(a.verdict = g.verdict) AS right, count(*) AS n"
	    " FROM gold_reviews AS a JOIN gold AS g"
	    " ON g.group_id = a.group_id AND g.fragment_id = a.fragment_id"
	    " GROUP BY a.reviewer ORDER BY a.reviewer", ""), &reader, err);
}
