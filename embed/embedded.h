/*
 * embedded -- what a record of chad-embed holds, as arrays: fingerprints, and
 * the melody line of its pitch track.
 */
#ifndef EMBED_EMBEDDED_H
#define EMBED_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "embed/melody_line.h"
#include "embed/query.h"
#include "embed/retrieval.h"

struct embedded {
	float *fingerprints;		/* [n_windows][dimension], finite */
	size_t n_windows, dimension;
	double hop_sec;
	const char *model_sha256;	/* borrowed from the record */
	struct melody_line line;	/* n 0 when not wanted */
};

/*
 * Read the files that the record names into the arena.  wants_line needs
 * "f0.path"; a hum's line is freed of what is far off.
 */
int embedded_read(const struct json *rec, const char *folder, bool is_hum,
    bool wants_line, struct arena *a, struct embedded *e, struct error *err)
    MUST_CHECK;

/* A hum: the same with its views, as retrieval_search wants it. */
struct embedded_hum {
	struct embedded e;
	struct retrieval_view views[QUERY_N_SCALES];
	struct retrieval_query query;	/* its arrays are the ones above */
};

int embedded_read_hum(const struct json *rec, const char *folder,
    bool wants_line, struct arena *a, struct embedded_hum *hum,
    struct error *err) MUST_CHECK;

#endif
