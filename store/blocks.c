#include "store/blocks.h"
#include "store/member.h"
#include "store/sql.h"
#include "store/title.h"

#define TITLE_KEY_BYTES 1024

static int
put_one(struct catalogue *c, const char *kind, const char *value,
    const char *set_name, struct error *err)
{
	if (value == NULL || value[0] == '\0')
		return 0;
	return sql_run(c, err, "INSERT INTO blocks VALUES (?1, ?2, ?3)"
	    " ON CONFLICT DO NOTHING", "ttt", kind, value, set_name);
}

struct names {
	const char *group_id, *video;
	char title[TITLE_KEY_BYTES];	/* "" for none */
};

static int
read_names(const struct json *rec, struct names *n, struct error *err)
{
	const char *title;

	if (member_key(rec, "group_id", &n->group_id, err) != 0 ||
	    member_text(rec, "title", &title, err) != 0 ||
	    member_text(rec, "youtube_id", &n->video, err) != 0)
		return -1;
	title_normalise(title == NULL ? "" : title, n->title,
	    sizeof(n->title));
	return 0;
}

int
blocks_put(struct catalogue *c, const struct json *rec, const char *set_name,
    struct error *err)
{
	struct names n;

	if (read_names(rec, &n, err) != 0 ||
	    put_one(c, "work", n.group_id, set_name, err) != 0 ||
	    put_one(c, "title", n.title, set_name, err) != 0)
		return -1;
	return put_one(c, "video", n.video, set_name, err);
}

/* True when one of the names is blocked. */
static int
is_any_blocked(struct catalogue *c, const struct names *n, bool *blocked,
    struct error *err)
{
	int64_t count;

	if (sql_integer(c, &count, err, "SELECT count(*) FROM blocks WHERE"
	    " (kind = 'work' AND value = ?1) OR"
	    " (kind = 'title' AND value = ?2) OR"
	    " (kind = 'video' AND value = ?3)", "ttt", n->group_id, n->title,
	    n->video) != 0)
		return -1;
	*blocked = count > 0;
	return 0;
}

int
blocks_match(struct catalogue *c, const struct json *rec, bool *blocked,
    struct error *err)
{
	struct names n;

	if (read_names(rec, &n, err) != 0)
		return -1;
	return is_any_blocked(c, &n, blocked, err);
}

int
blocks_match_work(struct catalogue *c, const char *group_id, bool *blocked,
    struct error *err)
{
	struct names n = { .group_id = group_id };
	sqlite3_stmt *row;
	bool has_row = false;
	int status;

	*blocked = false;
	row = sql_query(c, err, "SELECT ?1, NULL, NULL"
	    " UNION SELECT ?1, title, NULL FROM works WHERE group_id = ?1"
	    " UNION SELECT ?1, title, youtube_id FROM recordings"
	    " WHERE group_id = ?1"
	    " UNION SELECT ?1, NULL, youtube_id FROM versions"
	    " WHERE group_id = ?1", "t", group_id);
	if (row == NULL)
		return -1;
	while ((status = sql_next(c, row, &has_row, err)) == 0 && has_row &&
	    !*blocked) {
		title_normalise(sql_text(row, 1), n.title, sizeof(n.title));
		n.video = sql_text(row, 2);
		if ((status = is_any_blocked(c, &n, blocked, err)) != 0)
			break;
	}
	sql_done(c, row);
	return status;
}

/* Block the names of a recording whose work is blocked. */
static int
spread_row(void *context, sqlite3_stmt *row, struct error *err)
{
	struct catalogue *c = context;
	const char *set_name = sql_text(row, 0);
	char title[TITLE_KEY_BYTES];

	title_normalise(sql_text(row, 1), title, sizeof(title));
	if (put_one(c, "title", title, set_name, err) != 0)
		return -1;
	return put_one(c, "video", sql_text(row, 2), set_name, err);
}

int
blocks_spread(struct catalogue *c, struct error *err)
{
	return sql_each(c, sql_query(c, err, "SELECT set_name, title,"
	    " youtube_id FROM blocks JOIN recordings ON group_id = value"
	    " WHERE kind = 'work' ORDER BY group_id, id", ""), spread_row, c,
	    err);
}
