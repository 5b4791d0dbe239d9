#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "synth/performance.h"

#define SHORTEST_SEC 0.1	/* of a stretch worth listing */
#define SAME_SEC 1e-6

/* Two sections with the same notes, one of each performance. */
struct pair {
	size_t original, cover;		/* numbers of their segments */
	double from_sec, to_sec;	/* of the tune */
	struct pair *next;		/* where both go on without a break */
	bool is_continued;		/* it is the next of another */
};

struct pairs {
	struct pair *items;
	size_t n_items;
};

static double
first_sec(const struct performance_segment *s)
{
	return s->points[0].tune_sec;
}

static double
last_sec(const struct performance_segment *s)
{
	return s->points[s->n_points - 1].tune_sec;
}

/* Fill *pair when the two segments share notes. */
static bool
make_pair(const struct performance_segment *original,
    const struct performance_segment *cover, struct pair *pair)
{
	pair->from_sec = fmax(first_sec(original), first_sec(cover));
	pair->to_sec = fmin(last_sec(original), last_sec(cover));
	return pair->to_sec - pair->from_sec >= SHORTEST_SEC;
}

static int
find_pairs(const struct performance *original,
    const struct performance *cover, struct arena *a, struct pairs *pairs,
    struct error *err)
{
	struct pair p = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < original->n_segments; i++)
		for (size_t k = 0; k < cover->n_segments; k++)
			n += make_pair(&original->segments[i],
			    &cover->segments[k], &p);
	pairs->items = arena_need(a, n, sizeof *pairs->items, "pairs", err);
	if (pairs->items == NULL)
		return -1;
	for (p.original = 0; p.original < original->n_segments; p.original++)
		for (p.cover = 0; p.cover < cover->n_segments; p.cover++)
			if (make_pair(&original->segments[p.original],
			    &cover->segments[p.cover], &p))
				pairs->items[pairs->n_items++] = p;
	return 0;
}

double
performance_sung_sec(const struct performance_segment *s, double tune_sec)
{
	size_t low = 0, high = s->n_points - 1;
	const struct performance_point *p;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->points[middle].tune_sec <= tune_sec)
			low = middle;
		else
			high = middle;
	}
	p = &s->points[low];
	return p[0].sung_sec + (tune_sec - p[0].tune_sec) *
	    (p[1].sung_sec - p[0].sung_sec) / (p[1].tune_sec - p[0].tune_sec);
}

/* True when segment i + 1 begins in time where segment i ends. */
static bool
is_unbroken(const struct performance *p, size_t i)
{
	const struct performance_segment *s = &p->segments[i];

	return fabs(s->points[s->n_points - 1].sung_sec -
	    s[1].points[0].sung_sec) < SAME_SEC;
}

/* Whether pair "b" carries on where pair "a" ends, in both. */
static bool
continues(const struct performance *original,
    const struct performance *cover, const struct pair *a,
    const struct pair *b)
{
	const struct performance_segment *o = &original->segments[a->original];
	const struct performance_segment *c = &cover->segments[a->cover];

	return b->original == a->original + 1 && b->cover == a->cover + 1 &&
	    is_unbroken(original, a->original) &&
	    is_unbroken(cover, a->cover) &&
	    fabs(a->to_sec - last_sec(o)) < SAME_SEC &&
	    fabs(a->to_sec - last_sec(c)) < SAME_SEC &&
	    fabs(b->from_sec - first_sec(o + 1)) < SAME_SEC &&
	    fabs(b->from_sec - first_sec(c + 1)) < SAME_SEC;
}

static void
chain_pairs(const struct performance *original,
    const struct performance *cover, struct pairs *pairs)
{
	struct pair *end = pairs->items + pairs->n_items;

	/* Pairs stand in the order of the original: look ahead one segment. */
	for (struct pair *p = pairs->items; p < end; p++)
		for (struct pair *q = p + 1; q < end &&
		    q->original <= p->original + 1; q++)
			if (continues(original, cover, p, q)) {
				p->next = q;
				q->is_continued = true;
			}
}

/* Append the point of one time of the tune. */
static void
add_point(const struct performance_segment *o,
    const struct performance_segment *c, double tune_sec,
    struct performance_segment *out)
{
	double from = performance_sung_sec(o, tune_sec);
	double to = performance_sung_sec(c, tune_sec);

	if (out->n_points > 0) {
		const struct performance_point *last =
		    &out->points[out->n_points - 1];

		if (from - last->tune_sec < SAME_SEC ||
		    to - last->sung_sec < SAME_SEC)
			return;
	}
	out->points[out->n_points++] = (struct performance_point){ from, to };
}

/* Append the points of one pair: every point of either map between its ends. */
static void
add_pair(const struct performance_segment *o,
    const struct performance_segment *c, const struct pair *p,
    struct performance_segment *out)
{
	size_t i = 0, k = 0;

	add_point(o, c, p->from_sec, out);
	while (i < o->n_points || k < c->n_points) {
		bool is_first = k == c->n_points || (i < o->n_points &&
		    o->points[i].tune_sec <= c->points[k].tune_sec);
		double sec = is_first ? o->points[i++].tune_sec :
		    c->points[k++].tune_sec;

		if (sec > p->from_sec && sec < p->to_sec - SAME_SEC)
			add_point(o, c, sec, out);
	}
	add_point(o, c, p->to_sec, out);
}

static int
join_chain(const struct performance *original,
    const struct performance *cover, const struct pair *head,
    struct arena *a, struct performance_segment *out, struct error *err)
{
	size_t n = 0;

	for (const struct pair *p = head; p != NULL; p = p->next)
		n += original->segments[p->original].n_points +
		    cover->segments[p->cover].n_points + 2;
	out->points = arena_need(a, n, sizeof *out->points, "times", err);
	if (out->points == NULL)
		return -1;
	for (const struct pair *p = head; p != NULL; p = p->next)
		add_pair(&original->segments[p->original],
		    &cover->segments[p->cover], p, out);
	return 0;
}

int
performance_relate(const struct performance *original,
    const struct performance *cover, struct arena *a,
    struct performance_segment **segments, size_t *n_segments,
    struct error *err)
{
	struct pairs pairs = { NULL, 0 };
	struct performance_segment *out;
	size_t n = 0;

	if (find_pairs(original, cover, a, &pairs, err) != 0)
		return -1;
	chain_pairs(original, cover, &pairs);
	out = arena_need(a, pairs.n_items, sizeof *out, "segments", err);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < pairs.n_items; i++) {
		if (pairs.items[i].is_continued)
			continue;
		if (join_chain(original, cover, &pairs.items[i], a, &out[n++],
		    err) != 0)
			return -1;
	}
	*segments = out;
	*n_segments = n;
	return 0;
}
