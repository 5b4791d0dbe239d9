/*
 * plan -- a graph as steps for a fixed number of items, forward alone or
 * forward and backward.  Norms are folded into the convolutions before them
 * when only running forward, ReLUs into what stands before them.
 *
 * A plan is const while steps run and shared by the threads that run them.
 */
#ifndef NN_PLAN_H
#define NN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "nn/engine.h"
#include "nn/graph.h"
#include "nn/step.h"
#include "nn/weights.h"

struct plan {
	const struct graph *graph;
	size_t n_items;
	bool is_training;
	struct engine engine;
	struct step *steps;
	size_t n_steps;
	size_t scratch_bytes;		/* the most a step wants */
	/*
	 * The value that holds the value of a node; differs when the node was
	 * fused into another or does nothing.
	 */
	size_t source[GRAPH_MAX_NODES];
};

/* Keeps references to g and w until plan_free. */
struct plan *plan_new(const struct graph *g, const struct weights *w,
    size_t n_items, bool is_training, struct error *err) MUST_CHECK;
void plan_free(struct plan *p);

/* Take over the weights' values; again after each change of them. */
int plan_load(const struct plan *p, struct error *err) MUST_CHECK;
/* The same of one step. */
int plan_load_step(const struct plan *p, size_t i, struct error *err)
    MUST_CHECK;

/* Bytes of a value, all items. */
size_t plan_value_bytes(const struct plan *p, size_t value);

/* The last step that reads the value; n_steps for an output. */
size_t plan_last_use(const struct plan *p, size_t value);

#endif
