/*
 * Joining: manifests drawn at random, with keys that are missing or come more
 * than once, are joined as a search of the whole second manifest for each
 * record of the first joins them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "manifests/manifest_join.h"
#include "tests/lib/temp_folder.h"

#define N_FIRST 300
#define N_SECOND 200
#define N_KEYS 150

/* A record: its key, which it may lack, and what the second calls it. */
struct row {
	unsigned group, id;
	bool has_id;
};

static void
draw(struct random *random, struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rows[i] = (struct row){ (unsigned)random_below(random, 2),
			(unsigned)random_below(random, N_KEYS),
			random_below(random, 10) > 0 };
}

static void
write_rows(const char *path, const struct row *rows, size_t n,
    const char *member)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	for (size_t i = 0; i < n; i++) {
		assert_true(fprintf(out, "{\"group_id\":\"%u\",",
		    rows[i].group) > 0);
		if (rows[i].has_id)
			assert_true(fprintf(out, "\"id\":\"%u\",",
			    rows[i].id) > 0);
		assert_true(fprintf(out, "\"%s\":%zu}\n", member, i) > 0);
	}
	assert_int_equal(fclose(out), 0);
}

static bool
is_match(const struct row *x, const struct row *y)
{
	return x->has_id && y->has_id && x->group == y->group &&
	    x->id == y->id;
}

/* The second's place for a record, or N_SECOND. */
static size_t
find_plainly(const struct row *x, const struct row *second)
{
	size_t k = 0;

	while (k < N_SECOND && !is_match(x, &second[k]))
		k++;
	return k;
}

static void
count_told(void *shared, const char *what)
{
	size_t *n_told = shared;

	assert_non_null(strstr(what, "comes again; the first is taken"));
	(*n_told)++;
}

static void
check_joined(const char *path, const struct row *first,
    const struct row *second, bool keeps_all, const struct manifest_join *j)
{
	FILE *in = fopen(path, "r");
	size_t n_joined = 0;
	char line[512], start[64], middle[64];

	assert_non_null(in);
	for (size_t i = 0; i < N_FIRST; i++) {
		const size_t k = find_plainly(&first[i], second);

		if (k == N_SECOND && !keeps_all)
			continue;
		assert_non_null(fgets(line, sizeof(line), in));
		(void)snprintf(start, sizeof(start), "\"a\":%zu%s", i,
		    k == N_SECOND ? "}" : ",");
		(void)snprintf(middle, sizeof(middle), "\"b\":%zu,", k);
		assert_non_null(strstr(line, start));
		assert_true((strstr(line, middle) != NULL) ==
		    (k < N_SECOND));
		n_joined += k < N_SECOND;
	}
	assert_null(fgets(line, sizeof(line), in));
	assert_int_equal(fclose(in), 0);
	assert_int_equal(j->n_records, N_FIRST);
	assert_int_equal(j->n_joined, n_joined);
}

static void
test_as_plain_search(void **state)
{
	static struct row first[N_FIRST], second[N_SECOND];
	struct random random;
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_int_equal(chdir(temp_folder), 0);
	random_init(&random, 7);
	for (int round = 0; round < 4; round++) {
		size_t n_told = 0, n_again = 0, n_without = 0;
		struct manifest_join j = { .on = "group_id,id", .tool = "t",
			.options = "", .keeps_all = round % 2 == 1,
			.tell = count_told, .shared = &n_told };
		struct record_writer *out = record_writer_open("3", &err);

		draw(&random, first, N_FIRST);
		draw(&random, second, N_SECOND);
		write_rows("1", first, N_FIRST, "a");
		write_rows("2", second, N_SECOND, "b");
		assert_non_null(out);
		assert_int_equal(record_writer_end(out, manifest_join_run(&j,
		    "1", "2", out, &err), &err), 0);
		check_joined("3", first, second, j.keeps_all, &j);
		for (size_t k = 0; k < N_SECOND; k++) {
			n_without += !second[k].has_id;
			n_again += second[k].has_id &&
			    find_plainly(&second[k], second) < k;
		}
		assert_true(n_told > 0 && n_told == n_again);
		assert_int_equal(j.n_conflicts, n_again);
		assert_int_equal(j.n_without_key, n_without);
	}
	assert_int_equal(chdir("/"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_plain_search),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
