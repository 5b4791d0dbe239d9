/*
 * align_table -- the scores of fragments and pairs as rows of a table.
 *
 * A row for each level of decision and tolerance, with the members of struct
 * align_score.  Where records have a "probability" there are two columns more,
 * of the right within that tolerance: its Brier score, and its expected
 * calibration error with ten bins of the same number of records
 * (nn/logistic.h).  Where there are records of pairs, a last row is of them.
 */
#ifndef ALIGN_ALIGN_TABLE_H
#define ALIGN_ALIGN_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "align/align_truth.h"

#define ALIGN_TABLE_RIGHT_SEC 0.5	/* a fragment is right within this */

/* Append the rows to the array; seed: of the bootstrap. */
int align_table_fill(const struct json *const *records, size_t n,
    const struct align_truth *truth, uint64_t seed, struct json *rows,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
