#include "store/member.h"
#include "store/review_log.h"
#include "store/sql.h"

int
review_log_put(struct catalogue *c, const struct review_log_row *row,
    struct error *err)
{
	return sql_run(c, err, "INSERT INTO review_log (at, who, what,"
	    " group_id, fragment_id, verdict, before, after, request_id,"
	    " undoes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	    "ittttttttI", row->at, row->who, row->what, row->group_id,
	    row->fragment_id, row->verdict, row->before, row->after,
	    row->request_id, row->undoes == 0 ? NULL : &row->undoes);
}

int
review_log_each(struct catalogue *c,
    int (*each)(void *context, struct json *row, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { member_restore, NULL, each, context };

	return member_each(c, sql_query(c, err, "SELECT n,"
	    " strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch') AS at, who,"
	    " what, group_id, fragment_id, verdict, before, after,"
	    " request_id, undoes FROM review_log ORDER BY n", ""), &reader,
	    err);
}
