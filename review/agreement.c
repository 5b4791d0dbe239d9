#include <string.h>

#include "base/arena.h"
#include "store/gold.h"

#include "review/agreement.h"

#define MAX AGREEMENT_MAX_CATEGORIES

/* The end of the ratings of the item that begins at "from". */
static size_t
end_of_item(const struct ratings *r, size_t from)
{
	size_t to = from + 1;

	while (to < r->n && r->list[to].item == r->list[from].item)
		to++;
	return to;
}

/* What is left of agreement when that of chance is taken off. */
static struct agreement
beyond_chance(double observed, double expected, size_t n, size_t n_raters)
{
	struct agreement a = { 0, false, n, n_raters };

	/* Sums of shares: equal to one but for rounding. */
	if (n > 0 && expected < 1 - 1e-12) {
		a.value = (observed - expected) / (1 - expected);
		a.has_value = true;
	}
	return a;
}

/* The ratings of the two on their common items: [rater][other]. */
static struct agreement
cohen_of(double table[MAX][MAX], size_t n_categories)
{
	double n = 0, equal = 0, expected = 0;

	for (size_t i = 0; i < n_categories; i++) {
		equal += table[i][i];
		for (size_t k = 0; k < n_categories; k++)
			n += table[i][k];
	}
	for (size_t i = 0; i < n_categories; i++) {
		double first = 0, second = 0;

		for (size_t k = 0; k < n_categories; k++) {
			first += table[i][k];
			second += table[k][i];
		}
		expected += n == 0 ? 0 : first / n * (second / n);
	}
	return beyond_chance(n == 0 ? 0 : equal / n, expected, (size_t)n, 2);
}

struct agreement
agreement_cohen(const struct ratings *r, size_t rater, size_t other)
{
	double table[MAX][MAX] = { { 0 } };

	for (size_t from = 0, to; from < r->n; from = to) {
		const struct ratings_one *first = NULL, *second = NULL;

		to = end_of_item(r, from);
		for (size_t i = from; i < to; i++) {
			if (r->list[i].rater == rater)
				first = &r->list[i];
			if (r->list[i].rater == other)
				second = &r->list[i];
		}
		if (first != NULL && second != NULL)
			table[first->category][second->category]++;
	}
	return cohen_of(table, r->n_categories);
}

/* The number of ratings that most items have; 0 when none has two. */
static size_t
usual_number(const struct ratings *r, size_t *counts)
{
	size_t best = 0;

	for (size_t from = 0, to; from < r->n; from = to) {
		to = end_of_item(r, from);
		counts[to - from]++;
	}
	for (size_t i = 2; i <= r->n_raters; i++)
		if (counts[i] > 0 && (best == 0 || counts[i] >= counts[best]))
			best = i;
	return best;
}

/* Fleiss (1971): the mean of P_i, and the sum of the squares of p_j. */
static struct agreement
fleiss_of(const struct ratings *r, size_t n_ratings)
{
	double share[MAX] = { 0 }, equal = 0, expected = 0;
	const double m = (double)n_ratings;
	size_t n_items = 0;

	for (size_t from = 0, to; from < r->n; from = to) {
		double counts[MAX] = { 0 }, squares = 0;

		to = end_of_item(r, from);
		if (to - from != n_ratings)
			continue;
		n_items++;
		for (size_t i = from; i < to; i++)
			counts[r->list[i].category]++;
		for (size_t k = 0; k < r->n_categories; k++) {
			squares += counts[k] * counts[k];
			share[k] += counts[k];
		}
		equal += (squares - m) / (m * (m - 1));
	}
	if (n_items == 0)
		return beyond_chance(0, 0, 0, 0);
	for (size_t k = 0; k < r->n_categories; k++) {
		share[k] /= (double)n_items * m;
		expected += share[k] * share[k];
	}
	return beyond_chance(equal / (double)n_items, expected, n_items,
	    n_ratings);
}

int
agreement_fleiss(const struct ratings *r, struct agreement *result,
    struct error *err)
{
	struct arena *a = arena_new();
	size_t *counts = a == NULL ? NULL : arena_alloc(a, r->n_raters + 1,
	    sizeof(*counts));
	size_t n_ratings;

	if (counts == NULL) {
		arena_free(a);
		return error_set(err, ERROR_NOMEM, "out of memory");
	}
	n_ratings = usual_number(r, counts);
	arena_free(a);
	*result = n_ratings == 0 ? beyond_chance(0, 0, 0, 0) :
	    fleiss_of(r, n_ratings);
	return 0;
}

/*
 * Krippendorff (2011), section C: each pair of ratings of an item of m ratings
 * counts 1 / (m - 1) in the coincidences of two values.
 */
struct agreement
agreement_krippendorff(const struct ratings *r)
{
	double values[MAX] = { 0 }, equal = 0, n = 0, expected = 0;
	size_t n_items = 0;

	for (size_t from = 0, to; from < r->n; from = to) {
		double counts[MAX] = { 0 };
		double m;

		to = end_of_item(r, from);
		if ((m = (double)(to - from)) < 2)
			continue;
		n_items++;
		for (size_t i = from; i < to; i++)
			counts[r->list[i].category]++;
		for (size_t k = 0; k < r->n_categories; k++) {
			equal += counts[k] * (counts[k] - 1) / (m - 1);
			values[k] += counts[k];
		}
		n += m;
	}
	if (n_items == 0)
		return beyond_chance(0, 0, 0, r->n_raters);
	for (size_t k = 0; k < r->n_categories; k++)
		expected += values[k] * (values[k] - 1) / (n * (n - 1));
	return beyond_chance(equal / n, expected, n_items, r->n_raters);
}

static int
put_value(struct json *object, const char *name, const struct agreement *a,
    struct error *err)
{
	/* Objects come from a template in which it is null. */
	if (a->has_value && json_put_rounded(object, name, a->value, 4,
	    err) != 0)
		return -1;
	return json_put_size(object, "n", a->n, err);
}

static int
append_pair(struct json *report, const struct ratings *r, size_t rater,
    size_t other, const struct agreement *a, struct error *err)
{
	static const char template[] = "{\"a\":\"\",\"b\":\"\","
	    "\"kappa\":null,\"n\":0}";
	struct json *pair = json_parse(template, sizeof(template) - 1, err);
	int status = -1;

	if (pair == NULL)
		return -1;
	if (json_put_string(pair, "a", r->raters[rater], err) == 0 &&
	    json_put_string(pair, "b", r->raters[other], err) == 0 &&
	    put_value(pair, "kappa", a, err) == 0)
		status = json_append(report, "cohen", pair, err);
	json_free(pair);
	return status;
}

/* A table for each pair of raters, so that the ratings are read once. */
static int
append_pairs(struct json *report, const struct ratings *r, struct arena *a,
    struct error *err)
{
	const size_t n = r->n_raters;
	double (*tables)[MAX][MAX] = arena_need(a, n == 0 ? 0 :
	    n * (n - 1) / 2, sizeof(*tables), "pairs of raters", err);
	size_t pair = 0;

	if (tables == NULL)
		return -1;
	for (size_t from = 0, to; from < r->n; from = to) {
		to = end_of_item(r, from);
		for (size_t i = from; i < to; i++)
			for (size_t k = from; k < i; k++) {
				const size_t x = r->list[i].rater;

				/* Raters rise within an item: k's is lower. */
				tables[x * (x - 1) / 2 + r->list[k].rater]
				    [r->list[k].category]
				    [r->list[i].category]++;
			}
	}
	for (size_t x = 1; x < n; x++)
		for (size_t k = 0; k < x; k++, pair++) {
			const struct agreement cohen = cohen_of(tables[pair],
			    r->n_categories);

			if (cohen.n > 0 && append_pair(report, r, k, x,
			    &cohen, err) != 0)
				return -1;
		}
	return 0;
}

static int
append_gold(void *context, struct json *person, struct error *err)
{
	return json_append(context, "gold", person, err);
}

static int
fill(struct json *report, struct catalogue *c, struct arena *a,
    struct error *err)
{
	struct agreement fleiss, krippendorff;
	struct ratings r;

	if (ratings_load(c, a, &r, err) != 0 ||
	    append_pairs(report, &r, a, err) != 0 ||
	    agreement_fleiss(&r, &fleiss, err) != 0)
		return -1;
	krippendorff = agreement_krippendorff(&r);
	if ((fleiss.has_value && json_put_rounded(report, "fleiss.kappa",
	    fleiss.value, 4, err) != 0) ||
	    json_put_size(report, "fleiss.n", fleiss.n, err) != 0 ||
	    json_put_size(report, "fleiss.raters", fleiss.n_raters,
	    err) != 0 || (krippendorff.has_value && json_put_rounded(report,
	    "krippendorff.alpha", krippendorff.value, 4, err) != 0) ||
	    json_put_size(report, "krippendorff.n", krippendorff.n, err) != 0)
		return -1;
	return gold_each_person(c, append_gold, report, err);
}

struct json *
agreement_report(struct catalogue *c, struct error *err)
{
	static const char template[] = "{\"cohen\":[],\"fleiss\":{\"kappa\":"
	    "null,\"n\":0,\"raters\":0},\"krippendorff\":{\"alpha\":null,"
	    "\"n\":0},\"gold\":[]}";
	struct json *report = json_parse(template, sizeof(template) - 1, err);
	struct arena *a = arena_new();

	if (report != NULL && a == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	if (report == NULL || a == NULL || fill(report, c, a, err) != 0) {
		json_free(report);
		report = NULL;
	}
	arena_free(a);
	return report;
}
