/*
 * align_truth -- what is true of a cover: "truth" of manifests/FORMAT.md.
 */
#ifndef ALIGN_ALIGN_TRUTH_H
#define ALIGN_ALIGN_TRUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* A piecewise linear map of one shared stretch; both times rise. */
struct align_truth_segment {
	double *original_sec;	/* [n_points] */
	double *cover_sec;	/* [n_points] */
	size_t n_points;	/* at least 2 */
};

struct align_truth_cover {
	const char *id, *original_id, *group_id;
	struct align_truth_segment *segments;
	size_t n_segments;	/* 0: a wrong song */
	bool is_partial;	/* more is shared than the segments say */
};

struct align_truth {
	struct align_truth_cover *covers;	/* ordered by id */
	size_t n_covers;
};

/*
 * Take the truth of the records that have "truth.original_id"; others, and
 * those with "error", are passed over.  Texts are borrowed from the records,
 * the rest is arena memory.
 */
int align_truth_load(const struct json *const *records, size_t n_records,
    struct arena *a, struct align_truth *t, struct error *err) MUST_CHECK;

/* NULL when nothing is known of the cover. */
const struct align_truth_cover *align_truth_find(const struct align_truth *t,
    const char *id);

/*
 * False when the truth is partial and the fragment, which maps from_sec..to_sec
 * of the original to cover_from_sec..cover_to_sec, lies for the most part
 * outside of all segments, in both recordings.
 */
bool align_truth_knows(const struct align_truth_cover *c, double from_sec,
    double to_sec, double cover_from_sec, double cover_to_sec);

/*
 * Narrow from_sec..to_sec of the original to what lies between the first and
 * the last time in it that a segment speaks of.  False when none does.
 */
bool align_truth_narrow(const struct align_truth_cover *c, double *from_sec,
    double *to_sec);

/* The cover time that the segment maps original time t_sec, inside it, to. */
double align_truth_map(const struct align_truth_segment *s, double t_sec);

/*
 * How wrong it is that original_sec maps to cover_sec, in seconds, by the
 * segment that fits best.  Outside a segment the map goes on at tempo_ratio,
 * and when that is further than free_sec, in the original, the error is at
 * least the distance.  HUGE_VAL when there are no segments.
 */
double align_truth_error(const struct align_truth_cover *c,
    double original_sec, double cover_sec, double tempo_ratio,
    double free_sec);

#endif
