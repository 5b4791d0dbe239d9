#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "nn/weights_pth.h"

/* tests/fixtures/pth/make.py made these files and says what is in them. */
#define SMALL "tests/fixtures/pth/small.pth"
#define EVIL "tests/fixtures/pth/evil.pth"

static const float *
find(const struct weights *w, const char *name, size_t rank, size_t n_values)
{
	const struct weights_tensor *t = weights_find(w, name);

	assert_non_null(t);
	assert_int_equal(t->rank, rank);
	assert_int_equal(t->n_values, n_values);
	return t->values;
}

static void
tensors_have_pytorchs_values(void **state)
{
	struct error err;
	struct weights *w = weights_pth_load(SMALL, &err);
	const float *values;

	(void)state;
	assert_non_null(w);
	assert_int_equal(weights_n_tensors(w), 5);
	values = find(w, "model.conv.weight", 3, 12);
	for (int i = 0; i < 12; i++)
		assert_true(values[i] == (float)i / 8.0f);
	/* rows 1..2 and columns 2..4 of a 4 x 6 table, transposed */
	values = find(w, "model.conv.view", 2, 6);
	for (int i = 0; i < 6; i++)
		assert_true(values[i] ==
		    (float)(6 * (1 + i % 2) + 2 + i / 2) / 8.0f);
	values = find(w, "model.half", 1, 3);
	assert_true(values[0] == 0.5f && values[1] == -2.0f &&
	    values[2] == 65504.0f);
	values = find(w, "model.double", 1, 2);
	assert_true(values[0] == 0.1f && values[1] == 1e-3f);
	values = find(w, "model.scalar", 1, 1);
	assert_true(values[0] == 3.5f);
	assert_null(weights_find(w, "model.norm.num_batches_tracked"));
	weights_free(w);
}

static void
nothing_in_a_file_is_run(void **state)
{
	struct error err;

	(void)state;
	assert_null(weights_pth_load(EVIL, &err));
	assert_non_null(strstr(err.text, "Python objects (posix system)"));
	assert_false(file_exists("/tmp/evil_was_here"));
}

static void
other_files_are_refused(void **state)
{
	struct error err;

	(void)state;
	assert_null(weights_pth_load("tests/fixtures/pth/make.py", &err));
	assert_non_null(strstr(err.text, "not a file of torch.save"));
	assert_null(weights_pth_load("/nonexistent.pth", &err));
	assert_int_equal(err.code, ERROR_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tensors_have_pytorchs_values),
		cmocka_unit_test(nothing_in_a_file_is_run),
		cmocka_unit_test(other_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
