#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "base/random.h"

#include "dsp/stft.h"

#include "separate/mixture.h"
#include "separate/separate_net.h"
#include "separate/separate_score.h"
#include "separate/separate_task.h"
#include "separate/separator.h"
#include "separate/stems.h"

#define VALUES ((size_t)SEPARATE_NET_VALUES)
#define N_BINS ((size_t)SEPARATE_NET_BINS)

/* Frames before and after the patch, so that its edges are whole. */
#define MARGIN_FRAMES 2
#define SPAN_FRAMES (SEPARATE_NET_FRAMES + 2 * MARGIN_FRAMES)
#define SPAN_SAMPLES ((size_t)SPAN_FRAMES * SEPARATE_NET_HOP)

/* Whole songs that the score is taken over, and how much of each. */
#define MAX_SCORED_SEC 12

struct separate_task {
	struct graph *graph;
	char architecture[24];
	size_t channels;
	struct stft *stft;
	struct stems stems, held_out;
	struct mixture_options mixing;
	/* Of the batch made last. */
	float *mixture;			/* [capacity][VALUES], magnitudes */
	float *target;			/* [capacity][VALUES] */
	size_t capacity;		/* items */
};

/* What the threads that fill a batch share. */
struct batch {
	struct separate_task *t;
	uint64_t seed, step;
	float *inputs;			/* [n_items][VALUES] */
};

/* What one item needs while it is made. */
struct scratch {
	struct stft_analysis *analysis;
	float *voice, *band;		/* [SPAN_SAMPLES] */
	float *voice_frames, *band_frames;
};

static void
scratch_release(struct scratch *s)
{
	stft_analysis_free(s->analysis);
	memory_free(s->voice);
	memory_free(s->band);
	memory_free(s->voice_frames);
	memory_free(s->band_frames);
}

static int
scratch_init(struct scratch *s, const struct stft *stft, struct error *err)
{
	size_t n_values = (SPAN_FRAMES + 4) * 2 * stft_n_bins(stft);

	memset(s, 0, sizeof *s);
	s->analysis = stft_analysis_new(stft, err);
	s->voice = memory_new(SPAN_SAMPLES, sizeof(float), "samples", err);
	s->band = memory_new(SPAN_SAMPLES, sizeof(float), "samples", err);
	s->voice_frames = memory_new(n_values, sizeof(float), "frames", err);
	s->band_frames = memory_new(n_values, sizeof(float), "frames", err);
	if (s->analysis != NULL && s->voice != NULL && s->band != NULL &&
	    s->voice_frames != NULL && s->band_frames != NULL)
		return 0;
	scratch_release(s);
	return -1;
}

static void
analyse(struct stft_analysis *a, const float *samples, float *frames)
{
	stft_analysis_reset(a);
	/* The margin covers the frames that the end would still complete. */
	(void)stft_analysis_put(a, samples, SPAN_SAMPLES, frames);
}

/*
 * Magnitudes of the mixture, and the part of the voice in phase with it.  The
 * transform is linear: the mixture's frames are the sum of the stems'.
 */
static void
compare_frames(const float *voice, const float *band, float *mixture,
    float *target)
{
	for (size_t k = 0; k < SEPARATE_NET_FRAMES; k++) {
		size_t row = (k + MARGIN_FRAMES) * 2 * (N_BINS + 1);

		for (size_t b = 0; b < N_BINS; b++) {
			const float *v = voice + row + 2 * b;
			const float *a = band + row + 2 * b;
			float re = v[0] + a[0], im = v[1] + a[1];
			float size = sqrtf(re * re + im * im);
			float part = size > 0.0f ?
			    (v[0] * re + v[1] * im) / size : 0.0f;

			mixture[k * N_BINS + b] = size;
			target[k * N_BINS + b] =
			    fmaxf(0.0f, fminf(part, size));
		}
	}
}

/* Make one item: draw, transform, scale as the network's input is. */
static int
make_item(void *shared, size_t item, size_t thread, struct error *err)
{
	struct batch *batch = shared;
	struct separate_task *t = batch->t;
	float *mixture = t->mixture + item * VALUES;
	float *target = t->target + item * VALUES;
	struct scratch s;
	struct random r;
	double power = 0.0;
	float scale;
	int status = -1;

	(void)thread;
	if (scratch_init(&s, t->stft, err) != 0)
		return -1;
	random_init_keyed(&r, batch->seed, batch->step, item);
	if (mixture_draw(&t->mixing, &t->stems, &r, s.voice, s.band,
	    SPAN_SAMPLES, err) != 0)
		goto done;
	analyse(s.analysis, s.voice, s.voice_frames);
	analyse(s.analysis, s.band, s.band_frames);
	compare_frames(s.voice_frames, s.band_frames, mixture, target);
	for (size_t i = 0; i < VALUES; i++)
		power += (double)mixture[i] * (double)mixture[i] / VALUES;
	separate_net_input(mixture, VALUES, power, batch->inputs +
	    item * VALUES);
	scale = separate_net_scale(power);
	for (size_t i = 0; i < VALUES; i++) {
		mixture[i] *= scale;
		target[i] *= scale;
	}
	status = 0;

done:
	scratch_release(&s);
	return status;
}

static int
make_batch(void *self, uint64_t seed, uint64_t step, size_t n_items,
    struct pool *pool, float *const *inputs, struct error *err)
{
	struct separate_task *t = self;
	struct batch batch = { t, seed, step, inputs[0] };
	size_t capacity = t->capacity * VALUES;
	size_t same = capacity;

	if (n_items > t->capacity) {
		if (memory_grow(&t->mixture, &capacity, n_items * VALUES,
		    sizeof(float), "magnitudes", err) != 0 ||
		    memory_grow(&t->target, &same, n_items * VALUES,
		    sizeof(float), "magnitudes", err) != 0)
			return -1;
		t->capacity = n_items;
	}
	return pool_run(pool, n_items, make_item, &batch, err);
}

/* Mean of |mask * mixture - target| and its gradient by the mask. */
static int
measure_loss(void *self, size_t n_items, const float *const *outputs,
    float *const *output_gradients, double *loss, struct error *err)
{
	const struct separate_task *t = self;
	const float *mask = outputs[0];
	float *gradient = output_gradients[0];
	size_t n = n_items * VALUES;
	double sum = 0.0;

	(void)err;
	for (size_t i = 0; i < n; i++) {
		float x = t->mixture[i];
		float off = mask[i] * x - t->target[i];

		sum += (double)fabsf(off);
		gradient[i] = (off > 0.0f ? x : off < 0.0f ? -x : 0.0f) /
		    (float)n;
	}
	*loss = sum / (double)n;
	return 0;
}

/* What the threads that score share. */
struct scoring {
	const struct separator_model *model;
	const struct stems *stems;
	double *gain_db;		/* [n_songs] */
};

/* Samples of the song that are scored; 0 when it lacks a stem. */
static size_t
scored_length(const struct stems_song *song)
{
	size_t most = (size_t)MAX_SCORED_SEC * SEPARATE_NET_RATE_HZ;

	if (song->voice.samples == NULL ||
	    song->accompaniment.samples == NULL ||
	    !(song->voice.rms > 0.0) || !(song->accompaniment.rms > 0.0))
		return 0;
	return song->voice.n_samples < most ? song->voice.n_samples : most;
}

/* Mix at 0 dB; *voice, *mixture and *estimate are [n]. */
static void
mix_evenly(const struct stems_song *song, size_t n, float *voice,
    float *mixture)
{
	double voice_gain = 0.1 / song->voice.rms / 32767.0;
	double band_gain = 0.1 / song->accompaniment.rms / 32767.0;

	for (size_t i = 0; i < n; i++) {
		voice[i] = (float)(voice_gain * song->voice.samples[i]);
		mixture[i] = voice[i] +
		    (float)(band_gain * song->accompaniment.samples[i]);
	}
}

static int
score_song(void *shared, size_t i, size_t thread, struct error *err)
{
	struct scoring *sc = shared;
	size_t n = scored_length(&sc->stems->songs[i]);
	struct separator *s = separator_new(sc->model, 0, err);
	float *voice = memory_new(n, sizeof *voice, "samples", err);
	float *mixture = memory_new(n, sizeof *mixture, "samples", err);
	float *estimate = memory_new(n, sizeof *estimate, "samples", err);
	int status = -1;

	(void)thread;
	if (s == NULL || voice == NULL || mixture == NULL || estimate == NULL)
		goto done;
	mix_evenly(&sc->stems->songs[i], n, voice, mixture);
	if (n > 0 && separator_run(s, SEPARATE_NET_RATE_HZ, 1, mixture, n,
	    estimate, err) != 0)
		goto done;
	sc->gain_db[i] = separate_score_si_sdr(voice, estimate, n) -
	    separate_score_si_sdr(voice, mixture, n);
	status = 0;

done:
	separator_free(s);
	memory_free(voice);
	memory_free(mixture);
	memory_free(estimate);
	return status;
}

static int
validate(void *self, const struct weights *w, struct pool *pool,
    double *score, struct error *err)
{
	const struct separate_task *t = self;
	struct scoring sc = { NULL, &t->held_out, NULL };
	struct graph *g = separate_net_new(t->architecture, t->channels,
	    SEPARATOR_FRAMES, err);
	struct separator_model *model = g == NULL ? NULL :
	    separator_model_new(g, w, err);
	size_t n_scored = 0;
	double sum = 0.0;
	int status = -1;

	sc.model = model;
	sc.gain_db = memory_new(t->held_out.n_songs, sizeof *sc.gain_db,
	    "scores", err);
	if (model == NULL || sc.gain_db == NULL ||
	    pool_run(pool, t->held_out.n_songs, score_song, &sc, err) != 0)
		goto done;
	for (size_t i = 0; i < t->held_out.n_songs; i++) {
		if (scored_length(&t->held_out.songs[i]) == 0)
			continue;
		sum += sc.gain_db[i];
		n_scored++;
	}
	*score = n_scored > 0 ? sum / (double)n_scored : 0.0;
	status = 0;

done:
	separator_model_free(model);
	graph_free(g);
	memory_free(sc.gain_db);
	return status;
}

static void
free_task(void *self)
{
	struct separate_task *t = self;

	if (t == NULL)
		return;
	graph_free(t->graph);
	stft_free(t->stft);
	stems_release(&t->stems);
	stems_release(&t->held_out);
	memory_free(t->mixture);
	memory_free(t->target);
	memory_free(t);
}

static int
describe(void *self, struct json *metadata, struct error *err)
{
	const struct separate_task *t = self;

	return separate_net_describe(metadata, t->architecture,
	    t->channels, err);
}

static int
load_stems(struct separate_task *t, const struct json *recipe,
    const char *manifest_path, const char *held_out_path, struct error *err)
{
	size_t n_synthetic, seed;

	if (json_get_size(recipe, "data.synthetic_songs", 0, &n_synthetic,
	    err) != 0 || json_get_size(recipe, "data.seed", 1, &seed, err) != 0)
		return -1;
	if (manifest_path != NULL &&
	    stems_add_manifest(&t->stems, manifest_path, err) != 0)
		return -1;
	if (stems_add_synthetic(&t->stems, n_synthetic, seed, err) != 0)
		return -1;
	if (t->stems.n_songs == 0)
		return error_set(err, ERROR_LIMIT, "there is nothing to train "
		    "on: no manifest of stems and no data.synthetic_songs");
	return held_out_path == NULL ? 0 :
	    stems_add_manifest(&t->held_out, held_out_path, err);
}

/* The data, the network and the tables. */
static struct separate_task *
new_self(const struct json *recipe, const char *manifest_path,
    const char *held_out_path, struct error *err)
{
	const char *architecture;
	struct separate_task *t;

	if ((t = memory_new(1, sizeof *t, "training task", err)) == NULL)
		return NULL;
	stems_init(&t->stems);
	stems_init(&t->held_out);
	if (json_get_string(recipe, "network.architecture", "mask-unet",
	    &architecture, err) != 0)
		goto fail;
	(void)snprintf(t->architecture, sizeof t->architecture, "%s",
	    architecture);
	if (json_get_size(recipe, "network.channels", 16, &t->channels,
	    err) != 0 || mixture_options_read(recipe, &t->mixing, err) != 0 ||
	    load_stems(t, recipe, manifest_path, held_out_path, err) != 0)
		goto fail;
	t->graph = separate_net_new(t->architecture, t->channels,
	    SEPARATE_NET_FRAMES, err);
	t->stft = stft_new(SEPARATE_NET_WINDOW, SEPARATE_NET_HOP, err);
	if (t->graph == NULL || t->stft == NULL)
		goto fail;
	return t;

fail:
	free_task(t);
	return NULL;
}

struct training_task *
separate_task_new(const struct json *recipe, const char *manifest_path,
    const char *held_out_path, struct error *err)
{
	struct training_task *task;
	struct separate_task *t;

	task = memory_new(1, sizeof *task, "training task", err);
	if (task == NULL)
		return NULL;
	t = new_self(recipe, manifest_path, held_out_path, err);
	if (t == NULL) {
		memory_free(task);
		return NULL;
	}
	*task = (struct training_task){ .self = t, .graph = t->graph,
	    .score_name = "held-out SI-SDR gain, dB",
	    .make_batch = make_batch, .loss = measure_loss,
	    .validate = held_out_path != NULL ? validate : NULL,
	    .describe = describe, .free = free_task };
	return task;
}
