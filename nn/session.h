/*
 * session -- a graph ready to run forward for batches of a fixed size.
 *
 * One session belongs to one thread and computes on that thread alone; graph
 * and weights are shared and stay unchanged while it lives.  oneDNN computes
 * the convolutions and dense layers.
 */
#ifndef NN_SESSION_H
#define NN_SESSION_H

#include <stddef.h>

#include "base/error.h"

#include "nn/graph.h"
#include "nn/weights.h"

struct session;

/* Keeps references to g and w until session_free. */
struct session *session_new(const struct graph *g, const struct weights *w,
    size_t max_items, struct error *err) MUST_CHECK;
void session_free(struct session *s);

/*
 * Run 1..max_items items.  inputs[i] is [n_items][h][w][c] of graph input i,
 * outputs[i] likewise.  The result of an item does not depend on the others
 * nor on n_items.
 */
int session_run(struct session *s, size_t n_items, const float *const *inputs,
    float *const *outputs, struct error *err) MUST_CHECK;

#endif
