#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define ALIGN_BYTES ((size_t)64)
#define BLOCK_BYTES ((size_t)256 << 10)

/* The header of a block; the memory that is handed out follows it. */
struct block {
	struct block *next;
	size_t n_bytes;		/* that follow the header */
	size_t n_used;
};

#define HEADER_BYTES ALIGN_BYTES
_Static_assert(sizeof(struct block) <= HEADER_BYTES, "header fits its place");

struct arena {
	struct block *blocks;	/* the newest first */
	bool is_separate;	/* one heap block a request */
};

struct arena *
arena_new(void)
{
	const char *mode = getenv("CHAD_ARENA");
	struct arena *a = calloc(1, sizeof(*a));

	if (a != NULL)
		a->is_separate = mode != NULL && strcmp(mode, "malloc") == 0;
	return a;
}

static void
free_blocks(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;

		free(b);
		b = next;
	}
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	free_blocks(a->blocks);
	free(a);
}

/* One block of the usual size is kept, so that small records cost nothing. */
void
arena_reset(struct arena *a)
{
	struct block *b = a->blocks;

	a->blocks = NULL;
	while (b != NULL) {
		struct block *next = b->next;

		if (a->blocks == NULL && b->n_bytes == BLOCK_BYTES &&
		    !a->is_separate) {
			b->next = NULL;
			b->n_used = 0;
			a->blocks = b;
		} else {
			free(b);
		}
		b = next;
	}
}

static struct block *
new_block(size_t n_bytes)
{
	struct block *b = aligned_alloc(ALIGN_BYTES, HEADER_BYTES + n_bytes);

	if (b == NULL)
		return NULL;
	b->next = NULL;
	b->n_bytes = n_bytes;
	b->n_used = 0;
	return b;
}

/* The block that n_bytes are taken from: the newest, or one more. */
static struct block *
block_with(struct arena *a, size_t n_bytes)
{
	struct block *b = a->blocks;
	const bool is_large = a->is_separate || n_bytes > BLOCK_BYTES / 4;

	if (b != NULL && !a->is_separate && b->n_bytes - b->n_used >= n_bytes)
		return b;
	b = new_block(is_large ? n_bytes : BLOCK_BYTES);
	if (b == NULL)
		return NULL;
	if (is_large && a->blocks != NULL) {
		/* Behind the newest, whose rest stays in use. */
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *
arena_alloc(struct arena *a, size_t count, size_t size)
{
	struct block *b;
	size_t n_bytes;
	char *p;

	if (size != 0 && count > (SIZE_MAX / 2) / size)
		return NULL;
	n_bytes = count * size;
	n_bytes += n_bytes == 0;
	n_bytes = (n_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
	b = block_with(a, n_bytes);
	if (b == NULL)
		return NULL;
	p = (char *)b + HEADER_BYTES + b->n_used;
	b->n_used += n_bytes;
	memset(p, 0, n_bytes);
	return p;
}

void *
arena_need(struct arena *a, size_t count, size_t size, const char *what,
    struct error *err)
{
	void *p = arena_alloc(a, count, size);

	if (p == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for %zu %s", count,
		    what);
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	const size_t n_bytes = strlen(s) + 1;
	char *copy = arena_alloc(a, n_bytes, 1);

	if (copy != NULL)
		memcpy(copy, s, n_bytes);
	return copy;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *text;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	text = arena_alloc(a, (size_t)n + 1, 1);
	if (text == NULL)
		return NULL;
	va_start(ap, fmt);
	n = vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : text;
}
