/*
 * training_curve -- the CSV file of a training run, a line a step:
 * step,loss,learning_rate,gradient_norm,score; the score is empty where it
 * was not taken.  A run that goes on keeps the lines before it, so that the
 * file ends the same as without the stop.
 */
#ifndef NN_TRAINING_CURVE_H
#define NN_TRAINING_CURVE_H

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

#endif
