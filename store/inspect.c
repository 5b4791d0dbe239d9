#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include "store/inspect.h"
#include "store/member.h"
#include "store/schema.h"
#include "store/sql.h"

#define SENTENCE_BYTES 2048
/* Seconds: a pitch track's last frame may lie beyond the last sample. */
#define END_TOLERANCE "0.1"

/* Where a table is dumped to. */
struct dump {
	const char *table;
	FILE *out;
	struct arena *a;	/* of the row */
};

static int
dump_row(void *context, sqlite3_stmt *row, struct error *err)
{
	const struct dump *d = context;
	struct json *line;
	const char *text;
	int status = -1;

	if ((line = json_new_object(err)) == NULL)
		return -1;
	if (json_put_string(line, "table", d->table, err) != 0)
		goto done;
	if (member_put_columns(line, row, err) != 0)
		goto done;
	if ((text = json_text(line, d->a, err)) == NULL)
		goto done;
	status = fprintf(d->out, "%s\n", text) < 0 ?
	    error_set_errno(err, "writing the dump") : 0;
done:
	json_free(line);
	arena_reset(d->a);
	return status;
}

static int
dump_table(struct catalogue *c, const struct schema_table *table, FILE *out,
    struct arena *a, struct error *err)
{
	struct dump d = { table->name, out, a };
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s ORDER BY %s",
	    table->columns, table->name, table->key);
	return sql_each(c, sql_query(c, err, sql, ""), dump_row, &d, err);
}

int
inspect_dump(struct catalogue *c, FILE *out, struct error *err)
{
	struct arena *a = arena_new();
	int status = 0;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	/* One transaction, so that the tables belong together. */
	status = sql_script(c, "BEGIN", err);
	for (const struct schema_table *t = schema_tables();
	    status == 0 && t->name != NULL; t++)
		status = dump_table(c, t, out, a, err);
	sql_undo(c, "ROLLBACK");
	arena_free(a);
	return status;
}

/* from: nothing.  A row is what is counted, and how much. */
static struct json *
restore_count(void *from, sqlite3_stmt *row, struct error *err)
{
	struct json *rec = json_new_object(err);

	(void)from;
	if (rec == NULL || (member_put_text(rec, "what", row, 0, err) == 0 &&
	    json_put_size(rec, "n", (size_t)sqlite3_column_int64(row, 1),
	    err) == 0))
		return rec;
	json_free(rec);
	return NULL;
}

int
inspect_counts(struct catalogue *c,
    int (*each)(void *context, struct json *rec, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore_count, NULL, each, context };

	return member_each(c, sql_query(c, err,
	    "WITH d (decision, n) AS MATERIALIZED (SELECT " SCHEMA_DECISION
	    ", count(*) FROM fragments AS f GROUP BY " SCHEMA_DECISION ")"
	    " SELECT 'works', count(*) FROM works UNION ALL"
	    " SELECT 'recordings', count(*) FROM recordings UNION ALL"
	    " SELECT * FROM (SELECT 'recordings ' || audio_type, count(*)"
	    " FROM recordings GROUP BY audio_type) UNION ALL"
	    " SELECT 'recordings failed', count(*) FROM recordings"
	    " WHERE error IS NOT NULL UNION ALL"
	    " SELECT 'recordings quarantined', count(*) FROM recordings"
	    " WHERE quarantined_by IS NOT NULL UNION ALL"
	    " SELECT 'fragments', coalesce(sum(n), 0) FROM d UNION ALL"
	    " SELECT 'fragments ' || decision, n FROM d"
	    " WHERE decision IS NOT NULL UNION ALL"
	    " SELECT 'reviews', count(*) FROM reviews UNION ALL"
	    " SELECT 'rounds', count(*) FROM rounds", ""), &reader, err);
}

/* Who hears of what is wrong, and how much it was. */
struct complaints {
	void (*complain)(void *context, const char *sentence);
	void *context;
	size_t n;
};

static void complain(struct complaints *to, const char *fmt, ...)
    ERROR_PRINTF(2, 3);

static void
complain(struct complaints *to, const char *fmt, ...)
{
	char sentence[SENTENCE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(sentence, sizeof(sentence), fmt, ap) < 0)
		sentence[0] = '\0';
	va_end(ap);
	to->complain(to->context, sentence);
	to->n++;
}

/* Run a statement and hand each row to "check". */
static int
check_rows(struct catalogue *c, const char *sql,
    void (*check)(sqlite3_stmt *row, struct complaints *to),
    struct complaints *to, struct error *err)
{
	sqlite3_stmt *row;
	bool has_row = false;
	int status;

	if ((row = sql_query(c, err, sql, "")) == NULL)
		return -1;
	while ((status = sql_next(c, row, &has_row, err)) == 0 && has_row)
		check(row, to);
	sql_done(c, row);
	return status;
}

static void
check_integrity(sqlite3_stmt *row, struct complaints *to)
{
	if (strcmp(sql_text(row, 0), "ok") != 0)
		complain(to, "the file is damaged: %s", sql_text(row, 0));
}

static void
check_reference(sqlite3_stmt *row, struct complaints *to)
{
	complain(to, "a row of %s refers to a row of %s that is not there",
	    sql_text(row, 0), sql_text(row, 2));
}

/* group_id, id, member, key, path */
static void
check_artefact(sqlite3_stmt *row, struct complaints *to)
{
	const char *key = sql_text(row, 3);
	const char *path = sql_text(row, 4);
	const char *name = file_name(path);

	if (!file_exists(path))
		complain(to, "%s of %s of %s is missing: %s",
		    sql_text(row, 2), sql_text(row, 1), sql_text(row, 0),
		    path);
	else if (strncmp(name, key, strlen(key)) != 0)
		complain(to, "%s is not named by its key %s", path, key);
}

/* name, sha256, path */
static void
check_hashed(sqlite3_stmt *row, struct complaints *to)
{
	struct error err = { ERROR_NONE, "" };
	char hex[HASH_HEX_BYTES];

	if (hash_file(sql_text(row, 2), hex, &err) != 0)
		complain(to, "%s: %s", sql_text(row, 0), err.text);
	else if (strcmp(hex, sql_text(row, 1)) != 0)
		complain(to, "%s: %s has changed: its SHA-256 is %s and was "
		    "%s", sql_text(row, 0), sql_text(row, 2), hex,
		    sql_text(row, 1));
}

/* sentence: one that says it all. */
static void
check_sentence(sqlite3_stmt *row, struct complaints *to)
{
	complain(to, "%s", sql_text(row, 0));
}

/* What no foreign key sees; each statement gives sentences. */
static const char *const relations[] = {
	"SELECT format('the work %s has neither recordings nor fragments',"
	" group_id) FROM works AS w WHERE NOT EXISTS (SELECT 1"
	" FROM recordings AS r WHERE r.group_id = w.group_id)"
	" AND NOT EXISTS (SELECT 1 FROM fragments AS f"
	" WHERE f.group_id = w.group_id) ORDER BY group_id",

	"SELECT format('the fragment %s of %s lies in no version',"
	" fragment_id, group_id) FROM fragments AS f"
	" WHERE NOT EXISTS (SELECT 1 FROM versions AS v"
	" WHERE v.group_id = f.group_id AND v.fragment_id = f.fragment_id)"
	" ORDER BY group_id, fragment_id",

	"SELECT format('the fragment %s of %s has one end', fragment_id,"
	" group_id) FROM versions AS v WHERE part <> 'row'"
	" AND NOT EXISTS (SELECT 1 FROM versions AS o"
	" WHERE o.group_id = v.group_id AND o.fragment_id = v.fragment_id"
	" AND o.part <> 'row' AND o.part <> v.part)"
	" ORDER BY group_id, fragment_id",

	"SELECT format('the fragment %s of %s: %s lies at other samples than"
	" seconds', fragment_id, group_id, id) FROM versions"
	" WHERE abs(start_sample * 1.0 / rate_hz - start_sec) > 0.001"
	" OR abs(end_sample * 1.0 / rate_hz - end_sec) > 0.001"
	" ORDER BY group_id, fragment_id, id",

	"SELECT format('the fragment %s of %s ends at %.3f s of %s, which"
	" has %.3f s', v.fragment_id, v.group_id, v.end_sec, v.id, r.sec)"
	" FROM (SELECT group_id, id, coalesce(json_extract(extra,"
	" '$.decode.duration_sec'), duration_sec) AS sec FROM recordings)"
	" AS r CROSS JOIN versions AS v ON v.group_id = r.group_id"
	" AND v.recording_id = r.id WHERE v.end_sec > r.sec + "
	END_TOLERANCE " ORDER BY v.group_id, v.fragment_id, v.id",
};

static int
check_relations(struct catalogue *c, struct complaints *to,
    struct error *err)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (check_rows(c, relations[i], check_sentence, to,
		    err) != 0)
			return -1;
	return 0;
}

int
inspect_verify(struct catalogue *c,
    void (*complain_to)(void *context, const char *sentence), void *context,
    size_t *n_problems, struct error *err)
{
	struct complaints to = { complain_to, context, 0 };
	int status;

	status = check_rows(c, "PRAGMA integrity_check", check_integrity, &to,
	    err);
	if (status == 0)
		status = check_rows(c, "PRAGMA foreign_key_check",
		    check_reference, &to, err);
	if (status == 0)
		status = check_relations(c, &to, err);
	if (status == 0)
		status = check_rows(c, "SELECT group_id, id, member, key,"
		    " path FROM artefacts ORDER BY group_id, id, member",
		    check_artefact, &to, err);
	if (status == 0)
		status = check_rows(c, "SELECT 'model ' || name, sha256, path"
		    " FROM models ORDER BY sha256", check_hashed, &to, err);
	if (status == 0)
		status = check_rows(c, "SELECT 'step ' || name, sha256, path"
		    " FROM steps ORDER BY round_key, name", check_hashed, &to,
		    err);
	*n_problems = to.n;
	return status;
}
