#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/flagged.h"

#define BUSY_MS 20000

static void
stop(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	abort();
}

struct catalogue *
flagged_open(const char *path)
{
	struct error err = { ERROR_NONE, "" };
	struct catalogue *c = catalogue_open(path, CATALOGUE_CREATE, BUSY_MS,
	    &err);

	if (c == NULL)
		stop(path, err.text);
	return c;
}

void
flagged_add_text(struct catalogue *c, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);

	if (rec == NULL || catalogue_add(c, rec, &err) != 0)
		stop(text, err.text);
	json_free(rec);
}

void
flagged_add(struct catalogue *c, size_t first_work, size_t n_works,
    size_t n_each, const char *decision)
{
	struct error err = { ERROR_NONE, "" };
	char text[512];

	if (catalogue_begin(c, &err) != 0)
		stop("begin", err.text);
	for (size_t k = 0; k < n_works * n_each; k++) {
		const size_t at = k % n_each * 20;

		(void)snprintf(text, sizeof(text), "{\"group_id\":\"w%zu\","
		    "\"fragment_id\":\"f%zu\",\"id\":\"c\",\"audio_type\":"
		    "\"cover\",\"original_id\":\"o\",\"interval\":[%zu,%zu],"
		    "\"original_interval\":[%zu,%zu],\"correlation\":0.7,"
		    "\"agreement\":0.5,\"decision\":\"%s\","
		    "\"probability\":%.3f}", first_work + k / n_each,
		    k % n_each, at, at + 10, at + 5, at + 15, decision,
		    0.5 + ((double)(k % 97) - 48) / 200);
		flagged_add_text(c, text);
	}
	if (catalogue_commit(c, &err) != 0)
		stop("commit", err.text);
}

struct people_person
flagged_person(struct catalogue *c, const char *name, enum people_role role)
{
	struct error err = { ERROR_NONE, "" };
	char token[PEOPLE_TOKEN_BYTES];
	struct people_person person;
	bool found;

	if (people_invite(c, name, &role, "test", 1, token, &err) != 0 ||
	    people_find(c, token, &person, &found, &err) != 0)
		stop(name, err.text);
	if (!found)
		stop(name, "cannot be found");
	return person;
}
