/*
 * model_table -- weights that others have published and these tools can run:
 * where they are, on what terms, and what their SHA-256 is.
 *
 * An entry is here only when its address and its hash, or the beginning of it,
 * are known from somewhere else than the address itself.
 */
#ifndef FETCH_MODEL_TABLE_H
#define FETCH_MODEL_TABLE_H

#include <stddef.h>

struct model_table_entry {
	const char *name;	/* as "crepe-full" */
	const char *use;	/* "pitch" or "separation" */
	size_t n_bytes;		/* of the file; 0: not known */
	const char *licence;
	const char *sha256;	/* 64 hex digits, or the first 8 or more */
	const char *url;
};

extern const struct model_table_entry model_table[];
extern const size_t model_table_n_entries;

/* NULL when there is none of that name. */
const struct model_table_entry *model_table_find(const char *name);

#endif
