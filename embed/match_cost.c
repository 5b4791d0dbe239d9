#include <math.h>

#include "embed/match_cost.h"

#define PLACE_VALUES 6		/* tenths of a second that are one place */

#define SCORE_ALONE 30.0

static const double coarse[MATCH_COST_N_PARTS] = { 12, 4, -12, 0, 0 };
static const double fine[MATCH_COST_N_PARTS] = { 9, 5, -12, 6, -8 };

void
match_cost_parts(const struct melody_match *m, double score,
    double parts[MATCH_COST_N_PARTS])
{
	parts[MATCH_COST_DISTANCE] = m->distance;
	parts[MATCH_COST_TEMPO] = fabs(log(m->tempo_ratio));
	parts[MATCH_COST_SCORE] = score;
	parts[MATCH_COST_DRIFT] = m->drift;
	parts[MATCH_COST_MOTION] = m->motion;
}

double
match_cost_prior(const struct melody_match *m, size_t n_values,
    double beginning)
{
	const double n_places = fmax(1, (double)n_values / PLACE_VALUES);
	const double elsewhere = (1 - beginning) / n_places;

	/* Not even when all hums are said to begin there, never. */
	return log(fmax(elsewhere + (m->is_beginning ? beginning : 0),
	    1e-9));
}

double
match_cost(const struct melody_match *m, double score, size_t n_values,
    double beginning)
{
	const double *weights = m->is_warped ? fine : coarse;
	double parts[MATCH_COST_N_PARTS];
	double cost = -match_cost_prior(m, n_values, beginning);

	match_cost_parts(m, score, parts);
	for (size_t i = 0; i < MATCH_COST_N_PARTS; i++)
		cost += weights[i] * parts[i];
	return cost;
}

double
match_cost_of_score(double score)
{
	return -SCORE_ALONE * score;
}
