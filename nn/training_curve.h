/*
 * training_curve -- the CSV file of a training run, a line a step:
 * step,loss,learning_rate,gradient_norm,score; the score is empty where it
 * was not taken.  A run that goes on keeps the lines before it, so that the
 * file ends the same as without the stop.
 */
#ifndef NN_TRAINING_CURVE_H
#define NN_TRAINING_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "nn/training.h"

struct training_curve;

struct training_curve *training_curve_open(const char *path,
    uint64_t first_step, struct error *err) MUST_CHECK;
int training_curve_add(struct training_curve *c,
    const struct training_report *r, struct error *err) MUST_CHECK;
/* training_curve_close(NULL) is 0. */
int training_curve_close(struct training_curve *c, struct error *err)
    MUST_CHECK;

/* For a picture.  Arena memory. */
struct training_points {
	size_t n_losses;
	double *loss_step, *loss;	/* means over equal parts of the run */
	size_t n_scores;
	double *score_step, *score;
};

/* Read a curve's file; at most max_points losses.  A broken line ends it. */
int training_curve_read(const char *path, size_t max_points, struct arena *a,
    struct training_points *points, struct error *err) MUST_CHECK;

#endif
