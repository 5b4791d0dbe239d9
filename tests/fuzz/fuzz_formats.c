/*
 * Files of other projects: the first byte chooses the format, the rest is the
 * file.  What is read is written, read again, and is the same then.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/format_list.h"
#include "manifests/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

#define MAX_RECORDS 200

static const struct {
	int (*read)(const struct format_input *in, struct error *err);
	int (*write)(const struct format_output *out, struct error *err);
} formats[] = {
	{ chad_csv_read, chad_csv_write },
	{ nemo_read, NULL },
	{ lhotse_read, NULL },
	{ shs100k_read, shs100k_write },
	{ cliques_read_da_tacos, cliques_write_da_tacos },
	{ cliques_read_discogs, cliques_write_discogs },
	{ audacity_read, audacity_write },
	{ svl_read, svl_write },
};

struct records {
	struct json *list[MAX_RECORDS];
	size_t n;
};

static int
keep(void *shared, struct json *rec, struct error *err)
{
	struct records *r = shared;

	/* Names are kept, so that the same is written again. */
	if (record_has_failed(rec) || record_check(rec, NULL) != 0)
		return 0;
	if (r->n == MAX_RECORDS)
		return error_set(err, ERROR_LIMIT, "enough");
	r->list[r->n] = json_clone(rec, err);
	return r->list[r->n++] == NULL ? -1 : 0;
}

static int
read_text(size_t which, const char *text, size_t n_bytes, struct records *r,
    struct arena *a)
{
	const struct format_input in = { .path = "x.txt", .text = text,
		.n_bytes = n_bytes, .a = a, .take = keep, .shared = r };
	struct error err;

	r->n = 0;
	return formats[which].read(&in, &err);
}

static char *
write_text(size_t which, const struct records *r, size_t *n_bytes,
    struct arena *a)
{
	struct format_output out = { .records = r->list, .n_records = r->n,
		.a = a };
	struct error err;
	char *text = NULL;
	int status;

	out.out = open_memstream(&text, n_bytes);
	if (out.out == NULL)
		abort();
	status = formats[which].write(&out, &err);
	if (fclose(out.out) != 0)
		abort();
	if (status == 0)
		return text;
	free(text);
	return NULL;
}

static void
release(struct records *r)
{
	for (size_t i = 0; i < r->n; i++)
		json_free(r->list[i]);
	r->n = 0;
}

/* Written, read and written again: the same bytes. */
static void
check_again(size_t which, const struct records *r, struct arena *a)
{
	struct records again = { .n = 0 };
	size_t n_once = 0, n_twice = 0;
	char *once = write_text(which, r, &n_once, a);
	char *twice;

	if (once == NULL)
		return;
	if (read_text(which, once, n_once, &again, a) != 0)
		abort();
	twice = write_text(which, &again, &n_twice, a);
	if (twice == NULL || n_once != n_twice ||
	    memcmp(once, twice, n_once) != 0)
		abort();
	release(&again);
	free(once);
	free(twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	const size_t n_formats = sizeof(formats) / sizeof(formats[0]);
	struct records *r = calloc(1, sizeof(*r));
	struct arena *a = arena_new();
	size_t which;
	char *text;

	if (n_bytes == 0 || r == NULL || a == NULL) {
		free(r);
		arena_free(a);
		return 0;
	}
	which = bytes[0] % n_formats;
	text = malloc(n_bytes);
	if (text == NULL)
		abort();
	memcpy(text, bytes + 1, n_bytes - 1);
	text[n_bytes - 1] = '\0';
	if (read_text(which, text, n_bytes - 1, r, a) == 0 &&
	    formats[which].write != NULL && r->n < MAX_RECORDS)
		check_again(which, r, a);
	release(r);
	free(text);
	free(r);
	arena_free(a);
	return 0;
}
