#include <stddef.h>

#include "store/member.h"
#include "store/review_row.h"
#include "store/reviews.h"
#include "store/sql.h"

const char *const *
reviews_reasons(void)
{
	static const char *const reasons[] = { "wrong-passage", "offset",
	    "boundaries", "no-voice", "bad-separation", "other-song",
	    "instrumental", "noise", "key", "tempo", "other", NULL };

	return reasons;
}

int
reviews_put(struct catalogue *c, const struct json *rec, struct error *err)
{
	struct review_row r;
	int64_t n_known;

	if (review_row_read(c, rec, &r, err) != 0 ||
	    sql_integer(c, &n_known, err, "SELECT count(*) FROM fragments"
	    " WHERE group_id = ?1 AND fragment_id = ?2", "tt", r.group_id,
	    r.fragment_id) != 0)
		return -1;
	if (n_known == 0)
		return error_set(err, ERROR_FORMAT,
		    "the catalogue has no fragment \"%.80s\" of \"%.80s\"",
		    r.fragment_id, r.group_id);
	return review_row_put(c, REVIEW_ROW_REVIEWS, &r, err);
}

int
reviews_each(struct catalogue *c,
    int (*each)(void *context, struct json *review, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { review_row_restore, NULL, each,
	    context };

	return member_each(c, sql_query(c, err, "SELECT " REVIEW_ROW_COLUMNS
	    " FROM reviews ORDER BY group_id, fragment_id, reviewer", ""),
	    &reader, err);
}
