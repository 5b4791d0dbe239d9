/*
 * Training: a small network learns a task by heart; the same bytes with any
 * number of threads, and after stopping and going on.
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

#include "base/pool.h"
#include "base/random.h"
#include "nn/session.h"
#include "nn/training.h"

#define SIDE 8
#define N_CLASSES 3
#define N_EXAMPLES 24

/* Noise images with labels drawn by lot: only learning by heart helps. */
struct lottery {
	struct graph *graph;
	float images[N_EXAMPLES][SIDE * SIDE];
	size_t labels[N_EXAMPLES];
	size_t batch[N_EXAMPLES];
	volatile sig_atomic_t *stop;
	uint64_t stop_after;
};

/* Fisher and Yates. */
static void
shuffle(struct random *r, size_t *index, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		const size_t k = random_below(r, i);
		const size_t kept = index[i - 1];

		index[i - 1] = index[k];
		index[k] = kept;
	}
}

static int
make_batch(void *self, uint64_t seed, uint64_t step, size_t n_items,
    struct pool *pool, float *const *inputs, struct error *err)
{
	struct lottery *l = self;
	struct random r;
	size_t i;

	(void)pool;
	(void)err;
	random_init_keyed(&r, seed, step, 0);
	for (i = 0; i < N_EXAMPLES; i++)
		l->batch[i] = i;
	shuffle(&r, l->batch, N_EXAMPLES);
	for (i = 0; i < n_items; i++)
		memcpy(inputs[0] + i * SIDE * SIDE, l->images[l->batch[i]],
		    sizeof(l->images[0]));
	return 0;
}

/* Cross entropy of the softmax. */
static int
loss(void *self, size_t n_items, const float *const *outputs,
    float *const *output_gradients, double *mean_loss, struct error *err)
{
	const struct lottery *l = self;
	size_t i, k;

	(void)err;
	*mean_loss = 0;
	for (i = 0; i < n_items; i++) {
		const float *out = outputs[0] + i * N_CLASSES;
		const size_t label = l->labels[l->batch[i]];
		double sum = 0;

		for (k = 0; k < N_CLASSES; k++)
			sum += exp((double)out[k]);
		*mean_loss -= ((double)out[label] - log(sum)) /
		    (double)n_items;
		for (k = 0; k < N_CLASSES; k++)
			output_gradients[0][i * N_CLASSES + k] = (float)
			    ((exp((double)out[k]) / sum - (k == label)) /
			    (double)n_items);
	}
	return 0;
}

/* Share of the examples that come out right. */
static int
validate(void *self, const struct weights *w, struct pool *pool,
    double *score, struct error *err)
{
	const struct lottery *l = self;
	struct session *s = session_new(l->graph, w, N_EXAMPLES, err);
	float out[N_EXAMPLES][N_CLASSES];
	size_t i, k, best;

	(void)pool;
	if (s == NULL)
		return -1;
	assert_int_equal(session_run(s, N_EXAMPLES,
	    (const float *const[]){ l->images[0] },
	    (float *const[]){ out[0] }, err), 0);
	session_free(s);
	*score = 0;
	for (i = 0; i < N_EXAMPLES; i++) {
		best = 0;
		for (k = 1; k < N_CLASSES; k++)
			if (out[i][k] > out[i][best])
				best = k;
		*score += (best == l->labels[i]) / (double)N_EXAMPLES;
	}
	return 0;
}

static void
init(struct lottery *l)
{
	const struct graph_conv first = { .out_channels = 8, .kernel_h = 3,
	    .kernel_w = 3, .pad_top = 1, .pad_bottom = 1, .pad_left = 1,
	    .pad_right = 1 };
	const struct graph_pool halve = { .kernel_h = 2, .kernel_w = 2 };
	struct error err = { ERROR_NONE, "" };
	struct random r;
	size_t i, k;
	int x;

	memset(l, 0, sizeof(*l));
	l->graph = graph_new(&err);
	x = graph_input(l->graph, "in", SIDE, SIDE, 1);
	x = graph_conv(l->graph, "a", x, &first);
	x = graph_relu(l->graph, graph_batch_norm(l->graph, "an", x, 1e-5,
	    0.1));
	x = graph_max_pool(l->graph, x, &halve);
	x = graph_add(l->graph, x, graph_relu(l->graph,
	    graph_conv(l->graph, "b", x, &first)));
	x = graph_dropout(l->graph, x, 0.1);
	graph_output(l->graph, "out", graph_dense(l->graph, "c", x, N_CLASSES,
	    false));
	assert_int_equal(graph_finish(l->graph, &err), 0);
	random_init(&r, 77);
	for (i = 0; i < N_EXAMPLES; i++) {
		l->labels[i] = random_below(&r, N_CLASSES);
		for (k = 0; k < SIDE * SIDE; k++)
			l->images[i][k] = (float)random_normal(&r);
	}
}

static int
report(void *context, const struct training_report *r, struct error *err)
{
	struct lottery *l = context;

	(void)err;
	if (l->stop != NULL && r->step == l->stop_after)
		*l->stop = 1;
	return 0;
}

static const struct training_options plain = { .n_steps = 60,
    .batch_items = 16, .block_items = 4, .learning_rate = 0.01,
    .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .clip_norm = 5,
    .weight_decay = 0.01, .schedule = TRAINING_COSINE, .n_warmup_steps = 5,
    .seed = 3, .validate_every = 7, .keep_best = true };

/* Train from fresh weights; stop after a step when that is not 0. */
static struct weights *
train(const struct training_options *o, size_t n_threads,
    const char *checkpoint, uint64_t stop_after, struct weights *from)
{
	struct lottery *l = malloc(sizeof(*l));
	struct error err = { ERROR_NONE, "" };
	struct pool *pool = pool_new(n_threads, &err);
	volatile sig_atomic_t stop = 0;
	struct training_task task = { .self = l, .score_name = "right",
	    .make_batch = make_batch, .loss = loss, .validate = validate };
	struct weights *w;
	struct training_result result;

	init(l);
	l->stop = stop_after > 0 ? &stop : NULL;
	l->stop_after = stop_after;
	task.graph = l->graph;
	w = from != NULL ? from : weights_for(l->graph, 5, &err);
	if (training_run(&task, o, w, checkpoint, pool, &stop, report, l,
	    &result, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(result.is_done, stop_after == 0);
	assert_true(stop_after > 0 || result.has_score);
	graph_free(l->graph);
	free(l);
	pool_free(pool);
	return w;
}

static void
assert_same(const struct weights *a, const struct weights *b)
{
	size_t i;

	assert_int_equal(weights_n_tensors(a), weights_n_tensors(b));
	for (i = 0; i < weights_n_tensors(a); i++)
		assert_memory_equal(weights_tensor(a, i)->values,
		    weights_tensor(b, i)->values,
		    weights_tensor(a, i)->n_values * sizeof(float));
}

static void
test_learns_by_heart(void **state)
{
	struct training_options o = plain;
	struct lottery *l = malloc(sizeof(*l));
	struct error err = { ERROR_NONE, "" };
	struct weights *w;
	double score;
	int rule;

	(void)state;
	init(l);
	o.n_steps = 150;
	for (rule = TRAINER_ADAMW; rule <= TRAINER_SGD; rule++) {
		o.rule = (enum trainer_rule)rule;
		w = train(&o, 2, NULL, 0, NULL);
		assert_int_equal(validate(l, w, NULL, &score, &err), 0);
		/* Chance is a third. */
		if (!(score > 0.99))
			fail_msg("rule %d: only %g right", rule, score);
		weights_free(w);
	}
	graph_free(l->graph);
	free(l);
}

static void
test_threads(void **state)
{
	struct weights *one = train(&plain, 1, NULL, 0, NULL);
	struct weights *two = train(&plain, 2, NULL, 0, NULL);
	struct weights *four = train(&plain, 4, NULL, 0, NULL);

	(void)state;
	assert_same(one, two);
	assert_same(one, four);
	weights_free(one);
	weights_free(two);
	weights_free(four);
}

/* Stopped at step 23 and going on, or killed after the checkpoint of 40. */
static void
test_going_on(void **state)
{
	char path[] = "/tmp/test_training_XXXXXX";
	struct training_options o = plain;
	struct error err = { ERROR_NONE, "" };
	struct weights *whole = train(&plain, 2, NULL, 0, NULL);
	struct weights *parts;
	int fd = mkstemp(path);

	(void)state;
	(void)err;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	o.checkpoint_every = 20;
	weights_free(train(&o, 1, path, 23, NULL));
	weights_free(train(&o, 2, path, 51, NULL));
	parts = train(&o, 2, path, 0, NULL);
	assert_same(whole, parts);
	weights_free(parts);
	/* All is done: the checkpoint of the end gives the same. */
	parts = train(&o, 1, path, 0, NULL);
	assert_same(whole, parts);
	weights_free(parts);
	weights_free(whole);
	unlink(path);
}

static void
test_wrong_checkpoint(void **state)
{
	char path[] = "/tmp/test_training_XXXXXX";
	struct training_options o = plain;
	struct lottery *l = malloc(sizeof(*l));
	struct error err = { ERROR_NONE, "" };
	struct pool *pool = pool_new(1, &err);
	struct training_task task = { .self = l, .make_batch = make_batch,
	    .loss = loss };
	struct training_result result;
	struct weights *w;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	o.n_steps = 2;
	weights_free(train(&o, 1, path, 0, NULL));
	init(l);
	task.graph = l->graph;
	w = weights_for(l->graph, 5, &err);
	o.identity = "other";
	assert_int_equal(training_run(&task, &o, w, path, pool, NULL, NULL,
	    NULL, &result, &err), -1);
	assert_non_null(strstr(err.text, "another recipe"));
	o.identity = NULL;
	o.learning_rate = 0.02;
	assert_int_equal(training_run(&task, &o, w, path, pool, NULL, NULL,
	    NULL, &result, &err), -1);
	assert_non_null(strstr(err.text, "learning_rate"));
	o.learning_rate = plain.learning_rate;
	o.rule = TRAINER_SGD;
	assert_int_equal(training_run(&task, &o, w, path, pool, NULL, NULL,
	    NULL, &result, &err), -1);
	assert_non_null(strstr(err.text, "optimiser"));
	assert_int_equal(weights_save(path, w, &err), 0);
	assert_int_equal(training_run(&task, &o, w, path, pool, NULL, NULL,
	    NULL, &result, &err), -1);
	assert_non_null(strstr(err.text, "not a checkpoint"));
	weights_free(w);
	graph_free(l->graph);
	free(l);
	pool_free(pool);
	unlink(path);
}

static int
read_options(const char *text, struct training_options *o, struct error *err)
{
	struct json *j = json_parse(text, strlen(text), err);
	int failed;

	assert_non_null(j);
	failed = training_options_read(j, o, err);
	json_free(j);
	return failed;
}

static void
test_options(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct training_options o;

	(void)state;
	assert_int_equal(read_options("{\"training\":{\"steps\":90,"
	    "\"batch\":32,\"learning_rate\":0.1,\"schedule\":\"steps\","
	    "\"warmup_steps\":10,\"optimiser\":\"rmsprop\"}}", &o, &err), 0);
	assert_int_equal(o.block_items, 4);
	assert_int_equal(o.rule, TRAINER_RMSPROP);
	assert_true(fabs(training_rate(&o, 5) - 0.05) < 1e-12);
	assert_true(fabs(training_rate(&o, 11) - 0.1) < 1e-12);
	assert_true(fabs(training_rate(&o, 90) - 0.001) < 1e-12);
	o.schedule = TRAINING_COSINE;
	assert_true(fabs(training_rate(&o, 51) - 0.05) < 1e-12);
	assert_int_equal(read_options("{\"training\":{\"steps\":90,"
	    "\"batch\":32,\"learning_rate\":0.1,\"lr\":1}}", &o, &err), -1);
	assert_non_null(strstr(err.text, "training.lr"));
	assert_int_equal(read_options("{\"training\":{\"steps\":90,"
	    "\"batch\":32,\"learning_rate\":0.1,\"block\":5}}", &o, &err),
	    -1);
	assert_int_equal(read_options("{\"training\":{\"steps\":0,"
	    "\"batch\":32,\"learning_rate\":0.1}}", &o, &err), -1);
	assert_int_equal(read_options("{\"training\":{\"steps\":1,"
	    "\"batch\":32,\"learning_rate\":0.1,\"keep\":\"all\"}}", &o,
	    &err), -1);
	assert_int_equal(read_options("{}", &o, &err), -1);
}

static void
test_epochs_ask_for_more_steps(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct training_options o;

	(void)state;
	assert_int_equal(read_options("{\"training\":{\"steps\":90,"
	    "\"epochs\":2.5,\"batch\":32,\"learning_rate\":0.1}}", &o,
	    &err), 0);
	assert_int_equal(training_stretch(&o, 100, &err), 0);
	assert_int_equal(o.n_steps, 90);
	/* 2.5 * 1281 / 32 = 100.08 */
	assert_int_equal(training_stretch(&o, 1281, &err), 0);
	assert_int_equal(o.n_steps, 101);
	assert_int_equal(training_stretch(&o, 0, &err), -1);
	assert_non_null(strstr(err.text, "without end"));
	assert_int_equal(training_stretch(&o, SIZE_MAX, &err), -1);
	o.n_epochs = 0;
	assert_int_equal(training_stretch(&o, 0, &err), 0);
	assert_int_equal(o.n_steps, 101);
	assert_int_equal(read_options("{\"training\":{\"steps\":90,"
	    "\"epochs\":-1,\"batch\":32,\"learning_rate\":0.1}}", &o,
	    &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learns_by_heart),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_going_on),
		cmocka_unit_test(test_wrong_checkpoint),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_epochs_ask_for_more_steps)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
