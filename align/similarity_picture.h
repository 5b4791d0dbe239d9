/*
 * similarity_picture -- the similarity of the windows of two recordings, with
 * what is known and what was found of their alignment over it.
 */
#ifndef ALIGN_SIMILARITY_PICTURE_H
#define ALIGN_SIMILARITY_PICTURE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "manifests/stream.h"

struct similarity_picture {
	const char *original_id, *cover_id;
	const struct stream_list *manifest;	/* of chad-embed */
	const struct stream_list *fragments;	/* may be empty */
};

/* The path as canvas_open; the arena holds scratch. */
int similarity_picture_write(const char *path,
    const struct similarity_picture *p, struct arena *a, struct error *err)
    MUST_CHECK;

/*
 * The last record of the list with that text in that member, borrowed, or NULL
 * with an error.
 */
const struct json *similarity_picture_record(const struct stream_list *list,
    const char *member, const char *wanted, struct error *err) MUST_CHECK;

#endif
