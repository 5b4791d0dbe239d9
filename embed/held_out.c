#include <string.h>

#include "base/memory.h"
#include "base/random.h"

#include "nn/blas.h"
#include "nn/session.h"

#include "embed/window_maker.h"

#include "embed/held_out.h"

#define SEED 20231201		/* of the made-up tunes; never trained on */
#define MAX_WINDOWS 5000
#define BATCH 16

/* Windows 0 .. n_queries - 1 are queries, the same number of originals
 * follows, then the distractors. */
struct held_out {
	size_t n_queries, n_windows;
	size_t image_size;
	float *images;		/* [n_windows][image_size] */
	size_t *work;		/* [n_windows] */
};

/* One run of the network over all windows. */
struct run {
	const struct held_out *h;
	struct session **sessions;	/* one a thread */
	float *fingerprints;		/* [n_windows][dimension] */
	size_t dimension;
};

/* What tunes look like to the validation, whatever the recipe trains on. */
static int
tune_options(const struct image_kind *kind, struct window_maker_options *o,
    struct error *err)
{
	struct json *nothing = json_new_object(err);
	int status;

	if (nothing == NULL)
		return -1;
	status = window_maker_options_read(nothing, kind, o, err);
	json_free(nothing);
	if (status != 0)
		return -1;
	o->weights[WINDOW_MAKER_TUNES] = 1;
	return 0;
}

/* Put two windows of a group in the places of a query and its original. */
static void
place_pair(struct held_out *h, size_t query, const float *images, size_t work)
{
	const size_t size = h->image_size;

	memcpy(h->images + query * size, images + size,
	    size * sizeof(*images));
	memcpy(h->images + (h->n_queries + query) * size, images,
	    size * sizeof(*images));
	h->work[query] = h->work[h->n_queries + query] = work;
}

/* Tunes in place of held-out pairs, and as distractors. */
static int
make_tunes(struct held_out *h, struct window_maker *m, bool wants_queries,
    float *images, struct error *err)
{
	const size_t first = wants_queries ? 0 : h->n_queries;
	const size_t n_distractors = h->n_windows - 2 * h->n_queries;
	const size_t size = h->image_size;

	for (size_t i = first; i < h->n_queries + n_distractors; i++) {
		struct random r;
		size_t work;

		random_init_keyed(&r, SEED, 0, i);
		if (window_maker_draw(m, &r, 2, images, &work, err) != 0)
			return -1;
		if (i < h->n_queries) {
			place_pair(h, i, images, work);
			continue;
		}
		memcpy(h->images + (i + h->n_queries) * size, images,
		    size * sizeof(*images));
		h->work[i + h->n_queries] = work;
	}
	return 0;
}

/* Room for so many windows. */
static struct held_out *
held_out_start(size_t n_queries, size_t n_distractors, size_t image_size,
    struct error *err)
{
	struct held_out *h = memory_new(1, sizeof(*h), "held-out set", err);

	if (h == NULL)
		return NULL;
	h->n_queries = n_queries;
	h->n_windows = 2 * n_queries + n_distractors;
	h->image_size = image_size;
	h->images = memory_new(h->n_windows * h->image_size,
	    sizeof(*h->images), "pixels", err);
	h->work = memory_new(h->n_windows, sizeof(*h->work), "windows", err);
	if (h->images == NULL || h->work == NULL) {
		held_out_free(h);
		return NULL;
	}
	return h;
}

static int
read_size(const struct json *recipe, const char *path, size_t fallback,
    size_t *value, struct error *err)
{
	if (json_get_size(recipe, path, fallback, value, err) != 0)
		return -1;
	if (*value > MAX_WINDOWS)
		return error_set(err, ERROR_LIMIT, "%s is %zu: expected 0 to "
		    "%d", path, *value, MAX_WINDOWS);
	return 0;
}

/* Fill the queries with the set's pairs; unvoiced ones are left out. */
static void
take_pairs(struct held_out *h, struct window_maker *m,
    const struct training_set *set, float *images)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_pairs && n < h->n_queries; i++)
		if (window_maker_take_pair(m, &set->pairs[i], images))
			place_pair(h, n++, images, set->pairs[i].work);
	/* What is left repeats: each counts, none is empty. */
	for (size_t i = n; n > 0 && i < h->n_queries; i++) {
		const size_t size = h->image_size;

		memcpy(images, h->images + (h->n_queries + i % n) * size,
		    size * sizeof(*images));
		memcpy(images + size, h->images + (i % n) * size,
		    size * sizeof(*images));
		place_pair(h, i, images, h->work[i % n]);
	}
}

struct held_out *
held_out_new(const struct json *recipe, const struct training_set *set,
    size_t n_columns, struct error *err)
{
	const size_t size = set->kind->n_image_bins * n_columns;
	struct window_maker_options o;
	struct window_maker *m = NULL;
	struct held_out *h = NULL;
	size_t n_queries, n_distractors;
	float *images = NULL;
	int status = -1;

	if (read_size(recipe, "validation.queries", 200, &n_queries,
	    err) != 0 ||
	    read_size(recipe, "validation.distractors", 500, &n_distractors,
	    err) != 0 ||
	    tune_options(set->kind, &o, err) != 0)
		return NULL;
	/* Tunes are sung as activations, and as nothing else. */
	if (!set->kind->is_tracked)
		n_queries = n_distractors = 0;
	if (set->n_pairs > 0)
		n_queries = set->n_pairs < MAX_WINDOWS ? set->n_pairs :
		    MAX_WINDOWS;
	h = held_out_start(n_queries, n_distractors, size, err);
	m = window_maker_new(set, &o, n_columns, err);
	images = memory_new(2 * size, sizeof(*images), "pixels", err);
	if (h != NULL && m != NULL && images != NULL) {
		if (set->n_pairs > 0)
			take_pairs(h, m, set, images);
		status = make_tunes(h, m, set->n_pairs == 0, images, err);
	}
	memory_free(images);
	window_maker_free(m);
	if (status != 0) {
		held_out_free(h);
		return NULL;
	}
	return h;
}

void
held_out_free(struct held_out *h)
{
	if (h == NULL)
		return;
	memory_free(h->images);
	memory_free(h->work);
	memory_free(h);
}

static int
embed_batch(void *shared, size_t task, size_t thread, struct error *err)
{
	const struct run *run = shared;
	const size_t first = task * BATCH;
	const size_t left = run->h->n_windows - first;
	const float *inputs[1] = { run->h->images +
	    first * run->h->image_size };
	float *outputs[1] = { run->fingerprints + first * run->dimension };

	return session_run(run->sessions[thread], left < BATCH ? left : BATCH,
	    inputs, outputs, err);
}

/* Embed all windows into run->fingerprints. */
static int
embed_all(struct run *run, const struct graph *g, const struct weights *w,
    struct pool *pool, struct error *err)
{
	const size_t n = pool_n_threads(pool);
	int status = -1;

	run->sessions = memory_new(n, sizeof(*run->sessions), "sessions", err);
	if (run->sessions == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((run->sessions[i] = session_new(g, w, BATCH, err)) == NULL)
			goto out;
	status = pool_run(pool, (run->h->n_windows + BATCH - 1) / BATCH,
	    embed_batch, run, err);
out:
	for (size_t i = 0; i < n; i++)
		session_free(run->sessions[i]);
	memory_free(run->sessions);
	return status;
}

/* Is the query's own work among the HELD_OUT_TOP closest others? */
static bool
is_hit(const struct held_out *h, size_t query, const float *similarity)
{
	const size_t n = h->n_windows - h->n_queries;
	const size_t *work = h->work + h->n_queries;
	float own = -2;
	size_t n_better = 0;

	for (size_t i = 0; i < n; i++)
		if (work[i] == h->work[query] && similarity[i] > own)
			own = similarity[i];
	for (size_t i = 0; i < n; i++)
		if (work[i] != h->work[query] && similarity[i] >= own)
			n_better++;
	return n_better < HELD_OUT_TOP;
}

int
held_out_score(const struct held_out *h, const struct graph *g,
    const struct weights *w, struct pool *pool, double *score,
    struct error *err)
{
	struct run run = { .h = h, .dimension = graph_output_shape(g, 0).c };
	const size_t n = h->n_windows - h->n_queries;
	float *similarity = NULL;
	size_t n_hits = 0;
	int status = -1;

	*score = 0;
	if (h->n_queries == 0)
		return 0;
	run.fingerprints = memory_new(h->n_windows * run.dimension,
	    sizeof(*run.fingerprints), "fingerprint values", err);
	similarity = memory_new(h->n_queries * n, sizeof(*similarity),
	    "similarities", err);
	if (run.fingerprints != NULL && similarity != NULL &&
	    embed_all(&run, g, w, pool, err) == 0) {
		const struct blas_matrix queries = { run.fingerprints,
		    run.dimension, false };
		const struct blas_matrix others = { run.fingerprints +
		    h->n_queries * run.dimension, run.dimension, true };

		status = blas_multiply(h->n_queries, n, run.dimension, 1,
		    &queries, &others, 0, similarity, n, err);
	}
	for (size_t i = 0; i < h->n_queries && status == 0; i++)
		n_hits += is_hit(h, i, similarity + i * n);
	*score = (double)n_hits / (double)h->n_queries;
	memory_free(similarity);
	memory_free(run.fingerprints);
	return status;
}
