/*
 * tar_file -- a tar archive whose bytes depend on nothing but what is put in:
 * no times, no owners (libarchive, pax where a name is too long for ustar).
 */
#ifndef EXCHANGE_TAR_FILE_H
#define EXCHANGE_TAR_FILE_H

#include <stddef.h>

#include "base/error.h"

struct tar_file;

/* The archive appears when it is committed.  NULL with an error. */
struct tar_file *tar_file_open(const char *path, struct error *err)
    MUST_CHECK;
int tar_file_put(struct tar_file *t, const char *name, const void *bytes,
    size_t n_bytes, struct error *err) MUST_CHECK;
/* Both free it. */
int tar_file_commit(struct tar_file *t, struct error *err) MUST_CHECK;
void tar_file_abandon(struct tar_file *t);	/* NULL: does nothing */

#endif
