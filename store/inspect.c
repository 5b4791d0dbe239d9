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

static int
put_column(struct json *line, sqlite3_stmt *row, int i, struct error *err)
{
	const char *name = sqlite3_column_name(row, i);

	switch (sqlite3_column_type(row, i)) {
	case SQLITE_NULL:
		return 0;
	case SQLITE_TEXT:
		return json_put_string(line, name, sql_text(row, i), err);
	case SQLITE_INTEGER:
		if (sqlite3_column_int64(row, i) < 0)
			break;
		return json_put_size(line, name,
		    (size_t)sqlite3_column_int64(row, i), err);
	default:
		break;
	}
	return json_put_number(line, name, sqlite3_column_double(row, i), err);
}

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
	for (int i = 0; i < sqlite3_column_count(row); i++)
		if (put_column(line, row, i, err) != 0)
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
	    "SELECT 'works', count(*) FROM works UNION ALL"
	    " SELECT 'recordings', count(*) FROM recordings UNION ALL"
	    " SELECT * FROM (SELECT 'recordings ' || audio_type, count(*)"
	    " FROM recordings GROUP BY audio_type) UNION ALL"
	    " SELECT 'recordings failed', count(*) FROM recordings"
	    " WHERE error IS NOT NULL UNION ALL"
	    " SELECT 'recordings quarantined', count(*) FROM recordings"
	    " WHERE quarantined_by IS NOT NULL UNION ALL"
	    " SELECT 'fragments', count(*) FROM fragments UNION ALL"
	    " SELECT * FROM (SELECT 'fragments ' || " SCHEMA_DECISION
	    ", count(*) FROM fragments AS f WHERE " SCHEMA_DECISION
	    " IS NOT NULL GROUP BY " SCHEMA_DECISION ") UNION ALL"
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
	(void)sqlite3_finalize(row);
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
