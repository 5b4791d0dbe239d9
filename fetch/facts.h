/*
 * facts -- what is known of a file that was fetched or asked for: a JSON object
 * that lies beside it.
 */
#ifndef FETCH_FACTS_H
#define FETCH_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "fetch/answer.h"

/*
 * What a name or an address ends with behind its last dot, in small letters,
 * when that is at most 5 letters and digits and not "json" or "part", which
 * stand for files of our own; else "bin".  Arena memory; NULL with an error.
 */
const char *facts_suffix(const char *name, struct arena *a,
    struct error *err) MUST_CHECK;

/* Put etag, last_modified, content_type and date, those that were said. */
int facts_put_answer(struct json *facts, const struct answer *answer,
    struct error *err) MUST_CHECK;

/*
 * Was it another version before?  By the ETag when both have one, weak ones
 * included, else by the date of its last change and the length "n_bytes".
 */
bool facts_differ(const struct json *before, const struct json *now);

/* As the file, whole or not at all; not synced (base/file.h). */
int facts_save(const char *path, const struct json *facts, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
