#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/memory.h"

#include "manifests/manifest_strata.h"

/* First a record; after the strata are known, a work. */
struct work {
	const char *key;
	const char *stratum;	/* the value, then all values of the work */
	char place[HASH_HEX_BYTES];	/* its order within the stratum */
	size_t part;
};

struct manifest_strata {
	struct arena *a;
	struct work *works;
	size_t n_works, capacity;
};

struct manifest_strata *
manifest_strata_new(struct error *err)
{
	struct manifest_strata *s = memory_new(1, sizeof(*s), "strata", err);

	if (s == NULL)
		return NULL;
	s->a = arena_new();
	if (s->a != NULL)
		return s;
	error_set(err, ERROR_NOMEM, "out of memory");
	manifest_strata_free(s);
	return NULL;
}

void
manifest_strata_free(struct manifest_strata *s)
{
	if (s == NULL)
		return;
	arena_free(s->a);
	memory_free(s->works);
	memory_free(s);
}

int
manifest_strata_add(struct manifest_strata *s, const char *key,
    const char *value, struct error *err)
{
	struct work *w;

	if (memory_grow(&s->works, &s->capacity, s->n_works + 1,
	    sizeof(s->works[0]), "works", err) != 0)
		return -1;
	w = &s->works[s->n_works];
	w->key = arena_strdup(s->a, key);
	w->stratum = arena_strdup(s->a, value);
	if (w->key == NULL || w->stratum == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	s->n_works++;
	return 0;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct work *x = a, *y = b;
	const int by_key = strcmp(x->key, y->key);

	return by_key != 0 ? by_key : strcmp(x->stratum, y->stratum);
}

static int
compare_places(const void *a, const void *b)
{
	const struct work *x = a, *y = b;
	const int by_stratum = strcmp(x->stratum, y->stratum);

	return by_stratum != 0 ? by_stratum : strcmp(x->place, y->place);
}

/* One work for each key, its stratum being the values of its records. */
static int
join_records(struct manifest_strata *s, struct error *err)
{
	size_t n = 0;

	qsort(s->works, s->n_works, sizeof(s->works[0]), compare_keys);
	for (size_t i = 0, end; i < s->n_works; i = end) {
		const char *value = s->works[i].stratum;
		struct work w = s->works[i];

		for (end = i + 1; end < s->n_works &&
		    strcmp(s->works[end].key, w.key) == 0; end++) {
			if (strcmp(s->works[end].stratum, value) == 0)
				continue;
			value = s->works[end].stratum;
			w.stratum = arena_printf(s->a, "%s\n%s", w.stratum,
			    value);
			if (w.stratum == NULL)
				return error_set(err, ERROR_NOMEM,
				    "out of memory");
		}
		s->works[n++] = w;
	}
	s->n_works = n;
	return 0;
}

/* The part that lacks most of its share when "n" works are given out. */
static size_t
neediest(const struct manifest_split *split, const size_t *n_given, size_t n)
{
	double before = 0.0, most = -1.0;
	size_t best = 0;

	for (size_t i = 0; i < split->n_parts; i++) {
		const double share = split->ends[i] - before;
		const double lacks = share * (double)n - (double)n_given[i];

		before = split->ends[i];
		if (lacks > most) {
			most = lacks;
			best = i;
		}
	}
	return best;
}

int
manifest_strata_assign(struct manifest_strata *s,
    const struct manifest_split *split, uint64_t seed, struct error *err)
{
	size_t n_given[MANIFEST_SPLIT_MAX_PARTS] = { 0 };
	char seed_text[32];

	if (s->n_works == 0)
		return 0;
	if (join_records(s, err) != 0)
		return -1;
	(void)snprintf(seed_text, sizeof(seed_text), "%llu",
	    (unsigned long long)seed);
	for (size_t i = 0; i < s->n_works; i++)
		hash_texts(s->works[i].place, seed_text, s->works[i].key,
		    (const char *)NULL);
	qsort(s->works, s->n_works, sizeof(s->works[0]), compare_places);
	for (size_t i = 0; i < s->n_works; i++) {
		s->works[i].part = neediest(split, n_given, i + 1);
		n_given[s->works[i].part]++;
	}
	/* To be found again. */
	qsort(s->works, s->n_works, sizeof(s->works[0]), compare_keys);
	return 0;
}

size_t
manifest_strata_part(const struct manifest_strata *s, const char *key)
{
	size_t low = 0, high = s->n_works;

	while (low + 1 < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(s->works[middle].key, key) <= 0)
			low = middle;
		else
			high = middle;
	}
	return s->works[low].part;
}
