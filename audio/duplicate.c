/*
 * All 32-bit items of all prints are sorted by value.  The items of a print
 * then vote, by the places where the same value stands in later prints, for a
 * print and an offset; the best offset of each print that has enough votes is
 * compared bit by bit.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <chromaprint.h>

#include "base/memory.h"

#include "audio/decoder.h"
#include "audio/duplicate.h"

#define RATE_HZ 11025		/* Chromaprint's own */
#define BLOCK_SAMPLES 512
#define ITEM_SEC (4096.0 / 3.0 / RATE_HZ)

#define MIN_OVERLAP_ITEMS 24
#define MIN_VOTES 4

/* A value that stands in more places says nothing: silence, a hum. */
#define MAX_PLACES 4096

struct place {
	uint32_t value, print, position;
};

/* Where b's items are a's: position in b less position in a. */
struct vote {
	uint32_t print;
	int32_t lag;
};

static int
feed(struct decoder *d, ChromaprintContext *c, struct error *err)
{
	float block[BLOCK_SAMPLES];
	int16_t values[BLOCK_SAMPLES];
	const size_t n_block = sizeof block / sizeof block[0];
	size_t n_left = (size_t)(DUPLICATE_MAX_SEC * RATE_HZ), n;

	do {
		n = n_left < n_block ? n_left : n_block;
		if (decoder_get(d, block, n, &n, err) != 0)
			return -1;
		for (size_t i = 0; i < n; i++)
			values[i] = (int16_t)lrintf(32767.0f *
			    fmaxf(-1.0f, fminf(1.0f, block[i])));
		if (n > 0 && !chromaprint_feed(c, values, (int)n))
			return error_set(err, ERROR_NOMEM, "out of memory");
		n_left -= n;
	} while (n == n_block && n_left > 0);
	return 0;
}

/* Silence is always the same bits, and like nothing. */
static bool
is_silent(const uint32_t *items, int n)
{
	for (int i = 1; i < n; i++)
		if (items[i] != items[0])
			return false;
	return true;
}

/* Copy what Chromaprint found; short sounds have no item. */
static int
take_items(ChromaprintContext *c, struct duplicate_print *print,
    struct error *err)
{
	uint32_t *items = NULL;
	int n = 0;

	if (!chromaprint_finish(c) ||
	    !chromaprint_get_raw_fingerprint(c, &items, &n))
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (is_silent(items, n))
		n = 0;
	print->n_items = (size_t)n;
	print->items = memory_new(print->n_items, sizeof *items, "bits", err);
	if (print->items != NULL && n > 0)
		memcpy(print->items, items, (size_t)n * sizeof *items);
	chromaprint_dealloc(items);
	return print->items == NULL ? -1 : 0;
}

int
duplicate_print_file(const char *path, double offset_sec,
    double duration_sec, struct duplicate_print *print, struct error *err)
{
	const struct decoder_options o = { .rate_hz = RATE_HZ,
	    .offset_sec = offset_sec, .duration_sec = duration_sec,
	    .accept_truncated = true, .accept_nonfinite = true };
	struct decoder *d = decoder_open(path, &o, err);
	ChromaprintContext *c = NULL;
	int status = -1;

	*print = (struct duplicate_print){ NULL, 0 };
	if (d == NULL)
		return -1;
	c = chromaprint_new(CHROMAPRINT_ALGORITHM_DEFAULT);
	if (c == NULL || !chromaprint_start(c, RATE_HZ, 1)) {
		error_set(err, ERROR_NOMEM, "out of memory");
		goto done;
	}
	if (feed(d, c, err) == 0 && take_items(c, print, err) == 0)
		status = 0;

done:
	if (c != NULL)
		chromaprint_free(c);
	decoder_close(d);
	return status;
}

void
duplicate_print_release(struct duplicate_print *print)
{
	memory_free(print->items);
	*print = (struct duplicate_print){ NULL, 0 };
}

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->print != y->print)
		return x->print < y->print ? -1 : 1;
	return (x->position > y->position) - (x->position < y->position);
}

static int
compare_votes(const void *a, const void *b)
{
	const struct vote *x = a, *y = b;

	if (x->print != y->print)
		return x->print < y->print ? -1 : 1;
	return (x->lag > y->lag) - (x->lag < y->lag);
}

static struct place *
list_places(const struct duplicate_print *prints, size_t n_prints, size_t *n,
    struct error *err)
{
	struct place *places;
	size_t k = 0;

	*n = 0;
	for (size_t p = 0; p < n_prints; p++)
		*n += prints[p].n_items;
	if (n_prints > UINT32_MAX) {
		error_set(err, ERROR_LIMIT, "too many recordings at once");
		return NULL;
	}
	if ((places = memory_new(*n, sizeof *places, "bits", err)) == NULL)
		return NULL;
	for (size_t p = 0; p < n_prints; p++)
		for (size_t i = 0; i < prints[p].n_items; i++)
			places[k++] = (struct place){ prints[p].items[i],
			    (uint32_t)p, (uint32_t)i };
	qsort(places, *n, sizeof *places, compare_places);
	return places;
}

/* The first place of a value, among n sorted ones. */
static size_t
first_place(const struct place *places, size_t n, uint32_t value)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (places[middle].value < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct votes {
	struct vote *list;
	size_t n, capacity;
};

/* The votes of print a for prints behind it, sorted. */
static int
collect_votes(const struct duplicate_print *prints, size_t a,
    const struct place *places, size_t n_places, struct votes *v,
    struct error *err)
{
	v->n = 0;
	for (size_t i = 0; i < prints[a].n_items; i++) {
		const uint32_t value = prints[a].items[i];
		size_t k = first_place(places, n_places, value);

		if (k + MAX_PLACES < n_places &&
		    places[k + MAX_PLACES].value == value)
			continue;
		for (; k < n_places && places[k].value == value; k++) {
			if (places[k].print <= a)
				continue;
			if (memory_grow(&v->list, &v->capacity, v->n + 1,
			    sizeof *v->list, "votes", err) != 0)
				return -1;
			v->list[v->n++] = (struct vote){ places[k].print,
			    (int32_t)places[k].position - (int32_t)i };
		}
	}
	if (v->n > 0)
		qsort(v->list, v->n, sizeof *v->list, compare_votes);
	return 0;
}

/* How alike a and b are with b's items "lag" later; 0 for little overlap. */
static double
similarity(const struct duplicate_print *a, const struct duplicate_print *b,
    long lag)
{
	const long n_a = (long)a->n_items, n_b = (long)b->n_items;
	const long from = lag < 0 ? -lag : 0;
	const long to = n_b - lag < n_a ? n_b - lag : n_a;
	const long n = to - from;
	unsigned long n_differ = 0;

	if (n < MIN_OVERLAP_ITEMS || 2 * n < (n_a < n_b ? n_a : n_b))
		return 0.0;
	for (long i = from; i < to; i++)
		n_differ += (unsigned long)__builtin_popcount(a->items[i] ^
		    b->items[i + lag]);
	return fmax(0.0, 1.0 - 2.0 * (double)n_differ / (32.0 * (double)n));
}

/* Compare a with each print at the offset that has most votes. */
static int
weigh_votes(const struct duplicate_print *prints, size_t a,
    const struct votes *v, struct duplicate_pair **pairs, size_t *n_pairs,
    size_t *capacity, struct error *err)
{
	for (size_t i = 0; i < v->n;) {
		const uint32_t b = v->list[i].print;
		size_t n_most = 0;
		int32_t best = 0;
		double s;

		while (i < v->n && v->list[i].print == b) {
			const int32_t lag = v->list[i].lag;
			size_t n = 0;

			for (; i < v->n && v->list[i].print == b &&
			    v->list[i].lag == lag; i++)
				n++;
			if (n > n_most) {
				n_most = n;
				best = lag;
			}
		}
		s = n_most < MIN_VOTES ? 0.0 :
		    similarity(&prints[a], &prints[b], best);
		if (s < DUPLICATE_MIN_SIMILARITY)
			continue;
		if (memory_grow(pairs, capacity, *n_pairs + 1, sizeof **pairs,
		    "pairs", err) != 0)
			return -1;
		(*pairs)[(*n_pairs)++] = (struct duplicate_pair){ a, b, s,
		    best * ITEM_SEC };
	}
	return 0;
}

int
duplicate_find(const struct duplicate_print *prints, size_t n_prints,
    struct duplicate_pair **pairs, size_t *n_pairs, struct error *err)
{
	struct votes v = { NULL, 0, 0 };
	size_t n_places, capacity = 0;
	struct place *places;
	int status = 0;

	*pairs = NULL;
	*n_pairs = 0;
	places = list_places(prints, n_prints, &n_places, err);
	if (places == NULL)
		return -1;
	for (size_t a = 0; a < n_prints && status == 0; a++) {
		status = collect_votes(prints, a, places, n_places, &v, err);
		if (status == 0)
			status = weigh_votes(prints, a, &v, pairs, n_pairs,
			    &capacity, err);
	}
	memory_free(v.list);
	memory_free(places);
	if (status != 0) {
		memory_free(*pairs);
		*pairs = NULL;
	}
	return status;
}
