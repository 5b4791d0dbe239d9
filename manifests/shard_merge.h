/*
 * shard_merge -- put the results of shards together in the order of the
 * manifest that was sharded.
 *
 * Each record of the manifest must have one result: records are matched by
 * record_id and, where an id comes more than once, by order.  A line that is
 * no record is matched by its beginning, which its result carries as "line".
 */
#ifndef MANIFESTS_SHARD_MERGE_H
#define MANIFESTS_SHARD_MERGE_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "manifests/record_writer.h"

/*
 * Fill "merged" [n_whole] with the results (borrowed) of the records of
 * "whole" [n_whole], out of "parts" [n_parts].  A record without a result, or
 * a result that is no record's or comes twice, is an error that names it.
 */
int shard_merge_run(struct json *const *whole, size_t n_whole,
    struct json *const *parts, size_t n_parts, struct json **merged,
    struct error *err) MUST_CHECK;

/*
 * The same of files: write the results in the order of the whole manifest,
 * whose folder relative paths start from wherever the shards lie.
 */
int shard_merge_files(const char *whole_path, char *const *paths,
    size_t n_paths, struct record_writer *out, struct error *err) MUST_CHECK;

#endif
