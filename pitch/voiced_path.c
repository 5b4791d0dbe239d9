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

/* State "to" is reached from state "from" where that is better. */
static inline void
step(struct voiced_path *v, size_t from, size_t to)
{
	const double by_step = v->moved[from] - v->costs.step;
	const bool is_better = by_step > v->moved[to];

	v->moved[to] = is_better ? by_step : v->moved[to];
	v->origin[to] = is_better ? v->origin[from] : v->origin[to];
}

/* The first of the best of n scores. */
static size_t
best_of(const double *score, size_t n)
{
	size_t best = 0;

	for (size_t j = 1; j < n; j++)
		if (score[j] > score[best])
			best = j;
	return best;
}

/* Any state of the n from "first" on may be reached by a jump. */
static void
jump(struct voiced_path *v, size_t first)
{
	const double *score = v->trellis->score + first;
	const size_t best = best_of(score, v->n_bins);
	const double by_jump = score[best] - v->costs.jump;

	for (size_t j = first; j < first + v->n_bins; j++) {
		const bool is_better = by_jump > v->moved[j];

		v->moved[j] = is_better ? by_jump : v->moved[j];
		v->origin[j] = is_better ? (int16_t)(first + best) :
		    v->origin[j];
	}
}

/*
 * The best score of reaching each state by a move among those with a voice,
 * or among those without, and from where: a pass up, a pass down, and the
 * jump.  Both kinds go in turn, so that neither waits for the other.
 */
static void
move(struct voiced_path *v)
{
	const size_t n = v->n_bins;

	for (size_t j = 0; j < 2 * n; j++) {
		v->moved[j] = v->trellis->score[j];
		v->origin[j] = (int16_t)j;
	}
	for (size_t j = 1; j < n; j++) {
		step(v, j - 1, j);
		step(v, n + j - 1, n + j);
	}
	for (size_t j = n - 1; j-- > 0;) {
		step(v, j + 1, j);
		step(v, n + j + 1, n + j);
	}
	jump(v, 0);
	jump(v, n);
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
		move(v);
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
