#include "base/memory.h"

#include "pitch/trellis.h"
#include "pitch/voiced_path.h"

/* States 0..n_bins - 1 have a voice, those n_bins later have none. */
struct voiced_path {
	size_t n_bins;
	struct voiced_path_costs costs;
	struct trellis *trellis;
	double moved[2 * VOICED_PATH_MAX_BINS];	/* best score after a move */
	int16_t origin[2 * VOICED_PATH_MAX_BINS];	/* where it came from */
	struct voiced_path_sink sink;
};

struct voiced_path *
voiced_path_new(size_t n_bins, size_t n_values,
    const struct voiced_path_costs *costs, struct error *err)
{
	struct voiced_path *v;

	if (n_bins < 1 || n_bins > VOICED_PATH_MAX_BINS) {
		error_set(err, ERROR_BUG, "a path over %zu bins", n_bins);
		return NULL;
	}
	v = memory_new(1, sizeof(*v), "path", err);
	if (v == NULL)
		return NULL;
	v->n_bins = n_bins;
	v->costs = *costs;
	v->trellis = trellis_new(2 * n_bins, n_values, err);
	if (v->trellis == NULL) {
		voiced_path_free(v);
		return NULL;
	}
	return v;
}

void
voiced_path_free(struct voiced_path *v)
{
	if (v == NULL)
		return;
	trellis_free(v->trellis);
	memory_free(v);
}

static void
put_state(void *path, const float *values, size_t state)
{
	const struct voiced_path *v = path;

	v->sink.put(v->sink.context, values, state % v->n_bins,
	    state < v->n_bins);
}

void
voiced_path_reset(struct voiced_path *v, const struct voiced_path_sink *sink)
{
	const struct trellis_sink put = { put_state, v };

	v->sink = *sink;
	trellis_reset(v->trellis, &put);
}

/*
 * The best score of reaching each of the n_bins states from "first" on by a
 * move among them, and from where: a pass up, a pass down, and the jump.
 */
static void
move(struct voiced_path *v, size_t first)
{
	const double *score = v->trellis->score + first;
	const double step = v->costs.step;
	double *moved = v->moved + first;
	int16_t *origin = v->origin + first;
	size_t best = 0;
	double by_jump;

	for (size_t j = 0; j < v->n_bins; j++) {
		moved[j] = score[j];
		origin[j] = (int16_t)(first + j);
		if (score[j] > score[best])
			best = j;
		if (j > 0 && moved[j - 1] - step > moved[j]) {
			moved[j] = moved[j - 1] - step;
			origin[j] = origin[j - 1];
		}
	}
	by_jump = score[best] - v->costs.jump;
	for (size_t j = v->n_bins; j-- > 0;) {
		if (j + 1 < v->n_bins && moved[j + 1] - step > moved[j]) {
			moved[j] = moved[j + 1] - step;
			origin[j] = origin[j + 1];
		}
	}
	for (size_t j = 0; j < v->n_bins; j++) {
		if (by_jump > moved[j]) {
			moved[j] = by_jump;
			origin[j] = (int16_t)(first + best);
		}
	}
}

/* After a move the voice may set in or end. */
static void
turn(struct voiced_path *v, int16_t *from)
{
	const size_t n = v->n_bins;

	for (size_t j = 0; j < 2 * n; j++) {
		const size_t other = j < n ? j + n : j - n;
		const double by_turn = v->moved[other] - v->costs.turn;
		const bool turns = by_turn > v->moved[j];

		v->trellis->next_score[j] = turns ? by_turn : v->moved[j];
		from[j] = v->origin[turns ? other : j];
	}
}

void
voiced_path_put(struct voiced_path *v, const double *bin_cost,
    double voiced_cost, double unvoiced_cost, const float *values)
{
	struct trellis *t = v->trellis;
	int16_t *from = trellis_put(t, values);

	if (!t->is_first) {
		move(v, 0);
		move(v, v->n_bins);
		turn(v, from);
	}
	trellis_advance(t);
	for (size_t j = 0; j < v->n_bins; j++) {
		t->score[j] -= voiced_cost + bin_cost[j];
		t->score[v->n_bins + j] -= unvoiced_cost +
		    v->costs.unvoiced_share * bin_cost[j];
	}
}

void
voiced_path_end(struct voiced_path *v)
{
	trellis_end(v->trellis);
}
