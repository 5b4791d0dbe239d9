#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"

#include "dsp/activations.h"

#include "pitch/pitch_decode.h"
#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "pitch/tracker.h"
#include "pitch/yin.h"

#define BLOCK PITCH_SPECTRAL_BLOCK	/* frames at a time */
#define N ACTIVATIONS_N_BINS
#define DEFAULT_CREPE_THRESHOLD 0.5
#define DEFAULT_YIN_THRESHOLD 0.8
#define MAX_MEDIAN 101

struct tracker_model {
	struct weights *owned;		/* NULL when lent */
	const struct weights *weights;
	struct pitch_spectral *net;
	double voicing_threshold;
};

/* What one thread needs besides. */
struct lane {
	struct pitch_spectral_scratch *net;	/* crepe */
	float *inputs;			/* [BLOCK][PITCH_NET_INPUT] */
	float *outputs;			/* [BLOCK][n_outputs] of the network */
};

/*
 * A run goes in turns: as many blocks of frames as there are threads are
 * read, analysed on a thread each, and decoded in order.  Blocks are the same
 * whatever the number of threads, and so is every digit.
 */
struct tracker {
	const struct tracker_options *options;
	double voicing_threshold;
	struct pool *pool;
	struct lane *lanes;		/* [n_lanes], one a thread */
	size_t n_lanes;
	size_t n_outputs;		/* of the network */
	struct pitch_viterbi *viterbi;
	size_t frame_samples;
	/* Of the n_held frames of a turn, [n_lanes * BLOCK]. */
	size_t n_held;
	float *frames;			/* [][frame_samples] */
	float *rows;			/* [][N] */
	float *f0_hz, *confidence;
};

/* Builds the network and reads what else the metadata says. */
static int
model_init(struct tracker_model *m, const struct weights *w, bool is_bf16,
    struct error *err)
{
	const struct pitch_spectral_options options = { .is_bf16 = is_bf16 };
	const struct json *metadata = weights_metadata_const(w);

	m->weights = w;
	if (json_get_number(metadata, "features.voicing_threshold",
	    DEFAULT_CREPE_THRESHOLD, &m->voicing_threshold, err) != 0)
		return -1;
	if (!(m->voicing_threshold >= 0.0 && m->voicing_threshold <= 1.0))
		return error_set(err, ERROR_FORMAT,
		    "a voicing threshold of %g", m->voicing_threshold);
	m->net = pitch_spectral_new(w, &options, err);
	return m->net == NULL ? -1 : 0;
}

static struct tracker_model *
model_new(const struct weights *w, bool is_bf16, struct error *err)
{
	struct tracker_model *m = memory_new(1, sizeof(*m), "pitch model",
	    err);

	if (m != NULL && model_init(m, w, is_bf16, err) != 0) {
		tracker_model_free(m);
		return NULL;
	}
	return m;
}

struct tracker_model *
tracker_model_of(const struct weights *w, struct error *err)
{
	return model_new(w, false, err);
}

struct tracker_model *
tracker_model_load(const char *path, bool is_bf16, struct error *err)
{
	struct weights *w = weights_load(path, err);
	struct tracker_model *m;

	if (w == NULL)
		return NULL;
	m = model_new(w, is_bf16, err);
	if (m == NULL) {
		error_add(err, "%s", path);
		weights_free(w);
		return NULL;
	}
	m->owned = w;
	return m;
}

void
tracker_model_free(struct tracker_model *m)
{
	if (m == NULL)
		return;
	pitch_spectral_free(m->net);
	weights_free(m->owned);
	memory_free(m);
}

const char *
tracker_model_sha256(const struct tracker_model *m)
{
	return weights_sha256(m->weights);
}

/* The threads and what each needs. */
static int
new_lanes(struct tracker *t, const struct tracker_model *m,
    struct error *err)
{
	t->pool = pool_new(t->n_lanes, err);
	t->lanes = memory_new(t->n_lanes, sizeof(*t->lanes), "threads", err);
	if (t->pool == NULL || t->lanes == NULL)
		return -1;
	if (m != NULL)
		t->n_outputs = pitch_spectral_n_outputs(m->net);
	for (size_t i = 0; m != NULL && i < t->n_lanes; i++) {
		struct lane *lane = &t->lanes[i];

		lane->net = pitch_spectral_scratch_new(m->net, err);
		lane->inputs = memory_new(BLOCK * PITCH_NET_INPUT,
		    sizeof(*lane->inputs), "frames", err);
		lane->outputs = memory_new(BLOCK * t->n_outputs,
		    sizeof(*lane->outputs), "activations", err);
		if (lane->net == NULL || lane->inputs == NULL ||
		    lane->outputs == NULL)
			return -1;
	}
	return 0;
}

static int
new_turn(struct tracker *t, struct error *err)
{
	const size_t n = t->n_lanes * BLOCK;

	t->frames = memory_new(n * t->frame_samples, sizeof(*t->frames),
	    "frames", err);
	t->rows = memory_new(n * N, sizeof(*t->rows), "activations", err);
	t->f0_hz = memory_new(n, sizeof(*t->f0_hz), "pitch values", err);
	t->confidence = memory_new(n, sizeof(*t->confidence),
	    "confidence values", err);
	return t->frames == NULL || t->rows == NULL || t->f0_hz == NULL ||
	    t->confidence == NULL ? -1 : 0;
}

struct tracker *
tracker_new(const struct tracker_model *m,
    const struct tracker_options *options, struct error *err)
{
	const bool is_crepe = options->method == TRACKER_CREPE;
	struct tracker *t = memory_new(1, sizeof(*t), "pitch tracker", err);

	if (t == NULL)
		return NULL;
	t->options = options;
	t->voicing_threshold = options->voicing_threshold >= 0.0 ?
	    options->voicing_threshold : is_crepe ? m->voicing_threshold :
	    DEFAULT_YIN_THRESHOLD;
	t->n_lanes = options->n_threads > 0 ? options->n_threads : 1;
	t->frame_samples = is_crepe ? PITCH_NET_FRAME : YIN_FRAME;
	if (new_lanes(t, is_crepe ? m : NULL, err) != 0 ||
	    new_turn(t, err) != 0)
		goto fail;
	if (is_crepe && options->has_viterbi) {
		t->viterbi = pitch_viterbi_new(err);
		if (t->viterbi == NULL)
			goto fail;
	}
	return t;
fail:
	tracker_free(t);
	return NULL;
}

void
tracker_free(struct tracker *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; t->lanes != NULL && i < t->n_lanes; i++) {
		pitch_spectral_scratch_free(t->lanes[i].net);
		memory_free(t->lanes[i].inputs);
		memory_free(t->lanes[i].outputs);
	}
	pool_free(t->pool);
	pitch_viterbi_free(t->viterbi);
	memory_free(t->lanes);
	memory_free(t->frames);
	memory_free(t->rows);
	memory_free(t->f0_hz);
	memory_free(t->confidence);
	memory_free(t);
}

/* Frame i of the turn from the outputs of the network. */
static void
take_outputs(struct tracker *t, size_t i, const float *output)
{
	const bool has_voicing = t->n_outputs > N;
	float *row = t->rows + i * N;
	size_t peak;

	memcpy(row, output, N * sizeof(*row));
	peak = pitch_decode_peak(row);
	t->confidence[i] = has_voicing ? output[PITCH_NET_VOICING] :
	    row[peak];
	t->f0_hz[i] = (float)pitch_decode_hz(row, peak);
	if (has_voicing && output[PITCH_NET_OCTAVE] > 0.5f)
		t->f0_hz[i] *= 2.0f;
}

/* Frames [first, first + n) of the turn through the network. */
static int
run_crepe(struct tracker *t, struct lane *lane, size_t first, size_t n,
    struct error *err)
{
	bool is_silent[BLOCK] = { false };

	for (size_t i = 0; i < n; i++)
		is_silent[i] = !pitch_net_input(t->frames +
		    (first + i) * t->frame_samples,
		    lane->inputs + i * PITCH_NET_INPUT);
	if (pitch_spectral_run(lane->net, n, lane->inputs, is_silent,
	    lane->outputs, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		take_outputs(t, first + i, lane->outputs + i * t->n_outputs);
	return 0;
}

/* The same by YIN. */
static void
run_yin(struct tracker *t, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++) {
		float *row = t->rows + i * N;
		double hz, sure;

		yin_frame(t->frames + i * t->frame_samples, &hz, &sure);
		t->f0_hz[i] = (float)hz;
		t->confidence[i] = (float)sure;
		activations_of_f0(hz, row);
		for (size_t b = 0; b < N; b++)
			row[b] *= t->confidence[i];
	}
}

/* pool: analyse a block of the turn. */
static int
run_block(void *shared, size_t block, size_t thread, struct error *err)
{
	struct tracker *t = shared;
	const size_t first = block * BLOCK;
	const size_t n = t->n_held - first < BLOCK ? t->n_held - first :
	    BLOCK;

	if (t->options->method == TRACKER_CREPE)
		return run_crepe(t, &t->lanes[thread], first, n, err);
	run_yin(t, first, n);
	return 0;
}

/* Read the frames of a turn; fewer than there is room for at the end. */
static int
read_turn(struct tracker *t, struct frames *frames, struct error *err)
{
	bool has;

	for (t->n_held = 0; t->n_held < t->n_lanes * BLOCK; t->n_held++) {
		if (frames_next(frames, t->frames + t->n_held *
		    t->frame_samples, &has, err) != 0)
			return -1;
		if (!has)
			break;
	}
	return 0;
}

/* Put the turn behind the frames of the track, which has room for it. */
static void
decode_turn(struct tracker *t, struct track *track)
{
	const size_t k = track->n_frames;

	memcpy(track->confidence + k, t->confidence,
	    t->n_held * sizeof(*t->confidence));
	if (t->viterbi == NULL)
		memcpy(track->f0_hz + k, t->f0_hz,
		    t->n_held * sizeof(*t->f0_hz));
	for (size_t i = 0; t->viterbi != NULL && i < t->n_held; i++)
		pitch_viterbi_put(t->viterbi, t->rows + i * N);
	track->n_frames += t->n_held;
}

/* Make room for "need" frames where there is room for *room. */
static int
make_room(struct tracker *t, struct track *track, size_t *room, size_t need,
    struct arena *a, struct error *err)
{
	const struct track old = *track;
	const size_t doubled = *room < TRACK_MAX_FRAMES / 2 ? 2 * *room :
	    TRACK_MAX_FRAMES;

	if (need <= *room)
		return 0;
	if (need > TRACK_MAX_FRAMES)
		return error_set(err, ERROR_LIMIT, "a sound of more than %u "
		    "frames of %g s", TRACK_MAX_FRAMES, old.hop_sec);
	*room = need > doubled ? need : doubled;
	if (track_init(track, *room, old.hop_sec, a, err) != 0)
		return -1;
	track->n_frames = old.n_frames;
	if (old.n_frames > 0) {
		memcpy(track->f0_hz, old.f0_hz,
		    old.n_frames * sizeof(*old.f0_hz));
		memcpy(track->confidence, old.confidence,
		    old.n_frames * sizeof(*old.confidence));
	}
	if (t->viterbi != NULL)
		pitch_viterbi_move(t->viterbi, track->f0_hz);
	return 0;
}

/* The median of the voiced pitches within half a window of frame k. */
static float
median_at(const float *f0_hz, size_t n_frames, size_t k, size_t half)
{
	const size_t first = k > half ? k - half : 0;
	const size_t end = k + half + 1 < n_frames ? k + half + 1 : n_frames;
	float sorted[MAX_MEDIAN];
	size_t n = 0;

	for (size_t i = first; i < end; i++) {
		size_t place = n;

		if (!(f0_hz[i] > 0.0f))
			continue;
		for (; place > 0 && sorted[place - 1] > f0_hz[i]; place--)
			sorted[place] = sorted[place - 1];
		sorted[place] = f0_hz[i];
		n++;
	}
	return sorted[n / 2];
}

/* Unvoice frames of little confidence and smooth the rest. */
static int
finish(const struct tracker *t, struct track *track, struct arena *a,
    struct error *err)
{
	const size_t half = t->options->n_median / 2;
	float *raw;

	for (size_t k = 0; k < track->n_frames; k++)
		if ((double)track->confidence[k] < t->voicing_threshold)
			track->f0_hz[k] = 0.0f;
	if (half == 0)
		return 0;
	raw = arena_need(a, track->n_frames, sizeof(*raw), "pitch values",
	    err);
	if (raw == NULL)
		return -1;
	memcpy(raw, track->f0_hz, track->n_frames * sizeof(*raw));
	for (size_t k = 0; k < track->n_frames; k++)
		if (raw[k] > 0.0f)
			track->f0_hz[k] = median_at(raw, track->n_frames, k,
			    half);
	return 0;
}

int
tracker_run(struct tracker *t, const struct frames_source *source,
    const struct tracker_sink *sink, struct arena *a, struct track *track,
    struct error *err)
{
	const size_t n_turn = t->n_lanes * BLOCK;
	struct frames frames;
	size_t room = 0;

	if (source->rate_hz != TRACKER_RATE_HZ ||
	    t->options->n_median > MAX_MEDIAN)
		return error_set(err, ERROR_BUG, "sound of %u Hz, median of "
		    "%zu", source->rate_hz, t->options->n_median);
	*track = (struct track){ .hop_sec = t->options->hop_sec };
	if (frames_init(&frames, source, t->frame_samples, track->hop_sec,
	    t->options->is_left_aligned, a, err) != 0)
		return -1;
	if (t->viterbi != NULL)
		pitch_viterbi_reset(t->viterbi, NULL);
	if (make_room(t, track, &room, frames_expected(&frames), a, err) != 0)
		return -1;
	do {
		if (read_turn(t, &frames, err) != 0 ||
		    pool_run(t->pool, (t->n_held + BLOCK - 1) / BLOCK,
		    run_block, t, err) != 0 ||
		    make_room(t, track, &room, track->n_frames + t->n_held, a,
		    err) != 0)
			return -1;
		decode_turn(t, track);
		if (sink != NULL && t->n_held > 0 &&
		    sink->put(sink->context, t->rows, t->n_held, err) != 0)
			return -1;
	} while (t->n_held == n_turn);
	if (t->viterbi != NULL)
		pitch_viterbi_end(t->viterbi);
	if (track->n_frames == 0)
		return error_set(err, ERROR_LIMIT, "a sound shorter than a "
		    "frame of %g s, and without centring there must be one",
		    (double)FRAMES_CREPE / TRACKER_RATE_HZ);
	return finish(t, track, a, err);
}
