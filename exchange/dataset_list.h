/*
 * dataset_list -- what stands beside the sounds of a dataset: the list of its
 * kind (exchange/dataset.h).
 */
#ifndef EXCHANGE_DATASET_LIST_H
#define EXCHANGE_DATASET_LIST_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "exchange/dataset.h"

/* A version whose sound is cut. */
struct dataset_item {
	struct json *row;	/* without "sound" */
	const char *key;	/* GROUP/FRAGMENT/ID as a path */
	const char *path;	/* where its sound is */
	const char *file_name;	/* the same from the dataset's folder */
	double before_sec;	/* of sound before the fragment */
};

struct dataset_list;

struct dataset_list *dataset_list_open(const struct dataset_options *options,
    struct error *err) MUST_CHECK;

/* Rows come in order of fragments, originals first; "a" is for scratch. */
int dataset_list_put(struct dataset_list *l, const struct dataset_item *item,
    struct arena *a, struct error *err) MUST_CHECK;

/* Both free it. */
int dataset_list_commit(struct dataset_list *l, struct error *err)
    MUST_CHECK;
void dataset_list_abandon(struct dataset_list *l);	/* NULL: nothing */

#endif
