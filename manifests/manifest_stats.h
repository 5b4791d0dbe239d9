/*
 * manifest_stats -- what a manifest holds: records, works and hours by type,
 * and how lengths and the number of versions of a work are distributed.
 *
 * The length of a record is the first of: interval_samples at rate_hz,
 * interval, duration, decode.duration_sec, tags.duration_sec.  Records with
 * "error" are counted, and nothing else of them is.
 */
#ifndef MANIFESTS_MANIFEST_STATS_H
#define MANIFESTS_MANIFEST_STATS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct manifest_stats;

/* "by" is the member whose values make the rows; kept.  NULL with an error. */
struct manifest_stats *manifest_stats_new(const char *by, struct error *err)
    MUST_CHECK;
void manifest_stats_free(struct manifest_stats *s);

int manifest_stats_add(struct manifest_stats *s, const struct json *rec,
    struct error *err) MUST_CHECK;

/*
 * A new object, to be freed with json_free:
 *
 *	by		list, by falling number of records, of {value, records,
 *			works, recordings, hours, unknown (records without a
 *			length), min_sec, p10_sec, median_sec, p90_sec,
 *			max_sec}, the last row being that of all ("all")
 *	versions	list of {versions, works}: how many works have so many
 *			recordings
 *	failed		records with "error"
 *
 * Values of BY beyond the thousandth are "(others)"; missing ones are
 * "(none)".  Percentiles are nearest ranks.
 */
struct json *manifest_stats_report(struct manifest_stats *s,
    struct error *err) MUST_CHECK;

/* A report as tables, without the last line end.  Arena memory, or NULL. */
const char *manifest_stats_text(const struct json *report, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
