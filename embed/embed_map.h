/*
 * embed_map -- fingerprints as points of a plane (nn/projection.h).
 *
 * A point is a window, or a recording: the mean of its windows, made one long.
 * Windows that are hardly voiced, rows of zeros, are left out.
 */
#ifndef EMBED_EMBED_MAP_H
#define EMBED_EMBED_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "manifests/stream.h"

struct embed_map {
	bool by_tsne;			/* else by principal components */
	bool of_recordings;		/* else of windows */
	const char *group;		/* member that colours: "group_id" */
	size_t max_points;		/* more are thinned out evenly */
	double perplexity;		/* of t-SNE */
	uint64_t seed;
};

/*
 * Draw the records of chad-embed that have no error.  Fingerprints of two
 * models, or fewer than three points, are refused.  A record without the
 * member is of the group "none".  The path as canvas_open; the arena holds
 * scratch.
 */
int embed_map_write(const char *path, const struct embed_map *m,
    const struct stream_list *list, struct arena *a, struct error *err)
    MUST_CHECK;

#endif
