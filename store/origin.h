/*
 * origin -- where a fragment comes from: files, tools, models and people.
 */
#ifndef STORE_ORIGIN_H
#define STORE_ORIGIN_H

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

/*
 * An object; free with json_free.  Lists may be missing when they are empty:
 *
 *	group_id, fragment_id
 *	fragment	the record of an aligned fragment, with the "history"
 *			of the tools that made it
 *	places		where it lies in each version, as people moved it
 *	recordings	the records of these, with files, artefacts, "history"
 *	reviews		what people said, and to where they moved it
 *	round		that found it: key, number, settings, models, reason
 *	steps		of that round: name, key, path and sha256 of its file
 *	models		of the catalogue that any of these name by SHA-256
 *
 * NULL with ERROR_FORMAT when there is no such fragment.
 */
struct json *origin_of(struct catalogue *c, const char *group_id,
    const char *fragment_id, struct error *err) MUST_CHECK;

#endif
