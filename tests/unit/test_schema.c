/*
 * The tables of a new catalogue: who opens it while they are made sees none or
 * all of them, and never a file of somebody else's.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/catalogue.h"

#include "tests/lib/temp_folder.h"

#define BUSY_MS 60000
#define N_READERS 3
#define N_ROUNDS 20

struct round {
	const char *path;
	atomic_bool is_made;
};

/* Opens it again and again while its tables are made. */
static void *
read_it(void *shared)
{
	struct round *r = shared;
	bool is_sound = true, is_last = false;

	while (is_sound && !is_last) {
		struct error err = { ERROR_NONE, "" };
		struct catalogue *c;

		is_last = atomic_load(&r->is_made);
		c = catalogue_open(r->path, CATALOGUE_READ, BUSY_MS, &err);
		is_sound = c != NULL || (!is_last &&
		    strstr(err.text, "no catalogue") == NULL);
		catalogue_close(c);
	}
	return is_sound ? NULL : shared;
}

static void
make_and_read(const char *path)
{
	struct round r = { .path = path };
	struct error err = { ERROR_NONE, "" };
	pthread_t threads[N_READERS];
	size_t n_failed = 0;
	struct catalogue *c;

	for (size_t i = 0; i < N_READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_it,
		    &r), 0);
	c = catalogue_open(path, CATALOGUE_CREATE, BUSY_MS, &err);
	atomic_store(&r.is_made, true);
	for (size_t i = 0; i < N_READERS; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		n_failed += failed != NULL;
	}
	assert_non_null(c);
	catalogue_close(c);
	assert_int_equal(n_failed, 0);
}

static void
test_read_while_made(void **state)
{
	(void)state;
	for (int i = 0; i < N_ROUNDS; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "%s/%d.sqlite",
		    temp_folder, i);
		make_and_read(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_while_made),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
