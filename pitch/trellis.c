#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "pitch/trellis.h"

struct trellis *
trellis_new(size_t n_states, size_t n_values, struct error *err)
{
	struct trellis *t;

	if (n_states < 1 || n_states > TRELLIS_MAX_STATES) {
		error_set(err, ERROR_BUG, "a path over %zu states", n_states);
		return NULL;
	}
	t = memory_new(1, sizeof(*t), "path", err);
	if (t == NULL)
		return NULL;
	t->n_states = n_states;
	t->n_values = n_values;
	t->score = memory_new(n_states, sizeof(*t->score), "scores", err);
	t->next_score = memory_new(n_states, sizeof(*t->next_score),
	    "scores", err);
	t->values = memory_new(TRELLIS_WINDOW * n_values, sizeof(*t->values),
	    "frames of a path", err);
	t->from = memory_new(TRELLIS_WINDOW * n_states, sizeof(*t->from),
	    "paths", err);
	if (t->score == NULL || t->next_score == NULL || t->values == NULL ||
	    t->from == NULL) {
		trellis_free(t);
		return NULL;
	}
	return t;
}

void
trellis_free(struct trellis *t)
{
	if (t == NULL)
		return;
	memory_free(t->score);
	memory_free(t->next_score);
	memory_free(t->values);
	memory_free(t->from);
	memory_free(t);
}

void
trellis_reset(struct trellis *t, const struct trellis_sink *sink)
{
	t->sink = *sink;
	t->n_held = 0;
	t->has_begun = false;
	memset(t->score, 0, t->n_states * sizeof(*t->score));
}

/* Hand out frames 0..last, the path being in "state" at frame "last". */
static void
release_frames(struct trellis *t, size_t last, size_t state)
{
	const size_t n = last + 1, n_left = t->n_held - n;
	int16_t path[TRELLIS_WINDOW];

	for (size_t k = n; k-- > 0;) {
		path[k] = (int16_t)state;
		state = (size_t)t->from[k * t->n_states + state];
	}
	for (size_t k = 0; k < n; k++)
		t->sink.put(t->sink.context, t->values + k * t->n_values,
		    (size_t)path[k]);
	memmove(t->values, t->values + n * t->n_values,
	    n_left * t->n_values * sizeof(*t->values));
	memmove(t->from, t->from + n * t->n_states,
	    n_left * t->n_states * sizeof(*t->from));
	t->n_held = n_left;
}

/* The first of the best states. */
static size_t
best_state(const struct trellis *t)
{
	size_t best = 0;

	for (size_t j = 1; j < t->n_states; j++)
		if (t->score[j] > t->score[best])
			best = j;
	return best;
}

/* The window is full: let go of what is certain, or else of the older half. */
static void
make_room(struct trellis *t)
{
	bool is_ancestor[TRELLIS_MAX_STATES], is_before[TRELLIS_MAX_STATES];
	size_t state = best_state(t);

	memset(is_ancestor, 1, sizeof(is_ancestor));
	for (size_t k = t->n_held; k-- > 0;) {
		const int16_t *from = t->from + k * t->n_states;
		size_t n_ancestors = 0;

		for (size_t j = 0; j < t->n_states; j++)
			n_ancestors += is_ancestor[j];
		if (n_ancestors == 1 || k == TRELLIS_WINDOW / 2 - 1) {
			release_frames(t, k, state);
			return;
		}
		memset(is_before, 0, sizeof(is_before));
		for (size_t j = 0; j < t->n_states; j++)
			if (is_ancestor[j])
				is_before[from[j]] = true;
		memcpy(is_ancestor, is_before, sizeof(is_ancestor));
		state = (size_t)from[state];
	}
}

int16_t *
trellis_put(struct trellis *t, const float *values)
{
	const double top = t->score[best_state(t)];
	int16_t *from;

	if (t->n_held == TRELLIS_WINDOW)
		make_room(t);
	for (size_t j = 0; j < t->n_states; j++)
		t->score[j] -= top;
	memcpy(t->values + t->n_held * t->n_values, values,
	    t->n_values * sizeof(*values));
	from = t->from + t->n_held * t->n_states;
	memset(from, 0, t->n_states * sizeof(*from));
	t->is_first = !t->has_begun;
	t->has_begun = true;
	t->n_held++;
	return from;
}

void
trellis_advance(struct trellis *t)
{
	if (!t->is_first)
		memcpy(t->score, t->next_score,
		    t->n_states * sizeof(*t->score));
}

void
trellis_end(struct trellis *t)
{
	if (t->n_held > 0)
		release_frames(t, t->n_held - 1, best_state(t));
}
