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
#include "base/error.h"
#include "base/file.h"
#include "dsp/activations.h"
#include "dsp/track.h"

#include "pitch/activation_picture.h"

#define N ACTIVATIONS_N_BINS
#define BLOCK 96

/* Frame k has this in bin b. */
static float
value_of(size_t k, size_t b)
{
	return (float)((k * 7919 + b * 104729) % 1000) / 1000.0f;
}

static void
put_frames(struct activation_picture *p, size_t n_frames)
{
	static float rows[BLOCK * N];

	for (size_t k = 0; k < n_frames; k += BLOCK) {
		const size_t n = n_frames - k < BLOCK ? n_frames - k : BLOCK;

		for (size_t i = 0; i < n * N; i++)
			rows[i] = value_of(k + i / N, i % N);
		activation_picture_put(p, rows, n);
	}
}

/* Whatever the length, a column is the maximum of its frames and no others. */
static void
columns_hold_the_strongest_of_their_frames(void **state)
{
	static const size_t lengths[][2] = { { 1, 1 }, { 2048, 1 },
		{ 2049, 2 }, { 4096, 2 }, { 4097, 4 }, { 20001, 16 } };
	struct error err;
	struct activation_picture *p = activation_picture_new(&err);

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const size_t n_frames = lengths[i][0], step = lengths[i][1];
		const float *columns;
		size_t n_columns, n_per_column;

		activation_picture_reset(p);
		put_frames(p, n_frames);
		columns = activation_picture_columns(p, &n_columns,
		    &n_per_column);
		assert_int_equal(n_per_column, step);
		assert_int_equal(n_columns, (n_frames + step - 1) / step);
		for (size_t c = 0; c < n_columns; c++)
			for (size_t b = 0; b < N; b++) {
				float most = 0.0f;

				for (size_t k = c * step; k < n_frames &&
				    k < (c + 1) * step; k++)
					if (value_of(k, b) > most)
						most = value_of(k, b);
				assert_true(columns[c * N + b] == most);
			}
	}
	activation_picture_free(p);
}

/* A picture as SVG, whose texts can be looked for.  Returns its bytes. */
static size_t
write_picture(bool has_voicing, size_t n_frames, struct arena *a)
{
	char folder[] = "/tmp/test_picture_XXXXXX";
	char path[64];
	struct error err;
	struct activation_picture *p = activation_picture_new(&err);
	struct track track;
	size_t n_bytes;

	assert_true(mkdtemp(folder) != NULL && p != NULL);
	snprintf(path, sizeof(path), "%s/x.svg", folder);
	assert_int_equal(track_init(&track, 3000, 0.01, a, &err), 0);
	for (size_t k = 0; k < 3000; k++) {
		track.f0_hz[k] = k % 5 == 0 ? 0.0f : 220.0f;
		track.confidence[k] = 0.5f;
	}
	put_frames(p, n_frames);
	if (activation_picture_write(p, path, "a name", &track, has_voicing,
	    a, &err) != 0) {
		assert_int_equal(err.code, ERROR_BUG);
		n_bytes = 0;
	} else {
		assert_non_null(file_read(path, 1 << 26, a, &n_bytes, &err));
	}
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	activation_picture_free(p);
	return n_bytes;
}

static void
pictures_are_written(void **state)
{
	struct arena *a = arena_new();
	size_t plain;

	(void)state;
	assert_non_null(a);
	plain = write_picture(false, 3000, a);
	assert_true(plain > 0);
	/* Two more images and their names. */
	assert_true(write_picture(true, 3000, a) > plain);
	/* The track of another sound. */
	assert_int_equal(write_picture(false, 2999, a), 0);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_hold_the_strongest_of_their_frames),
		cmocka_unit_test(pictures_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
