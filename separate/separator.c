/*
 * The frames of each channel lie in a row: at most n_around that went before,
 * then those of the patch that is next, then what came since.  A patch is done
 * when as many frames behind it are known as it looks at.  Each patch but the
 * first begins with the frames that it shares with the one before, whose faded
 * voice waits in s->voice.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"

#include "dsp/stft.h"

#include "separate/separator.h"
#include "separate/voice_kind.h"
#include "separate/wiener.h"

struct separator_model {
	const struct voice_kind *kind;
	void *network;
	char sha256[HASH_HEX_BYTES];
};

/* What is held of one channel. */
struct channel {
	struct stft_analysis *analysis;
	struct stft_synthesis *synthesis;
	float *frames;		/* [max_frames][n_bins][2] */
	float *patch, *voice;	/* [shape.n_frames][n_bins][2] */
	float *samples;		/* [max_get] */
};

struct separator {
	const struct separator_model *model;
	size_t n_wiener;
	struct voice_shape shape;	/* of the recording; n_bins 0: none */
	void *worker;
	struct stft *stft;
	struct channel channels[SEPARATOR_MAX_CHANNELS];
	size_t max_frames;
	size_t n_before;	/* frames held that were given */
	size_t n_frames;	/* held besides */
	uint64_t n_taken;	/* samples */
	/* Of all frames given: sums of |voice| |rest| and of |voice|^2. */
	double both, voice;
	bool is_first;		/* no patch was done yet */
};

static struct separator_model *
new_model(const struct voice_kind *kind, void *network, const char *sha256,
    struct error *err)
{
	struct separator_model *m = network == NULL ? NULL :
	    memory_new(1, sizeof *m, "separation model", err);

	if (m == NULL) {
		if (network != NULL)
			kind->free_network(network);
		return NULL;
	}
	m->kind = kind;
	m->network = network;
	(void)snprintf(m->sha256, sizeof m->sha256, "%s", sha256);
	return m;
}

struct separator_model *
separator_model_new(const struct graph *g, const struct weights *w,
    struct error *err)
{
	return new_model(&mask_voice, mask_voice_new(g, w, err), "", err);
}

struct separator_model *
separator_model_load(const char *path, struct error *err)
{
	struct weights *w = weights_load(path, err);
	struct separator_model *m = NULL;
	const char *architecture;
	char sha256[HASH_HEX_BYTES];
	struct mask_voice *mask;

	if (w == NULL)
		return NULL;
	(void)snprintf(sha256, sizeof sha256, "%s", weights_sha256(w));
	if (json_get_string(weights_metadata_const(w), "network.architecture",
	    "", &architecture, err) == 0) {
		if (strcmp(architecture, "open-unmix") == 0) {
			m = new_model(&umx_voice, umx_voice_of_model(w, err),
			    sha256, err);
		} else if ((mask = mask_voice_of_model(w, err)) != NULL) {
			w = NULL;
			m = new_model(&mask_voice, mask, sha256, err);
		}
	}
	if (m == NULL)
		error_add(err, "%s", path);
	weights_free(w);
	return m;
}

void
separator_model_free(struct separator_model *m)
{
	if (m == NULL)
		return;
	m->kind->free_network(m->network);
	memory_free(m);
}

const char *
separator_model_sha256(const struct separator_model *m)
{
	return m->sha256;
}

struct separator *
separator_new(const struct separator_model *m, size_t n_wiener,
    struct error *err)
{
	struct separator *s = memory_new(1, sizeof *s, "separator", err);

	if (s == NULL)
		return NULL;
	s->model = m;
	s->n_wiener = n_wiener;
	s->worker = m->kind->new_worker(m->network, err);
	if (s->worker == NULL) {
		separator_free(s);
		return NULL;
	}
	return s;
}

static void
release_channel(struct channel *c)
{
	stft_analysis_free(c->analysis);
	stft_synthesis_free(c->synthesis);
	memory_free(c->frames);
	memory_free(c->patch);
	memory_free(c->voice);
	memory_free(c->samples);
	*c = (struct channel){ .analysis = NULL };
}

/* Give back what was for sounds of one shape. */
static void
release(struct separator *s)
{
	for (size_t c = 0; c < SEPARATOR_MAX_CHANNELS; c++)
		release_channel(&s->channels[c]);
	stft_free(s->stft);
	s->stft = NULL;
	s->shape.n_bins = 0;
}

void
separator_free(struct separator *s)
{
	if (s == NULL)
		return;
	release(s);
	s->model->kind->free_worker(s->worker);
	memory_free(s);
}

/* All that is held at the end, and what the synthesis adds. */
size_t
separator_max_get(const struct separator *s)
{
	return s->max_frames * s->shape.n_hop + s->shape.n_window;
}

static size_t
frame_values(const struct separator *s)
{
	return 2 * s->shape.n_bins;
}

static int
open_channel(struct separator *s, struct channel *c, struct error *err)
{
	const size_t n_patch = s->shape.n_frames * frame_values(s);

	c->analysis = stft_analysis_new(s->stft, err);
	c->synthesis = stft_synthesis_new(s->stft, err);
	c->frames = memory_new(s->max_frames * frame_values(s), sizeof(float),
	    "frames", err);
	c->patch = memory_new(n_patch, sizeof(float), "frames", err);
	c->voice = memory_new(n_patch, sizeof(float), "frames", err);
	c->samples = memory_new(separator_max_get(s), sizeof(float),
	    "samples", err);
	return c->analysis == NULL || c->synthesis == NULL ||
	    c->frames == NULL || c->patch == NULL || c->voice == NULL ||
	    c->samples == NULL ? -1 : 0;
}

/* Make room for sounds of another shape. */
static int
take_shape(struct separator *s, const struct voice_shape *shape,
    struct error *err)
{
	release(s);
	s->shape = *shape;
	/* Beside a patch: its neighbours, and what one put makes. */
	s->max_frames = shape->n_frames + 2 * shape->n_around +
	    SEPARATOR_MAX_PUT / shape->n_hop + 4;
	s->stft = stft_new(shape->n_window, shape->n_hop, err);
	if (s->stft == NULL)
		goto fail;
	for (size_t c = 0; c < shape->n_channels; c++)
		if (open_channel(s, &s->channels[c], err) != 0)
			goto fail;
	return 0;

fail:
	release(s);
	return -1;
}

int
separator_begin(struct separator *s, unsigned rate_hz, size_t n_channels,
    struct error *err)
{
	struct voice_shape shape;

	if (n_channels < 1 || n_channels > SEPARATOR_MAX_CHANNELS)
		return error_set(err, ERROR_FORMAT, "%zu channels are not one "
		    "or two: run chad-decode --channels 2 first", n_channels);
	if (s->model->kind->shape(s->model->network, rate_hz, n_channels,
	    &shape, err) != 0)
		return -1;
	if ((s->shape.n_bins != shape.n_bins ||
	    s->shape.n_channels != n_channels) &&
	    take_shape(s, &shape, err) != 0)
		return -1;
	for (size_t c = 0; c < n_channels; c++) {
		stft_analysis_reset(s->channels[c].analysis);
		stft_synthesis_reset(s->channels[c].synthesis);
		memset(s->channels[c].voice, 0, s->shape.n_frames *
		    frame_values(s) * sizeof(float));
	}
	s->n_before = s->n_frames = 0;
	s->n_taken = 0;
	s->both = s->voice = 0.0;
	s->is_first = true;
	return 0;
}

/*
 * Weight of a patch's frame k; with the neighbour's it sums to one.  It rises
 * in the middle of the shared frames.
 */
static float
fade(const struct voice_shape *shape, size_t k, bool is_first, bool is_last)
{
	const size_t hop = shape->n_frames - shape->n_shared;
	const bool is_end = k >= hop;
	const double at = (double)(is_end ? k - hop : k) -
	    (double)(shape->n_shared - shape->n_fade) / 2.0;
	const double rise = fmin(fmax((at + 0.5) / (double)shape->n_fade,
	    0.0), 1.0);

	if (is_end)
		return is_last ? 1.0f : (float)(1.0 - rise);
	return is_first || k >= shape->n_shared ? 1.0f : (float)rise;
}

/* The network's word on the frames that are next. */
static int
estimate(struct separator *s, size_t n_frames, float *const *voice,
    struct error *err)
{
	const size_t behind = s->n_frames - n_frames;
	struct voice_patch patch = { .n_frames = n_frames,
	    .n_before = s->n_before, .n_behind = behind < s->shape.n_around ?
	    behind : s->shape.n_around };

	for (size_t c = 0; c < s->shape.n_channels; c++)
		patch.frames[c] = s->channels[c].frames + s->n_before *
		    frame_values(s);
	if (s->model->kind->estimate(s->worker, &s->shape, &patch, voice,
	    err) != 0)
		return -1;
	if (s->n_wiener > 0 && s->shape.n_channels == 2)
		wiener_run(s->n_wiener, n_frames, s->shape.n_bins,
		    patch.frames, voice);
	return 0;
}

/* Find the voice of the patch that is next and fade it in. */
static int
run_patch(struct separator *s, bool is_last, struct error *err)
{
	const size_t n_values = frame_values(s);
	const size_t n_frames = s->n_frames < s->shape.n_frames ?
	    s->n_frames : s->shape.n_frames;
	float *voice[SEPARATOR_MAX_CHANNELS];

	for (size_t c = 0; c < s->shape.n_channels; c++)
		voice[c] = s->channels[c].patch;
	if (estimate(s, n_frames, voice, err) != 0)
		return -1;
	for (size_t k = 0; k < n_frames; k++) {
		const float w = fade(&s->shape, k, s->is_first, is_last);

		for (size_t c = 0; c < s->shape.n_channels; c++)
			for (size_t i = 0; i < n_values; i++)
				s->channels[c].voice[k * n_values + i] += w *
				    voice[c][k * n_values + i];
	}
	s->is_first = false;
	return 0;
}

/* Count how far voice and accompaniment lie over each other. */
static void
measure_overlap(struct separator *s, const float *frames, const float *voice,
    size_t n_values)
{
	double both = 0.0, own = 0.0;

	for (size_t i = 0; i < n_values; i += 2) {
		const float re = frames[i] - voice[i];
		const float im = frames[i + 1] - voice[i + 1];
		const float power = voice[i] * voice[i] + voice[i + 1] *
		    voice[i + 1];

		own += (double)power;
		both += (double)sqrtf(power * (re * re + im * im));
	}
	s->both += both;
	s->voice += own;
}

double
separator_overlap(const struct separator *s)
{
	return s->voice > 0.0 ? s->both / s->voice : 0.0;
}

/*
 * The first n frames of the voice are whole: to samples with them.  Of the
 * mixture's n_around stay.  Returns how many samples came.
 */
static size_t
give_frames(struct separator *s, size_t n, size_t n_done)
{
	const size_t n_values = frame_values(s);
	const size_t n_waiting = s->shape.n_frames - n;
	const size_t n_given = s->n_before + n;
	const size_t n_kept = n_given < s->shape.n_around ? n_given :
	    s->shape.n_around;
	size_t n_samples = 0;

	for (size_t i = 0; i < s->shape.n_channels; i++) {
		struct channel *c = &s->channels[i];

		measure_overlap(s, c->frames + s->n_before * n_values,
		    c->voice, n * n_values);
		n_samples = stft_synthesis_put(c->synthesis, c->voice, n,
		    c->samples + n_done);
		memmove(c->voice, c->voice + n * n_values, n_waiting *
		    n_values * sizeof(float));
		memset(c->voice + n_waiting * n_values, 0, n * n_values *
		    sizeof(float));
		memmove(c->frames, c->frames + (n_given - n_kept) * n_values,
		    (n_kept + s->n_frames - n) * n_values * sizeof(float));
	}
	s->n_before = n_kept;
	s->n_frames -= n;
	return n_samples;
}

/*
 * Do the patches that are full, with more than n_behind frames behind them:
 * one patch must be left to be the last.
 */
static int
do_patches(struct separator *s, size_t n_behind, size_t *n_done,
    struct error *err)
{
	while (s->n_frames > s->shape.n_frames + n_behind) {
		if (run_patch(s, false, err) != 0)
			return -1;
		*n_done += give_frames(s, s->shape.n_frames -
		    s->shape.n_shared, *n_done);
	}
	return 0;
}

/* Where the next frames of a channel go. */
static float *
frames_end(const struct separator *s, size_t channel)
{
	return s->channels[channel].frames + (s->n_before + s->n_frames) *
	    frame_values(s);
}

/* n samples of each channel, side by side. */
static void
interleave(const struct separator *s, size_t n, float *voice)
{
	const size_t n_channels = s->shape.n_channels;

	for (size_t c = 0; c < n_channels; c++)
		for (size_t i = 0; i < n; i++)
			voice[i * n_channels + c] = s->channels[c].samples[i];
}

int
separator_put(struct separator *s, const float *samples, size_t n,
    float *voice, size_t *n_voice, struct error *err)
{
	const size_t n_channels = s->shape.n_channels;
	size_t n_made = 0;

	*n_voice = 0;
	if (n > SEPARATOR_MAX_PUT)
		return error_set(err, ERROR_BUG,
		    "%zu samples at once are too many to separate", n);
	for (size_t c = 0; c < n_channels; c++) {
		float *one = s->channels[c].samples;

		for (size_t i = 0; i < n; i++)
			one[i] = samples[i * n_channels + c];
		n_made = stft_analysis_put(s->channels[c].analysis, one, n,
		    frames_end(s, c));
	}
	s->n_frames += n_made;
	s->n_taken += n;
	if (do_patches(s, s->shape.n_around, n_voice, err) != 0)
		return -1;
	interleave(s, *n_voice, voice);
	return 0;
}

int
separator_finish(struct separator *s, float *voice, size_t *n_voice,
    struct error *err)
{
	size_t n_made = 0, n_last = 0;

	*n_voice = 0;
	for (size_t c = 0; c < s->shape.n_channels; c++)
		n_made = stft_analysis_finish(s->channels[c].analysis,
		    frames_end(s, c));
	s->n_frames += n_made;
	/* At least one frame is left, at most a patch. */
	if (do_patches(s, 0, n_voice, err) != 0 ||
	    run_patch(s, true, err) != 0)
		return -1;
	*n_voice += give_frames(s, s->n_frames, *n_voice);
	for (size_t c = 0; c < s->shape.n_channels; c++)
		n_last = stft_synthesis_finish(s->channels[c].synthesis,
		    s->n_taken, s->channels[c].samples + *n_voice);
	*n_voice += n_last;
	interleave(s, *n_voice, voice);
	return 0;
}

int
separator_run(struct separator *s, unsigned rate_hz, size_t n_channels,
    const float *samples, size_t n_samples, float *voice, struct error *err)
{
	float *ready;
	size_t n_done = 0, n;
	int status = -1;

	if (separator_begin(s, rate_hz, n_channels, err) != 0)
		return -1;
	ready = memory_new(separator_max_get(s) * n_channels, sizeof *ready,
	    "samples", err);
	if (ready == NULL)
		return -1;
	for (size_t i = 0; i < n_samples; i += SEPARATOR_MAX_PUT) {
		size_t n_now = n_samples - i < SEPARATOR_MAX_PUT ?
		    n_samples - i : SEPARATOR_MAX_PUT;

		if (separator_put(s, samples + i * n_channels, n_now, ready,
		    &n, err) != 0)
			goto done;
		memcpy(voice + n_done * n_channels, ready, n * n_channels *
		    sizeof *voice);
		n_done += n;
	}
	if (separator_finish(s, ready, &n, err) != 0)
		goto done;
	memcpy(voice + n_done * n_channels, ready, n * n_channels *
	    sizeof *voice);
	status = 0;

done:
	memory_free(ready);
	return status;
}
