#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "dsp/npy.h"

#define N_ROWS 700
#define N_COLUMNS 3

struct fixture {
	struct arena *arena;
	char path[64];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int fd;

	assert_non_null(f);
	f->arena = arena_new();
	assert_non_null(f->arena);
	snprintf(f->path, sizeof(f->path), "/tmp/test_npy_XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	close(fd);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	arena_free(f->arena);
	free(f);
	return 0;
}

static void
fill(float *values)
{
	for (size_t i = 0; i < N_ROWS * N_COLUMNS; i++)
		values[i] = sinf((float)i) * 3.0f;
}

/* Write an array of floats at once; -1 with a message. */
static int
write_floats(const char *path, const float *values, size_t n_rows,
    size_t n_columns, struct error *err)
{
	struct npy_writer *w = npy_writer_open(path, STORED_FLOAT32,
	    n_columns, err);

	assert_non_null(w);
	if (npy_writer_put(w, values, n_rows, err) == 0)
		return npy_writer_commit(w, err);
	npy_writer_abandon(w);
	return -1;
}

static void
writes_what_numpy_writes(void **state)
{
	/* np.save of np.array([[1, -2]], dtype='<f4') ends with these. */
	static const unsigned char tail[] =
	    { 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0 };
	const struct fixture *f = *state;
	const float values[2] = { 1.0f, -2.0f };
	unsigned char bytes[256];
	struct error err;
	FILE *in;

	assert_int_equal(write_floats(f->path, values, 1, 2, &err),
	    0);
	in = fopen(f->path, "rb");
	assert_non_null(in);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), in), 136);
	fclose(in);
	assert_memory_equal(bytes, "\x93NUMPY\x01\0v\0{'descr': '<f4', "
	    "'fortran_order': False, 'shape': (1, 2), }", 69);
	assert_int_equal(bytes[127], '\n');
	assert_memory_equal(bytes + 128, tail, sizeof(tail));
}

static void
float_arrays_return_as_they_were(void **state)
{
	const struct fixture *f = *state;
	static float values[N_ROWS * N_COLUMNS];
	float *read;
	size_t n_rows, n_columns;
	struct error err;

	fill(values);
	assert_int_equal(write_floats(f->path, values, N_ROWS,
	    N_COLUMNS, &err), 0);
	assert_int_equal(npy_read(f->path, f->arena, &read, &n_rows,
	    &n_columns, &err), 0);
	assert_int_equal(n_rows, N_ROWS);
	assert_int_equal(n_columns, N_COLUMNS);
	assert_memory_equal(read, values, sizeof(values));
}

static void
rows_written_one_by_one_are_found_anywhere(void **state)
{
	const struct fixture *f = *state;
	static float values[N_ROWS * N_COLUMNS];
	float row[2 * N_COLUMNS];
	struct npy_writer *w;
	struct npy_reader *r;
	struct error err;

	fill(values);
	w = npy_writer_open(f->path, STORED_FLOAT16, N_COLUMNS, &err);
	assert_non_null(w);
	for (size_t k = 0; k < N_ROWS; k++)
		assert_int_equal(npy_writer_put(w, values + k * N_COLUMNS, 1,
		    &err), 0);
	assert_int_equal(npy_writer_commit(w, &err), 0);
	r = npy_reader_open(f->path, &err);
	assert_non_null(r);
	assert_int_equal(npy_reader_n_rows(r), N_ROWS);
	assert_int_equal(npy_reader_n_columns(r), N_COLUMNS);
	for (size_t k = N_ROWS - 1; k-- > 0;) {
		assert_int_equal(npy_reader_get(r, k, 2, row, &err), 0);
		for (size_t i = 0; i < 2 * N_COLUMNS; i++)
			/* Half of the last of 11 bits, below 4. */
			assert_true(fabsf(row[i] - values[k * N_COLUMNS + i])
			    <= 0x1p-10f);
	}
	assert_int_equal(npy_reader_get(r, N_ROWS, 1, row, &err), -1);
	npy_reader_close(r);
}

static void
empty_arrays_are_arrays(void **state)
{
	const struct fixture *f = *state;
	float *read;
	size_t n_rows, n_columns;
	struct error err;

	assert_int_equal(write_floats(f->path, NULL, 0, 128, &err),
	    0);
	assert_int_equal(npy_read(f->path, f->arena, &read, &n_rows,
	    &n_columns, &err), 0);
	assert_int_equal(n_rows, 0);
	assert_int_equal(n_columns, 128);
}

/* Parse a header of version 1.0 with this text. */
static int
parse(const char *text, struct npy_layout *l, struct error *err)
{
	unsigned char bytes[512] = "\x93NUMPY\x01";
	const size_t n = strlen(text);

	assert_true(n < 256);
	bytes[8] = (unsigned char)n;
	memcpy(bytes + 10, text, n);
	return npy_header_parse(bytes, 10 + n, l, err);
}

static void
headers_are_read_strictly(void **state)
{
	static const char *const refused[] = {
		"",
		"{}",
		"{'descr': '<f4', 'fortran_order': False}",
		"{'descr': '>f4', 'fortran_order': False, 'shape': (1, 2), }",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }",
		"{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (), }",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1,2,3), }",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 0), }",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }",
		"{'descr': '<f4', 'fortran_order': False, "
		    "'shape': (4294967296, 4294967296), }",
		"{'descr': '<f4', 'fortran_order': False, "
		    "'shape': (99999999999999999999999999, 1), }",
		"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, "
		    "'shape': (1, 2), }",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} x",
		"{'descr': '<f4' 'fortran_order': False, 'shape': (1, 2)}",
	};
	struct npy_layout l;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		err = (struct error){ ERROR_NONE, "" };
		assert_int_equal(parse(refused[i], &l, &err), -1);
		assert_true(strlen(err.text) > 0);
	}
	assert_int_equal(parse("{'shape': (7,), 'fortran_order': False, "
	    "'descr': '<f8'}   \n", &l, &err), 0);
	assert_int_equal(l.n_rows, 7);
	assert_int_equal(l.n_columns, 1);
	assert_int_equal(l.type, STORED_FLOAT64);
	assert_int_equal(parse("{'descr': '<f2', 'fortran_order': False, "
	    "'shape': (12, 360), }", &l, &err), 0);
	assert_int_equal(l.n_rows, 12);
	assert_int_equal(l.n_columns, 360);
	assert_int_equal(l.type, STORED_FLOAT16);
}

static void
values_that_are_not_finite_are_not_written(void **state)
{
	const struct fixture *f = *state;
	const float values[2] = { NAN, INFINITY };
	struct error err;
	struct stat st;
	size_t i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(write_floats(f->path, values + i,
		    1, 1, &err), -1);
		assert_non_null(strstr(err.text, "not finite"));
	}
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, 0);
}

/* 65520 is the first value that rounds to infinity as a float16. */
static void
values_too_large_for_halves_are_not_written(void **state)
{
	const struct fixture *f = *state;
	const float values[3] = { 65519.0f, 65520.0f, -1e9f };
	struct error err;
	float *read;
	size_t n_rows, n_columns;

	for (size_t i = 0; i < 3; i++) {
		struct npy_writer *w = npy_writer_open(f->path,
		    STORED_FLOAT16, 1, &err);

		assert_non_null(w);
		assert_int_equal(npy_writer_put(w, values + i, 1, &err),
		    i == 0 ? 0 : -1);
		if (i == 0) {
			assert_int_equal(npy_writer_commit(w, &err), 0);
			continue;
		}
		assert_non_null(strstr(err.text, f->path));
		npy_writer_abandon(w);
	}
	assert_int_equal(npy_read(f->path, f->arena, &read, &n_rows,
	    &n_columns, &err), 0);
	assert_true(read[0] == 65504.0f);
}

/* Make the last value of the file a NaN. */
static void
spoil(const char *path)
{
	const float value = NAN;
	FILE *out = fopen(path, "r+b");

	assert_non_null(out);
	assert_int_equal(fseek(out, -(long)sizeof(value), SEEK_END), 0);
	assert_int_equal(fwrite(&value, sizeof(value), 1, out), 1);
	assert_int_equal(fclose(out), 0);
}

static void
cut_and_broken_files_are_refused(void **state)
{
	const struct fixture *f = *state;
	const float values[4] = { 1, 2, 3, 4 };
	float *read;
	size_t n_rows, n_columns;
	struct error err;

	assert_int_equal(write_floats(f->path, values, 4, 1, &err),
	    0);
	spoil(f->path);
	assert_int_equal(npy_read(f->path, f->arena, &read, &n_rows,
	    &n_columns, &err), -1);
	assert_non_null(strstr(err.text, "not finite"));
	assert_int_equal(truncate(f->path, 141), 0);
	assert_int_equal(npy_read(f->path, f->arena, &read, &n_rows,
	    &n_columns, &err), -1);
	assert_non_null(strstr(err.text, "cut off"));
	assert_int_equal(truncate(f->path, 5), 0);
	assert_int_equal(npy_read(f->path, f->arena, &read, &n_rows,
	    &n_columns, &err), -1);
	assert_non_null(strstr(err.text, "not a .npy file"));
	assert_null(npy_reader_open("/nonexistent/x.npy", &err));
}

/* Complex numbers have NumPy's header and both parts of each. */
static void
complex_arrays_are_written_as_numpy_writes_them(void **state)
{
	struct fixture *f = *state;
	const float rows[2][3][2] = { { { 1.0f, 2.0f }, { 3.0f, 4.0f },
	    { 5.0f, 6.0f } }, { { 7.0f, 8.0f } } };
	struct npy_writer *w = npy_writer_open_complex(f->path, 3, NULL);
	struct error err = { ERROR_NONE, "" };
	unsigned char bytes[256];
	float value;
	FILE *in;

	assert_non_null(w);
	assert_int_equal(npy_writer_put(w, &rows[0][0][0], 2, NULL), 0);
	assert_int_equal(npy_writer_commit(w, NULL), 0);
	in = fopen(f->path, "rb");
	assert_non_null(in);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), in), 128 + 48);
	fclose(in);
	assert_memory_equal(bytes + 10, "{'descr': '<c8', 'fortran_order': "
	    "False, 'shape': (2, 3), }", 59);
	memcpy(&value, bytes + 128 + 7 * sizeof(value), sizeof(value));
	assert_true(value == 8.0f);
	memcpy(&value, bytes + 128 + 6 * sizeof(value), sizeof(value));
	assert_true(value == 7.0f);
	assert_null(npy_reader_open(f->path, &err));
	assert_non_null(strstr(err.text, "another type"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_what_numpy_writes,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    float_arrays_return_as_they_were, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    rows_written_one_by_one_are_found_anywhere, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(empty_arrays_are_arrays,
		    set_up, tear_down),
		cmocka_unit_test(headers_are_read_strictly),
		cmocka_unit_test_setup_teardown(
		    values_that_are_not_finite_are_not_written, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    values_too_large_for_halves_are_not_written, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    cut_and_broken_files_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    complex_arrays_are_written_as_numpy_writes_them, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
