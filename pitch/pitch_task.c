#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#include "dsp/activations.h"

#include "pitch/pitch_augment.h"
#include "pitch/pitch_net.h"
#include "pitch/pitch_pool.h"
#include "pitch/pitch_score.h"
#include "pitch/pitch_task.h"
#include "pitch/tracker.h"

#define N ACTIVATIONS_N_BINS
#define MIN_OUTPUT 1e-6		/* outputs are kept this far from 0 and 1 */

/* Independent streams of random numbers. */
enum stream { STREAM_ITEMS = 11, STREAM_HELD_OUT = 12 };

struct pitch_task {
	struct graph *graph;
	const char *capacity;		/* "tiny", a constant */
	bool has_voicing;
	struct pitch_augment augment;
	struct pitch_pool_plan voices_plan, bands_plan, held_out_plan;
	double real_share, voicing_threshold, voicing_weight, dropout;
	struct pitch_pool real, synthetic, bands, held_out;
	bool is_ready;			/* synthesis is done */
	size_t n_outputs;
	float *targets;			/* [n_items][n_outputs] of the batch */
	size_t n_targets;
};

static void
task_free(void *self)
{
	struct pitch_task *t = self;

	if (t == NULL)
		return;
	graph_free(t->graph);
	pitch_pool_release(&t->real);
	pitch_pool_release(&t->synthetic);
	pitch_pool_release(&t->bands);
	pitch_pool_release(&t->held_out);
	memory_free(t->targets);
	memory_free(t);
}

/* Synthesise, once there are threads to do it. */
static int
prepare(struct pitch_task *t, struct pool *pool, struct error *err)
{
	if (t->is_ready)
		return 0;
	if (pitch_pool_synthesise(&t->synthetic, &t->voices_plan, pool,
	    err) != 0 ||
	    pitch_pool_synthesise(&t->bands, &t->bands_plan, pool, err) != 0 ||
	    pitch_pool_synthesise(&t->held_out, &t->held_out_plan, pool,
	    err) != 0)
		return -1;
	if (t->synthetic.n_sounds + t->real.n_sounds == 0)
		return error_set(err, ERROR_FORMAT, "nothing to train on: no "
		    "records with truth.f0_path and no synthetic voices");
	t->is_ready = true;
	return 0;
}

/* A batch that the threads make. */
struct batch {
	struct pitch_task *task;
	uint64_t seed, step;
	float *inputs;		/* [n_items][PITCH_NET_INPUT] */
	float *segments;	/* [n_threads][PITCH_AUGMENT_SEGMENT] */
};

/* One of the sounds, longer ones more often, that has labels. */
static const struct pitch_sound *
draw_sound(const struct pitch_task *t, struct random *r)
{
	const struct pitch_pool *from = &t->synthetic;

	if (from->n_sounds == 0 || (t->real.n_sounds > 0 &&
	    random_uniform(r) < t->real_share))
		from = &t->real;
	return &from->sounds[random_below(r, from->n_sounds)];
}

/* What the network should say of a frame; 0 Hz: no voice. */
static void
set_target(double f0_hz, bool has_voicing, float *target)
{
	const bool is_octave = f0_hz > PITCH_NET_OCTAVE_HZ;

	if (f0_hz < PITCH_NET_LOWEST_HZ || f0_hz > PITCH_NET_HIGHEST_HZ ||
	    (is_octave && !has_voicing))
		f0_hz = 0.0;
	activations_of_f0(is_octave ? f0_hz / 2.0 : f0_hz, target);
	if (!has_voicing)
		return;
	target[PITCH_NET_VOICING] = f0_hz > 0.0 ? 1.0f : 0.0f;
	target[PITCH_NET_OCTAVE] = is_octave ? 1.0f : 0.0f;
}

static int
make_item(void *shared, size_t item, size_t thread, struct error *err)
{
	const struct batch *b = shared;
	struct pitch_task *t = b->task;
	float *segment = b->segments + thread * PITCH_AUGMENT_SEGMENT;
	const struct pitch_sound *sound;
	struct random r;
	double f0_hz;

	(void)err;
	random_init_keyed(&r, b->seed + STREAM_ITEMS, b->step, item);
	sound = draw_sound(t, &r);
	f0_hz = pitch_augment_frame(&t->augment, sound,
	    random_below(&r, sound->n_frames), &t->bands, &r, segment);
	if (!pitch_net_input(segment + PITCH_AUGMENT_LEAD,
	    b->inputs + item * PITCH_NET_INPUT))
		f0_hz = 0.0;
	set_target(f0_hz, t->has_voicing, t->targets + item * t->n_outputs);
	return 0;
}

static int
task_make_batch(void *self, uint64_t seed, uint64_t step, size_t n_items,
    struct pool *pool, float *const *inputs, struct error *err)
{
	struct pitch_task *t = self;
	struct batch batch = { t, seed, step, inputs[0], NULL };
	int status;

	if (prepare(t, pool, err) != 0 || memory_grow(&t->targets,
	    &t->n_targets, n_items * t->n_outputs, sizeof(*t->targets),
	    "targets", err) != 0)
		return -1;
	batch.segments = memory_new(pool_n_threads(pool),
	    PITCH_AUGMENT_SEGMENT * sizeof(*batch.segments), "frames", err);
	if (batch.segments == NULL)
		return -1;
	status = pool_run(pool, n_items, make_item, &batch, err);
	memory_free(batch.segments);
	return status;
}

/* How much an output of an item counts, a bin of the 360 counting 1. */
static double
output_weight(const struct pitch_task *t, size_t item, size_t output)
{
	if (output < N)
		return 1.0;
	/* Without a voice there is no octave to be told. */
	if (output == PITCH_NET_OCTAVE &&
	    t->targets[item * t->n_outputs + PITCH_NET_VOICING] == 0.0f)
		return 0.0;
	return t->voicing_weight;
}

static int
task_loss(void *self, size_t n_items, const float *const *outputs,
    float *const *output_gradients, double *loss, struct error *err)
{
	const struct pitch_task *t = self;
	const size_t n_outputs = t->n_outputs;
	const double scale = 1.0 / (double)(n_items * N);
	double sum = 0.0;

	(void)err;
	for (size_t i = 0; i < n_items * n_outputs; i++) {
		const double y = fmin(fmax((double)outputs[0][i],
		    MIN_OUTPUT), 1.0 - MIN_OUTPUT);
		const double target = (double)t->targets[i];
		const double weight = scale * output_weight(t, i / n_outputs,
		    i % n_outputs);

		sum -= weight * (target * log(y) +
		    (1.0 - target) * log(1.0 - y));
		output_gradients[0][i] = (float)(weight * (y - target) /
		    (y * (1.0 - y)));
	}
	*loss = sum;
	return 0;
}

/* What the threads share while held-out sounds are scored. */
struct validation {
	const struct pitch_task *task;
	const struct tracker_model *model;
	double *scores;		/* [held_out.n_sounds] */
};

/* Track a sound; the pitch of frames taken for unvoiced is negative. */
static int
track_sound(const struct validation *v, const struct pitch_sound *sound,
    struct arena *a, struct track *found, struct error *err)
{
	const struct tracker_options options = { .method = TRACKER_CREPE,
	    .hop_sec = PITCH_POOL_HOP_SEC, .n_median = 1 };
	struct frames_array array = { NULL, sound->n_samples };
	const struct frames_source source = { frames_array_get, &array,
	    sound->n_samples, PITCH_POOL_RATE_HZ };
	float *samples = pitch_pool_samples(sound, err);
	struct tracker *tracker = tracker_new(v->model, &options, err);
	int status = -1;

	array.samples = samples;
	if (samples != NULL && tracker != NULL)
		status = tracker_run(tracker, &source, NULL, a, found, err);
	for (size_t k = 0; status == 0 && k < found->n_frames; k++)
		if ((double)found->confidence[k] <
		    v->task->voicing_threshold)
			found->f0_hz[k] = -found->f0_hz[k];
	tracker_free(tracker);
	memory_free(samples);
	return status;
}

static int
validate_one(void *shared, size_t item, size_t thread, struct error *err)
{
	const struct validation *v = shared;
	const struct pitch_sound *sound = &v->task->held_out.sounds[item];
	struct arena *a = arena_new();
	struct track found, truth = { PITCH_POOL_HOP_SEC, sound->n_frames,
	    sound->f0_hz, NULL };
	struct pitch_score s;
	int status = -1;

	(void)thread;
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (track_sound(v, sound, a, &found, err) == 0 &&
	    pitch_score_tracks(&truth, &found, sound->shift_sec,
	    PITCH_SCORE_TOLERANCE_CENTS, a, &s, err) == 0) {
		v->scores[item] = (s.raw_pitch + s.overall) / 2.0;
		status = 0;
	}
	arena_free(a);
	return status;
}

static int
task_validate(void *self, const struct weights *w, struct pool *pool,
    double *score, struct error *err)
{
	struct pitch_task *t = self;
	struct validation v = { t, NULL, NULL };
	struct weights *named = NULL;
	struct tracker_model *model = NULL;
	int status = -1;

	if (prepare(t, pool, err) != 0)
		return -1;
	named = weights_copy(w, err);
	if (named == NULL || pitch_net_describe(weights_metadata(named),
	    t->capacity, t->has_voicing, err) != 0)
		goto out;
	v.model = model = tracker_model_of(named, err);
	v.scores = memory_new(t->held_out.n_sounds, sizeof(*v.scores),
	    "scores", err);
	if (model == NULL || v.scores == NULL || pool_run(pool,
	    t->held_out.n_sounds, validate_one, &v, err) != 0)
		goto out;
	*score = 0.0;
	for (size_t i = 0; i < t->held_out.n_sounds; i++)
		*score += v.scores[i] / (double)t->held_out.n_sounds;
	status = 0;
out:
	memory_free(v.scores);
	tracker_model_free(model);
	weights_free(named);
	return status;
}

static int
task_describe(void *self, struct json *metadata, struct error *err)
{
	const struct pitch_task *t = self;

	if (pitch_net_describe(metadata, t->capacity, t->has_voicing,
	    err) != 0)
		return -1;
	return json_put_number(metadata, "features.voicing_threshold",
	    t->voicing_threshold, err);
}

/* A number of the recipe within limits. */
static int
read_number(const struct json *recipe, const char *path, double fallback,
    double low, double high, double *value, struct error *err)
{
	if (json_get_number(recipe, path, fallback, value, err) != 0)
		return -1;
	if (!(*value >= low && *value <= high))
		return error_set(err, ERROR_FORMAT,
		    "recipe: %s must lie within %g and %g", path, low, high);
	return 0;
}

static int
read_recipe(struct pitch_task *t, const struct json *recipe,
    struct error *err)
{
	double minutes, band_minutes, held_out_minutes, sound_sec;
	const char *capacity;
	size_t multiplier, seed;

	if (json_want_string(recipe, "network.capacity", &capacity,
	    err) != 0 ||
	    pitch_net_multiplier(capacity, &multiplier, err) != 0 ||
	    read_number(recipe, "features.voicing_threshold", 0.5, 0, 1,
	    &t->voicing_threshold, err) != 0 ||
	    read_number(recipe, "network.dropout", PITCH_NET_DROPOUT, 0, 0.9,
	    &t->dropout, err) != 0 ||
	    json_get_bool(recipe, "network.voicing", false, &t->has_voicing,
	    err) != 0 ||
	    read_number(recipe, "loss.voicing_weight", 4, 0, 360,
	    &t->voicing_weight, err) != 0 ||
	    read_number(recipe, "data.synthetic_minutes", 40, 0, 600,
	    &minutes, err) != 0 ||
	    read_number(recipe, "data.band_minutes", 8, 0, 600,
	    &band_minutes, err) != 0 ||
	    read_number(recipe, "data.held_out_minutes", 3, 0, 600,
	    &held_out_minutes, err) != 0 ||
	    read_number(recipe, "data.sound_sec", 15, 5, 120, &sound_sec,
	    err) != 0 ||
	    read_number(recipe, "data.real_share", 0.4, 0, 1,
	    &t->real_share, err) != 0 ||
	    json_get_size(recipe, "data.seed", 1, &seed, err) != 0 ||
	    pitch_augment_read(&t->augment, recipe, err) != 0)
		return -1;
	t->capacity = pitch_net_capacity(multiplier);
	t->n_outputs = t->has_voicing ? PITCH_NET_MAX_OUTPUTS : N;
	t->voices_plan = (struct pitch_pool_plan){
	    (size_t)ceil(minutes * 60.0 / sound_sec), sound_sec, true, seed };
	t->bands_plan = (struct pitch_pool_plan){
	    (size_t)ceil(band_minutes * 60.0 / sound_sec), sound_sec, false,
	    seed };
	t->held_out_plan = (struct pitch_pool_plan){
	    (size_t)ceil(held_out_minutes * 60.0 / sound_sec), sound_sec,
	    true, seed + STREAM_HELD_OUT };
	return 0;
}

struct training_task *
pitch_task_new(const struct json *recipe, const char *manifest_path,
    const char *held_out_path, struct error *err)
{
	struct pitch_task *t = memory_new(1, sizeof(*t), "pitch task", err);
	struct training_task *task = memory_new(1, sizeof(*task),
	    "pitch task", err);

	if (t == NULL || task == NULL ||
	    read_recipe(t, recipe, err) != 0 ||
	    (manifest_path != NULL &&
	    pitch_pool_load(&t->real, manifest_path, err) != 0) ||
	    (held_out_path != NULL &&
	    pitch_pool_load(&t->held_out, held_out_path, err) != 0) ||
	    (t->graph = pitch_net_new(t->capacity, t->has_voicing,
	    t->dropout, err)) == NULL) {
		task_free(t);
		memory_free(task);
		return NULL;
	}
	*task = (struct training_task){ .self = t, .graph = t->graph,
	    .score_name = "held-out pitch and voicing",
	    .make_batch = task_make_batch, .loss = task_loss,
	    .validate = task_validate, .describe = task_describe,
	    .free = task_free };
	if (t->held_out.n_sounds + t->held_out_plan.n_sounds == 0) {
		task->validate = NULL;
		task->score_name = NULL;
	}
	return task;
}
