/* separate/umx_net.h against its layers in double; imports and refusals. */
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
#include "base/json.h"
#include "base/random.h"
#include "nn/weights.h"
#include "separate/umx_model.h"
#include "separate/umx_net.h"

#define BINS 40
#define HEARD 33
#define HIDDEN 16
#define HALF (HIDDEN / 2)
#define INPUTS (2 * HEARD)
#define OUTPUTS (2 * BINS)
#define MAX_FRAMES 130		/* one whole block and a piece */

static void
add(struct weights *w, const char *prefix, const char *name, size_t rank,
    const size_t shape[2], struct random *r)
{
	const bool is_positive = strstr(name, "var") != NULL ||
	    strstr(name, "scale") != NULL;
	char full[100];
	struct error err;
	float *values;
	size_t n;

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	assert_int_equal(weights_add(w, full, rank, shape, &values, &err), 0);
	n = weights_find(w, full)->n_values;
	for (size_t i = 0; i < n; i++) {
		const double x = random_normal(r);

		values[i] = (float)(is_positive ? 0.5 + fabs(x) :
		    rank == 2 ? x / sqrt((double)shape[1]) : x);
	}
}

static void
add_norm(struct weights *w, const char *prefix, const char *norm, size_t n,
    struct random *r)
{
	static const char *const parts[] = { "weight", "bias",
		"running_mean", "running_var" };
	char name[40];

	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s.%s", norm, parts[i]);
		add(w, prefix, name, 1, (size_t[2]){ n, 0 }, r);
	}
}

/* The tensors as PyTorch names them, and one that is not needed. */
static struct weights *
random_published(const char *prefix)
{
	static const char *const parts[] = { "weight_ih", "weight_hh",
		"bias_ih", "bias_hh" };
	const size_t columns[4] = { HIDDEN, HALF, 0, 0 };
	struct error err;
	struct weights *w = weights_new(&err);
	struct random r;
	char name[40];

	assert_non_null(w);
	random_init(&r, 1);
	add(w, prefix, "input_mean", 1, (size_t[2]){ HEARD, 0 }, &r);
	add(w, prefix, "input_scale", 1, (size_t[2]){ HEARD, 0 }, &r);
	add(w, prefix, "output_mean", 1, (size_t[2]){ BINS, 0 }, &r);
	add(w, prefix, "output_scale", 1, (size_t[2]){ BINS, 0 }, &r);
	add(w, prefix, "fc1.weight", 2, (size_t[2]){ HIDDEN, INPUTS }, &r);
	add(w, prefix, "fc2.weight", 2, (size_t[2]){ HIDDEN, 2 * HIDDEN }, &r);
	add(w, prefix, "fc3.weight", 2, (size_t[2]){ OUTPUTS, HIDDEN }, &r);
	add_norm(w, prefix, "bn1", HIDDEN, &r);
	add_norm(w, prefix, "bn2", HIDDEN, &r);
	add_norm(w, prefix, "bn3", OUTPUTS, &r);
	for (size_t i = 0; i < 3 * 2 * 4; i++) {
		snprintf(name, sizeof(name), "lstm.%s_l%zu%s", parts[i % 4],
		    i / 8, i / 4 % 2 == 1 ? "_reverse" : "");
		add(w, prefix, name, i % 4 < 2 ? 2 : 1, (size_t[2]){ 4 * HALF,
		    columns[i % 4] }, &r);
	}
	add(w, prefix, "stft.window", 1, (size_t[2]){ 12, 0 }, &r);
	return w;
}

static double
value(const struct weights *w, const char *name, size_t i)
{
	return (double)weights_find(w, name)->values[i];
}

/* y [n] = the batch norm of W x. */
static void
slow_dense(const struct weights *w, size_t layer, size_t n, size_t k,
    const double *x, double *y)
{
	char name[5][40];

	snprintf(name[0], sizeof(name[0]), "fc%zu.weight", layer);
	snprintf(name[1], sizeof(name[1]), "bn%zu.weight", layer);
	snprintf(name[2], sizeof(name[2]), "bn%zu.bias", layer);
	snprintf(name[3], sizeof(name[3]), "bn%zu.running_mean", layer);
	snprintf(name[4], sizeof(name[4]), "bn%zu.running_var", layer);
	for (size_t o = 0; o < n; o++) {
		double sum = 0.0;

		for (size_t i = 0; i < k; i++)
			sum += value(w, name[0], o * k + i) * x[i];
		y[o] = (sum - value(w, name[3], o)) /
		    sqrt(value(w, name[4], o) + 1e-5) * value(w, name[1], o) +
		    value(w, name[2], o);
	}
}

/* Direction d of a layer of the LSTM, to its half of y's rows. */
static void
slow_lstm(const struct weights *w, size_t layer, size_t d, size_t n_frames,
    double (*x)[HIDDEN], double (*y)[HIDDEN])
{
	static const char *const parts[] = { "weight_ih", "weight_hh",
		"bias_ih", "bias_hh" };
	double c[HALF] = { 0.0 }, h[HALF] = { 0.0 }, a[4 * HALF];
	char name[4][40];

	for (size_t i = 0; i < 4; i++)
		snprintf(name[i], sizeof(name[i]), "lstm.%s_l%zu%s", parts[i],
		    layer, d == 1 ? "_reverse" : "");
	for (size_t i = 0; i < n_frames; i++) {
		const size_t f = d == 0 ? i : n_frames - 1 - i;

		for (size_t o = 0; o < 4 * HALF; o++) {
			a[o] = value(w, name[2], o) + value(w, name[3], o);
			for (size_t k = 0; k < HIDDEN; k++)
				a[o] += value(w, name[0], o * HIDDEN + k) *
				    x[f][k];
			for (size_t k = 0; k < HALF; k++)
				a[o] += value(w, name[1], o * HALF + k) * h[k];
		}
		for (size_t u = 0; u < HALF; u++) {
			c[u] = c[u] / (1.0 + exp(-a[HALF + u])) +
			    tanh(a[2 * HALF + u]) / (1.0 + exp(-a[u]));
			h[u] = tanh(c[u]) / (1.0 + exp(-a[3 * HALF + u]));
			y[f][d * HALF + u] = h[u];
		}
	}
}

static void
run_slowly(const struct weights *w, size_t n_frames, const float *magnitudes,
    double *estimate)
{
	static double x[4][MAX_FRAMES][HIDDEN];
	double in[INPUTS], joined[2 * HIDDEN], out[OUTPUTS];

	for (size_t f = 0; f < n_frames; f++) {
		for (size_t i = 0; i < INPUTS; i++)
			in[i] = ((double)magnitudes[f * OUTPUTS + i / HEARD *
			    BINS + i % HEARD] + value(w, "input_mean",
			    i % HEARD)) * value(w, "input_scale", i % HEARD);
		slow_dense(w, 1, HIDDEN, INPUTS, in, x[0][f]);
		for (size_t i = 0; i < HIDDEN; i++)
			x[0][f][i] = tanh(x[0][f][i]);
	}
	for (size_t i = 0; i < 6; i++)
		slow_lstm(w, i / 2, i % 2, n_frames, x[i / 2], x[i / 2 + 1]);
	for (size_t f = 0; f < n_frames; f++) {
		memcpy(joined, x[0][f], HIDDEN * sizeof(double));
		memcpy(joined + HIDDEN, x[3][f], HIDDEN * sizeof(double));
		slow_dense(w, 2, HIDDEN, 2 * HIDDEN, joined, in);
		for (size_t i = 0; i < HIDDEN; i++)
			in[i] = fmax(in[i], 0.0);
		slow_dense(w, 3, OUTPUTS, HIDDEN, in, out);
		for (size_t i = 0; i < OUTPUTS; i++)
			estimate[f * OUTPUTS + i] = fmax(out[i] * value(w,
			    "output_scale", i % BINS) + value(w,
			    "output_mean", i % BINS), 0.0) *
			    (double)magnitudes[f * OUTPUTS + i];
	}
}

/* A network and its scratch, from tensors as published. */
struct made {
	struct weights *published, *model;
	struct umx_net *net;
	struct umx_net_scratch *scratch;
};

static struct made
make(size_t max_frames)
{
	struct made m = { random_published(""), NULL, NULL, NULL };
	struct error err;

	m.model = umx_model_import(m.published, &err);
	assert_non_null(m.model);
	m.net = umx_net_new(m.model, &err);
	assert_non_null(m.net);
	m.scratch = umx_net_scratch_new(m.net, max_frames, &err);
	assert_non_null(m.scratch);
	return m;
}

static void
release(struct made *m)
{
	umx_net_scratch_free(m->scratch);
	umx_net_free(m->net);
	weights_free(m->model);
	weights_free(m->published);
}

static void
estimates_are_those_of_the_layers(void **state)
{
	static const size_t n_frames[] = { 1, 2, 7, 120, MAX_FRAMES };
	static float x[MAX_FRAMES * OUTPUTS], y[MAX_FRAMES * OUTPUTS];
	static float z[MAX_FRAMES * OUTPUTS];
	static double want[MAX_FRAMES * OUTPUTS];
	struct made m = make(MAX_FRAMES);
	struct random r;

	(void)state;
	assert_int_equal(umx_net_n_bins(m.net), BINS);
	random_init(&r, 2);
	for (size_t i = 0; i < MAX_FRAMES * OUTPUTS; i++)
		x[i] = (float)(2.0 * random_uniform(&r));
	for (size_t c = 0; c < sizeof(n_frames) / sizeof(*n_frames); c++) {
		const size_t n = n_frames[c] * OUTPUTS;
		double worst = 0.0, largest = 0.0;
		size_t n_zeros = 0;

		run_slowly(m.published, n_frames[c], x, want);
		umx_net_run(m.scratch, n_frames[c], x, y);
		for (size_t i = 0; i < n; i++) {
			worst = fmax(worst, fabs((double)y[i] - want[i]));
			largest = fmax(largest, want[i]);
			n_zeros += want[i] == 0.0;
		}
		print_message("%zu frames: largest difference %.2g of %.2g\n",
		    n_frames[c], worst, largest);
		/* The precision of float through six layers. */
		assert_true(worst < 1e-5 * largest);
		assert_true(n_zeros > 0 && n_zeros < n);
		/* Over the magnitudes, the same bytes. */
		memcpy(z, x, n * sizeof(*z));
		umx_net_run(m.scratch, n_frames[c], z, z);
		assert_memory_equal(z, y, n * sizeof(*z));
	}
	umx_net_run(m.scratch, 0, x, y);
	release(&m);
}

/* Silence stays silent, and what overflows gives numbers. */
static void
extremes_give_numbers(void **state)
{
	static float x[3 * OUTPUTS], y[3 * OUTPUTS];
	struct made m = make(3);

	(void)state;
	umx_net_run(m.scratch, 3, x, y);
	for (size_t i = 0; i < 3 * OUTPUTS; i++)
		assert_true(y[i] == 0.0f);
	for (size_t i = 0; i < 3 * OUTPUTS; i++)
		x[i] = i % 7 == 0 ? 0.0f : 1e30f;
	umx_net_run(m.scratch, 3, x, y);
	for (size_t i = 0; i < 3 * OUTPUTS; i++)
		assert_true(isfinite(y[i]) && y[i] >= 0.0f);
	release(&m);
}

static void
segments_are_limited(void **state)
{
	struct made m = make(1);
	struct error err;

	(void)state;
	assert_null(umx_net_scratch_new(m.net, 0, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_null(umx_net_scratch_new(m.net, UMX_NET_MAX_FRAMES + 1, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	release(&m);
}

static void
models_say_what_they_are(void **state)
{
	struct weights *published = random_published("state.vocals."), *w;
	const struct json *metadata;
	const char *text;
	struct umx_net *net;
	struct error err;
	size_t n;

	(void)state;
	assert_true(umx_model_is_published(published));
	w = umx_model_import(published, &err);
	assert_non_null(w);
	assert_non_null(weights_find(w, "fc1.weight"));
	assert_null(weights_find(w, "stft.window"));
	assert_int_equal(weights_n_tensors(w), 19 + 24);
	metadata = weights_metadata_const(w);
	assert_int_equal(json_want_string(metadata, "network.architecture",
	    &text, &err), 0);
	assert_string_equal(text, "open-unmix");
	assert_int_equal(json_want_size(metadata, "network.hidden", &n, &err),
	    0);
	assert_int_equal(n, HIDDEN);
	assert_int_equal(json_want_size(metadata, "features.window_samples",
	    &n, &err), 0);
	assert_int_equal(n, 2 * (BINS - 1));
	assert_int_equal(json_want_size(metadata, "features.n_heard", &n,
	    &err), 0);
	assert_int_equal(n, HEARD);
	/* The same tensors as another network's are refused. */
	assert_int_equal(json_put_string(weights_metadata(w),
	    "network.architecture", "crepe", &err), 0);
	net = umx_net_new(w, &err);
	assert_null(net);
	assert_non_null(strstr(err.text, "crepe"));
	weights_free(w);
	weights_free(published);
}

/* The tensors, but one has another shape, or is missing with rank 9. */
static struct weights *
spoilt(const char *name, size_t rank, size_t first, size_t second)
{
	struct weights *w = random_published(""), *copy;
	const size_t shape[2] = { first, second };
	struct error err;
	float *values;

	copy = weights_new(&err);
	assert_non_null(copy);
	for (size_t i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);
		const bool is_it = strcmp(t->name, name) == 0;

		if (is_it && rank == 9)
			continue;
		assert_int_equal(weights_add(copy, t->name, is_it ? rank :
		    t->rank, is_it ? shape : t->shape, &values, &err), 0);
		if (!is_it)
			memcpy(values, t->values, t->n_values *
			    sizeof(*values));
		else if (strstr(name, "running_var") != NULL)
			values[0] = -1.0f;
	}
	weights_free(w);
	return copy;
}

static void
what_does_not_fit_is_named(void **state)
{
	static const struct {
		const char *name;
		size_t rank, first, second;
	} cases[] = {
		{ "bn2.bias", 9, 0, 0 },
		{ "output_mean", 9, 0, 0 },
		{ "output_mean", 1, 1, 0 },
		{ "output_mean", 1, UMX_MODEL_MAX_BINS + 1, 0 },
		{ "output_mean", 0, 0, 0 },
		{ "input_mean", 1, BINS + 1, 0 },
		{ "input_mean", 1, 0, 0 },
		{ "input_mean", 2, HEARD, 1 },
		{ "fc1.weight", 2, 15, INPUTS },
		{ "fc1.weight", 2, 0, INPUTS },
		{ "fc1.weight", 2, UMX_MODEL_MAX_HIDDEN + 2, 1 },
		{ "fc1.weight", 2, HIDDEN, INPUTS + 1 },
		{ "fc1.weight", 1, HIDDEN, 0 },
		{ "fc2.weight", 2, HIDDEN, HIDDEN },
		{ "fc3.weight", 2, OUTPUTS, HIDDEN + 1 },
		{ "bn3.running_mean", 1, OUTPUTS - 1, 0 },
		{ "bn3.running_var", 1, OUTPUTS, 0 },
		{ "lstm.weight_hh_l2", 2, 4 * HALF, HIDDEN },
		{ "lstm.bias_ih_l1_reverse", 1, 4 * HALF + 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct weights *w = spoilt(cases[i].name, cases[i].rank,
		    cases[i].first, cases[i].second);
		struct error err;

		assert_null(umx_model_import(w, &err));
		assert_int_equal(err.code, ERROR_FORMAT);
		assert_non_null(strstr(err.text, cases[i].name));
		weights_free(w);
	}
}

static void
other_files_are_not_taken_for_it(void **state)
{
	struct error err;
	struct weights *w = weights_new(&err);
	struct random r;

	(void)state;
	assert_non_null(w);
	random_init(&r, 3);
	add(w, "", "conv1.weight", 1, (size_t[2]){ 3, 0 }, &r);
	add(w, "", "my_lstm.weight_hh_l0_reverse", 1, (size_t[2]){ 3, 0 }, &r);
	assert_false(umx_model_is_published(w));
	assert_null(umx_model_import(w, &err));
	assert_non_null(strstr(err.text, "not an Open-Unmix network"));
	/* Two networks: which is the voice's is not for us to guess. */
	add(w, "a.", "lstm.weight_hh_l0_reverse", 1, (size_t[2]){ 3, 0 }, &r);
	add(w, "b.", "lstm.weight_hh_l0_reverse", 1, (size_t[2]){ 3, 0 }, &r);
	assert_false(umx_model_is_published(w));
	add(w, "b.", "fc1.weight", 1, (size_t[2]){ 3, 0 }, &r);
	assert_true(umx_model_is_published(w));
	assert_null(umx_model_import(w, &err));
	assert_non_null(strstr(err.text, "several networks"));
	weights_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(estimates_are_those_of_the_layers),
		cmocka_unit_test(extremes_give_numbers),
		cmocka_unit_test(segments_are_limited),
		cmocka_unit_test(models_say_what_they_are),
		cmocka_unit_test(what_does_not_fit_is_named),
		cmocka_unit_test(other_files_are_not_taken_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
