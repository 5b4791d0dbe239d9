/*
 * aligner -- two recordings of one work in, aligned fragments out.
 *
 * 1. Paths of high similarity between the two sequences of fingerprints
 *    (local_path.h, path_set.h).
 * 2. Each path is cut into pieces of a few seconds (pieces.h), and through the
 *    cells around each a straight line is laid (reduced major axis: the ratio
 *    of the spreads, which is the inverse when the recordings are swapped).
 * 3. The line is moved and tilted so that the pitch tracks agree best, and the
 *    ends of the path, give or take half a window, are set where they stop
 *    agreeing (pitch_match.h).
 * 4. The fragment is scored: correlation of the fingerprints along the line,
 *    and agreement of pitch over the fragment and 4 s on either side, in the
 *    key that most fragments of the two recordings share.
 * 5. Fragments that do not follow the course of the work are marked
 *    (main_line.h), and what else speaks for one is noted (evidence.h).
 *
 * Window k of a sequence covers [k * hop_sec, k * hop_sec + window_sec), so it
 * stands for the time k * hop_sec + window_sec / 2.
 */
#ifndef ALIGN_ALIGNER_H
#define ALIGN_ALIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* One recording; the arrays are borrowed. */
struct aligner_recording {
	const float *fingerprints;	/* [n_windows][n_dims], length 1 or 0 */
	size_t n_windows;
	const float *f0_hz;		/* [n_frames], 0 where unvoiced */
	size_t n_frames;
	double f0_hop_sec;		/* > 0 */
	double duration_sec;		/* fragments lie within it */
};

struct aligner_options {
	size_t n_dims;			/* of a fingerprint */
	double window_sec, hop_sec;	/* of both recordings, > 0 */
	double threshold;		/* of the similarity, 0..1 */
	double min_sec, max_sec;	/* of a fragment, in the original */
	double min_tempo_ratio, max_tempo_ratio;
	double shift_sec;		/* how far pitch may move a fragment */
	/* What fragment_decide compares with. */
	double keep, flag;		/* correlation */
	double keep_agreement, flag_agreement;
	double repeat_agreement;	/* for keeping repeats */
};

/* The defaults, for everything but n_dims, window_sec and hop_sec. */
void aligner_options_init(struct aligner_options *o);

struct aligner_fragment {
	double original_from_sec, original_to_sec;
	double from_sec, to_sec;	/* in the cover */
	double tempo_ratio;		/* cover seconds per original second */
	double correlation;		/* 0..1 */
	double agreement;		/* 0..1 */
	double transposition_semitones;	/* cover minus original */
	bool is_repeat;			/* off the main line: main_line.h */
	double voiced_sec, margin;	/* evidence.h */
};

/*
 * Find the fragments, in the order of their beginnings in the original.
 * *fragments is arena memory.
 */
int aligner_run(const struct aligner_recording *original,
    const struct aligner_recording *cover, const struct aligner_options *o,
    struct arena *a, struct aligner_fragment **fragments,
    size_t *n_fragments, struct error *err) MUST_CHECK;

enum aligner_decision { ALIGNER_DROP, ALIGNER_FLAG, ALIGNER_KEEP };

/*
 * Keep what has at least both the correlation and the agreement for keeping,
 * repeats the higher one; of the rest, flag what has both for flagging, for
 * people to look at; drop the others.
 */
enum aligner_decision aligner_decide(const struct aligner_fragment *f,
    const struct aligner_options *o);

/* "keep", "flag" or "drop". */
const char *aligner_decision_name(enum aligner_decision d);

#endif
