/*
 * retrieval_eval -- how often hums find their work: top-n hit rates and MRR.
 *
 * Songs are an index or records of chad-embed (embed/song_search.h); a query
 * (best made with chad-embed --query) is right where the group_id of an answer
 * is its own.
 * Queries are searched one a thread and the results do not depend on the
 * number of threads.  A query whose work is not in the database has rank 0
 * and counts as a miss; a record with "error" counts as a miss too, so that a
 * chain that loses hums is not rewarded.
 */
#ifndef EMBED_RETRIEVAL_EVAL_H
#define EMBED_RETRIEVAL_EVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bootstrap.h"
#include "base/error.h"
#include "base/json.h"

#include "manifests/stream.h"

#include "embed/song_search.h"

struct retrieval_eval_options {
	struct song_search_options search;
	size_t n_threads;
	uint64_t seed;			/* of the bootstrap */
};

struct retrieval_eval_hum {
	const char *id, *group_id;	/* borrowed from the query's record */
	const char *best;		/* work of the first, or ""; borrowed */
	size_t rank;			/* 1: found first; 0: not there */
	size_t bootstrap_group;		/* hums that are drawn together */
	double offset_sec;		/* of the right work */
	bool has_failed;
};

struct retrieval_eval_result {
	size_t n_hums, n_failed, n_songs, n_works;
	struct bootstrap_interval top1, top10, mrr;
	struct retrieval_eval_hum *hums;	/* [n_hums], arena memory */
};

/*
 * Bootstrapped over works, or, where queries have a text member "singer",
 * over singers.  Songs and queries must live as long as the result is used.
 */
int retrieval_eval_run(const struct song_search *songs,
    const struct stream_list *queries, const struct retrieval_eval_options *o,
    struct arena *a, struct retrieval_eval_result *result, struct error *err)
    MUST_CHECK;

/*
 * The row of a table {"n", "top1", "top10", "mrr"}, the last three as {"mean",
 * "low", "high"}, rounded to 4 decimals, appended to the array "rows".
 */
int retrieval_eval_put_row(const struct retrieval_eval_result *result,
    struct json *rows, struct error *err) MUST_CHECK;

/*
 * A list of {"id", "group_id", "rank", "best", "bootstrap_group",
 * "offset_sec"}, one a hum.
 */
int retrieval_eval_put_hums(const struct retrieval_eval_result *result,
    struct json *list, struct error *err) MUST_CHECK;

#endif
