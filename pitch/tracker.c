#include <math.h>
#include <string.h>

#include "base/memory.h"

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

struct tracker {
	const struct tracker_options *options;
	double voicing_threshold;
	struct pitch_spectral_scratch *net;	/* crepe */
	size_t n_outputs;
	struct pitch_viterbi *viterbi;
	float *inputs;			/* [BLOCK][PITCH_NET_INPUT] */
	float *outputs;			/* [BLOCK][n_outputs] of the network */
	float *rows;			/* [BLOCK][N] */
	float frame[YIN_FRAME];		/* the longer of both methods */
	bool is_silent[BLOCK];
};

/* Builds the network and reads what else the metadata says. */
static int
model_init(struct tracker_model *m, const struct weights *w,
    struct error *err)
{
	const struct json *metadata = weights_metadata_const(w);

	m->weights = w;
	if (json_get_number(metadata, "features.voicing_threshold",
	    DEFAULT_CREPE_THRESHOLD, &m->voicing_threshold, err) != 0)
		return -1;
	if (!(m->voicing_threshold >= 0.0 && m->voicing_threshold <= 1.0))
		return error_set(err, ERROR_FORMAT,
		    "a voicing threshold of %g", m->voicing_threshold);
	m->net = pitch_spectral_new(w, err);
	return m->net == NULL ? -1 : 0;
}

struct tracker_model *
tracker_model_of(const struct weights *w, struct error *err)
{
	struct tracker_model *m = memory_new(1, sizeof(*m), "pitch model",
	    err);

	if (m != NULL && model_init(m, w, err) != 0) {
		tracker_model_free(m);
		return NULL;
	}
	return m;
}

struct tracker_model *
tracker_model_load(const char *path, struct error *err)
{
	struct weights *w = weights_load(path, err);
	struct tracker_model *m;

	if (w == NULL)
		return NULL;
	m = tracker_model_of(w, err);
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
	t->inputs = memory_new(BLOCK * PITCH_NET_INPUT, sizeof(*t->inputs),
	    "frames", err);
	t->outputs = memory_new(BLOCK * PITCH_NET_MAX_OUTPUTS,
	    sizeof(*t->outputs), "activations", err);
	t->rows = memory_new(BLOCK * N, sizeof(*t->rows), "activations",
	    err);
	if (t->inputs == NULL || t->outputs == NULL || t->rows == NULL)
		goto fail;
	if (is_crepe) {
		t->n_outputs = pitch_spectral_n_outputs(m->net);
		t->net = pitch_spectral_scratch_new(m->net, err);
		if (t->net == NULL)
			goto fail;
	}
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
	pitch_spectral_scratch_free(t->net);
	pitch_viterbi_free(t->viterbi);
	memory_free(t->inputs);
	memory_free(t->outputs);
	memory_free(t->rows);
	memory_free(t);
}

/* n frames through the network: t->rows, and pitch and confidence. */
static int
run_crepe(struct tracker *t, struct frames *frames, size_t n, float *f0_hz,
    float *confidence, struct error *err)
{
	const bool has_voicing = t->n_outputs > N;

	for (size_t i = 0; i < n; i++) {
		if (frames_next(frames, t->frame, err) != 0)
			return -1;
		t->is_silent[i] = !pitch_net_input(t->frame,
		    t->inputs + i * PITCH_NET_INPUT);
	}
	if (pitch_spectral_run(t->net, n, t->inputs, t->outputs, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		float *output = t->outputs + i * t->n_outputs;
		float *row = t->rows + i * N;
		size_t peak;

		if (t->is_silent[i])
			memset(output, 0, t->n_outputs * sizeof(*output));
		memcpy(row, output, N * sizeof(*row));
		peak = pitch_decode_peak(row);
		confidence[i] = has_voicing ? output[PITCH_NET_VOICING] :
		    row[peak];
		if (t->viterbi != NULL)
			pitch_viterbi_put(t->viterbi, row);
		else
			f0_hz[i] = (float)pitch_decode_hz(row, peak);
		if (has_voicing && output[PITCH_NET_OCTAVE] > 0.5f)
			f0_hz[i] *= 2.0f;
	}
	return 0;
}

/* The same by YIN. */
static int
run_yin(struct tracker *t, struct frames *frames, size_t n, float *f0_hz,
    float *confidence, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		float *row = t->rows + i * N;
		double hz, sure;

		if (frames_next(frames, t->frame, err) != 0)
			return -1;
		yin_frame(t->frame, &hz, &sure);
		f0_hz[i] = (float)hz;
		confidence[i] = (float)sure;
		activations_of_f0(hz, row);
		for (size_t b = 0; b < N; b++)
			row[b] *= confidence[i];
	}
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
	const bool is_crepe = t->options->method == TRACKER_CREPE;
	const double hop_sec = t->options->hop_sec;
	struct frames frames;

	if (source->rate_hz != TRACKER_RATE_HZ ||
	    t->options->n_median > MAX_MEDIAN)
		return error_set(err, ERROR_BUG, "sound of %u Hz, median of "
		    "%zu", source->rate_hz, t->options->n_median);
	if (frames_init(&frames, source, is_crepe ? PITCH_NET_FRAME :
	    YIN_FRAME, hop_sec, a, err) != 0 ||
	    track_init(track, frames.n_frames, hop_sec, a, err) != 0)
		return -1;
	if (t->viterbi != NULL)
		pitch_viterbi_reset(t->viterbi, track->f0_hz);
	for (size_t k = 0; k < track->n_frames; k += BLOCK) {
		const size_t n = track->n_frames - k < BLOCK ?
		    track->n_frames - k : BLOCK;

		if ((is_crepe ? run_crepe : run_yin)(t, &frames, n,
		    track->f0_hz + k, track->confidence + k, err) != 0)
			return -1;
		if (sink != NULL &&
		    sink->put(sink->context, t->rows, n, err) != 0)
			return -1;
	}
	if (t->viterbi != NULL)
		pitch_viterbi_end(t->viterbi);
	return finish(t, track, a, err);
}
