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

int
blocks_match(struct catalogue *c, const struct json *rec, bool *blocked,
    struct error *err)
{
	struct names n;
	int64_t count;

	if (read_names(rec, &n, err) != 0)
		return -1;
	if (sql_integer(c, &count, err, "SELECT count(*) FROM blocks WHERE"
	    " (kind = 'work' AND value = ?1) OR"
	    " (kind = 'title' AND value = ?2) OR"
	    " (kind = 'video' AND value = ?3)", "ttt", n.group_id, n.title,
	    n.video) != 0)
		return -1;
	*blocked = count > 0;
	return 0;
}

int
blocks_match_work(struct catalogue *c, const char *group_id, bool *blocked,
    struct error *err)
{
	int64_t count;

	if (sql_integer(c, &count, err, "SELECT count(*) FROM blocks WHERE"
	    " (kind = 'work' AND value = ?1) OR"
	    " (kind = 'title' AND value IN (SELECT title_key FROM works"
	    " WHERE group_id = ?1)) OR"
	    " (kind = 'video' AND value IN (SELECT youtube_id FROM recordings"
	    " WHERE group_id = ?1))", "t", group_id) != 0)
		return -1;
	*blocked = count > 0;
	return 0;
}
