#include <stdarg.h>
#include <string.h>

#include "store/sql.h"

int
sql_fail(const struct catalogue *c, int code, struct error *err)
{
	const char *path = c->path;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(err, ERROR_BUSY,
		    "%s is locked by another process: run the same command "
		    "again when it is done", path);
	case SQLITE_NOTADB:
		return error_set(err, ERROR_FORMAT,
		    "%s is not a SQLite file: name a catalogue made by "
		    "chad-store", path);
	case SQLITE_CORRUPT:
		return error_set(err, ERROR_FORMAT,
		    "%s is damaged (%s): restore a copy, or save what is left "
		    "with sqlite3's .recover", path, sqlite3_errmsg(c->db));
	case SQLITE_NOMEM:
		return error_set(err, ERROR_NOMEM, "%s: out of memory", path);
	case SQLITE_FULL:
		return error_set(err, ERROR_IO, "%s: the disk is full; nothing "
		    "of this was kept: make room and run the same command "
		    "again", path);
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return error_set(err, ERROR_IO, "%s: %s", path,
		    sqlite3_errmsg(c->db));
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
		return error_set(err, ERROR_FORMAT, "%s refuses it: %s", path,
		    sqlite3_errmsg(c->db));
	default:
		return error_set(err, ERROR_BUG, "%s: %s", path,
		    sqlite3_errmsg(c->db));
	}
}

int
sql_script(struct catalogue *c, const char *sql, struct error *err)
{
	const int code = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : sql_fail(c, code, err);
}

void
sql_undo(struct catalogue *c, const char *sql)
{
	(void)sqlite3_exec(c->db, sql, NULL, NULL, NULL);
}

int
sql_end(struct catalogue *c, int status, struct error *err)
{
	if (status == 0)
		status = sql_script(c, "COMMIT", err);
	if (status != 0)
		sql_undo(c, "ROLLBACK");
	return status;
}

static int
bind_one(sqlite3_stmt *statement, int i, char type,
    sqlite3_destructor_type keep, va_list *ap)
{
	const int64_t *integer;
	const double *real;

	switch (type) {
	case 't':
		return sqlite3_bind_text(statement, i,
		    va_arg(*ap, const char *), -1, keep);
	case 'i':
		return sqlite3_bind_int64(statement, i, va_arg(*ap, int64_t));
	case 'd':
		return sqlite3_bind_double(statement, i, va_arg(*ap, double));
	case 'I':
		integer = va_arg(*ap, const int64_t *);
		return integer == NULL ? sqlite3_bind_null(statement, i) :
		    sqlite3_bind_int64(statement, i, *integer);
	case 'D':
		real = va_arg(*ap, const double *);
		return real == NULL ? sqlite3_bind_null(statement, i) :
		    sqlite3_bind_double(statement, i, *real);
	default:
		return SQLITE_MISUSE;
	}
}

static int
bind_all(struct catalogue *c, sqlite3_stmt *statement, const char *types,
    sqlite3_destructor_type keep, va_list *ap, struct error *err)
{
	for (int i = 0; types[i] != '\0'; i++) {
		const int code = bind_one(statement, i + 1, types[i], keep,
		    ap);

		if (code != SQLITE_OK)
			return sql_fail(c, code, err);
	}
	return 0;
}

/* The prepared form of "sql", made once; NULL with an error. */
static sqlite3_stmt *
prepared(struct catalogue *c, const char *sql, struct error *err)
{
	sqlite3_stmt *statement = NULL;
	int code;

	for (size_t i = 0; i < c->n_prepared; i++)
		if (c->prepared[i].sql == sql)
			return c->prepared[i].statement;
	if (c->n_prepared == SQL_MAX_PREPARED) {
		(void)error_set(err, ERROR_BUG, "too many SQL statements");
		return NULL;
	}
	code = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &statement, NULL);
	if (code != SQLITE_OK) {
		(void)sql_fail(c, code, err);
		return NULL;
	}
	c->prepared[c->n_prepared].sql = sql;
	c->prepared[c->n_prepared].statement = statement;
	c->n_prepared++;
	return statement;
}

int
sql_run(struct catalogue *c, struct error *err, const char *sql,
    const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list ap;
	int code;
	int status;

	if ((statement = prepared(c, sql, err)) == NULL)
		return -1;
	va_start(ap, types);
	/* The texts outlive the statement's run: no copies. */
	status = bind_all(c, statement, types, SQLITE_STATIC, &ap, err);
	va_end(ap);
	if (status == 0) {
		while ((code = sqlite3_step(statement)) == SQLITE_ROW)
			;
		if (code != SQLITE_DONE)
			status = sql_fail(c, code, err);
	}
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return status;
}

/* A statement of that text that is not in use, or NULL. */
static sqlite3_stmt *
take_idle(struct catalogue *c, const char *sql)
{
	for (size_t i = 0; i < c->n_idle; i++) {
		sqlite3_stmt *statement = c->idle[i];

		if (strcmp(sqlite3_sql(statement), sql) != 0)
			continue;
		c->n_idle--;
		memmove(c->idle + i, c->idle + i + 1,
		    (c->n_idle - i) * sizeof(c->idle[0]));
		return statement;
	}
	return NULL;
}

void
sql_done(struct catalogue *c, sqlite3_stmt *statement)
{
	if (statement == NULL)
		return;
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	if (c->n_idle == SQL_MAX_IDLE) {
		(void)sqlite3_finalize(c->idle[0]);
		c->n_idle--;
		memmove(c->idle, c->idle + 1,
		    c->n_idle * sizeof(c->idle[0]));
	}
	c->idle[c->n_idle++] = statement;
}

static sqlite3_stmt *
query_with(struct catalogue *c, struct error *err, const char *sql,
    const char *types, va_list *ap)
{
	sqlite3_stmt *statement = take_idle(c, sql);
	int code = SQLITE_OK;

	if (statement == NULL)
		code = sqlite3_prepare_v2(c->db, sql, -1, &statement, NULL);
	if (code != SQLITE_OK) {
		(void)sql_fail(c, code, err);
		return NULL;
	}
	if (bind_all(c, statement, types, SQLITE_TRANSIENT, ap, err) != 0) {
		sql_done(c, statement);
		return NULL;
	}
	return statement;
}

sqlite3_stmt *
sql_query(struct catalogue *c, struct error *err, const char *sql,
    const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list ap;

	va_start(ap, types);
	statement = query_with(c, err, sql, types, &ap);
	va_end(ap);
	return statement;
}

int
sql_next(struct catalogue *c, sqlite3_stmt *statement, bool *has_row,
    struct error *err)
{
	const int code = sqlite3_step(statement);

	*has_row = code == SQLITE_ROW;
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return 0;
	return sql_fail(c, code, err);
}

int
sql_each(struct catalogue *c, sqlite3_stmt *statement,
    int (*each)(void *context, sqlite3_stmt *row, struct error *err),
    void *context, struct error *err)
{
	bool has_row = false;
	int status;

	if (statement == NULL)
		return -1;
	while ((status = sql_next(c, statement, &has_row, err)) == 0 &&
	    has_row)
		if ((status = each(context, statement, err)) != 0)
			break;
	sql_done(c, statement);
	return status;
}

const char *
sql_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text == NULL ? "" : (const char *)text;
}

bool
sql_has(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) != SQLITE_NULL;
}

int
sql_integer(struct catalogue *c, int64_t *value, struct error *err,
    const char *sql, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list ap;
	bool has_row;
	int status;

	*value = 0;
	if ((statement = prepared(c, sql, err)) == NULL)
		return -1;
	va_start(ap, types);
	status = bind_all(c, statement, types, SQLITE_STATIC, &ap, err);
	va_end(ap);
	if (status == 0)
		status = sql_next(c, statement, &has_row, err);
	if (status == 0 && has_row)
		*value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return status;
}
