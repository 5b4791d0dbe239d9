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
 * The weights maximise the probability of the right work, exp(-cost) over the
 * sum of all works', on made-up hums (recipes/ranking.sh); so the same
 * quotient is the probability of an answer.
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
