/*
 * rounds -- what each turn of the loop was made from, did and measured.
 *
 * A round is opened with its key, its steps are noted as they are done, and
 * it is closed with its models and scores.  A process that finds a round of
 * its key open goes on with it; the steps say where its files are, and
 * inspect_verify holds them to it.
 */
#ifndef STORE_ROUNDS_H
#define STORE_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "store/catalogue.h"

/*
 * Open the round "number" under the key, in a transaction of the caller.
 * One that is open under this key stays; one that is open under another key
 * was made from other inputs and is forgotten, with the fragments it found;
 * those that somebody has reviewed stay without a round.
 */
int rounds_open(struct catalogue *c, const char *key, size_t number,
    const char *settings, const char *model_in, struct error *err)
    MUST_CHECK;

/* Close it; the models are SHA-256 of known ones. */
int rounds_close(struct catalogue *c, const char *key, const char *model_new,
    const char *model_out, const char *reason, struct error *err) MUST_CHECK;

/* How a round that is done ended; texts are arena memory or NULL. */
struct rounds_result {
	const char *key;
	const char *settings;
	const char *model_in, *model_new, *model_out;
	const char *model_out_path;
	const char *reason;
};

/*
 * *found is false when no round of the number is done; of several, which only
 * a merge brings about, the first by its key counts.
 */
int rounds_find(struct catalogue *c, size_t number, struct arena *a,
    struct rounds_result *result, bool *found, struct error *err) MUST_CHECK;

struct rounds_step {
	const char *name;
	const char *key;
	const char *path;
	const char *sha256;
};

/* Note a step as done; one of the same name is replaced. */
int rounds_put_step(struct catalogue *c, const char *round_key,
    const struct rounds_step *step, struct error *err) MUST_CHECK;

/*
 * The path of a step's file, arena memory; NULL in *path when the round has no
 * such step.
 */
int rounds_find_step(struct catalogue *c, const char *round_key,
    const char *name, struct arena *a, const char **path, struct error *err)
    MUST_CHECK;

struct rounds_score {
	const char *subject;		/* SHA-256 of a model, or "fragments" */
	const char *measure;
	double value;
	bool has_interval;
	double low, high;
	size_t n;
};

int rounds_put_score(struct catalogue *c, const char *round_key,
    const struct rounds_score *score, struct error *err) MUST_CHECK;

/* *found is false when it was not measured; subject and measure are kept. */
int rounds_find_score(struct catalogue *c, const char *round_key,
    struct rounds_score *score, bool *found, struct error *err) MUST_CHECK;

/* Fragments of the round by decision: "keep", "flag", "drop". */
int rounds_count_fragments(struct catalogue *c, const char *round_key,
    const char *decision, size_t *n, struct error *err) MUST_CHECK;

/*
 * Rounds as objects for people and programs: {number, state, key, model_in,
 * model_new, model_out, reason, settings, scores: [...]}.
 */
int rounds_each(struct catalogue *c,
    int (*each)(void *context, struct json *round, struct error *err),
    void *context, struct error *err) MUST_CHECK;

#endif
