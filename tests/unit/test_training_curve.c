/*
 * The CSV file of a run: a run that goes on ends with the same lines, and the
 * points for the picture are means over the lines.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "nn/training_curve.h"

static void
add(const char *path, uint64_t first, uint64_t last)
{
	struct error err = { ERROR_NONE, "" };
	struct training_curve *c = training_curve_open(path, first, &err);
	uint64_t step;

	if (c == NULL)
		fail_msg("%s", err.text);
	for (step = first; step <= last; step++) {
		const struct training_report r = { .step = step,
		    .loss = 100 - (double)step, .learning_rate = 0.5,
		    .gradient_norm = 2,
		    .score = step % 5 == 0 ? (double)step : (double)NAN };

		assert_int_equal(training_curve_add(c, &r, &err), 0);
	}
	assert_int_equal(training_curve_close(c, &err), 0);
}

static void
test_curve(void **state)
{
	static const char first[] = "step,loss,learning_rate,gradient_norm,"
	    "score\n1,99,0.5,2,\n";
	char path[] = "/tmp/test_curve_XXXXXX";
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	struct training_points p;
	size_t n_whole, n_parts;
	char *whole, *parts;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	add(path, 1, 20);
	whole = file_read(path, 100000, a, &n_whole, &err);
	assert_non_null(whole);
	assert_int_equal(strncmp(whole, first, strlen(first)), 0);
	/* Killed after step 13, with a checkpoint of step 9. */
	add(path, 1, 13);
	add(path, 10, 20);
	parts = file_read(path, 100000, a, &n_parts, &err);
	assert_non_null(parts);
	assert_int_equal(n_whole, n_parts);
	assert_memory_equal(whole, parts, n_whole);

	assert_int_equal(training_curve_read(path, 10, a, &p, &err), 0);
	assert_int_equal(p.n_losses, 10);
	assert_true(fabs(p.loss_step[0] - 1.5) < 1e-9);
	assert_true(fabs(p.loss[9] - 80.5) < 1e-9);
	assert_int_equal(p.n_scores, 4);
	assert_true(fabs(p.score[3] - 20) < 1e-9);
	unlink(path);
	assert_int_equal(training_curve_read(path, 10, a, &p, &err), -1);
	arena_free(a);
}

/* A file that somebody else wrote ends the points; nothing worse happens. */
static void
test_broken(void **state)
{
	static const char *const texts[] = { "", "x", "step\n", "h\n1,2\n",
	    "h\n1,2,3,4\n", "h\n1,nan,3,4,\n", "h\n1,2,3,4,5", "\n,,,,\n",
	    "h\n1,2,3,4,5x\n", "h\n1,2,3,4,,\n" };
	char path[] = "/tmp/test_curve_XXXXXX";
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	struct training_points p;
	int fd = mkstemp(path);
	size_t i;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(file_write(path, texts[i], strlen(texts[i]),
		    &err), 0);
		assert_int_equal(training_curve_read(path, 10, a, &p, &err),
		    0);
		if (p.n_losses != 0)
			fail_msg("\"%s\" gave a point", texts[i]);
		add(path, 2, 3);
	}
	unlink(path);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_curve),
		cmocka_unit_test(test_broken)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
