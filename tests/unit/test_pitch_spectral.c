#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"
#include "dsp/activations.h"
#include "nn/session.h"
#include "nn/weights.h"
#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "pitch/spectral_fft.h"

#define LANES SPECTRAL_FFT_LANES
#define LANE 3
#define N ACTIVATIONS_N_BINS
#define N_FRAMES 100	/* one whole block and a piece */
#define PI 3.14159265358979323846

/* One lane's bin k by the definition, its real or its imaginary part. */
static double
slow_bin(const float *values, size_t n, size_t k, bool is_imaginary)
{
	const size_t half = n / 2 * LANES;
	double sum = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double angle = -2.0 * PI * (double)(i * k % n) /
		    (double)n;

		sum += (double)values[i % 2 * half + i / 2 * LANES + LANE] *
		    (is_imaginary ? sin(angle) : cos(angle));
	}
	return sum;
}

static void
transforms_meet_the_definition(void **state)
{
	static const size_t sizes[] = { 4, 10, 16, 32, 64, 80, 128, 160, 320 };
	static float values[SPECTRAL_FFT_MAX * LANES];
	static _Alignas(64) float a[SPECTRAL_FFT_MAX * LANES];
	static _Alignas(64) float b[SPECTRAL_FFT_MAX * LANES];
	struct random r;
	struct error err;

	(void)state;
	random_init(&r, 1);
	for (size_t i = 0; i < SPECTRAL_FFT_MAX * LANES; i++)
		values[i] = (float)random_normal(&r);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		const size_t n = sizes[s], half = n / 2 * LANES;
		struct spectral_fft *f = spectral_fft_new(n, &err);
		float *z;

		assert_non_null(f);
		memcpy(a, values, sizeof(a));
		z = spectral_fft_forward(f, a, b);
		/* Values of size 1 add up to sqrt(n), rounded a few times. */
		for (size_t k = 0; k < n / 2; k++) {
			const float *bin = z + k * LANES + LANE;
			const double im = k == 0 ?
			    slow_bin(values, n, n / 2, false) :
			    slow_bin(values, n, k, true);

			assert_true(fabs((double)bin[0] / 2.0 -
			    slow_bin(values, n, k, false)) < 2e-5);
			assert_true(fabs((double)bin[half] / 2.0 - im) < 2e-5);
		}
		z = spectral_fft_backward(f, z, z == a ? b : a);
		for (size_t i = 0; i < 2 * half; i++)
			assert_true(fabsf(z[i] / (float)(2 * n) - values[i]) <
			    2e-6f);
		spectral_fft_free(f);
	}
	assert_null(spectral_fft_new(14, &err));
	assert_null(spectral_fft_new(2, &err));
	assert_null(spectral_fft_new(9, &err));
	assert_null(spectral_fft_new(2 * SPECTRAL_FFT_MAX, &err));
}

/* Frames of noise and of tones, one of them silent. */
static float *
make_frames(size_t n_frames)
{
	float *x = calloc(n_frames * PITCH_NET_INPUT, sizeof(*x));
	float frame[PITCH_NET_FRAME];
	struct random r;

	assert_non_null(x);
	random_init(&r, 2);
	for (size_t f = 0; f < n_frames; f++) {
		const double hz = 80.0 + 10.0 * (double)f;

		for (size_t i = 0; i < PITCH_NET_FRAME; i++)
			frame[i] = f == 5 ? 0.0f : f % 2 == 0 ?
			    (float)random_normal(&r) :
			    (float)sin(2.0 * PI * hz * (double)i / 16000.0);
		assert_int_equal(pitch_net_input(frame,
		    x + f * PITCH_NET_INPUT), f != 5);
	}
	return x;
}

/* Random norms too: those of weights_for let everything through. */
static struct weights *
random_model(const char *capacity)
{
	struct error err;
	struct graph *g = pitch_net_new(capacity, false, 0.0, &err);
	struct weights *w = weights_for(g, 3, &err);
	struct random r;

	assert_non_null(w);
	random_init(&r, 4);
	for (size_t i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);

		if (t->rank != 1)
			continue;
		for (size_t k = 0; k < t->n_values; k++)
			t->values[k] += 0.4f * (float)random_uniform(&r);
		/* Some scales below 0 turn the order of what is pooled. */
		if (strstr(t->name, "BN.weight") != NULL)
			t->values[0] *= -1.0f;
	}
	assert_int_equal(pitch_net_describe(weights_metadata(w), capacity,
	    false, &err), 0);
	graph_free(g);
	return w;
}

/* The largest difference to the network of layers. */
static float
compare(const struct weights *w)
{
	struct error err;
	struct graph *g = pitch_net_of_model(w, &err);
	struct session *s = session_new(g, w, N_FRAMES, &err);
	struct pitch_spectral *p = pitch_spectral_new(w, &err);
	struct pitch_spectral_scratch *scratch;
	float *x = make_frames(N_FRAMES), worst = 0.0f;
	static float want[N_FRAMES * N], got[N_FRAMES * N];

	assert_non_null(s);
	assert_non_null(p);
	scratch = pitch_spectral_scratch_new(p, &err);
	assert_non_null(scratch);
	assert_int_equal(session_run(s, N_FRAMES,
	    (const float *const[]){ x }, (float *const[]){ want }, &err), 0);
	assert_int_equal(pitch_spectral_run(scratch, N_FRAMES, x, got, &err),
	    0);
	for (size_t i = 0; i < N_FRAMES * N; i++) {
		assert_true(isfinite(got[i]));
		worst = fmaxf(worst, fabsf(got[i] - want[i]));
	}
	pitch_spectral_scratch_free(scratch);
	pitch_spectral_free(p);
	session_free(s);
	graph_free(g);
	free(x);
	return worst;
}

/*
 * Sums of up to 8192 products in another order: a few times the precision
 * of float, 6e-8, for each of six layers.
 */
static void
real_weights_give_the_activations_of_the_layers(void **state)
{
	struct error err;
	struct weights *w = weights_load("models/f0-tiny.safetensors", &err);
	float worst;

	(void)state;
	assert_non_null(w);
	worst = compare(w);
	print_message("largest difference: %.2g\n", (double)worst);
	assert_true(worst < 1e-5f);
	weights_free(w);
}

static void
random_weights_give_the_activations_of_the_layers(void **state)
{
	static const char *const capacities[] = { "tiny", "small" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct weights *w = random_model(capacities[i]);
		const float worst = compare(w);

		print_message("largest difference: %.2g\n", (double)worst);
		assert_true(worst < 1e-5f);
		weights_free(w);
	}
}

/* Run frames in calls of n_step. */
static void
run_steps(struct pitch_spectral_scratch *s, const float *x, size_t n_step,
    float *y)
{
	struct error err;

	for (size_t f = 0; f < N_FRAMES; f += n_step)
		assert_int_equal(pitch_spectral_run(s, N_FRAMES - f < n_step ?
		    N_FRAMES - f : n_step, x + f * PITCH_NET_INPUT, y + f * N,
		    &err), 0);
}

static void
a_frame_does_not_see_the_others(void **state)
{
	static const size_t steps[] = { 1, 7, 64 };
	struct error err;
	struct weights *w = random_model("tiny");
	struct pitch_spectral *p = pitch_spectral_new(w, &err);
	struct pitch_spectral_scratch *s = pitch_spectral_scratch_new(p,
	    &err);
	float *x = make_frames(N_FRAMES);
	static float want[N_FRAMES * N], got[N_FRAMES * N];

	(void)state;
	assert_non_null(s);
	run_steps(s, x, N_FRAMES, want);
	run_steps(s, x, PITCH_SPECTRAL_BLOCK, got);
	assert_memory_equal(got, want, sizeof(want));
	/* Fewer frames of a block. */
	memset(got, 0, sizeof(got));
	assert_int_equal(pitch_spectral_run(s, 7, x, got, &err), 0);
	assert_memory_equal(got, want, 7 * N * sizeof(*want));
	/* Elsewhere in a block nothing but the rounding changes. */
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		run_steps(s, x, steps[i], got);
		for (size_t k = 0; k < N_FRAMES * N; k++)
			assert_true(fabsf(got[k] - want[k]) < 5e-6f);
	}
	/* Other neighbours. */
	for (size_t i = 0; i < N_FRAMES * PITCH_NET_INPUT; i++)
		if (i / PITCH_NET_INPUT != 9)
			x[i] = -x[i];
	run_steps(s, x, N_FRAMES, got);
	assert_memory_equal(got + 9 * N, want + 9 * N, N * sizeof(*want));
	assert_memory_not_equal(got, want, N * sizeof(*want));
	pitch_spectral_scratch_free(s);
	pitch_spectral_free(p);
	weights_free(w);
	free(x);
}

static void
other_models_are_refused(void **state)
{
	struct error err;
	struct weights *w = weights_new(&err);

	(void)state;
	assert_null(pitch_spectral_new(w, &err));
	assert_int_equal(pitch_net_describe(weights_metadata(w), "tiny", false,
	    &err), 0);
	assert_null(pitch_spectral_new(w, &err));	/* no tensors */
	assert_int_equal(json_put_string(weights_metadata(w),
	    "network.capacity", "odd", &err), 0);
	assert_null(pitch_spectral_new(w, &err));
	assert_non_null(strstr(err.text, "odd"));
	weights_free(w);
	pitch_spectral_free(NULL);
	pitch_spectral_scratch_free(NULL);
	spectral_fft_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transforms_meet_the_definition),
		cmocka_unit_test(
		    real_weights_give_the_activations_of_the_layers),
		cmocka_unit_test(
		    random_weights_give_the_activations_of_the_layers),
		cmocka_unit_test(a_frame_does_not_see_the_others),
		cmocka_unit_test(other_models_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
