/*
 * arena -- memory that is released all at once.
 *
 * One arena belongs to one record (or one job): what is asked of it stays
 * until arena_reset or arena_free.  With CHAD_ARENA=malloc in the environment
 * every request is a heap block of its own, so that sanitizers see overruns.
 * An arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/error.h"

struct arena;

/* Returns a new arena, or NULL when memory is out; free with arena_free. */
struct arena *arena_new(void) MUST_CHECK;

/* Release everything and the arena itself.  arena_free(NULL) does nothing. */
void arena_free(struct arena *a);

/* Release everything, keep the arena. */
void arena_reset(struct arena *a);

/*
 * Memory for "count" items of "size" bytes, zeroed, aligned to 64 bytes.
 * NULL when memory is out or count * size overflows.  A count of 0 gives a
 * valid pointer to nothing.
 */
void *arena_alloc(struct arena *a, size_t count, size_t size) MUST_CHECK;

/* As above, with an error message: "out of memory for COUNT WHAT". */
void *arena_need(struct arena *a, size_t count, size_t size, const char *what,
    struct error *err) MUST_CHECK;

/* A copy of the text "s".  NULL when memory is out. */
char *arena_strdup(struct arena *a, const char *s) MUST_CHECK;

/* A formatted text.  NULL when memory is out. */
char *arena_printf(struct arena *a, const char *fmt, ...)
    ERROR_PRINTF(2, 3) MUST_CHECK;

#endif
