/*
 * file -- whole files: read, write so that they appear complete or not at
 * all, make folders, join paths.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Read the whole file; a zero byte is put behind it that *n_bytes does not
 * count.  Files over max_bytes are refused with ERROR_LIMIT.  Returns memory
 * of the arena, or NULL.
 */
void *file_read(const char *path, size_t max_bytes, struct arena *a,
    size_t *n_bytes, struct error *err) MUST_CHECK;

/*
 * A file being written under a temporary name in the folder of "path", which
 * is made with its parents if missing.  file_commit flushes, syncs, closes and
 * renames it to its real name; file_abandon removes it.  After a kill only
 * the temporary file (".NAME.PID.tmp") is left.
 */
struct file_new;

struct file_new *file_create(const char *path, struct error *err) MUST_CHECK;
FILE *file_stream(struct file_new *f);		/* borrowed */
const char *file_path(const struct file_new *f);	/* the real name */
const char *file_temporary_path(const struct file_new *f);
int file_commit(struct file_new *f, struct error *err) MUST_CHECK;
void file_abandon(struct file_new *f);	/* NULL: does nothing */

/* The three above in one: write the bytes as the file "path". */
int file_write(const char *path, const void *bytes, size_t n_bytes,
    struct error *err) MUST_CHECK;

/*
 * The same without a sync, for what can be made again: after a loss of power
 * the file may be missing or empty.
 */
int file_write_soon(const char *path, const void *bytes, size_t n_bytes,
    struct error *err) MUST_CHECK;

/*
 * Give a finished file of another writer, in the same file system, its real
 * name, whose folder is made when missing.  Not synced either.
 */
int file_place(const char *from_path, const char *path, struct error *err)
    MUST_CHECK;

bool file_exists(const char *path);

/* Do both paths lead to one file that exists? */
bool file_is_same(const char *a_path, const char *b_path);

/* What follows the last slash of the path; all of it when there is none. */
const char *file_name(const char *path);

/* The same without its last suffix: "m0" of "models/m0.json".  Arena memory. */
const char *file_stem(const char *path, struct arena *a, struct error *err)
    MUST_CHECK;

/* mkdir -p. */
int file_make_folder(const char *path, struct error *err) MUST_CHECK;

/* mkdir -p of the folder that "path" lies in. */
int file_make_parent(const char *path, struct error *err) MUST_CHECK;

#endif
