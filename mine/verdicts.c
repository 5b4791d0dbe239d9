#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/memory.h"
#include "store/fragments.h"
#include "store/reviews.h"

#include "mine/verdicts.h"

/* A reviewed fragment and the balance of what was said of it. */
struct reviewed {
	const char *group_id, *fragment_id, *id, *original_id;
	double from_sec, to_sec;
	double original_from_sec, original_to_sec;
	long balance;		/* accepts minus rejects */
};

struct verdicts {
	struct arena *names;
	struct reviewed *items;	/* in order of group_id, fragment_id */
	size_t n_items, capacity;
	char sha256[HASH_HEX_BYTES];
};

static const char *
keep_text(struct verdicts *v, const struct json *rec, const char *member,
    struct error *err)
{
	const char *text, *copy;

	if (json_want_string(rec, member, &text, err) != 0)
		return NULL;
	if ((copy = arena_strdup(v->names, text)) == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	return copy;
}

/* Add one review; those of one fragment come after each other. */
static int
take_review(void *context, struct json *rec, struct error *err)
{
	struct verdicts *v = context;
	struct reviewed *last;
	const char *group_id, *fragment_id, *verdict;
	char both[2 * HASH_HEX_BYTES];

	if ((group_id = keep_text(v, rec, "group_id", err)) == NULL ||
	    (fragment_id = keep_text(v, rec, "fragment_id", err)) == NULL ||
	    json_want_string(rec, "review.verdict", &verdict, err) != 0)
		return -1;
	last = v->n_items == 0 ? NULL : &v->items[v->n_items - 1];
	if (last == NULL || strcmp(last->group_id, group_id) != 0 ||
	    strcmp(last->fragment_id, fragment_id) != 0) {
		if (memory_grow(&v->items, &v->capacity, v->n_items + 1,
		    sizeof(*v->items), "reviews", err) != 0)
			return -1;
		last = &v->items[v->n_items++];
		last->group_id = group_id;
		last->fragment_id = fragment_id;
	}
	if (strcmp(verdict, "accept") == 0)
		last->balance++;
	else if (strcmp(verdict, "reject") == 0)
		last->balance--;
	(void)snprintf(both, sizeof(both), "%s", v->sha256);
	hash_texts(v->sha256, both, group_id, fragment_id, verdict,
	    (const char *)NULL);
	return 0;
}

static int
compare_fragment(const struct reviewed *r, const char *group_id,
    const char *fragment_id)
{
	const int by_group = strcmp(r->group_id, group_id);

	return by_group != 0 ? by_group :
	    strcmp(r->fragment_id, fragment_id);
}

/* The first item that is not before the names. */
static size_t
lower_bound(const struct verdicts *v, const char *group_id,
    const char *fragment_id)
{
	size_t low = 0, high = v->n_items;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (compare_fragment(&v->items[middle], group_id,
		    fragment_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the fragment lies; false when a member is missing. */
static bool
read_place(const struct json *rec, struct reviewed *r)
{
	return json_want_string(rec, "group_id", &r->group_id, NULL) == 0 &&
	    json_want_string(rec, "fragment_id", &r->fragment_id,
	    NULL) == 0 &&
	    json_want_string(rec, "id", &r->id, NULL) == 0 &&
	    json_want_string(rec, "original_id", &r->original_id,
	    NULL) == 0 &&
	    json_want_number(rec, "interval.0", &r->from_sec, NULL) == 0 &&
	    json_want_number(rec, "interval.1", &r->to_sec, NULL) == 0 &&
	    json_want_number(rec, "original_interval.0",
	    &r->original_from_sec, NULL) == 0 &&
	    json_want_number(rec, "original_interval.1",
	    &r->original_to_sec, NULL) == 0;
}

/* Learn where a reviewed fragment lies. */
static int
take_fragment(void *context, struct json *rec, struct error *err)
{
	struct verdicts *v = context;
	struct reviewed place, *item;
	size_t i;

	if (!read_place(rec, &place))
		return 0;
	i = lower_bound(v, place.group_id, place.fragment_id);
	if (i == v->n_items || compare_fragment(&v->items[i],
	    place.group_id, place.fragment_id) != 0)
		return 0;
	item = &v->items[i];
	if ((item->id = keep_text(v, rec, "id", err)) == NULL ||
	    (item->original_id = keep_text(v, rec, "original_id",
	    err)) == NULL)
		return -1;
	item->from_sec = place.from_sec;
	item->to_sec = place.to_sec;
	item->original_from_sec = place.original_from_sec;
	item->original_to_sec = place.original_to_sec;
	return 0;
}

struct verdicts *
verdicts_load(struct catalogue *c, struct error *err)
{
	const struct fragments_filter all = { NULL, NULL, NULL };
	struct verdicts *v = memory_new(1, sizeof(*v), "reviews", err);

	if (v == NULL)
		return NULL;
	hash_texts(v->sha256, "reviews", (const char *)NULL);
	if ((v->names = arena_new()) == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		goto fail;
	}
	if (reviews_each(c, take_review, v, err) != 0)
		goto fail;
	if (v->n_items > 0 && fragments_each(c, &all, take_fragment, v,
	    err) != 0)
		goto fail;
	return v;
fail:
	verdicts_free(v);
	return NULL;
}

void
verdicts_free(struct verdicts *v)
{
	if (v == NULL)
		return;
	arena_free(v->names);
	memory_free(v->items);
	memory_free(v);
}

/* Intersection over union of two intervals. */
static double
overlap(double a_from, double a_to, double b_from, double b_to)
{
	const double shared = fmin(a_to, b_to) - fmax(a_from, b_from);
	const double whole = fmax(a_to, b_to) - fmin(a_from, b_from);

	return shared <= 0 || whole <= 0 ? 0 : shared / whole;
}

static const char *
word_of(const struct reviewed *r)
{
	return r->balance > 0 ? "keep" : r->balance < 0 ? "drop" : "flag";
}

const char *
verdicts_on(const struct verdicts *v, const struct json *fragment)
{
	const struct reviewed *best = NULL;
	struct reviewed place;
	double best_overlap = VERDICTS_MIN_OVERLAP;

	if (v->n_items == 0 || !read_place(fragment, &place))
		return NULL;
	for (size_t i = lower_bound(v, place.group_id, "");
	    i < v->n_items && strcmp(v->items[i].group_id,
	    place.group_id) == 0; i++) {
		const struct reviewed *r = &v->items[i];
		double shared;

		if (strcmp(r->fragment_id, place.fragment_id) == 0)
			return word_of(r);
		if (r->id == NULL || strcmp(r->id, place.id) != 0 ||
		    strcmp(r->original_id, place.original_id) != 0)
			continue;
		shared = fmin(overlap(r->from_sec, r->to_sec, place.from_sec,
		    place.to_sec), overlap(r->original_from_sec,
		    r->original_to_sec, place.original_from_sec,
		    place.original_to_sec));
		if (shared >= best_overlap) {
			best_overlap = shared;
			best = r;
		}
	}
	return best == NULL ? NULL : word_of(best);
}

const char *
verdicts_sha256(const struct verdicts *v)
{
	return v->sha256;
}
