#include <stdbool.h>

#include "base/memory.h"

#include "embed/segment_nce.h"

/* The bags, and where their maxima lie. */
struct bags {
	size_t n;
	size_t *group, *work;	/* [n] */
	size_t *place;		/* [n][n]: of the similarity among windows */
	struct batch_pairs pairs;
};

static void
release(struct bags *b)
{
	memory_free(b->group);
	memory_free(b->work);
	memory_free(b->place);
	batch_pairs_release(&b->pairs);
}

static int
init(struct bags *b, const struct batch_pairs *p, const size_t *bag,
    struct error *err)
{
	for (size_t i = 0; i < p->n; i++)
		if (bag[i] >= b->n)
			b->n = bag[i] + 1;
	b->group = memory_new(b->n, sizeof(*b->group), "bags", err);
	b->work = memory_new(b->n, sizeof(*b->work), "bags", err);
	b->place = memory_new(b->n * b->n, sizeof(*b->place), "bags", err);
	if (b->group == NULL || b->work == NULL || b->place == NULL)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		b->group[bag[i]] = p->group[i];
		b->work[bag[i]] = p->work[i];
	}
	return batch_pairs_init_empty(&b->pairs, b->n, b->group, b->work,
	    err);
}

/* The most similar windows of each two bags; the first of equals. */
static void
find_maxima(struct bags *b, const struct batch_pairs *p, const size_t *bag)
{
	for (size_t i = 0; i < b->n * b->n; i++)
		b->place[i] = p->n * p->n;
	for (size_t i = 0; i < p->n * p->n; i++) {
		const size_t at = bag[i / p->n] * b->n + bag[i % p->n];

		if (b->place[at] < p->n * p->n &&
		    p->similarity[i] <= p->similarity[b->place[at]])
			continue;
		b->place[at] = i;
		b->pairs.similarity[at] = p->similarity[i];
	}
}

int
segment_nce_add(const struct ntxent_options *o, const size_t *bag,
    struct batch_pairs *p, double *sum, size_t *n_pairs, struct error *err)
{
	struct bags b = { .n = 0 };
	int status = -1;

	if (init(&b, p, bag, err) != 0)
		goto out;
	find_maxima(&b, p, bag);
	*n_pairs = ntxent_add(o, &b.pairs, sum);
	for (size_t i = 0; i < b.n * b.n; i++)
		if (b.place[i] < p->n * p->n)
			p->slopes[b.place[i]] += b.pairs.slopes[i];
	status = 0;
out:
	release(&b);
	return status;
}
