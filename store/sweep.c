#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"

#include "store/sql.h"
#include "store/sweep.h"

#define KEY_DIGITS 64
#define BLOCK_BYTES ((size_t)64 << 10)

static bool
is_digit(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* A run of digits that may become a key. */
struct run {
	char digits[KEY_DIGITS + 1];
	size_t n;			/* may be more than there is room for */
};

static int
keep_key(struct catalogue *c, const char *key, struct error *err)
{
	return sql_run(c, err, "INSERT INTO temp.kept VALUES (?1)"
	    " ON CONFLICT DO NOTHING", "t", key);
}

/* Keep the keys in a piece of text; a last piece of "" ends it. */
static int
keep_keys(struct catalogue *c, struct run *run, const char *text,
    size_t n_bytes, struct error *err)
{
	for (size_t i = 0; i < n_bytes || n_bytes == 0; i++) {
		if (n_bytes > 0 && is_digit(text[i])) {
			if (run->n < KEY_DIGITS)
				run->digits[run->n] = text[i];
			run->n++;
			continue;
		}
		if (run->n == KEY_DIGITS &&
		    keep_key(c, run->digits, err) != 0)
			return -1;
		run->n = 0;
		if (n_bytes == 0)
			break;
	}
	return 0;
}

static int
keep_text(struct catalogue *c, const char *text, struct error *err)
{
	struct run run = { .n = 0 };

	if (keep_keys(c, &run, text, strlen(text), err) != 0)
		return -1;
	return keep_keys(c, &run, "", 0, err);
}

static int
keep_file(struct catalogue *c, const char *path, struct error *err)
{
	char *block = memory_new(BLOCK_BYTES, 1, "bytes", err);
	FILE *in = block == NULL ? NULL : fopen(path, "rb");
	struct run run = { .n = 0 };
	int status = 0;
	size_t n;

	if (in == NULL) {
		memory_free(block);
		return block == NULL ? -1 : error_set_errno(err, "%s", path);
	}
	while (status == 0 && (n = fread(block, 1, BLOCK_BYTES, in)) > 0)
		status = keep_keys(c, &run, block, n, err);
	if (status == 0)
		status = keep_keys(c, &run, "", 0, err);
	if (status == 0 && ferror(in))
		status = error_set_errno(err, "reading %s", path);
	(void)fclose(in);
	memory_free(block);
	return status;
}

static int
keep_row(void *context, sqlite3_stmt *row, struct error *err)
{
	return keep_text(context, sql_text(row, 0), err);
}

static int
keep_step(void *context, sqlite3_stmt *row, struct error *err)
{
	return keep_file(context, sql_text(row, 0), err);
}

/* Fill the table of keys that are needed; it lives beside the catalogue. */
static int
mark(struct catalogue *c, const struct sweep *s, struct error *err)
{
	if (sql_script(c, "CREATE TEMP TABLE IF NOT EXISTS kept"
	    " (key TEXT PRIMARY KEY) WITHOUT ROWID; DELETE FROM temp.kept",
	    err) != 0 ||
	    sql_each(c, sql_query(c, err, "SELECT coalesce(key, '') || ' '"
	    " || path FROM artefacts UNION ALL SELECT key || ' ' || path"
	    " FROM steps UNION ALL SELECT sha256 || ' ' || path FROM models"
	    " UNION ALL SELECT key || ' ' || settings FROM rounds UNION ALL"
	    " SELECT coalesce(audio_filepath, '') || ' ' || extra"
	    " FROM recordings", ""), keep_row, c, err) != 0 ||
	    sql_each(c, sql_query(c, err, "SELECT path FROM steps"
	    " ORDER BY path", ""), keep_step, c, err) != 0)
		return -1;
	for (size_t i = 0; i < s->n_manifests; i++)
		if (keep_file(c, s->manifests[i], err) != 0)
			return -1;
	return 0;
}

/* Is "name" of the form KEY.SUFFIX?  The key is copied. */
static bool
is_artefact(const char *name, char key[KEY_DIGITS + 1])
{
	for (size_t i = 0; i < KEY_DIGITS; i++)
		if (!is_digit(name[i]))
			return false;
	memcpy(key, name, KEY_DIGITS);
	key[KEY_DIGITS] = '\0';
	return name[KEY_DIGITS] == '.';
}

static int
look_at(struct catalogue *c, const struct sweep *s, const char *path,
    struct error *err)
{
	char key[KEY_DIGITS + 1];
	int64_t is_kept;
	struct stat st;

	if (!is_artefact(file_name(path), key) || lstat(path, &st) != 0 ||
	    !S_ISREG(st.st_mode) ||
	    (int64_t)st.st_mtime > s->newest)
		return 0;
	if (sql_integer(c, &is_kept, err, "SELECT EXISTS (SELECT 1"
	    " FROM temp.kept WHERE key = ?1)", "t", key) != 0)
		return -1;
	if (is_kept != 0)
		return 0;
	if (s->wants_removal && unlink(path) != 0)
		return error_set_errno(err, "removing %s", path);
	return s->found(s->context, path, (int64_t)st.st_size, err);
}

/* Go down "depth" levels of folders to the files. */
static int
walk(struct catalogue *c, const struct sweep *s, const char *folder,
    int depth, struct error *err)
{
	struct arena *a = arena_new();
	const char **names;
	size_t n_names;
	int status = 0;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (folder_names(folder, a, &names, &n_names, err) != 0)
		status = -1;
	for (size_t i = 0; status == 0 && i < n_names; i++) {
		const char *path = folder_join(folder, names[i], a, err);

		if (path == NULL)
			status = -1;
		else if (depth == 0)
			status = look_at(c, s, path, err);
		else if (folder_is_one(path))
			status = walk(c, s, path, depth - 1, err);
	}
	arena_free(a);
	return status;
}

int
sweep_run(struct catalogue *c, const struct sweep *s, struct error *err)
{
	if (mark(c, s, err) != 0)
		return -1;
	return walk(c, s, s->work_folder, 2, err);
}
