/*
 * logistic -- the probability of yes, from a few numbers.
 *
 * Logistic regression on standardised features with an L2 penalty, fitted by
 * Newton's method (iteratively reweighted least squares: Hastie, Tibshirani
 * and Friedman, "The Elements of Statistical Learning", 2009, 4.4.1), steps
 * being halved until they help.  The penalty leaves the bias alone.  Nothing is
 * random: the same points give the same model.
 */
#ifndef NN_LOGISTIC_H
#define NN_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define LOGISTIC_MAX_FEATURES 16

struct logistic {
	size_t n_features;
	double mean[LOGISTIC_MAX_FEATURES];
	double scale[LOGISTIC_MAX_FEATURES];	/* spread, > 0 */
	double weights[LOGISTIC_MAX_FEATURES];	/* of standardised features */
	double bias;
};

/*
 * x: [n][n_features], finite.  is_yes: [n].  l2: of half the squared weights,
 * > 0.  ERROR_LIMIT when there are no points of one kind.
 */
int logistic_fit(struct logistic *m, const double *x, const bool *is_yes,
    size_t n, size_t n_features, double l2, struct error *err) MUST_CHECK;

/* x: [n_features].  0..1. */
double logistic_probability(const struct logistic *m, const double *x);

/* How far probabilities can be believed. */
struct logistic_score {
	double brier;		/* mean square of what they are off */
	double ece;		/* of bins of the same number of points */
};

#define LOGISTIC_N_BINS 10

/*
 * The expected calibration error is the mean over points of how far the mean
 * probability of a bin is from its share of yes (Guo et al., "On calibration
 * of modern neural networks", 2017, with bins of the same mass: Nguyen and
 * O'Connor, 2015).  p: [n], is_yes: [n], n > 0; both are left as they are.
 */
int logistic_judge(const double *p, const bool *is_yes, size_t n,
    struct logistic_score *score, struct error *err) MUST_CHECK;

#endif
