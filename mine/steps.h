/*
 * steps -- the parts of a round that make a file each.
 *
 * A step's output is named by the key of what it is made from,
 *
 *	WORK/chad-mine/KK/KEY.SUFFIX		KK: first two digits of KEY
 *
 * and appears whole or not at all, so that a file that is there is done.  When
 * it is, the step is noted in the catalogue with the SHA-256 of the file.  A
 * round that was killed finds its files and goes on; two rounds that need the
 * same file share it.
 */
#ifndef MINE_STEPS_H
#define MINE_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/spawn.h"

#include "store/catalogue.h"

/* What all steps of a round share; nothing in it changes while it runs. */
struct steps {
	struct catalogue *catalogue;
	const char *round_key;		/* "" before the round is open */
	const char *work_folder;
	const char *threads;		/* for the commands, or NULL */
	/* Told what is being done: "align: chad-align".  May be NULL. */
	void (*note)(void *context, const char *text);
	void *context;
	struct arena *a;		/* holds names until the round ends */
};

/* The output of a step. */
struct steps_file {
	const char *name;		/* of the step */
	char key[HASH_HEX_BYTES];
	const char *path;
	char sha256[HASH_HEX_BYTES];	/* "" until the file is there */
};

/* Fill in name, key and path; *done tells whether the file is there. */
int steps_begin(const struct steps *s, struct steps_file *f,
    const char *name, const char *key, const char *suffix, bool *done,
    struct error *err) MUST_CHECK;

/*
 * Run a pipeline whose output becomes the file.  in_path may be NULL.
 * Commands that ended with 1 had records that failed, which are in the output.
 * ERROR_BUSY when a command was stopped or met a passing fault.
 */
int steps_pipe(const struct steps *s, const struct steps_file *f,
    const char *in_path, const struct spawn_command *commands,
    size_t n_commands, struct error *err) MUST_CHECK;

/* Run one command that writes f->path itself. */
int steps_command(const struct steps *s, const struct steps_file *f,
    const char *const *argv, struct error *err) MUST_CHECK;

/*
 * The file is there: take its SHA-256 and, when the round is open, note the
 * step in a transaction of its own.
 */
int steps_end(const struct steps *s, struct steps_file *f, struct error *err)
    MUST_CHECK;

#endif
