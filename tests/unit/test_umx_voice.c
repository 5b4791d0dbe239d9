/*
 * The voice of a stereo sound by Open-Unmix and the Wiener filter against
 * PyTorch (tests/fixtures/umx_voice.py), and what the filter promises.
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

#include "base/error.h"
#include "nn/weights.h"
#include "nn/weights_pth.h"
#include "separate/separator.h"
#include "separate/umx_model.h"
#include "separate/wiener.h"
#include "tests/lib/signal.h"

#define FIXTURE "tests/fixtures/umx_voice.safetensors"
#define PUBLISHED "tests/fixtures/umx_voice.pth"
#define RATE_HZ 44100

static char model_path[] = "/tmp/test_umx_voice.XXXXXX";

/* Root mean square of the difference by that of the truth. */
static double
apart(const float *truth, const float *x, size_t n)
{
	return pow(10.0, -signal_snr_db(truth, x, n) / 20.0);
}

/* The waveforms of PyTorch, after 0, 1 and 2 rounds of the filter. */
static void
test_waveforms(void **state)
{
	struct separator_model *m = separator_model_load(model_path, NULL);
	struct weights *w = weights_load(FIXTURE, NULL);
	const struct weights_tensor *mixture;
	float *voice;

	(void)state;
	assert_true(m != NULL && w != NULL);
	mixture = weights_find(w, "mixture");
	voice = calloc(mixture->n_values, sizeof *voice);
	assert_non_null(voice);
	for (size_t k = 0; k < 3; k++) {
		struct separator *s = separator_new(m, k, NULL);
		char name[16];

		snprintf(name, sizeof name, "voice_%zu", k);
		assert_non_null(s);
		assert_int_equal(separator_run(s, RATE_HZ, 2, mixture->values,
		    mixture->shape[0], voice, NULL), 0);
		/* Floats in another order; asked: 1e-3. */
		assert_true(apart(weights_find(w, name)->values, voice,
		    mixture->n_values) < 1e-5);
		separator_free(s);
	}
	free(voice);
	weights_free(w);
	separator_model_free(m);
}

/* One channel is heard as two that are equal. */
static void
test_mono(void **state)
{
	const size_t n = 5000;
	struct separator_model *m = separator_model_load(model_path, NULL);
	struct separator *s = separator_new(m, 0, NULL);
	float *x = calloc(n, sizeof *x), *y = calloc(n, sizeof *y);
	float *two = calloc(2 * n, sizeof *two);
	float *mean = calloc(n, sizeof *mean);

	(void)state;
	assert_true(s != NULL && x != NULL && y != NULL && two != NULL &&
	    mean != NULL);
	signal_noise(x, n, 3, 0.1);
	for (size_t i = 0; i < n; i++)
		two[2 * i] = two[2 * i + 1] = x[i];
	assert_int_equal(separator_run(s, RATE_HZ, 1, x, n, y, NULL), 0);
	assert_int_equal(separator_run(s, RATE_HZ, 2, two, n, two, NULL), 0);
	for (size_t i = 0; i < n; i++)
		mean[i] = 0.5f * (two[2 * i] + two[2 * i + 1]);
	assert_true(apart(mean, y, n) < 1e-6);
	free(x);
	free(y);
	free(two);
	free(mean);
	separator_free(s);
	separator_model_free(m);
}

/*
 * Where patches meet is not heard: the same sound from 300 frames later on, cut
 * in other places, has the same voice.  The first frames hear another
 * beginning.
 */
static void
test_seams(void **state)
{
	enum { N = 60000, LATER = 300 * 16, SETTLED = 200 * 16 };
	struct separator_model *m = separator_model_load(model_path, NULL);
	struct separator *s = separator_new(m, 0, NULL);
	float *x = calloc(2 * N, sizeof *x);
	float *whole = calloc(2 * N, sizeof *whole);
	float *part = calloc(2 * N, sizeof *part);

	(void)state;
	assert_true(s != NULL && x != NULL && whole != NULL && part != NULL);
	signal_noise(x, 2 * N, 4, 0.1);
	assert_int_equal(separator_run(s, RATE_HZ, 2, x, N, whole, NULL), 0);
	assert_int_equal(separator_run(s, RATE_HZ, 2, x + 2 * LATER, N - LATER,
	    part, NULL), 0);
	assert_true(signal_snr_db(whole + 2 * (LATER + SETTLED), part + 2 *
	    SETTLED, 2 * (N - LATER - SETTLED)) > 60.0);
	free(x);
	free(whole);
	free(part);
	separator_free(s);
	separator_model_free(m);
}

/*
 * Voice in the middle and band on the left, bin for bin apart: an estimate
 * that leaks a little is put right.
 */
static void
test_wiener(void **state)
{
	enum { N_FRAMES = 50, N_BINS = 4, N = N_FRAMES * N_BINS * 2 };
	static float voice[N], band[N], left[N], right[N], l[N], r[N];
	const float *mixture[2] = { left, right };
	float *estimate[2] = { l, r };
	double before, after;

	(void)state;
	signal_noise(voice, N, 1, 1.0);
	signal_noise(band, N, 2, 1.0);
	/* By turns, so that the estimate says which is where. */
	for (size_t i = 0; i < N; i++) {
		const float a = i / 16 % 2 == 0 ? 1.0f : 0.1f;

		voice[i] *= a;
		band[i] *= 1.1f - a;
		left[i] = voice[i] + band[i];
		right[i] = voice[i];
		l[i] = (a > 0.5f ? 0.8f : 0.2f) * left[i];
		r[i] = (a > 0.5f ? 0.8f : 0.2f) * right[i];
	}
	before = apart(voice, l, N);
	wiener_run(2, N_FRAMES, N_BINS, mixture, estimate);
	after = apart(voice, l, N);
	assert_true(after < 0.5 * before);
}

/* A rate or a number of channels that cannot be heard is a sentence. */
static void
test_refused(void **state)
{
	struct separator_model *m = separator_model_load(model_path, NULL);
	struct separator *s = separator_new(m, 0, NULL);
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_non_null(s);
	assert_int_equal(separator_begin(s, 16000, 1, &err), -1);
	assert_non_null(strstr(err.text, "--rate 44100 --channels 2"));
	assert_int_equal(separator_begin(s, RATE_HZ, 6, &err), -1);
	assert_non_null(strstr(err.text, "--channels 2"));
	assert_int_equal(separator_begin(s, RATE_HZ, 2, &err), 0);
	separator_free(s);
	separator_model_free(m);
}

static int
set_up(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct weights *published = weights_pth_load(PUBLISHED, &err);
	struct weights *model = published == NULL ? NULL :
	    umx_model_import(published, &err);
	const int fd = mkstemp(model_path);
	int status = -1;

	(void)state;
	if (fd >= 0 && close(fd) == 0 && model != NULL)
		status = weights_save(model_path, model, &err);
	if (status != 0)
		fprintf(stderr, "%s\n", err.text);
	weights_free(published);
	weights_free(model);
	return status;
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(model_path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waveforms),
		cmocka_unit_test(test_mono),
		cmocka_unit_test(test_seams),
		cmocka_unit_test(test_wiener),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
