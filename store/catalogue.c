#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"

#include "store/fragments.h"
#include "store/recordings.h"
#include "store/reviews.h"
#include "store/schema.h"
#include "store/sql.h"

#define CACHE_KIB "131072"	/* pages of the file in memory, at most */

/* Why a file that must be there cannot be opened, before SQLite is asked. */
static int
check_file(const char *path, enum catalogue_mode mode, struct error *err)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return 0;
		return error_set(err, ERROR_FORMAT,
		    "%s is not a file: name a catalogue", path);
	}
	if (errno == ENOENT && mode == CATALOGUE_CREATE)
		return 0;
	if (errno == ENOENT)
		return error_set(err, ERROR_IO,
		    "%s does not exist: \"chad-store add\" makes a catalogue",
		    path);
	return error_set_errno(err, "%s", path);
}

static int
set_up(struct catalogue *c, enum catalogue_mode mode, int busy_ms,
    struct error *err)
{
	const int code = sqlite3_busy_timeout(c->db, busy_ms);

	if (code != SQLITE_OK)
		return sql_fail(c, code, err);
	/* What takes back one record is small: no file is made for it. */
	if (sql_script(c, "PRAGMA foreign_keys = ON;"
	    "PRAGMA temp_store = MEMORY;"
	    "PRAGMA cache_size = -" CACHE_KIB, err) != 0)
		return -1;
	/* Refuse a stranger's file before anything in it is changed. */
	if (mode != CATALOGUE_READ &&
	    schema_prepare(c, true, err) != 0)
		return -1;
	if (mode == CATALOGUE_READ)
		return schema_prepare(c, false, err);
	return sql_script(c, "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = FULL", err);
}

struct catalogue *
catalogue_open(const char *path, enum catalogue_mode mode, int busy_ms,
    struct error *err)
{
	const int flags[] = {
		[CATALOGUE_READ] = SQLITE_OPEN_READONLY,
		[CATALOGUE_WRITE] = SQLITE_OPEN_READWRITE,
		[CATALOGUE_CREATE] = SQLITE_OPEN_READWRITE |
		    SQLITE_OPEN_CREATE,
	};
	struct catalogue *c;
	int code;

	if (check_file(path, mode, err) != 0)
		return NULL;
	if ((c = memory_new(1, sizeof(*c), "catalogue", err)) == NULL)
		return NULL;
	if ((c->path = memory_strdup(path, err)) == NULL)
		goto fail;
	if ((c->scratch = arena_new()) == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		goto fail;
	}
	code = sqlite3_open_v2(path, &c->db, flags[mode] |
	    SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK) {
		(void)sql_fail(c, code, err);
		goto fail;
	}
	if (set_up(c, mode, busy_ms, err) != 0)
		goto fail;
	return c;
fail:
	catalogue_close(c);
	return NULL;
}

void
catalogue_set_busy(struct catalogue *c, int busy_ms)
{
	(void)sqlite3_busy_timeout(c->db, busy_ms);
}

void
catalogue_close(struct catalogue *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_prepared; i++)
		(void)sqlite3_finalize(c->prepared[i].statement);
	for (size_t i = 0; i < c->n_idle; i++)
		(void)sqlite3_finalize(c->idle[i]);
	(void)sqlite3_close(c->db);
	arena_free(c->scratch);
	memory_free(c->path);
	memory_free(c);
}

int
catalogue_begin(struct catalogue *c, struct error *err)
{
	return sql_script(c, "BEGIN IMMEDIATE", err);
}

int
catalogue_commit(struct catalogue *c, struct error *err)
{
	return sql_script(c, "COMMIT", err);
}

void
catalogue_rollback(struct catalogue *c)
{
	sql_undo(c, "ROLLBACK");
}

/* Copy all pages into the new file f. */
static int
copy_pages(struct catalogue *c, const struct file_new *f, struct error *err)
{
	sqlite3 *copy = NULL;
	sqlite3_backup *backup = NULL;
	int code = sqlite3_open(file_temporary_path(f), &copy);

	/* The file is synced and renamed when it is whole: no journal. */
	if (code == SQLITE_OK)
		code = sqlite3_exec(copy, "PRAGMA journal_mode = OFF;"
		    "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (code == SQLITE_OK) {
		backup = sqlite3_backup_init(copy, "main", c->db, "main");
		code = backup == NULL ? sqlite3_errcode(copy) :
		    sqlite3_backup_step(backup, -1);
		if (backup != NULL && sqlite3_backup_finish(backup) ==
		    SQLITE_OK && code == SQLITE_DONE)
			code = SQLITE_OK;
	}
	/* Who only reads the copy then leaves no log beside it. */
	if (code == SQLITE_OK)
		code = sqlite3_exec(copy, "PRAGMA journal_mode = DELETE",
		    NULL, NULL, NULL);
	(void)sqlite3_close(copy);
	if (code == SQLITE_OK)
		return 0;
	return error_set(err, code == SQLITE_BUSY ? ERROR_BUSY : ERROR_IO,
	    "copying %s to %s: %s", c->path, file_path(f),
	    sqlite3_errstr(code));
}

int
catalogue_backup(struct catalogue *c, const char *path, struct error *err)
{
	struct file_new *f;
	const char *log;

	arena_reset(c->scratch);
	log = arena_printf(c->scratch, "%s-wal", path);
	if (log == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (file_is_same(c->path, path) || file_exists(log))
		return error_set(err, ERROR_FORMAT, "%s is in use as a "
		    "catalogue: name another file", path);
	if ((f = file_create(path, err)) == NULL)
		return -1;
	if (copy_pages(c, f, err) != 0) {
		file_abandon(f);
		return -1;
	}
	return file_commit(f, err);
}

/* What a record is shows in its members. */
static bool
is_pair(const struct json *rec)
{
	return json_has(rec, "fragment_id") && json_has(rec, "original_id") &&
	    !json_has(rec, "review");
}

/* Anything but an aligned pair. */
static int
add_by_kind(struct catalogue *c, const struct json *rec, struct error *err)
{
	if (json_has(rec, "review"))
		return reviews_put(c, rec, err);
	if (!json_has(rec, "fragment_id"))
		return recordings_put(c, rec, err);
	return fragments_put_row(c, rec, err);	/* of a CHAD table */
}

struct catalogue_row {
	const struct json *rec;
	struct fragments_pair *pair;	/* or NULL: of another kind */
};

struct catalogue_row *
catalogue_read(const struct json *rec, struct arena *a, struct error *err)
{
	struct catalogue_row *row = arena_need(a, 1, sizeof(*row), "records",
	    err);

	if (row == NULL)
		return NULL;
	row->rec = rec;
	/* The other kinds are few. */
	if (is_pair(rec) && (row->pair = fragments_read(rec, a, err)) == NULL)
		return NULL;
	return row;
}

int
catalogue_put(struct catalogue *c, const struct catalogue_row *row,
    struct error *err)
{
	/* Refused before the first row is written: nothing to take back. */
	if (row->pair != NULL)
		return fragments_put_pair(c, row->pair, NULL, err);
	if (sql_run(c, err, "SAVEPOINT one_record", "") != 0)
		return -1;
	if (add_by_kind(c, row->rec, err) != 0) {
		sql_undo(c, "ROLLBACK TO one_record; RELEASE one_record");
		return -1;
	}
	return sql_run(c, err, "RELEASE one_record", "");
}

int
catalogue_add(struct catalogue *c, const struct json *rec, struct error *err)
{
	struct arena *a = arena_new();
	struct catalogue_row *row = NULL;
	int status = -1;

	if (a == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	else if ((row = catalogue_read(rec, a, err)) != NULL)
		status = catalogue_put(c, row, err);
	arena_free(a);
	return status;
}
