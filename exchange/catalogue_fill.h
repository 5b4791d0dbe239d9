/*
 * catalogue_fill -- manifests and CHAD tables into the catalogue.
 */
#ifndef EXCHANGE_CATALOGUE_FILL_H
#define EXCHANGE_CATALOGUE_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

struct catalogue_fill {
	char *const *paths;	/* [n_paths], "-": standard input */
	size_t n_paths;		/* 0: standard input */
	bool is_table;		/* store/chad_table.h, else JSON Lines */
	size_t n_threads;	/* that read JSON */
	/* Of the set that the works are blocked for; NULL: they are added. */
	const char *set_name;
	/* A record that was refused; "where": its id, or "not added". */
	void (*refuse)(void *context, const char *where,
	    const struct error *why);
	void *context;
};

/*
 * Take all inputs in one transaction: they come whole or not at all, but for
 * records that are refused.  Paths in a manifest that are relative to its
 * folder become relative to the working folder.  The write lock is taken when
 * standard input has been read, so that a slow pipe keeps nobody waiting; it
 * is kept in the folder of the catalogue.  *n_taken counts records.
 */
int catalogue_fill_run(struct catalogue *c, const char *catalogue_path,
    const struct catalogue_fill *fill, size_t *n_taken, struct error *err)
    MUST_CHECK;

#endif
