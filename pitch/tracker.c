#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"

#include "dsp/activations.h"

#include "pitch/pitch_decode.h"
#include "pitch/pitch_median.h"
#include "pitch/pitch_net.h"
#include "pitch/pitch_spectral.h"
#include "pitch/pitch_voicing.h"
#include "pitch/pyin.h"
#include "pitch/tracker.h"
#include "pitch/whistle.h"
#include "pitch/whistle_share.h"
#include "pitch/yin.h"

#define BLOCK PITCH_SPECTRAL_BLOCK	/* frames at a time */
#define N ACTIVATIONS_N_BINS
#define DEFAULT_CREPE_THRESHOLD 0.5
/* Of the power: a partial that makes the sound; a square wave's has 0.81. */
#define PURE_SHARE 0.7
/* Where a network's frame is worth a second look. */
#define LEAST_CONFIDENCE 0.05f

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
	struct yin *yin;		/* yin and pyin */
	struct whistle *whistle;	/* whistle, and networks with voicing */
};

/*
 * A run goes in turns: as many blocks of frames as there are threads are
 * read, analysed on a thread each, and decoded in order.  Blocks are the same
 * whatever the number of threads, and so is every digit.
 */
struct tracker {
	const struct tracker_options *options;
	/* TRACKER_AUTO: by crepe and by whistle; one does all the rest. */
	struct tracker *choices[2], *chosen;
	struct tracker_options choice_options[2];
	double voicing_threshold;
	struct pool *pool;
	struct lane *lanes;		/* [n_lanes], one a thread */
	size_t n_lanes;
	size_t n_outputs;		/* of the network */
	struct pitch_viterbi *viterbi;		/* NULL unless used */
	struct pitch_voicing *voicing;		/* the same */
	size_t frame_samples;
	/* Of the n_held frames of a turn, [n_lanes * BLOCK]. */
	size_t n_held;
	float *frames;			/* [][frame_samples] */
	float *rows;			/* [][N] */
	float *multiple;		/* of the pitch that the row shows */
	float *f0_hz, *confidence;
};

static const struct method {
	size_t frame_samples;
	double threshold;
	const struct pitch_voicing_options *path;	/* NULL: takes none */
} methods[] = {
	[TRACKER_CREPE] = { PITCH_NET_FRAME, DEFAULT_CREPE_THRESHOLD, NULL },
	[TRACKER_YIN] = { YIN_FRAME, 0.8, NULL },
	[TRACKER_PYIN] = { YIN_FRAME, 0.2, &pitch_voicing_voice },
	[TRACKER_AUTO] = { 0, 0.0, NULL },
	[TRACKER_WHISTLE] = { WHISTLE_FRAME, 0.5, &pitch_voicing_whistle },
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

bool
tracker_model_has_voicing(const struct tracker_model *m)
{
	return pitch_spectral_n_outputs(m->net) > N;
}

const char *
tracker_model_sha256(const struct tracker_model *m)
{
	return weights_sha256(m->weights);
}

/* What a thread of the method needs. */
static int
lane_init(struct tracker *t, struct lane *lane,
    const struct tracker_model *m, struct error *err)
{
	switch (t->options->method) {
	case TRACKER_CREPE:
		lane->net = pitch_spectral_scratch_new(m->net, err);
		lane->inputs = memory_new(BLOCK * PITCH_NET_INPUT,
		    sizeof(*lane->inputs), "frames", err);
		lane->outputs = memory_new(BLOCK * t->n_outputs,
		    sizeof(*lane->outputs), "activations", err);
		if (t->n_outputs > N)
			lane->whistle = whistle_new(err);
		return lane->net == NULL || lane->inputs == NULL ||
		    lane->outputs == NULL || (t->n_outputs > N &&
		    lane->whistle == NULL) ? -1 : 0;
	case TRACKER_YIN:
	case TRACKER_PYIN:
		lane->yin = yin_new(err);
		return lane->yin == NULL ? -1 : 0;
	case TRACKER_WHISTLE:
		lane->whistle = whistle_new(err);
		return lane->whistle == NULL ? -1 : 0;
	case TRACKER_AUTO:
		break;
	}
	return error_set(err, ERROR_BUG, "pitch by method %d",
	    (int)t->options->method);
}

static int
new_lanes(struct tracker *t, const struct tracker_model *m,
    struct error *err)
{
	t->pool = pool_new(t->n_lanes, err);
	t->lanes = memory_new(t->n_lanes, sizeof(*t->lanes), "threads", err);
	if (t->pool == NULL || t->lanes == NULL)
		return -1;
	for (size_t i = 0; i < t->n_lanes; i++)
		if (lane_init(t, &t->lanes[i], m, err) != 0)
			return -1;
	return 0;
}

/* What finds the path through all frames, if anything does. */
static int
new_path(struct tracker *t, struct error *err)
{
	const struct tracker_options *o = t->options;
	const bool is_crepe = o->method == TRACKER_CREPE;
	const struct pitch_voicing_options *path = is_crepe &&
	    o->decoder == TRACKER_VOICING ? &pitch_voicing_voice :
	    methods[o->method].path;

	if (is_crepe && o->decoder == TRACKER_CREPE_VITERBI) {
		t->viterbi = pitch_viterbi_new(err);
		return t->viterbi == NULL ? -1 : 0;
	}
	if (path != NULL) {
		struct pitch_voicing_options here = *path;

		here.threshold = t->voicing_threshold;
		here.hop_sec = o->hop_sec;
		t->voicing = pitch_voicing_new(&here, err);
		return t->voicing == NULL ? -1 : 0;
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
	t->multiple = memory_new(n, sizeof(*t->multiple), "octaves", err);
	t->f0_hz = memory_new(n, sizeof(*t->f0_hz), "pitch values", err);
	t->confidence = memory_new(n, sizeof(*t->confidence),
	    "confidence values", err);
	return t->frames == NULL || t->rows == NULL || t->multiple == NULL ||
	    t->f0_hz == NULL || t->confidence == NULL ? -1 : 0;
}

/* The trackers of both methods, each with its own threshold. */
static int
new_choices(struct tracker *t, const struct tracker_model *m,
    struct error *err)
{
	static const enum tracker_method between[] = { TRACKER_CREPE,
		TRACKER_WHISTLE };

	for (size_t i = 0; i < 2; i++) {
		t->choice_options[i] = *t->options;
		t->choice_options[i].method = between[i];
		t->choices[i] = tracker_new(m, &t->choice_options[i], err);
		if (t->choices[i] == NULL)
			return -1;
	}
	t->chosen = t->choices[0];
	return 0;
}

struct tracker *
tracker_new(const struct tracker_model *m,
    const struct tracker_options *options, struct error *err)
{
	const struct method *method = &methods[options->method];
	const bool is_crepe = options->method == TRACKER_CREPE;
	struct tracker *t = memory_new(1, sizeof(*t), "pitch tracker", err);

	if (t == NULL)
		return NULL;
	t->options = options;
	if (options->method == TRACKER_AUTO) {
		if (new_choices(t, m, err) == 0)
			return t;
		tracker_free(t);
		return NULL;
	}
	t->voicing_threshold = options->voicing_threshold >= 0.0 ?
	    options->voicing_threshold : is_crepe ? m->voicing_threshold :
	    method->threshold;
	t->n_lanes = options->n_threads > 0 ? options->n_threads : 1;
	t->frame_samples = method->frame_samples;
	if (is_crepe)
		t->n_outputs = pitch_spectral_n_outputs(m->net);
	if (new_lanes(t, m, err) != 0 || new_turn(t, err) != 0 ||
	    new_path(t, err) != 0) {
		tracker_free(t);
		return NULL;
	}
	return t;
}

void
tracker_free(struct tracker *t)
{
	if (t == NULL)
		return;
	tracker_free(t->choices[0]);
	tracker_free(t->choices[1]);
	for (size_t i = 0; t->lanes != NULL && i < t->n_lanes; i++) {
		pitch_spectral_scratch_free(t->lanes[i].net);
		memory_free(t->lanes[i].inputs);
		memory_free(t->lanes[i].outputs);
		yin_free(t->lanes[i].yin);
		whistle_free(t->lanes[i].whistle);
	}
	pool_free(t->pool);
	pitch_viterbi_free(t->viterbi);
	pitch_voicing_free(t->voicing);
	memory_free(t->lanes);
	memory_free(t->frames);
	memory_free(t->rows);
	memory_free(t->multiple);
	memory_free(t->f0_hz);
	memory_free(t->confidence);
	memory_free(t);
}

bool
tracker_listens_first(const struct tracker *t)
{
	return t->options->method == TRACKER_AUTO;
}

int
tracker_listen(struct tracker *t, const struct frames_source *source,
    struct arena *a, struct error *err)
{
	double share;

	if (t->options->method != TRACKER_AUTO)
		return 0;
	if (source->rate_hz != TRACKER_RATE_HZ)
		return error_set(err, ERROR_BUG, "sound of %u Hz",
		    source->rate_hz);
	if (whistle_share(source, a, &share, err) != 0)
		return -1;
	t->chosen = t->choices[share >= WHISTLE_SHARE_WHISTLED];
	return 0;
}

/*
 * A network that tells whistles has heard voices for the most part, and takes
 * the rare sound that is one partial above their range for some fraction of
 * it.  Such a frame has the pitch of its partial, or none above what can be
 * told.
 */
static void
correct_pure_tone(struct tracker *t, struct lane *lane, size_t i)
{
	const float *middle = t->frames + i * t->frame_samples +
	    (PITCH_NET_FRAME - WHISTLE_FRAME) / 2;
	float *row = t->rows + i * N;
	double share, hz;

	if (!whistle_may_be_above(middle, PITCH_NET_OCTAVE_HZ))
		return;
	hz = whistle_strongest(lane->whistle, middle, &share);
	if (share < PURE_SHARE || hz <= PITCH_NET_OCTAVE_HZ)
		return;
	if (hz > PITCH_NET_HIGHEST_HZ)
		t->confidence[i] = 0.0f;
	activations_of_f0(hz > PITCH_NET_HIGHEST_HZ ? 0.0 : 0.5 * hz, row);
	for (size_t b = 0; b < N; b++)
		row[b] *= t->confidence[i];
	t->multiple[i] = 2.0f;
	t->f0_hz[i] = 2.0f * (float)pitch_decode_hz(row,
	    pitch_decode_peak(row));
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
	if (has_voicing && output[PITCH_NET_OCTAVE] > 0.5f)
		t->multiple[i] = 2.0f;
	t->f0_hz[i] = t->multiple[i] * (float)pitch_decode_hz(row, peak);
}

/* Frames [first, first + n) of the turn through the network. */
static void
run_crepe(struct tracker *t, struct lane *lane, size_t first, size_t n)
{
	bool is_silent[BLOCK] = { false };

	for (size_t i = 0; i < n; i++)
		is_silent[i] = !pitch_net_input(t->frames +
		    (first + i) * t->frame_samples,
		    lane->inputs + i * PITCH_NET_INPUT);
	pitch_spectral_run(lane->net, n, lane->inputs, is_silent,
	    lane->outputs);
	for (size_t i = 0; i < n; i++) {
		take_outputs(t, first + i, lane->outputs + i * t->n_outputs);
		if (lane->whistle != NULL &&
		    t->confidence[first + i] > LEAST_CONFIDENCE)
			correct_pure_tone(t, lane, first + i);
	}
}

/* Frame i of the turn by YIN. */
static void
run_yin(struct tracker *t, struct yin *yin, size_t i)
{
	float *row = t->rows + i * N;
	double hz, sure;

	yin_frame(yin, t->frames + i * t->frame_samples, &hz, &sure);
	t->f0_hz[i] = (float)hz;
	t->confidence[i] = (float)sure;
	activations_of_f0(hz, row);
	for (size_t b = 0; b < N; b++)
		row[b] *= t->confidence[i];
}

/*
 * Frame i of the turn by one of the classical methods.  A whistle's row stays
 * an octave above until it is decoded.
 */
static void
run_classical(struct tracker *t, struct lane *lane, size_t i)
{
	const float *frame = t->frames + i * t->frame_samples;
	float *row = t->rows + i * N;

	if (t->options->method == TRACKER_YIN)
		run_yin(t, lane->yin, i);
	else if (t->options->method == TRACKER_PYIN)
		t->confidence[i] = (float)pyin_frame(lane->yin, frame, row);
	else
		t->confidence[i] = (float)whistle_frame(lane->whistle, frame,
		    row);
}

/* pool: analyse a block of the turn. */
static int
run_block(void *shared, size_t block, size_t thread, struct error *err)
{
	struct tracker *t = shared;
	const size_t first = block * BLOCK;
	const size_t n = t->n_held - first < BLOCK ? t->n_held - first :
	    BLOCK;

	(void)err;
	for (size_t i = first; i < first + n; i++)
		t->multiple[i] = 1.0f;
	if (t->options->method == TRACKER_CREPE)
		run_crepe(t, &t->lanes[thread], first, n);
	else
		for (size_t i = first; i < first + n; i++)
			run_classical(t, &t->lanes[thread], i);
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
	if (t->viterbi == NULL && t->voicing == NULL)
		memcpy(track->f0_hz + k, t->f0_hz,
		    t->n_held * sizeof(*t->f0_hz));
	for (size_t i = 0; i < t->n_held; i++) {
		float *row = t->rows + i * N;

		if (t->viterbi != NULL)
			pitch_viterbi_put(t->viterbi, row, t->multiple[i]);
		if (t->voicing != NULL)
			pitch_voicing_put(t->voicing, row,
			    (double)t->confidence[i], t->multiple[i]);
		if (t->options->method == TRACKER_WHISTLE)
			whistle_fold(row);
	}
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
	if (t->voicing != NULL)
		pitch_voicing_move(t->voicing, track->f0_hz);
	return 0;
}

/* Unvoice frames that no path decided about, and smooth the rest. */
static int
finish(const struct tracker *t, struct track *track, struct arena *a,
    struct error *err)
{
	for (size_t k = 0; t->voicing == NULL && k < track->n_frames; k++)
		if ((double)track->confidence[k] < t->voicing_threshold)
			track->f0_hz[k] = 0.0f;
	return pitch_median(track->f0_hz, track->n_frames,
	    t->options->n_median, a, err);
}

int
tracker_run(struct tracker *t, const struct frames_source *source,
    const struct tracker_sink *sink, struct arena *a, struct track *track,
    struct error *err)
{
	const size_t n_turn = t->n_lanes * BLOCK;
	struct frames frames;
	size_t room = 0;

	if (t->options->method == TRACKER_AUTO)
		return tracker_run(t->chosen, source, sink, a, track, err);
	if (source->rate_hz != TRACKER_RATE_HZ ||
	    t->options->n_median > PITCH_MEDIAN_MAX)
		return error_set(err, ERROR_BUG, "sound of %u Hz, median of "
		    "%zu", source->rate_hz, t->options->n_median);
	*track = (struct track){ .hop_sec = t->options->hop_sec };
	if (frames_init(&frames, source, t->frame_samples, track->hop_sec,
	    t->options->is_left_aligned, a, err) != 0)
		return -1;
	if (t->viterbi != NULL)
		pitch_viterbi_reset(t->viterbi, NULL);
	if (t->voicing != NULL)
		pitch_voicing_reset(t->voicing, NULL);
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
	if (t->voicing != NULL)
		pitch_voicing_end(t->voicing);
	if (track->n_frames == 0)
		return error_set(err, ERROR_LIMIT, "a sound shorter than a "
		    "frame of %g s, and without centring there must be one",
		    (double)FRAMES_CREPE / TRACKER_RATE_HZ);
	return finish(t, track, a, err);
}
