/*
 * hash -- SHA-256 of files and of lists of texts (nettle behind it).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define HASH_HEX_BYTES 65	/* 64 hex digits and the final zero */

/* Of the bytes of a file. */
int hash_file(const char *path, char hex[HASH_HEX_BYTES], struct error *err)
    MUST_CHECK;

/* Of bytes that come piece by piece. */
struct hash;

struct hash *hash_new(struct error *err) MUST_CHECK;
void hash_free(struct hash *h);	/* NULL: does nothing */
void hash_restart(struct hash *h);
void hash_add(struct hash *h, const void *bytes, size_t n_bytes);
/* Of all pieces together; to be restarted before the next. */
void hash_finish(struct hash *h, char hex[HASH_HEX_BYTES]);

void hash_bytes(const void *bytes, size_t n_bytes, char hex[HASH_HEX_BYTES]);

/*
 * Of several texts, each preceded by its length so that ("ab", "c") and
 * ("a", "bc") differ.  The list ends with NULL.
 */
void hash_texts(char hex[HASH_HEX_BYTES], const char *first, ...)
    __attribute__((sentinel));

/* The first 64 bits of the SHA-256 of a text: sharding, seeds by name. */
uint64_t hash_text64(const char *text);

#endif
