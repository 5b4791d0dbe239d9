#include <stdio.h>
#include <string.h>

#include "base/file.h"

#include "store/merge.h"
#include "store/schema.h"
#include "store/sql.h"

#define SQL_BYTES 1024
#define MARKS_BYTES 128	/* of up to 20 columns */
#define BUSY_MS 1000

/* One table on its way. */
struct copy {
	struct catalogue *c;
	sqlite3_stmt *insert;	/* the row, unless its key is there */
	sqlite3_stmt *find;	/* a row that is the same in all columns */
	bool is_versions;
	/* Of versions: the fragment, and whether it is aligned here already. */
	const char *group_id, *fragment_id;
	int64_t is_aligned;
	size_t *n_taken, *n_differ;
};

/* Run a prepared statement with the values of the row. */
static int
run_with(struct catalogue *c, sqlite3_stmt *statement, sqlite3_stmt *row,
    int64_t *value, struct error *err)
{
	int code = SQLITE_OK;
	bool has_row = false;
	int status;

	for (int i = 0; i < sqlite3_column_count(row) && code == SQLITE_OK;
	    i++)
		code = sqlite3_bind_value(statement, i + 1,
		    sqlite3_column_value(row, i));
	status = code == SQLITE_OK ? sql_next(c, statement, &has_row, err) :
	    sql_fail(c, code, err);
	*value = has_row ? sqlite3_column_int64(statement, 0) : 0;
	(void)sqlite3_reset(statement);
	return status;
}

/*
 * Of a fragment that is aligned in both with other recordings, the two ends
 * here stay the only ones.  Rows come in order of fragments.
 */
static int
may_come(struct copy *copy, sqlite3_stmt *row, bool *may, struct error *err)
{
	struct catalogue *c = copy->c;

	*may = true;
	if (!copy->is_versions || strcmp(sql_text(row, 3), "row") == 0)
		return 0;
	if (copy->group_id == NULL ||
	    strcmp(copy->group_id, sql_text(row, 0)) != 0 ||
	    strcmp(copy->fragment_id, sql_text(row, 1)) != 0) {
		arena_reset(c->scratch);
		copy->group_id = arena_strdup(c->scratch, sql_text(row, 0));
		copy->fragment_id = arena_strdup(c->scratch,
		    sql_text(row, 1));
		if (copy->group_id == NULL || copy->fragment_id == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
		if (sql_integer(c, &copy->is_aligned, err, "SELECT EXISTS"
		    " (SELECT 1 FROM versions WHERE group_id = ?1"
		    " AND fragment_id = ?2 AND part <> 'row')", "tt",
		    copy->group_id, copy->fragment_id) != 0)
			return -1;
	}
	*may = copy->is_aligned == 0;
	return 0;
}

static int
take_row(void *context, sqlite3_stmt *row, struct error *err)
{
	struct copy *copy = context;
	struct catalogue *c = copy->c;
	int64_t is_same;
	bool may;

	if (may_come(copy, row, &may, err) != 0)
		return -1;
	if (may) {
		if (run_with(c, copy->insert, row, &is_same, err) != 0)
			return -1;
		if (sqlite3_changes(c->db) > 0) {
			++*copy->n_taken;
			return 0;
		}
	}
	if (run_with(c, copy->find, row, &is_same, err) != 0)
		return -1;
	*copy->n_differ += is_same == 0;
	return 0;
}

/* "?1, ?2, ..." for as many columns as the list names. */
static void
put_marks(const char *columns, char marks[MARKS_BYTES])
{
	int n_marks = 1;
	size_t used;

	for (const char *s = columns; *s != '\0'; s++)
		n_marks += *s == ',';
	(void)snprintf(marks, MARKS_BYTES, "?1");
	for (int i = 2; i <= n_marks; i++) {
		used = strlen(marks);
		(void)snprintf(marks + used, MARKS_BYTES - used, ", ?%d", i);
	}
}

static int
take_table(struct copy *copy, struct catalogue *other,
    const struct schema_table *t, struct error *err)
{
	char sql[SQL_BYTES], marks[MARKS_BYTES];
	int status = -1;

	put_marks(t->columns, marks);
	(void)snprintf(sql, sizeof(sql), "INSERT INTO %s (%s) VALUES (%s)"
	    " ON CONFLICT DO NOTHING", t->name, t->columns, marks);
	copy->insert = sql_query(copy->c, err, sql, "");
	(void)snprintf(sql, sizeof(sql), "SELECT EXISTS (SELECT 1 FROM %s"
	    " WHERE (%s) IS (%s))", t->name, t->columns, marks);
	copy->find = copy->insert == NULL ? NULL :
	    sql_query(copy->c, err, sql, "");
	copy->is_versions = strcmp(t->name, "versions") == 0;
	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s ORDER BY %s",
	    t->columns, t->name, t->key);
	if (copy->find != NULL)
		status = sql_each(other, sql_query(other, err, sql, ""),
		    take_row, copy, err);
	(void)sqlite3_finalize(copy->insert);
	(void)sqlite3_finalize(copy->find);
	return status;
}

int
merge_take(struct catalogue *c, const char *other_path, size_t *n_taken,
    size_t *n_differ, struct error *err)
{
	struct copy copy = { .c = c, .n_taken = n_taken,
	    .n_differ = n_differ };
	struct catalogue *other;
	int status;

	*n_taken = *n_differ = 0;
	if (file_is_same(c->path, other_path))
		return error_set(err, ERROR_FORMAT, "%s is the catalogue "
		    "that is merged into: name another one", other_path);
	other = catalogue_open(other_path, CATALOGUE_READ, BUSY_MS, err);
	if (other == NULL)
		return -1;
	/* One transaction, so that its tables belong together. */
	status = sql_script(other, "BEGIN", err);
	for (const struct schema_table *t = schema_tables();
	    status == 0 && t->name != NULL; t++)
		status = take_table(&copy, other, t, err);
	/* Fragments that came into works of which something is heard here. */
	if (status == 0)
		status = sql_script(c, "UPDATE fragments SET is_heard = 1"
		    " WHERE is_heard = 0 AND group_id IN"
		    " (SELECT group_id FROM reviews)", err);
	sql_undo(other, "ROLLBACK");
	catalogue_close(other);
	return status;
}
