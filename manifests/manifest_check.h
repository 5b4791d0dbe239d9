/*
 * manifest_check -- what is wrong with a manifest, line by line.
 *
 * Checked are: that each line is a JSON object; the members that record_check
 * knows; that audio_filepath is there, names a file that can be read, and is
 * not empty; audio_type; the intervals and the correlation of fragments; and
 * that no record comes twice (the same id and fragment_id or, of records
 * without an id, the same audio_filepath, offset and duration).  With "measure"
 * each sound is also decoded to its end, to see whether it is whole and as long
 * as offset, duration and tags.duration_sec say.
 */
#ifndef MANIFESTS_MANIFEST_CHECK_H
#define MANIFESTS_MANIFEST_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct manifest_check {
	/* Called for each problem, by rising lines of a kind. */
	void (*tell)(void *shared, const char *path, size_t line,
	    const char *problem);
	void *shared;
	bool wants_files;	/* look whether the sounds are there */
	/*
	 * The length of a sound by decoding it, or -1 with why not; called
	 * from n_threads threads.  NULL: not wanted.
	 */
	int (*measure)(const char *path, double *sec, struct error *err);
	size_t n_threads;
	double tolerance_sec;
	size_t n_records;	/* so far, over all manifests */
	size_t n_failed;	/* of which carry "error" */
	size_t n_problems;
};

/*
 * Check one manifest; NULL or "-" is standard input.  -1 only when it cannot
 * be read.
 */
int manifest_check_run(struct manifest_check *c, const char *path,
    struct error *err) MUST_CHECK;

#endif
