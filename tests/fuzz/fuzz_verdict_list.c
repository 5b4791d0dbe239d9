/*
 * Lists of verdicts, in whichever of the formats: what is taken is written and
 * taken again the same.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange/verdict_list.h"
#include "store/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAGMENT "{\"group_id\":\"w\",\"fragment_id\":\"f\",\"id\":\"c\"," \
	"\"audio_type\":\"cover\",\"original_id\":\"o\"," \
	"\"interval\":[1,9],\"original_interval\":[2,10]," \
	"\"decision\":\"flag\"}"

static struct catalogue *
new_catalogue(void)
{
	struct catalogue *c = catalogue_open(":memory:", CATALOGUE_CREATE, 0,
	    NULL);
	struct json *rec = json_parse(FRAGMENT, strlen(FRAGMENT), NULL);

	if (c == NULL || rec == NULL || catalogue_add(c, rec, NULL) != 0)
		abort();
	json_free(rec);
	return c;
}

static void
pass_over(void *context, const char *where, const struct error *why)
{
	(void)context;
	if (where == NULL || why->text[0] == '\0')
		abort();
}

/* Import the bytes and export what was taken, to be freed; NULL: refused. */
static char *
take(const void *bytes, size_t n_bytes, size_t *n_taken)
{
	char path[] = "/tmp/chad-fuzz-XXXXXX";
	struct catalogue *c = new_catalogue();
	struct error err = { ERROR_NONE, "" };
	const int fd = mkstemp(path);
	char *text = NULL;
	size_t n_text = 0;
	FILE *out = open_memstream(&text, &n_text);
	int status;

	if (fd < 0 || out == NULL ||
	    write(fd, bytes, n_bytes) != (ssize_t)n_bytes || close(fd) != 0)
		abort();
	status = verdict_list_import(c, path, "fuzz", 1, pass_over, NULL,
	    n_taken, &err);
	(void)unlink(path);
	if (status == 0 && verdict_list_write(c, VERDICT_LIST_JSONL, out,
	    &err) != 0)
		abort();
	catalogue_close(c);
	if (fclose(out) != 0)
		abort();
	if (status == 0)
		return text;
	free(text);
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_once, n_twice;
	char *once = take(data, size, &n_once), *twice;

	if (once == NULL)
		return 0;
	twice = take(once, strlen(once), &n_twice);
	if (twice == NULL || strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
	return 0;
}
