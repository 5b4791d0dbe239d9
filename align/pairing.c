#include <stdlib.h>
#include <string.h>

#include "align/pairing.h"

struct member {
	const struct json *record;
	const char *group_id;
	size_t place;		/* in the manifest */
	size_t group_place;	/* of the first of its group */
	bool is_original;
};

static int
compare_group_ids(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;
	const int c = strcmp(a->group_id, b->group_id);

	return c != 0 ? c : (a->place > b->place) - (a->place < b->place);
}

/* Groups in the order of their first; in a group, originals first. */
static int
compare_members(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;

	if (a->group_place != b->group_place)
		return a->group_place < b->group_place ? -1 : 1;
	if (a->is_original != b->is_original)
		return a->is_original ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

/* The members of the manifest, ordered. */
static int
order(const struct json *const *records, size_t n, struct member *members,
    struct error *err)
{
	const char *type;
	size_t i;

	for (i = 0; i < n; i++) {
		members[i].record = records[i];
		members[i].place = i;
		if (json_want_string(records[i], "group_id",
		    &members[i].group_id, err) != 0 ||
		    json_get_string(records[i], "audio_type", "", &type,
		    err) != 0)
			return -1;
		members[i].is_original = strcmp(type, "original") == 0;
	}
	qsort(members, n, sizeof(*members), compare_group_ids);
	for (i = 0; i < n; i++)
		members[i].group_place = i > 0 && strcmp(members[i].group_id,
		    members[i - 1].group_id) == 0 ?
		    members[i - 1].group_place : members[i].place;
	qsort(members, n, sizeof(*members), compare_members);
	return 0;
}

/* The end of the group that begins at "first". */
static size_t
group_end(const struct member *members, size_t n, size_t first)
{
	size_t end = first + 1;

	while (end < n &&
	    members[end].group_place == members[first].group_place)
		end++;
	return end;
}

/*
 * The pairs of the group [first, end): each original with each of the rest,
 * or each member with each later one.  Only counts them when pairs is NULL.
 */
static size_t
pair_group(const struct member *members, size_t first, size_t end,
    bool wants_all_pairs, struct pairing_pair *pairs)
{
	size_t split = first, n = 0, i, k;

	while (split < end && members[split].is_original)
		split++;
	for (i = first; i < (wants_all_pairs ? end : split); i++) {
		for (k = wants_all_pairs ? i + 1 : split; k < end; k++, n++) {
			if (pairs == NULL)
				continue;
			pairs[n].original = members[i].record;
			pairs[n].cover = members[k].record;
		}
	}
	return n;
}

int
pairing_make(const struct json *const *records, size_t n_records,
    bool wants_all_pairs, struct arena *a, struct pairing *p,
    struct error *err)
{
	struct member *members = arena_need(a, n_records, sizeof(*members),
	    "records", err);
	size_t first, end, n = 0;

	memset(p, 0, sizeof(*p));
	if (members == NULL || order(records, n_records, members, err) != 0)
		return -1;
	for (first = 0; first < n_records; first = end) {
		end = group_end(members, n_records, first);
		n += pair_group(members, first, end, wants_all_pairs, NULL);
		p->n_groups++;
		if (wants_all_pairs || members[first].is_original)
			continue;
		if (p->n_without_original++ == 0)
			p->first_without = members[first].group_id;
	}
	p->pairs = arena_need(a, n, sizeof(*p->pairs), "pairs", err);
	if (p->pairs == NULL)
		return -1;
	for (first = 0; first < n_records; first = end) {
		end = group_end(members, n_records, first);
		p->n_pairs += pair_group(members, first, end, wants_all_pairs,
		    p->pairs + p->n_pairs);
	}
	return 0;
}
