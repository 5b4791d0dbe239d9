#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "base/pool.h"
#include "base/random.h"
#include "dsp/activations.h"
#include "nn/trainer.h"
#include "pitch/pitch_augment.h"
#include "pitch/pitch_decode.h"
#include "pitch/pitch_net.h"
#include "pitch/pitch_pool.h"
#include "pitch/pitch_task.h"
#include "pitch/pitch_tone.h"
#include "pitch/yin.h"

#define N ACTIVATIONS_N_BINS
#define M PITCH_NET_MAX_OUTPUTS
#define N_ITEMS 8
#define N_TONES 48
#define PI 3.14159265358979323846

#define RECIPE "{\"network\": {\"capacity\": \"tiny\", \"voicing\": true}, " \
	"\"augmentation\": {\"p_tone\": 0.5, \"p_empty\": 0.2}, " \
	"\"data\": {\"synthetic_minutes\": 0.2, \"band_minutes\": 0.1, " \
	"\"held_out_minutes\": 0.1, \"sound_sec\": 6}}"

static struct json *
parse(const char *text)
{
	struct error err;
	struct json *j = json_parse(text, strlen(text), &err);

	assert_non_null(j);
	return j;
}

/* One batch of the recipe's, by so many threads, and its loss. */
static double
make_batch(size_t n_threads, float *inputs, float *gradients,
    float *outputs)
{
	struct error err;
	struct json *recipe = parse(RECIPE);
	struct training_task *task = pitch_task_new(recipe, NULL, NULL, &err);
	struct pool *pool = pool_new(n_threads, &err);
	double loss;

	assert_true(task != NULL && pool != NULL);
	assert_int_equal(task->make_batch(task->self, 1, 7, N_ITEMS, pool,
	    &inputs, &err), 0);
	assert_int_equal(task->loss(task->self, N_ITEMS,
	    (const float *const[]){ outputs }, &gradients, &loss, &err), 0);
	pool_free(pool);
	training_task_free(task);
	json_free(recipe);
	return loss;
}

static void
batches_do_not_depend_on_threads(void **state)
{
	static float one[N_ITEMS * PITCH_NET_INPUT];
	static float four[N_ITEMS * PITCH_NET_INPUT];
	static float outputs[N_ITEMS * M], g1[N_ITEMS * M], g4[N_ITEMS * M];

	(void)state;
	for (size_t i = 0; i < N_ITEMS * M; i++)
		outputs[i] = 0.3f;
	assert_true(make_batch(1, one, g1, outputs) ==
	    make_batch(4, four, g4, outputs));
	assert_memory_equal(one, four, sizeof(one));
	assert_memory_equal(g1, g4, sizeof(g1));
}

/* The gradient of the loss against central differences. */
static void
the_loss_has_its_gradient(void **state)
{
	static float inputs[N_ITEMS * PITCH_NET_INPUT];
	static float outputs[N_ITEMS * M], gradients[N_ITEMS * M];
	static float unused[N_ITEMS * M];
	const double step = 1e-3;
	struct error err;
	struct json *recipe = parse(RECIPE);
	struct training_task *task = pitch_task_new(recipe, NULL, NULL, &err);
	struct pool *pool = pool_new(1, &err);
	float *const to_inputs = inputs, *const to_unused = unused;
	float *const to_gradients = gradients;
	const float *const from = outputs;
	struct random r;
	double loss, above, below;

	(void)state;
	assert_true(task != NULL && pool != NULL);
	random_init(&r, 1);
	for (size_t i = 0; i < N_ITEMS * M; i++)
		outputs[i] = (float)random_range(&r, 0.1, 0.9);
	assert_int_equal(task->make_batch(task->self, 1, 1, N_ITEMS, pool,
	    &to_inputs, &err), 0);
	assert_int_equal(task->loss(task->self, N_ITEMS, &from,
	    &to_gradients, &loss, &err), 0);
	for (size_t i = 0; i < N_ITEMS * M; i += i % M < N - 90 ? 90 : 1) {
		const float y = outputs[i];

		outputs[i] = y + (float)step;
		assert_int_equal(task->loss(task->self, N_ITEMS, &from,
		    &to_unused, &above, &err), 0);
		outputs[i] = y - (float)step;
		assert_int_equal(task->loss(task->self, N_ITEMS, &from,
		    &to_unused, &below, &err), 0);
		outputs[i] = y;
		/* The third derivative at 0.1 allows 1e-3 of the value. */
		assert_true(fabs((above - below) / (2.0 * step) -
		    (double)gradients[i]) < 1e-3 *
		    fmax(fabs((double)gradients[i]), 1e-4));
	}
	pool_free(pool);
	training_task_free(task);
	json_free(recipe);
}

/*
 * What a frame is taught, seen by the sign of the gradient where all outputs
 * are a half: negative where more is wanted.
 */
static void
voicing_goes_with_a_pitch(void **state)
{
	static float inputs[N_TONES * PITCH_NET_INPUT];
	static float outputs[N_TONES * M], gradients[N_TONES * M];
	float *const to_inputs = inputs, *const to_gradients = gradients;
	const float *const from = outputs;
	struct error err;
	struct json *recipe = parse(RECIPE);
	struct training_task *task = pitch_task_new(recipe, NULL, NULL, &err);
	struct pool *pool = pool_new(2, &err);
	size_t n_voiced = 0, n_high = 0;
	double loss;

	(void)state;
	for (size_t i = 0; i < N_TONES * M; i++)
		outputs[i] = 0.5f;
	assert_true(task != NULL && pool != NULL);
	assert_int_equal(task->make_batch(task->self, 1, 3, N_TONES, pool,
	    &to_inputs, &err), 0);
	assert_int_equal(task->loss(task->self, N_TONES, &from,
	    &to_gradients, &loss, &err), 0);
	for (size_t i = 0; i < N_TONES; i++) {
		const float *g = gradients + i * M;
		bool has_peak = false;

		for (size_t b = 0; b < N; b++)
			has_peak = has_peak || g[b] < 0.0f;
		assert_true(has_peak == (g[PITCH_NET_VOICING] < 0.0f));
		assert_true(has_peak == (g[PITCH_NET_OCTAVE] != 0.0f));
		n_voiced += has_peak;
		n_high += g[PITCH_NET_OCTAVE] < 0.0f;
	}
	assert_true(n_voiced > 0 && n_voiced < N_TONES);
	assert_true(n_high > 0 && n_high < n_voiced);
	pool_free(pool);
	training_task_free(task);
	json_free(recipe);
}

/* Another ear, which is right most of the time, hears the pitch they have. */
static void
tones_have_the_pitch_they_say(void **state)
{
	static float segment[PITCH_AUGMENT_SEGMENT];
	size_t n_judged = 0, n_right = 0;
	struct error err;
	struct yin *yin = yin_new(&err);
	struct random r;

	(void)state;
	assert_non_null(yin);
	random_init(&r, 4);
	for (int i = 0; i < 400; i++) {
		const double hz = pitch_tone_draw(&r, PITCH_AUGMENT_SEGMENT,
		    PITCH_AUGMENT_SEGMENT / 2, segment);
		double heard_hz, confidence, power = 0.0;

		assert_true(hz >= 8.0 && hz <= 7500.0);
		for (size_t k = 0; k < PITCH_AUGMENT_SEGMENT; k++)
			power += (double)segment[k] * (double)segment[k];
		/* Those far below one period a segment vary. */
		if (hz > 30.0)
			assert_true(fabs(sqrt(power /
			    PITCH_AUGMENT_SEGMENT) - 0.1) < 0.02);
		if (hz < 70.0 || hz > 700.0)
			continue;
		yin_frame(yin, segment + (PITCH_AUGMENT_SEGMENT -
		    YIN_FRAME) / 2, &heard_hz, &confidence);
		n_judged++;
		n_right += fabs(1200.0 * log2(heard_hz / hz)) < 25.0;
	}
	yin_free(yin);
	assert_true(n_judged > 100);
	assert_true((double)n_right >= 0.8 * (double)n_judged);
}

/* A voice of one pitch, in 16 bits. */
static void
make_voice(struct pitch_sound *s, double hz)
{
	s->n_samples = 32000;
	s->n_frames = 201;
	s->samples = calloc(s->n_samples, sizeof(*s->samples));
	s->f0_hz = calloc(s->n_frames, sizeof(*s->f0_hz));
	assert_true(s->samples != NULL && s->f0_hz != NULL);
	for (size_t i = 0; i < s->n_samples; i++) {
		const double phase = 2.0 * PI * hz * (double)i / 16000.0;

		s->samples[i] = (int16_t)(6000.0 * (sin(phase) +
		    0.5 * sin(2.0 * phase)));
	}
	for (size_t k = 0; k < s->n_frames; k++)
		s->f0_hz[k] = (float)hz;
	s->level = 0.2;
}

static void
a_changed_speed_changes_the_label(void **state)
{
	static float segment[PITCH_AUGMENT_SEGMENT];
	struct pitch_augment o = { .p_speed = 1.0, .max_semitones = 5.0 };
	const struct pitch_pool no_bands = { NULL, 0, 0 };
	struct pitch_sound voice = { NULL };
	double heard_hz, confidence;
	struct error err;
	struct yin *yin = yin_new(&err);
	struct random r;

	(void)state;
	assert_non_null(yin);
	make_voice(&voice, 150.0);
	random_init(&r, 2);
	for (int i = 0; i < 10; i++) {
		const double hz = pitch_augment_frame(&o, &voice, 100,
		    &no_bands, &r, segment);

		assert_true(fabs(log2(hz / 150.0)) <= 5.0 / 12.0);
		yin_frame(yin, segment + PITCH_AUGMENT_SEGMENT - YIN_FRAME,
		    &heard_hz, &confidence);
		assert_true(fabs(1200.0 * log2(heard_hz / hz)) < 3.0);
	}
	yin_free(yin);
	free(voice.samples);
	free(voice.f0_hz);
}

static void
effects_leave_finite_samples_and_the_label(void **state)
{
	static float segment[PITCH_AUGMENT_SEGMENT];
	struct pitch_augment o = { .p_reverb = 1.0, .p_band = 1.0,
	    .min_band_db = 0.0, .max_band_db = 10.0, .p_noise = 1.0,
	    .min_noise_db = 0.0, .max_noise_db = 40.0, .p_telephone = 1.0,
	    .p_8_bit = 1.0, .p_clip = 1.0 };
	struct pitch_sound voice = { NULL };
	struct pitch_sound band = { NULL };
	const struct pitch_pool bands = { &band, 1, 1 };
	struct random r;

	(void)state;
	make_voice(&voice, 220.0);
	make_voice(&band, 330.0);
	random_init(&r, 3);
	for (int i = 0; i < 20; i++) {
		assert_true(pitch_augment_frame(&o, &voice, 5, &bands, &r,
		    segment) == 220.0);
		for (size_t k = 0; k < PITCH_AUGMENT_SEGMENT; k++)
			assert_true(isfinite(segment[k]));
	}
	o.p_empty = 1.0;
	assert_true(pitch_augment_frame(&o, &voice, 5, &bands, &r,
	    segment) == 0.0);
	free(voice.samples);
	free(voice.f0_hz);
	free(band.samples);
	free(band.f0_hz);
}

static void
recipes_are_checked(void **state)
{
	static const char *const refused[] = {
		"{}",
		"{\"network\": {\"capacity\": \"vast\"}}",
		"{\"network\": {\"capacity\": \"tiny\"}, "
		    "\"augmentation\": {\"p_echo\": 1}}",
		"{\"network\": {\"capacity\": \"tiny\"}, "
		    "\"augmentation\": {\"p_noise\": 2}}",
		"{\"network\": {\"capacity\": \"tiny\"}, "
		    "\"data\": {\"real_share\": -1}}",
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct json *recipe = parse(refused[i]);

		err = (struct error){ ERROR_NONE, "" };
		assert_null(pitch_task_new(recipe, NULL, NULL, &err));
		assert_true(strlen(err.text) > 0);
		json_free(recipe);
	}
}

/* The network learns four tones by heart. */
static void
four_frames_are_learnt(void **state)
{
	static const double hz[4] = { 110.0, 196.0, 330.0, 587.0 };
	static float input[4 * PITCH_NET_INPUT], output[4 * N];
	static float gradient[4 * N], target[4 * N];
	const struct trainer_options o = { .block_items = 4, .n_blocks = 1,
	    .rule = TRAINER_ADAMW, .beta1 = 0.9, .beta2 = 0.999,
	    .epsilon = 1e-8 };
	const float *const inputs[1] = { input };
	const float *const gradients[1] = { gradient };
	float *const outputs[1] = { output };
	struct error err;
	struct graph *g = pitch_net_new("tiny", false, 0.0, &err);
	struct weights *w = weights_for(g, 1, &err);
	struct pool *pool = pool_new(1, &err);
	struct trainer *t = trainer_new(g, w, &o, pool, &err);

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < 4; i++) {
		float frame[PITCH_NET_FRAME];

		for (size_t k = 0; k < PITCH_NET_FRAME; k++)
			frame[k] = sinf((float)(2.0 * PI * hz[i] *
			    (double)k / 16000.0));
		assert_true(pitch_net_input(frame,
		    input + i * PITCH_NET_INPUT));
		activations_of_f0(hz[i], target + i * N);
	}
	for (int step = 0; step < 60; step++) {
		assert_int_equal(trainer_forward(t, inputs, outputs, &err),
		    0);
		for (size_t i = 0; i < 4 * N; i++) {
			const float y = fminf(fmaxf(output[i], 1e-6f),
			    1.0f - 1e-6f);

			gradient[i] = (y - target[i]) / (y * (1.0f - y)) /
			    (4 * N);
		}
		assert_int_equal(trainer_backward(t, gradients, &err), 0);
		assert_int_equal(trainer_step(t, 3e-3, NULL, &err), 0);
	}
	for (size_t i = 0; i < 4; i++)
		assert_true(fabs(1200.0 * log2(pitch_decode_hz(output +
		    i * N, pitch_decode_peak(output + i * N)) / hz[i])) <
		    20.0);
	trainer_free(t);
	pool_free(pool);
	weights_free(w);
	graph_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_do_not_depend_on_threads),
		cmocka_unit_test(the_loss_has_its_gradient),
		cmocka_unit_test(voicing_goes_with_a_pitch),
		cmocka_unit_test(tones_have_the_pitch_they_say),
		cmocka_unit_test(a_changed_speed_changes_the_label),
		cmocka_unit_test(effects_leave_finite_samples_and_the_label),
		cmocka_unit_test(recipes_are_checked),
		cmocka_unit_test(four_frames_are_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
