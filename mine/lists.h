/*
 * lists -- the manifests that a round starts from.
 *
 * Whatever the user names, or the catalogue holds, becomes a manifest in the
 * work folder that is named by the SHA-256 of its text, so that everything
 * made from it can be named by it too:
 *
 *	WORK/chad-mine/KK/SHA256.jsonl
 */
#ifndef MINE_LISTS_H
#define MINE_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "store/catalogue.h"

#include "mine/steps.h"

struct lists_file {
	const char *path;		/* NULL: there is no such list */
	char sha256[HASH_HEX_BYTES];	/* "" then */
	size_t n_records;
};

/* A manifest that is being put together in memory. */
struct lists_new {
	FILE *out;
	char *text;
	size_t n_bytes;
	size_t n_records;
};

int lists_begin(struct lists_new *n, struct error *err) MUST_CHECK;

/* Store it under its name.  Ends the list, whatever comes of it. */
int lists_end(struct lists_new *n, const struct steps *s,
    struct lists_file *f, struct error *err) MUST_CHECK;

/* Give the list up; a list that was not begun or has ended: nothing. */
void lists_abandon(struct lists_new *n);

/*
 * Recordings of the catalogue, as they were given: those of an audio type, or
 * all for NULL, that "takes", if it is not NULL, says yes to.
 */
int lists_of_catalogue(const struct steps *s, const char *audio_type,
    bool (*takes)(const void *context, const struct json *rec),
    const void *context, struct lists_file *f, struct error *err) MUST_CHECK;

/*
 * A manifest of the user's, with its paths made relative to the working
 * folder.  path NULL gives no list.  Broken lines are refused.
 */
int lists_of_file(const struct steps *s, const char *path,
    struct lists_file *f, struct error *err) MUST_CHECK;

/* The records of a list that "takes" says yes to. */
int lists_select(const struct steps *s, const struct lists_file *all,
    bool (*takes)(const struct json *rec), struct lists_file *f,
    struct error *err) MUST_CHECK;

/*
 * Split a list into records that have pitch activations already, and a CQT
 * where that is wanted, and those that are still to be analysed.
 */
int lists_split(const struct steps *s, const struct lists_file *all,
    bool wants_cqt, struct lists_file *ready, struct lists_file *raw,
    struct error *err) MUST_CHECK;

#endif
