/*
 * match_cost -- how unlikely it is that a hum is of a work, all things
 * considered.
 *
 * A work's cost is the negative logarithm, but for a constant, of
 *
 *	likelihood	a log-linear function of what was measured: distance,
 *			tempo, drift, motion (embed/melody_match.h) and the
 *			score of the fingerprints (embed/retrieval.h)
 *	prior		of the place: some hums begin where the melody does,
 *			the others anywhere.  So a long song, which has more
 *			places to be alike by chance, must be more alike
 *
 * The probability of an answer is exp(-cost) over the sum of all works'.
 *
 * Weights that maximise that of the right work on made-up hums come from
 * recipes/ranking.sh, but they trust the score too much (-30): the encoder has
 * learned from singers made up in the same way.  On hand-labelled pitch of 159
 * singers of MIR-QBSH, none of them among those of tests/real/qbsh.sh, a fit of
 * what is measured by pitch gives 4 to 9, 5, 6 and -4 to -8.  The weights in
 * use lie between the two, rounded; the order hardly depends on them.
 */
#ifndef EMBED_MATCH_COST_H
#define EMBED_MATCH_COST_H

#include <stddef.h>

#include "embed/melody_match.h"

/* Share of hums that begin where the melody does; a guess, not fitted. */
#define MATCH_COST_BEGINNING 0.2

/* What a cost is made of, in the order of the weights. */
enum match_cost_part {
	MATCH_COST_DISTANCE, MATCH_COST_TEMPO, MATCH_COST_SCORE,
	MATCH_COST_DRIFT, MATCH_COST_MOTION, MATCH_COST_N_PARTS
};

/* score: of the fingerprints, -1..1. */
void match_cost_parts(const struct melody_match *m, double score,
    double parts[MATCH_COST_N_PARTS]);

/*
 * Natural logarithm of the prior; n_values: of the song's melody line;
 * beginning: the share, 0..1, of hums that begin where the melody does.
 */
double match_cost_prior(const struct melody_match *m, size_t n_values,
    double beginning);

/*
 * In nats.  Costs of matches that are warped and of those that are not must
 * not be compared with each other.
 */
double match_cost(const struct melody_match *m, double score,
    size_t n_values, double beginning);

/* The same where nothing but the fingerprints was compared. */
double match_cost_of_score(double score);

#endif
