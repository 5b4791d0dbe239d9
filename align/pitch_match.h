/*
 * pitch_match -- do two pitch tracks sing the same, along a line of time?
 *
 * Differences of pitch are folded into one octave, since trackers and singers
 * mistake octaves.  Their mode is the centre of the window of +-0.75 semitone
 * that holds most of them; a frame voiced in both recordings agrees when its
 * difference lies in that window.  Pitch is kept in tenths of a semitone.
 */
#ifndef ALIGN_PITCH_MATCH_H
#define ALIGN_PITCH_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "align/time_line.h"

#define PITCH_MATCH_OCTAVE 120	/* tenths of a semitone */
#define PITCH_MATCH_HALF_WINDOW 7	/* +-0.75 semitone, with the rounding */
#define PITCH_MATCH_UNVOICED 255

struct pitch_match_track {
	/* [n_frames], of a semitone above 1 Hz, or less than 0: unvoiced */
	int16_t *tenths;
	/* [n_frames], the same, folded to 0..119, or PITCH_MATCH_UNVOICED */
	uint8_t *folded;
	size_t n_frames;
	double hop_sec;		/* frame k is centred on k * hop_sec */
};

/* f0_hz: [n_frames], 0 where unvoiced.  Fills t with arena memory. */
int pitch_match_prepare(const float *f0_hz, size_t n_frames, double hop_sec,
    struct arena *a, struct pitch_match_track *t, struct error *err)
    MUST_CHECK;

struct pitch_match_pair {
	const struct pitch_match_track *original, *cover;
};

/* A stretch of original time. */
struct pitch_match_span {
	double from_sec, to_sec;
};

struct pitch_match_count {
	size_t n_joint;		/* frames voiced in both */
	size_t n_agreeing;	/* those within the window around the mode */
	int mode;		/* cover minus original, tenths, 0..119 */
};

/* Compare every step_sec of original time in the span. */
void pitch_match_compare(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span,
    double step_sec, struct pitch_match_count *count);

struct pitch_match_search {
	double shift_sec;	/* how far the middle of the span may move */
	double stretch;		/* how far the tempo ratio may change: 0.06 */
	double min_tempo_ratio, max_tempo_ratio;
	bool is_coarse;		/* to 40 ms is enough */
};

/*
 * Move and tilt the line so that most frames of the span agree: the number
 * that agree minus the number expected of strangers, first on a coarse grid,
 * then to 10 ms or a frame of the cover.  The line stays as it was where
 * nothing is voiced.  The arena gives scratch.
 */
int pitch_match_refine(const struct pitch_match_pair *p,
    const struct pitch_match_span *span,
    const struct pitch_match_search *search, struct time_line *l,
    struct arena *a, struct error *err) MUST_CHECK;

/* No key is preferred: see below. */
#define PITCH_MATCH_ANY_KEY (-1)

/*
 * The share of jointly voiced frames of the span that agree; 0 when less than
 * a second is voiced in both.  With a key, a difference in tenths of a
 * semitone from 0 to 119, the mode is looked for within 1.5 semitones of it.
 * *voiced_sec, if not NULL, is how much is voiced in both.
 */
double pitch_match_agreement(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span, int key,
    double *voiced_sec);

/*
 * The most that agrees with the line moved by 1 to 4 s either way, its tempo as
 * it is, in steps of 0.08 s: a share as above, in any key; 0 where less than
 * a second is voiced in both.  The arena gives scratch.
 */
int pitch_match_elsewhere(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span,
    struct arena *a, double *agreement, struct error *err) MUST_CHECK;

/*
 * The part of "span" in which the line holds: where agreeing frames outweigh
 * the others most (Kadane's maximal sum).  from_sec = to_sec when nowhere.
 */
struct pitch_match_span pitch_match_trim(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span);

/*
 * Median of cover minus original in semitones over the jointly voiced frames
 * of the span, not folded; 0 when there are none.
 */
int pitch_match_transposition(const struct pitch_match_pair *p,
    const struct time_line *l, const struct pitch_match_span *span,
    struct arena *a, double *semitones, struct error *err) MUST_CHECK;

#endif
