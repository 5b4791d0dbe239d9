/*
 * pairing -- which recordings of a manifest are aligned with which.
 *
 * Records with one group_id are versions of one work.  Each original of a
 * group (audio_type "original") is paired with each of its covers and hums;
 * or, when all pairs are wanted, each record with each later one, originals
 * counting as first.
 */
#ifndef ALIGN_PAIRING_H
#define ALIGN_PAIRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct pairing_pair {
	const struct json *original, *cover;	/* borrowed */
};

struct pairing {
	struct pairing_pair *pairs;
	size_t n_pairs;
	size_t n_groups;
	size_t n_without_original;	/* groups that were left out */
	const char *first_without;	/* the group_id of one, or NULL */
};

/*
 * records: [n_records], each with the texts "group_id" and "id" and an
 * "audio_type".  Pairs come in the order in which groups, then originals, then
 * covers first appear.  The result is arena memory.
 */
int pairing_make(const struct json *const *records, size_t n_records,
    bool wants_all_pairs, struct arena *a, struct pairing *p,
    struct error *err) MUST_CHECK;

#endif
