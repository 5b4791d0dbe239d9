/*
 * How fast 200 people are given fragments and judge them: 10,000 are queued
 * among 100,000 in all, or as many thousands as the argument says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/review_claims.h"
#include "store/judgements.h"
#include "tests/bench/processor_time.h"
#include "tests/lib/flagged.h"

#define N_PEOPLE 200
#define N_ROUNDS 10
#define N_WORKS 500
#define N_FLAGGED 20

static const struct queue_rules rules = { 2, 0.05, 900 };
static const struct queue_filter flagged = { .low = 0, .high = 1 };

/* Seconds of the processor for each call, summed. */
struct times {
	double claim, left, verdict;
};

static int
one_turn(struct catalogue *c, const struct people_person *person,
    size_t turn, int64_t now, struct times *t)
{
	enum judgements_outcome outcome;
	struct json *item, *review = json_new_object(NULL);
	const char *g, *f;
	char request[32];
	double start = processor_sec();
	size_t n_left;

	if (review_claims_next(c, person, &flagged, &rules, NULL, 0, now, &item,
	    NULL) != 0 || item == NULL)
		return -1;
	t->claim += processor_sec() - start;
	start = processor_sec();
	if (queue_left(c, person->name, &flagged, &rules, &n_left, NULL) != 0)
		return -1;
	t->left += processor_sec() - start;
	(void)snprintf(request, sizeof(request), "%zu", turn);
	if (json_want_string(item, "g", &g, NULL) != 0 ||
	    json_want_string(item, "f", &f, NULL) != 0 ||
	    json_put_string(review, "group_id", g, NULL) != 0 ||
	    json_put_string(review, "fragment_id", f, NULL) != 0 ||
	    json_put_string(review, "review.verdict", "accept", NULL) != 0)
		return -1;
	start = processor_sec();
	if (judgements_put(c, person, &rules, request, review, now, &outcome,
	    NULL) != 0 || outcome != JUDGEMENTS_DONE)
		return -1;
	t->verdict += processor_sec() - start;
	json_free(review);
	json_free(item);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct people_person people[N_PEOPLE];
	const size_t n_thousands = argc > 1 ? strtoul(argv[1], NULL, 10) :
	    100;
	const double n = N_PEOPLE * N_ROUNDS;
	struct times t = { 0, 0, 0 };
	char path[64], name[96];
	struct catalogue *c;
	int status = 0;

	(void)snprintf(path, sizeof(path), "/tmp/bench-claims-%ld.sqlite",
	    (long)getpid());
	c = flagged_open(path);
	flagged_add(c, 0, N_WORKS, N_FLAGGED, "flag");
	for (size_t i = 0; i < n_thousands; i++)
		flagged_add(c, N_WORKS + 10 * i, 10, 100, i % 2 == 0 ?
		    "keep" : "drop");
	for (size_t i = 0; i < N_PEOPLE; i++) {
		(void)snprintf(name, sizeof(name), "p%zu", i);
		people[i] = flagged_person(c, name, PEOPLE_ANNOTATOR);
	}
	for (size_t i = 0; i < N_ROUNDS && status == 0; i++)
		for (size_t k = 0; k < N_PEOPLE && status == 0; k++)
			status = one_turn(c, &people[k], i, 1000 +
			    (int64_t)i, &t);
	catalogue_close(c);
	for (size_t i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };

		(void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		(void)unlink(name);
	}
	printf("claims.next %.3f ms\nclaims.left %.3f ms\n"
	    "claims.verdict %.3f ms\n", t.claim / n * 1e3, t.left / n * 1e3,
	    t.verdict / n * 1e3);
	return status == 0 ? 0 : 1;
}
