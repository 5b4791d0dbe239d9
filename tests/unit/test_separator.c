/*
 * The separator's stream and the score, with a small network of random
 * weights or of weights that make a known mask.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/pool.h"

#include "nn/trainer.h"
#include "nn/training.h"
#include "nn/weights.h"
#include "separate/separate_net.h"
#include "separate/separate_score.h"
#include "separate/separate_task.h"
#include "separate/separator.h"
#include "tests/lib/signal.h"

#define RATE_HZ 16000

/* The smallest network, its mask everywhere sigmoid(bias) when bias != 0. */
static struct weights *
small_weights(struct graph **g, double bias)
{
	struct weights *w;

	*g = separate_net_new("mask-unet", 4, SEPARATOR_FRAMES, NULL);
	assert_non_null(*g);
	w = weights_for(*g, 3, NULL);
	assert_non_null(w);
	if (bias != 0.0) {
		const struct weights_tensor *t = weights_find(w,
		    "last.weight");

		memset(t->values, 0, t->n_values * sizeof *t->values);
		weights_find(w, "last.bias")->values[0] = (float)bias;
	}
	return w;
}

/* A mask of a half is a voice of half the sound, wherever patches meet. */
static void
test_constant_mask(void **state)
{
	static const size_t lengths[] = { 1, 255, 16000, 32768, 100001,
	    106496 * 2, 131072 + 16384, 400000 };
	struct graph *g;
	struct weights *w = small_weights(&g, 1e-9);
	struct separator_model *m = separator_model_new(g, w, NULL);
	struct separator *s = separator_new(m, 0, NULL);
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_non_null(s);
	for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
		size_t n = lengths[k];
		float *x = calloc(n, sizeof *x);
		float *y = calloc(n, sizeof *y);

		assert_non_null(x);
		assert_non_null(y);
		signal_noise(x, n, k + 1, 0.1);
		assert_int_equal(separator_run(s, RATE_HZ, 1, x, n,
		    y, &err), 0);
		for (size_t i = 0; i < n; i++)
			y[i] *= 2.0f;
		/* What the STFT loses in float. */
		assert_true(signal_snr_db(x, y, n) > 100.0);
		free(x);
		free(y);
	}
	separator_free(s);
	separator_model_free(m);
	weights_free(w);
	graph_free(g);
}

/* Put the sound in blocks of one size; returns how many samples came. */
static size_t
run_blocks(struct separator *s, const float *x, size_t n, size_t block,
    float *y)
{
	size_t n_out = 0, got;
	float *ready;

	assert_int_equal(separator_begin(s, RATE_HZ, 1, NULL), 0);
	ready = malloc(separator_max_get(s) * sizeof *ready);
	assert_non_null(ready);
	for (size_t i = 0; i < n; i += block) {
		assert_int_equal(separator_put(s, x + i,
		    n - i < block ? n - i : block, ready, &got, NULL), 0);
		memcpy(y + n_out, ready, got * sizeof *y);
		n_out += got;
	}
	assert_int_equal(separator_finish(s, ready, &got, NULL), 0);
	memcpy(y + n_out, ready, got * sizeof *y);
	free(ready);
	return n_out + got;
}

/* The same bits from blocks of any size, and from a separator used before. */
static void
test_blocks(void **state)
{
	const size_t n = 70001;
	struct graph *g;
	struct weights *w = small_weights(&g, 0.0);
	struct separator_model *m = separator_model_new(g, w, NULL);
	struct separator *s = separator_new(m, 0, NULL);
	float *x = calloc(n, sizeof *x);
	float *one = calloc(n, sizeof *one);
	float *two = calloc(n, sizeof *two);

	(void)state;
	assert_true(s != NULL && x != NULL && one != NULL && two != NULL);
	signal_glide(x, n, RATE_HZ, 100.0, 4000.0, 0.5);
	assert_int_equal(run_blocks(s, x, n, 333, one), n);
	assert_int_equal(run_blocks(s, x, n, SEPARATOR_MAX_PUT, two), n);
	assert_memory_equal(one, two, n * sizeof *one);
	/* A louder sound has the same mask: up to rounding, a louder voice. */
	for (size_t i = 0; i < n; i++)
		x[i] *= 0.01f;
	assert_int_equal(run_blocks(s, x, n, 4096, two), n);
	for (size_t i = 0; i < n; i++)
		two[i] *= 100.0f;
	assert_true(signal_snr_db(one, two, n) > 60.0);
	/* Silence stays silence. */
	memset(x, 0, n * sizeof *x);
	assert_int_equal(run_blocks(s, x, n, 4096, two), n);
	for (size_t i = 0; i < n; i++)
		assert_true(two[i] == 0.0f);
	free(x);
	free(one);
	free(two);
	separator_free(s);
	separator_model_free(m);
	weights_free(w);
	graph_free(g);
}

/*
 * Where patches meet is not heard: the same sound from 192 frames later on,
 * cut in other places, has the same voice.  The first two seconds hear another
 * beginning.
 */
static void
test_seams(void **state)
{
	const size_t n = 25 * RATE_HZ, later = 192 * SEPARATE_NET_HOP;
	const size_t settled = 2 * RATE_HZ;
	struct graph *g = separate_net_new("mask-tdf", 4, SEPARATOR_FRAMES,
	    NULL);
	struct weights *w = weights_for(g, 3, NULL);
	struct separator_model *m = separator_model_new(g, w, NULL);
	struct separator *s = separator_new(m, 0, NULL);
	float *x = calloc(n, sizeof *x);
	float *whole = calloc(n, sizeof *whole);
	float *part = calloc(n, sizeof *part);

	(void)state;
	assert_true(s != NULL && x != NULL && whole != NULL && part != NULL);
	signal_noise(x, n, 1, 0.1);
	signal_glide(x + n / 2, n / 2, RATE_HZ, 100.0, 4000.0, 0.5);
	assert_int_equal(separator_run(s, RATE_HZ, 1, x, n, whole,
	    NULL), 0);
	assert_int_equal(separator_run(s, RATE_HZ, 1, x + later,
	    n - later, part, NULL), 0);
	assert_true(signal_snr_db(whole + later + settled, part + settled,
	    n - later - settled) > 60.0);
	free(x);
	free(whole);
	free(part);
	separator_free(s);
	separator_model_free(m);
	weights_free(w);
	graph_free(g);
}

/* Closed forms: a tone with noise across it, scaled anyhow. */
static void
test_score(void **state)
{
	const size_t n = 1600;
	float truth[1600], estimate[1600];

	(void)state;
	signal_tone(truth, n, RATE_HZ, 400.0, 0.5);
	for (size_t i = 0; i < n; i++)
		estimate[i] = 3.0f * truth[i];
	assert_true(separate_score_si_sdr(truth, estimate, n) > 99.0);
	/* A cosine of a tenth: orthogonal over whole periods, 20 dB below. */
	for (size_t i = 0; i < n; i++)
		estimate[i] = 0.7f * (truth[i] + 0.05f *
		    (float)cos(2.0 * acos(-1.0) * 400.0 * (double)i /
		    RATE_HZ));
	assert_true(fabs(separate_score_si_sdr(truth, estimate, n) - 20.0) <
	    1e-3);
	memset(estimate, 0, sizeof estimate);
	assert_true(separate_score_si_sdr(truth, estimate, n) == -100.0);
	assert_true(separate_score_si_sdr(estimate, truth, n) == -100.0);
}

/* Training on made-up songs lowers the loss and repeats to the bit. */
#define N_STEPS 40

struct log {
	double first, last;	/* mean loss of five steps */
};

static int
note_loss(void *context, const struct training_report *r, struct error *err)
{
	struct log *log = context;

	(void)err;
	if (r->step <= 5)
		log->first += r->loss / 5.0;
	if (r->step > N_STEPS - 5)
		log->last += r->loss / 5.0;
	return 0;
}

static void
train(const char *architecture, size_t n_threads, struct log *log,
    float *bias)
{
	static const char text[] = "{\"network\":{\"channels\":4},"
	    "\"data\":{\"synthetic_songs\":1},\"training\":{\"steps\":40,"
	    "\"batch\":4,\"block\":2,\"learning_rate\":0.003,"
	    "\"schedule\":\"constant\"}}";
	struct json *recipe = json_parse(text, sizeof text - 1, NULL);
	const int put = json_put_string(recipe, "network.architecture",
	    architecture, NULL);
	struct training_task *task = separate_task_new(recipe, NULL, NULL,
	    NULL);
	struct training_options options;
	struct training_result result;
	struct pool *pool = pool_new(n_threads, NULL);
	struct error err = { ERROR_NONE, "" };
	struct weights *w;

	assert_int_equal(put, 0);
	assert_non_null(task);
	assert_int_equal(training_options_read(recipe, &options, &err), 0);
	w = weights_for(task->graph, 1, NULL);
	if (training_run(task, &options, w, NULL, pool, NULL, note_loss, log,
	    &result, &err) != 0)
		fail_msg("%s", err.text);
	*bias = weights_find(w, "last.bias")->values[0];
	weights_free(w);
	pool_free(pool);
	training_task_free(task);
	json_free(recipe);
}

static void
test_training(void **state)
{
	static const char *const architectures[] = { "mask-unet", "mask-tdf" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct log one = { 0.0, 0.0 }, two = { 0.0, 0.0 };
		float bias_one, bias_two;

		train(architectures[i], 1, &one, &bias_one);
		train(architectures[i], 2, &two, &bias_two);
		assert_true(one.last < 0.8 * one.first);
		assert_true(one.last == two.last);
		assert_true(bias_one == bias_two);
	}
}

static void
test_refused(void **state)
{
	static const char text[] = "{\"network\":{\"channels\":16}}";
	struct json *recipe = json_parse(text, sizeof text - 1, NULL);
	struct error err = { ERROR_NONE, "" };

	(void)state;
	assert_null(separate_net_new("mask-unet", 0, 128, NULL));
	assert_null(separate_net_new("mask-tdf", 1000, 128, NULL));
	assert_null(separate_net_new("mask", 16, 128, &err));
	assert_non_null(strstr(err.text, "\"mask\""));
	assert_null(separate_task_new(recipe, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "nothing to train on"));
	assert_null(separator_model_load("/nowhere.safetensors", &err));
	json_free(recipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constant_mask),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_seams),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_training),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
