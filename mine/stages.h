/*
 * stages -- the other commands, as a round runs them.
 *
 * Each makes one file (mine/steps.h) unless it is there, and notes it.  The
 * key of a file is made of what it depends on: the command and its options,
 * the SHA-256 of its input, of its model and of its recipe.
 */
#ifndef MINE_STAGES_H
#define MINE_STAGES_H

#include <stdbool.h>

#include "base/error.h"

#include "mine/lists.h"
#include "mine/round_options.h"
#include "mine/steps.h"

struct stages_model {
	const char *path;
	const char *sha256;
};

/* What makes probabilities of scores (align/calibration.h). */
struct stages_calibration {
	const char *path;		/* NULL: none */
	const char *sha256;		/* of the file, "" then */
};

/*
 * Decode, separate and track: the list's records with their pitch, and with
 * their CQT where o wants it.  name: of the step.  Records that have all that
 * already come first.
 */
int stages_analyse(const struct steps *s, const struct round_options *o,
    const char *name, const struct lists_file *list, struct steps_file *f,
    struct error *err) MUST_CHECK;

/*
 * The same of labelled hums, and of n_distorted copies of each of them that is
 * there as sound, each as another poor recorder would have made it.
 */
int stages_analyse_hums(const struct steps *s, const struct round_options *o,
    const struct lists_file *list, struct steps_file *f, struct error *err)
    MUST_CHECK;

/* Fingerprints of all records of "in"; as queries when they are hums. */
int stages_embed(const struct steps *s, const char *name,
    const struct stages_model *model, const struct steps_file *in,
    bool is_query, struct steps_file *f, struct error *err) MUST_CHECK;

/*
 * Aligned fragments of all groups, with probabilities where the calibration
 * speaks of the model.
 */
int stages_align(const struct steps *s, const char *name,
    const struct round_thresholds *t,
    const struct stages_calibration *calibration,
    const struct steps_file *embedded, struct steps_file *f,
    struct error *err) MUST_CHECK;

/* A record for each pair, to learn from which share a work; in: a manifest. */
int stages_pairs(const struct steps *s, const char *name, const char *in_path,
    const char *in_sha256, struct steps_file *f, struct error *err)
    MUST_CHECK;

/* The calibration that fits best to what was found of the truth. */
int stages_calibrate(const struct steps *s,
    const struct steps_file *const *found, size_t n_found,
    const struct steps_file *truth, struct steps_file *f, struct error *err)
    MUST_CHECK;

/* Say of each fragment whether it is right: its record with "is_right". */
int stages_check(const struct steps *s, const char *name,
    const struct steps_file *fragments, const struct steps_file *truth,
    struct steps_file *f, struct error *err) MUST_CHECK;

/* A model of the training pairs. */
int stages_train(const struct steps *s, const struct round_options *o,
    const char *recipe_sha256, const struct lists_file *pairs,
    struct steps_file *f, struct error *err) MUST_CHECK;

/* Rank the songs for every hum: the scores as JSON, and the rank of each. */
int stages_search(const struct steps *s, const struct round_options *o,
    const char *name, const struct steps_file *queries,
    const struct steps_file *database, struct steps_file *f,
    struct error *err) MUST_CHECK;

/* Compare fragments with the truth of the recordings: scores as JSON. */
int stages_score(const struct steps *s, const struct round_options *o,
    const struct lists_file *fragments, const struct lists_file *truth,
    struct steps_file *f, struct error *err) MUST_CHECK;

#endif
