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
#include "base/json.h"
#include "base/pool.h"

#include "dsp/activations.h"
#include "dsp/npy.h"
#include "dsp/track.h"

#include "embed/augment.h"
#include "embed/cqt_crop.h"
#include "embed/crop.h"
#include "embed/embed_task.h"
#include "embed/excerpt.h"

#define N_COLUMNS 50
#define N_ITEMS 12
#define N_VALUES (N_ITEMS * CROP_N_BINS * N_COLUMNS)
#define N_CQT_VALUES (N_ITEMS * CQT_CROP_N_BINS * N_COLUMNS)

static const char *folder;

static char *
path_of(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", folder, name);
}

/* Semitones above A3 of a tune that depends on "work", at a frame. */
static double
note_at(size_t work, double frame)
{
	return floor(6 * sin(floor(frame / 45) * (double)(work + 2) * 1.7));
}

/* Activations of the tune, sung at a speed and key. */
static void
write_activations(struct arena *a, const char *name, size_t work,
    double speed, double semitones)
{
	const size_t n = (size_t)(600 / speed);
	struct track t;
	struct error err;

	assert_int_equal(track_init(&t, n, CROP_FRAME_SEC, a, &err), 0);
	for (size_t k = 0; k < n; k++) {
		t.f0_hz[k] = (float)(220 * exp2((semitones + note_at(work,
		    (double)k * speed)) / 12));
		t.confidence[k] = 0.9f;
	}
	assert_int_equal(activations_write(path_of(a, name), &t, &err), 0);
}

/* The same as a CQT of tones with two harmonics, over a soft noise. */
static void
write_cqt(struct arena *a, const char *name, size_t work, double speed,
    double semitones)
{
	const size_t n = (size_t)(150 / speed);
	struct npy_writer *w;
	struct random r;
	struct error err;

	random_init(&r, work);
	assert_non_null(w = npy_writer_open(path_of(a, name), STORED_FLOAT32,
	    CQT_CROP_N_BINS, &err));
	for (size_t k = 0; k < n; k++) {
		float row[CQT_CROP_N_BINS];
		const size_t b = (size_t)(33 + semitones + note_at(work,
		    (double)(4 * k) * speed));

		for (size_t i = 0; i < CQT_CROP_N_BINS; i++)
			row[i] = (float)random_range(&r, 0, 0.01);
		row[b] = 3;
		row[b + 12] = 2;
		assert_int_equal(npy_writer_put(w, row, 1, &err), 0);
	}
	assert_int_equal(npy_writer_commit(w, &err), 0);
}

/* Pairs of works first..last as chad-mine writes them. */
static void
write_pairs(struct arena *a, const char *name, size_t first, size_t last)
{
	FILE *f = fopen(path_of(a, name), "w");

	assert_non_null(f);
	for (size_t i = first; i <= last; i++) {
		char original[32], other[32], cqt[2][32];

		snprintf(original, sizeof(original), "o%zu.npy", i);
		snprintf(other, sizeof(other), "h%zu.npy", i);
		snprintf(cqt[0], sizeof(cqt[0]), "oc%zu.npy", i);
		snprintf(cqt[1], sizeof(cqt[1]), "hc%zu.npy", i);
		write_activations(a, original, i, 1, 0);
		write_activations(a, other, i, 1.1, -4);
		write_cqt(a, cqt[0], i, 1, 0);
		write_cqt(a, cqt[1], i, 1.1, -4);
		fprintf(f, "{\"group_id\": \"work-%zu\", \"source\": \"hum\", "
		    "\"original\": {\"activations\": \"%s/%s\", "
		    "\"cqt\": \"%s/%s\", "
		    "\"offset\": 0.5, \"duration\": 4.4}, "
		    "\"other\": {\"activations\": \"%s/%s\", "
		    "\"hop_sec\": 0.01, \"cqt\": \"%s/%s\", "
		    "\"cqt_hop_sec\": 0.04, \"offset\": 0.4545, "
		    "\"duration\": 4}}\n", i, folder, original, folder,
		    cqt[0], folder, other, folder, cqt[1]);
	}
	assert_int_equal(fclose(f), 0);
}

static struct json *
recipe_with(const char *loss, const char *data, size_t steps)
{
	char text[1024];
	struct error err;
	struct json *j;

	snprintf(text, sizeof(text), "{\"network\": {\"architecture\": "
	    "\"embed-resnet\", \"n_columns\": %d, \"channels\": [4, 8, 16], "
	    "\"dimension\": 16}, \"features\": {\"hop_sec\": 0.2}, "
	    "\"loss\": %s, \"data\": %s, \"validation\": {\"queries\": 6, "
	    "\"distractors\": 12}, \"training\": {\"steps\": %zu, "
	    "\"batch\": %d, \"block\": 6, \"learning_rate\": 0.01, "
	    "\"schedule\": \"constant\"}}", N_COLUMNS, loss, data, steps,
	    N_ITEMS);
	j = json_parse(text, strlen(text), &err);
	assert_non_null(j);
	return j;
}

static struct json *
recipe_of(const char *data, size_t steps)
{
	return recipe_with("{}", data, steps);
}

static struct json *
cqt_recipe(const char *data, size_t steps)
{
	struct json *j = recipe_of(data, steps);
	struct error err;

	assert_int_equal(json_put_string(j, "features.input", "cqt", &err), 0);
	return j;
}

static void
make_batch(struct training_task *task, size_t n_threads, uint64_t seed,
    uint64_t step, float *images)
{
	struct error err;
	struct pool *pool = pool_new(n_threads, &err);
	float *inputs[1] = { images };

	assert_non_null(pool);
	assert_int_equal(task->make_batch(task->self, seed, step, N_ITEMS,
	    pool, inputs, &err), 0);
	pool_free(pool);
}

/* A batch depends on seed and step alone. */
static void
test_batches_repeat(void **state)
{
	struct arena *a = *state;
	struct json *recipe = recipe_of("{\"pairs\": 1, \"distorted\": 1, "
	    "\"tunes\": 1, \"group_items\": 3}", 1);
	struct error err;
	struct training_task *task;
	float *one = arena_alloc(a, N_VALUES, sizeof(float));
	float *other = arena_alloc(a, N_VALUES, sizeof(float));
	double sum = 0;

	assert_true(one != NULL && other != NULL);
	write_pairs(a, "train.jsonl", 0, 5);
	task = embed_task_new(recipe, path_of(a, "train.jsonl"), NULL, &err);
	assert_non_null(task);
	make_batch(task, 1, 7, 3, one);
	make_batch(task, 4, 7, 3, other);
	assert_memory_equal(one, other, N_VALUES * sizeof(float));
	make_batch(task, 1, 7, 4, other);
	assert_memory_not_equal(one, other, N_VALUES * sizeof(float));
	for (size_t i = 0; i < N_VALUES; i++) {
		assert_true(one[i] >= 0 && one[i] <= 1);
		sum += (double)one[i];
	}
	/* Each column of each image has a note of about 3 bins or less. */
	assert_true(sum > 0.1 * N_ITEMS * N_COLUMNS);
	training_task_free(task);
	json_free(recipe);
}

/* The same of a CQT, whose images are higher and show the tones. */
static void
test_cqt_batches(void **state)
{
	struct arena *a = *state;
	struct json *recipe = cqt_recipe("{\"pairs\": 1, "
	    "\"group_items\": 3}", 1);
	struct error err;
	struct training_task *task;
	float *one = arena_alloc(a, N_CQT_VALUES, sizeof(float));
	float *other = arena_alloc(a, N_CQT_VALUES, sizeof(float));
	size_t n_loud = 0;

	assert_true(one != NULL && other != NULL);
	write_pairs(a, "train.jsonl", 0, 5);
	task = embed_task_new(recipe, path_of(a, "train.jsonl"), NULL, &err);
	assert_non_null(task);
	/* Nothing is held out, and tunes cannot stand in for it. */
	assert_null(task->validate);
	assert_int_equal(graph_input_shape(task->graph, 0).h,
	    CQT_CROP_N_BINS);
	make_batch(task, 1, 7, 3, one);
	make_batch(task, 4, 7, 3, other);
	assert_memory_equal(one, other, N_CQT_VALUES * sizeof(float));
	make_batch(task, 1, 7, 4, other);
	assert_memory_not_equal(one, other, N_CQT_VALUES * sizeof(float));
	for (size_t i = 0; i < N_CQT_VALUES; i++) {
		assert_true(one[i] >= 0 && one[i] <= 1);
		n_loud += one[i] > 0.7f;
	}
	/* Two tones a column, where it was not silenced. */
	assert_true(n_loud > 0.5 * N_ITEMS * N_COLUMNS);
	training_task_free(task);
	json_free(recipe);
}

/* As each kind of loss wants its data. */
static const char *const losses[][2] = {
	{ "{}", "{\"pairs\": 1}" },
	{ "{\"kind\": \"triplet\"}",
	    "{\"pairs\": 1, \"group_items\": 3}" },
	{ "{\"kind\": \"group-infonce\"}",
	    "{\"pairs\": 1, \"group_items\": 3}" },
	{ "{\"kind\": \"segment\"}",
	    "{\"pairs\": 1, \"windows\": 3, \"window_step_sec\": 0.2}" },
};
#define N_LOSSES (sizeof(losses) / sizeof(losses[0]))

/* Loss and longest gradient of a batch of unit vectors, all different. */
static double
loss_of_batch(struct training_task *task, double *longest)
{
	float z[N_ITEMS * 16] = { 0 }, gradients[N_ITEMS * 16];
	const float *outputs[1] = { z };
	float *into[1] = { gradients };
	struct error err;
	double loss;

	for (size_t i = 0; i < N_ITEMS; i++)
		z[i * 16 + i] = 1;
	assert_int_equal(task->loss(task->self, N_ITEMS, outputs, into, &loss,
	    &err), 0);
	*longest = 0;
	for (size_t i = 0; i < N_ITEMS * 16; i++)
		*longest = fmax(*longest, fabs((double)gradients[i]));
	return loss;
}

/* Batches of one work, whose groups differ, have no negatives at all. */
static void
test_one_work_pushes_nothing(void **state)
{
	struct arena *a = *state;
	float *images = arena_alloc(a, N_VALUES, sizeof(float));
	struct error err;

	assert_non_null(images);
	write_pairs(a, "one.jsonl", 3, 3);
	write_pairs(a, "six.jsonl", 0, 5);
	for (size_t i = 0; i < 2 * N_LOSSES; i++) {
		struct json *recipe = recipe_with(losses[i / 2][0],
		    losses[i / 2][1], 1);
		struct training_task *task = embed_task_new(recipe,
		    path_of(a, i % 2 == 0 ? "one.jsonl" : "six.jsonl"), NULL,
		    &err);
		double sum = 0, loss = 0;

		assert_non_null(task);
		/* Two groups of six works may happen to be of one. */
		for (uint64_t step = 1; step <= 5; step++) {
			double longest;

			make_batch(task, 2, 3, step, images);
			loss += loss_of_batch(task, &longest);
			sum += longest;
		}
		assert_true((loss > 0) == (i % 2 == 1));
		assert_true((sum > 0) == (i % 2 == 1));
		training_task_free(task);
		json_free(recipe);
	}
}

static size_t
n_columns_same(const float *a, const float *b, size_t shift)
{
	size_t n_same = 0;

	for (size_t k = 0; k + shift < N_COLUMNS; k++) {
		size_t n = 0;

		for (size_t bin = 0; bin < CROP_N_BINS; bin++)
			n += fabsf(a[bin * N_COLUMNS + k + shift] -
			    b[bin * N_COLUMNS + k]) < 1e-6f;
		n_same += n == CROP_N_BINS;
	}
	return n_same;
}

/* The windows of a side are the same singing, a step apart. */
static void
test_windows_of_side(void **state)
{
	static const char none[] = "{\"stretch\": 0, "
	    "\"centre_semitones\": 0, \"splice\": 0, \"truncate\": 0, "
	    "\"gap\": 0, \"octave\": 0, \"ghost\": 0, \"mix\": 0, "
	    "\"noise\": 0, \"blur\": 0}";
	struct arena *a = *state;
	struct json *recipe = recipe_with("{\"kind\": \"segment\"}",
	    "{\"pairs\": 1, \"windows\": 3, \"window_step_sec\": 0.2}", 1);
	float *images = arena_alloc(a, N_VALUES, sizeof(float));
	const size_t size = CROP_N_BINS * N_COLUMNS;
	struct training_task *task;
	struct error err;
	struct json *plain = json_parse(none, strlen(none), &err);
	size_t n_same = 0;

	assert_true(images != NULL && plain != NULL);
	assert_int_equal(json_put(recipe, "augmentation", plain, &err), 0);
	json_free(plain);
	write_pairs(a, "train.jsonl", 0, 5);
	task = embed_task_new(recipe, path_of(a, "train.jsonl"), NULL, &err);
	assert_non_null(task);
	make_batch(task, 2, 3, 1, images);
	/* Each centres on its own median, which may differ: most agree. */
	for (size_t i = 0; i < N_ITEMS; i += 3)
		for (size_t w = 0; w < 2; w++)
			n_same += n_columns_same(images + (i + w) * size,
			    images + (i + w + 1) * size, 5);
	assert_true(n_same >= (N_COLUMNS - 5) * 4);
	training_task_free(task);
	json_free(recipe);
}

/* Six pairs are learnt by heart; takes the recipe.  Scored on works 10.. */
static void
overfit(struct arena *a, struct json *recipe, size_t last_held)
{
	struct training_options o;
	struct training_task *task;
	struct weights *w;
	struct error err;
	struct pool *pool = pool_new(2, &err);
	float *images = arena_alloc(a, N_VALUES, sizeof(float));
	volatile sig_atomic_t stop = 0;
	struct training_result result;
	double before, after;

	assert_true(pool != NULL && images != NULL);
	write_pairs(a, "train.jsonl", 0, 5);
	write_pairs(a, "held.jsonl", 10, last_held);
	task = embed_task_new(recipe, path_of(a, "train.jsonl"),
	    path_of(a, "held.jsonl"), &err);
	assert_non_null(task);
	assert_int_equal(training_options_read(recipe, &o, &err), 0);
	assert_non_null(w = weights_for(task->graph, 1, &err));
	assert_int_equal(task->validate(task->self, w, pool, &before, &err),
	    0);
	assert_int_equal(training_run(task, &o, w, NULL, pool, &stop, NULL,
	    NULL, &result, &err), 0);
	assert_int_equal(task->validate(task->self, w, pool, &after, &err),
	    0);
	assert_true(before >= 0 && before <= 1);
	/* Four held-out tunes among sixteen works, ten of which count; of a
	 * CQT twenty among themselves. */
	assert_true(after >= 0.75);
	weights_free(w);
	pool_free(pool);
	training_task_free(task);
	json_free(recipe);
}

static void
test_overfits(void **state)
{
	for (size_t i = 0; i < N_LOSSES; i++)
		overfit(*state, recipe_with(losses[i][0], losses[i][1], 60),
		    13);
	overfit(*state, cqt_recipe("{\"pairs\": 1}", 60), 29);
}

/* Takes the recipe. */
static void
expect_recipe_refused(struct json *recipe, const char *manifest,
    const char *held_out, const char *words)
{
	struct error err;

	assert_null(embed_task_new(recipe, manifest, held_out, &err));
	assert_non_null(strstr(err.text, words));
	json_free(recipe);
}

static void
expect_refused(const char *data, const char *manifest, const char *held_out,
    const char *words)
{
	expect_recipe_refused(recipe_of(data, 1), manifest, held_out, words);
}

/* What a CQT cannot be made of, and what it cannot be varied by. */
static void
test_cqt_refusals(void **state)
{
	static const char none[] = "{\"group_id\": \"w\", \"original\": "
	    "{\"activations\": \"x.npy\"}, \"other\": {}}\n";
	struct arena *a = *state;
	const char *train = path_of(a, "train.jsonl");
	const char *bad = path_of(a, "bad.jsonl");
	struct json *recipe = cqt_recipe("{\"pairs\": 1}", 1);
	struct error err;

	write_pairs(a, "train.jsonl", 0, 5);
	assert_int_equal(json_put_number(recipe, "augmentation.octave", 0.1,
	    &err), 0);
	expect_recipe_refused(recipe, train, NULL, "augmentation.octave");
	expect_recipe_refused(cqt_recipe("{\"tunes\": 1}", 1), train, NULL,
	    "data.tunes");
	expect_recipe_refused(cqt_recipe("{\"distorted\": 1}", 1), train,
	    NULL, "data.distorted");
	assert_int_equal(file_write(bad, none, sizeof(none) - 1, &err), 0);
	expect_recipe_refused(cqt_recipe("{\"pairs\": 1}", 1), bad, NULL,
	    "\"cqt\"");
	recipe = cqt_recipe("{\"pairs\": 1}", 1);
	assert_int_equal(json_put_string(recipe, "features.input", "mel",
	    &err), 0);
	expect_recipe_refused(recipe, train, NULL, "\"mel\"");
}

static void
test_refusals(void **state)
{
	struct arena *a = *state;
	const char *train, *held, *bad;
	struct error err;

	write_pairs(a, "train.jsonl", 0, 5);
	write_pairs(a, "held.jsonl", 5, 6);
	train = path_of(a, "train.jsonl");
	held = path_of(a, "held.jsonl");
	bad = path_of(a, "bad.jsonl");
	expect_refused("{\"pairs\": 1}", NULL, NULL, "wants nothing");
	expect_refused("{\"pairs\": -1}", train, NULL, "data.pairs");
	expect_refused("{\"pairs\": 1}", train, held, "held-out");
	assert_int_equal(file_write(bad, "{\"id\": \"x\"}\n", 12, &err), 0);
	expect_refused("{\"pairs\": 1}", bad, NULL, "record 1");
}

/* What was kept in bytes comes back, and outside there is nothing. */
static void
test_excerpt(void **state)
{
	struct arena *a = *state;
	struct npy_reader *r;
	struct excerpt e;
	struct error err;
	double start_sec;
	float *columns = arena_alloc(a, 30 * ACTIVATIONS_N_BINS,
	    sizeof(float));
	float row[ACTIVATIONS_N_BINS];

	assert_non_null(columns);
	write_activations(a, "x.npy", 1, 1, 0);
	assert_non_null(r = npy_reader_open(path_of(a, "x.npy"), &err));
	assert_int_equal(excerpt_read(r, &image_kind_activations, 1.01, 2.01,
	    &e, &start_sec, &err), 0);
	assert_true(fabs(start_sec - 1) < 1e-9);
	assert_int_equal(e.n_columns, 26);
	excerpt_expand(&e, -2, 30, columns);
	for (size_t i = 0; i < 2 * ACTIVATIONS_N_BINS; i++) {
		assert_true(columns[i] == 0);
		assert_true(columns[28 * ACTIVATIONS_N_BINS + i] == 0);
	}
	assert_int_equal(npy_reader_get(r, 150, 1, row, &err), 0);
	for (size_t b = 0; b < ACTIVATIONS_N_BINS; b++)
		/* Frame 150 lies in column 12; a note lasts 0.45 s. */
		assert_true(fabsf(columns[(2 + 12) * ACTIVATIONS_N_BINS + b] -
		    row[b]) < 0.6f / 255);
	excerpt_release(&e);
	assert_int_equal(excerpt_read(r, &image_kind_activations, 100, 101,
	    &e, &start_sec, &err), -1);
	npy_reader_close(r);
}

/* Nothing wanted, nothing done; and what is wanted does what it says. */
static void
test_augment(void **state)
{
	struct arena *a = *state;
	const size_t n = 40 * ACTIVATIONS_N_BINS;
	float *columns = arena_alloc(a, n, sizeof(float));
	float *before = arena_alloc(a, n, sizeof(float));
	struct augment_options o;
	struct random r;

	assert_true(columns != NULL && before != NULL);
	for (size_t k = 0; k < 40; k++)
		before[k * ACTIVATIONS_N_BINS + 100 + k] = 1;
	memcpy(columns, before, n * sizeof(float));
	augment_options_none(&o);
	random_init(&r, 1);
	augment_columns(&image_kind_activations, &o, &r, columns, 40);
	assert_memory_equal(columns, before, n * sizeof(float));
	assert_true(augment_draw_speed(&o, &r) == 1);
	assert_true(augment_draw_centre(&image_kind_activations, &o, &r) == 0);

	o.p_ghost = 1;
	augment_columns(&image_kind_activations, &o, &r, columns, 40);
	for (size_t k = 0; k < 40; k++) {
		const float *c = columns + k * ACTIVATIONS_N_BINS + 100 + k;

		assert_true(c[0] == 1);
		assert_true((c[60] >= 0.1f && c[60] <= 0.5f && c[-60] == 0) ||
		    (c[-60] >= 0.1f && c[-60] <= 0.5f && c[60] == 0));
	}
	/* Half as fast: every other column again. */
	augment_resample(&image_kind_activations, before, 40, 20, 0.5,
	    columns, 40);
	for (size_t k = 0; k < 40; k++)
		assert_memory_equal(columns + k * ACTIVATIONS_N_BINS,
		    before + (size_t)floor(10.5 + 0.5 * (double)k) *
		    ACTIVATIONS_N_BINS, ACTIVATIONS_N_BINS * sizeof(float));
}

/* A folder for the files, and an arena for each test. */
static int
setup(void **state)
{
	*state = arena_new();
	return *state == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_batches_repeat, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_cqt_batches, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_one_work_pushes_nothing,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_windows_of_side, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_overfits, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_cqt_refusals, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_excerpt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_augment, setup, teardown),
	};
	char name[] = "/tmp/test_embed_task.XXXXXX";
	char command[64];
	int status;

	if ((folder = mkdtemp(name)) == NULL)
		return 1;
	status = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", name);
	return system(command) == 0 ? status : 1;
}
