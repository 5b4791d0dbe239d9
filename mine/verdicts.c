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
	bool is_adjudicated;	/* only adjudicators count */
	struct json *record;	/* of an accepted fragment, or NULL */
	size_t accepted;	/* which of these it is */
};

struct verdicts {
	struct arena *names;
	struct reviewed *items;	/* in order of group_id, fragment_id */
	size_t n_items, capacity, n_accepted;
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

/* A hash of itself and more: the review, where it moved what, its weight. */
static int
add_to_hash(struct verdicts *v, const struct json *rec, const char *group_id,
    const char *fragment_id, const char *verdict, struct error *err)
{
	static const char *const members[] = { "review.interval",
	    "review.original_interval", "review.role" };
	char both[2 * HASH_HEX_BYTES];

	(void)snprintf(both, sizeof(both), "%s", v->sha256);
	hash_texts(v->sha256, both, group_id, fragment_id, verdict,
	    (const char *)NULL);
	for (size_t i = 0; i < 3; i++) {
		const struct json *moved = json_at(rec, members[i]);
		const char *text;

		if (moved == NULL)
			continue;
		if ((text = json_text(moved, v->names, err)) == NULL)
			return -1;
		(void)snprintf(both, sizeof(both), "%s", v->sha256);
		hash_texts(v->sha256, both, members[i], text,
		    (const char *)NULL);
	}
	return 0;
}

/* An adjudicator's word outranks those of others. */
static void
count(struct reviewed *r, const char *verdict, bool is_adjudicator)
{
	if (is_adjudicator && !r->is_adjudicated) {
		r->is_adjudicated = true;
		r->balance = 0;
	}
	if (is_adjudicator != r->is_adjudicated)
		return;
	if (strcmp(verdict, "accept") == 0)
		r->balance++;
	else if (strcmp(verdict, "reject") == 0)
		r->balance--;
}

/* Add one review; those of one fragment come after each other. */
static int
take_review(void *context, struct json *rec, struct error *err)
{
	struct verdicts *v = context;
	struct reviewed *last;
	const char *group_id, *fragment_id, *verdict;

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
	count(last, verdict, json_has(rec, "review.role"));
	return add_to_hash(v, rec, group_id, fragment_id, verdict, err);
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
	if (item->balance <= 0)
		return 0;
	if ((item->record = json_clone(rec, err)) == NULL)
		return -1;
	/* Fragments come in the order of the items. */
	item->accepted = v->n_accepted++;
	return 0;
}

struct verdicts *
verdicts_load(struct catalogue *c, struct error *err)
{
	const struct fragments_filter all = { .group_id = NULL };
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
	for (size_t i = 0; i < v->n_items; i++)
		json_free(v->items[i].record);
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

/* Are both of the same two recordings? */
static bool
is_of_same(const struct reviewed *r, const struct reviewed *place)
{
	return r->id != NULL && strcmp(r->id, place->id) == 0 &&
	    strcmp(r->original_id, place->original_id) == 0;
}

/* The reviewed fragment that this one is, or NULL. */
static const struct reviewed *
find_reviewed(const struct verdicts *v, const struct reviewed *place)
{
	const struct reviewed *best = NULL;
	double best_overlap = VERDICTS_MIN_OVERLAP;

	for (size_t i = lower_bound(v, place->group_id, "");
	    i < v->n_items && strcmp(v->items[i].group_id,
	    place->group_id) == 0; i++) {
		const struct reviewed *r = &v->items[i];
		double shared;

		if (strcmp(r->fragment_id, place->fragment_id) == 0)
			return r;
		if (!is_of_same(r, place))
			continue;
		shared = fmin(overlap(r->from_sec, r->to_sec,
		    place->from_sec, place->to_sec),
		    overlap(r->original_from_sec, r->original_to_sec,
		    place->original_from_sec, place->original_to_sec));
		if (shared >= best_overlap) {
			best_overlap = shared;
			best = r;
		}
	}
	return best;
}

/* How much of the first, 0 to 1, lies in the second, in both recordings. */
static double
share_within(const struct reviewed *r, const struct reviewed *other)
{
	const double shared = fmin(r->to_sec, other->to_sec) -
	    fmax(r->from_sec, other->from_sec);
	const double original = fmin(r->original_to_sec,
	    other->original_to_sec) - fmax(r->original_from_sec,
	    other->original_from_sec);
	const double length = r->to_sec - r->from_sec;
	const double original_length = r->original_to_sec -
	    r->original_from_sec;

	if (length <= 0 || original_length <= 0)
		return 0;
	return fmax(0, fmin(shared / length, original / original_length));
}

/* What a fragment is that has to do with rejected ones only in part. */
static const char *
word_of_part(const struct verdicts *v, const struct reviewed *place,
    const struct json *fragment)
{
	const char *decision, *word = NULL;

	for (size_t i = lower_bound(v, place->group_id, "");
	    i < v->n_items && strcmp(v->items[i].group_id,
	    place->group_id) == 0; i++) {
		const struct reviewed *r = &v->items[i];

		if (r->balance >= 0 || !is_of_same(r, place))
			continue;
		if (share_within(place, r) >= VERDICTS_MIN_OVERLAP)
			return "drop";
		if (share_within(r, place) >= VERDICTS_MIN_OVERLAP)
			word = "flag";
	}
	/* What is dropped anyway needs nobody to look at it. */
	if (json_get_string(fragment, "decision", "", &decision, NULL) == 0 &&
	    strcmp(decision, "drop") == 0)
		return NULL;
	return word;
}

const char *
verdicts_on(const struct verdicts *v, const struct json *fragment)
{
	const struct reviewed *found;
	struct reviewed place;

	if (v->n_items == 0 || !read_place(fragment, &place))
		return NULL;
	found = find_reviewed(v, &place);
	return found != NULL ? word_of(found) :
	    word_of_part(v, &place, fragment);
}

size_t
verdicts_find_accepted(const struct verdicts *v, const struct json *fragment)
{
	const struct reviewed *found;
	struct reviewed place;

	if (v->n_accepted == 0 || !read_place(fragment, &place))
		return v->n_accepted;
	found = find_reviewed(v, &place);
	return found == NULL || found->record == NULL ? v->n_accepted :
	    found->accepted;
}

size_t
verdicts_n_accepted(const struct verdicts *v)
{
	return v->n_accepted;
}

const struct json *
verdicts_accepted(const struct verdicts *v, size_t i)
{
	for (size_t k = 0; k < v->n_items; k++)
		if (v->items[k].record != NULL && v->items[k].accepted == i)
			return v->items[k].record;
	return NULL;
}

const char *
verdicts_sha256(const struct verdicts *v)
{
	return v->sha256;
}
