/*
 * sql -- the few SQLite calls that store/ is written with.
 *
 * Private to store/: the only header of the project that shows SQLite.
 * Statements are texts that live as long as the program; those run with
 * sql_run are prepared once for each catalogue.
 *
 * Values are bound by a text of types, one letter each:
 *	t	const char *, NULL for no value
 *	i	int64_t
 *	d	double
 *	I	const int64_t *, NULL for no value
 *	D	const double *, NULL for no value
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "store/catalogue.h"

#define SQL_MAX_PREPARED 128
#define SQL_MAX_IDLE 32

struct catalogue {
	sqlite3 *db;
	char *path;
	struct arena *scratch;	/* of member_extra */
	size_t n_prepared;
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} prepared[SQL_MAX_PREPARED];
	/* Of sql_query, not in use; the one used last is the last. */
	sqlite3_stmt *idle[SQL_MAX_IDLE];
	size_t n_idle;
};

/*
 * Turn SQLite's result code into an error that names the catalogue and says
 * what to do.  Returns -1.
 */
int sql_fail(const struct catalogue *c, int code, struct error *err);

/* Run texts without parameters, several separated by semicolons. */
int sql_script(struct catalogue *c, const char *sql, struct error *err)
    MUST_CHECK;

/* The same when there is nothing to be done about a failure: ROLLBACK. */
void sql_undo(struct catalogue *c, const char *sql);

/*
 * End the transaction: commit it after a status of 0, else take it back.
 * Returns the status, or -1 when it could not be committed.
 */
int sql_end(struct catalogue *c, int status, struct error *err) MUST_CHECK;

/* Run one statement to its end; rows are ignored. */
int sql_run(struct catalogue *c, struct error *err, const char *sql,
    const char *types, ...) MUST_CHECK;

/*
 * Start a statement; read its rows with sql_next, then give it back by
 * sql_done, which keeps it for the next query of the same text: to prepare one
 * takes longer than most take to run.  NULL with an error.
 */
sqlite3_stmt *sql_query(struct catalogue *c, struct error *err,
    const char *sql, const char *types, ...) MUST_CHECK;

/* NULL: does nothing. */
void sql_done(struct catalogue *c, sqlite3_stmt *statement);

/* *has_row is false after the last row. */
int sql_next(struct catalogue *c, sqlite3_stmt *statement, bool *has_row,
    struct error *err) MUST_CHECK;

/*
 * Call each(context, row, err) for every row and end the statement, which
 * may be NULL when sql_query failed; -1 of the callee ends it.
 */
int sql_each(struct catalogue *c, sqlite3_stmt *statement,
    int (*each)(void *context, sqlite3_stmt *row, struct error *err),
    void *context, struct error *err) MUST_CHECK;

/* Text of a column, borrowed until the next call on the row; "" for NULL. */
const char *sql_text(sqlite3_stmt *statement, int column);

/* True when the column holds a value. */
bool sql_has(sqlite3_stmt *statement, int column);

/* The first column of the first row as a number; *value 0 without a row. */
int sql_integer(struct catalogue *c, int64_t *value, struct error *err,
    const char *sql, const char *types, ...) MUST_CHECK;

#endif
