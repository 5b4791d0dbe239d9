/*
 * recording_scores -- scores that every recording has by itself, such as the
 * accuracy of its pitch track, and their means with intervals.
 */
#ifndef MANIFESTS_RECORDING_SCORES_H
#define MANIFESTS_RECORDING_SCORES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "manifests/stream.h"

#define RECORDING_SCORES_MAX 12
#define RECORDING_SCORES_MEMBERS 3

/* A kind of score. */
struct recording_scores {
	/*
	 * Two or three; records without one of them, and failed ones, are
	 * passed over.
	 */
	const char *members[RECORDING_SCORES_MEMBERS];
	const char *names[RECORDING_SCORES_MAX];
	size_t n_scores;
	/* paths: those of the members; values: [n_scores] to be filled. */
	int (*run)(const void *settings, const struct json *rec,
	    const char *const *paths, double *values, struct arena *a,
	    struct error *err);
	const void *settings;
};

/*
 * The group of record "at" in the bootstrap, 0..n_records-1: the number of the
 * first record of the same "singer", or "group_id" where none is named.
 */
size_t recording_scores_group(const struct stream_list *list, size_t at);

/*
 * Score the records of the list and append one row to "rows" (base/table.h):
 * "n", and each mean with its interval, bootstrapped over "singer" where the
 * records name them, else over works ("group_id").  Fails when
 * there is nothing to score or a record cannot be scored.
 */
int recording_scores_run(const struct recording_scores *kind,
    const struct stream_list *list, uint64_t seed, struct arena *a,
    struct json *rows, struct error *err) MUST_CHECK;

#endif
