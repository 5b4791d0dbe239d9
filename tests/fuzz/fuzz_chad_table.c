/* The CHAD table: rows that are read are written and read back the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "store/chad_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct copy {
	FILE *out;
	struct arena *a;
	size_t n_rows;
};

static int
write_row(void *context, struct json *rec, struct error *err)
{
	struct copy *copy = context;

	if (json_has(rec, "error"))
		return 0;
	copy->n_rows++;
	return chad_table_write_row(copy->out, rec, NULL, copy->a, err);
}

/* Read a table and write it again; the text, to be freed, or NULL. */
static char *
rewrite(const char *text, size_t n_bytes, size_t *n_written, size_t *n_rows)
{
	struct copy copy = { .a = arena_new() };
	struct error err;
	char *again = NULL;
	int status;

	copy.out = open_memstream(&again, n_written);
	if (copy.a == NULL || copy.out == NULL)
		abort();
	status = chad_table_write_header(copy.out, NULL, &err);
	if (status == 0)
		status = chad_table_read(text, n_bytes, write_row, &copy,
		    &err);
	if (fclose(copy.out) != 0)
		abort();
	arena_free(copy.a);
	*n_rows = copy.n_rows;
	if (status == 0)
		return again;
	free(again);
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_once, n_twice, n_rows, n_rows_again;
	char *once = rewrite((const char *)data, size, &n_once, &n_rows);
	char *twice;

	if (once == NULL)
		return 0;
	twice = rewrite(once, n_once, &n_twice, &n_rows_again);
	if (twice == NULL || n_rows != n_rows_again || n_once != n_twice ||
	    memcmp(once, twice, n_once) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
