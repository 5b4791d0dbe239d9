/*
 * Frames of the mixture wait in s->frames until a patch is full.  Each patch
 * but the first begins with the FADE frames that it shares with the one
 * before, whose faded masks wait in s->mask.  The first begins with LEAD
 * frames of silence before the sound, so that frame 0 has some context.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/stft.h"
#include "nn/session.h"

#include "separate/separate_net.h"
#include "separate/separator.h"

#define N_FRAMES ((size_t)SEPARATE_NET_FRAMES)
#define N_BINS ((size_t)SEPARATE_NET_BINS)
#define FRAME_VALUES (2 * (N_BINS + 1))
#define FADE ((size_t)32)
#define LEAD ((size_t)16)
#define PATCH_HOP (N_FRAMES - FADE)

/* Frames that one put can make, and room to hold them beside a patch. */
#define PUT_FRAMES ((size_t)SEPARATOR_MAX_PUT / SEPARATE_NET_HOP + 4)

struct separator_model {
	struct weights *own_weights;	/* NULL when they are the caller's */
	struct graph *own_graph;
	const struct weights *weights;
	const struct graph *graph;
	struct stft *stft;
};

struct separator {
	const struct separator_model *model;
	struct session *session;
	struct stft_analysis *analysis;
	struct stft_synthesis *synthesis;
	float *frames;		/* [N_FRAMES + PUT_FRAMES][FRAME_VALUES] */
	size_t n_frames;	/* held */
	float *magnitudes;	/* [N_FRAMES][N_BINS] */
	float *input;		/* [N_FRAMES][N_BINS] */
	float *patch_mask;	/* [N_FRAMES][N_BINS], of one patch */
	float *mask;		/* [N_FRAMES][N_BINS], cross-faded */
	size_t n_lead;		/* frames before the sound, still to drop */
	uint64_t n_taken;	/* samples */
	int is_first;		/* no patch was done yet */
};

struct separator_model *
separator_model_new(const struct graph *g, const struct weights *w,
    struct error *err)
{
	struct separator_model *m;

	if ((m = memory_new(1, sizeof *m, "separation model", err)) == NULL)
		return NULL;
	m->graph = g;
	m->weights = w;
	m->stft = stft_new(SEPARATE_NET_WINDOW, SEPARATE_NET_HOP, err);
	if (m->stft == NULL) {
		separator_model_free(m);
		return NULL;
	}
	return m;
}

struct separator_model *
separator_model_load(const char *path, struct error *err)
{
	struct weights *w = weights_load(path, err);
	struct separator_model *m = NULL;
	struct graph *g;

	if (w == NULL)
		return NULL;
	if ((g = separate_net_of_model(w, err)) == NULL)
		error_add(err, "%s", path);
	else
		m = separator_model_new(g, w, err);
	if (m == NULL) {
		graph_free(g);
		weights_free(w);
		return NULL;
	}
	m->own_weights = w;
	m->own_graph = g;
	return m;
}

void
separator_model_free(struct separator_model *m)
{
	if (m == NULL)
		return;
	graph_free(m->own_graph);
	weights_free(m->own_weights);
	stft_free(m->stft);
	memory_free(m);
}

const char *
separator_model_sha256(const struct separator_model *m)
{
	return weights_sha256(m->weights);
}

struct separator *
separator_new(const struct separator_model *m, struct error *err)
{
	struct separator *s;

	if ((s = memory_new(1, sizeof *s, "separator", err)) == NULL)
		return NULL;
	s->model = m;
	s->session = session_new(m->graph, m->weights, 1, err);
	s->analysis = stft_analysis_new(m->stft, err);
	s->synthesis = stft_synthesis_new(m->stft, err);
	s->frames = memory_new((N_FRAMES + PUT_FRAMES) * FRAME_VALUES,
	    sizeof(float), "frames", err);
	s->magnitudes = memory_new(N_FRAMES * N_BINS, sizeof(float),
	    "magnitudes", err);
	s->input = memory_new(N_FRAMES * N_BINS, sizeof(float), "input", err);
	s->patch_mask = memory_new(N_FRAMES * N_BINS, sizeof(float), "mask",
	    err);
	s->mask = memory_new(N_FRAMES * N_BINS, sizeof(float), "mask", err);
	if (s->session == NULL || s->analysis == NULL ||
	    s->synthesis == NULL || s->frames == NULL ||
	    s->magnitudes == NULL || s->input == NULL ||
	    s->patch_mask == NULL || s->mask == NULL) {
		separator_free(s);
		return NULL;
	}
	separator_reset(s);
	return s;
}

void
separator_free(struct separator *s)
{
	if (s == NULL)
		return;
	session_free(s->session);
	stft_analysis_free(s->analysis);
	stft_synthesis_free(s->synthesis);
	memory_free(s->frames);
	memory_free(s->magnitudes);
	memory_free(s->input);
	memory_free(s->patch_mask);
	memory_free(s->mask);
	memory_free(s);
}

void
separator_reset(struct separator *s)
{
	stft_analysis_reset(s->analysis);
	stft_synthesis_reset(s->synthesis);
	memset(s->frames, 0, LEAD * FRAME_VALUES * sizeof(float));
	memset(s->mask, 0, N_FRAMES * N_BINS * sizeof(float));
	s->n_frames = LEAD;
	s->n_lead = LEAD;
	s->n_taken = 0;
	s->is_first = 1;
}

/* Weight of a patch's frame k; with the neighbour's it sums to one. */
static float
fade(size_t k, int is_first, int is_last)
{
	if (k < FADE && !is_first)
		return ((float)k + 0.5f) / (float)FADE;
	if (k >= PATCH_HOP && !is_last)
		return 1.0f - ((float)(k - PATCH_HOP) + 0.5f) / (float)FADE;
	return 1.0f;
}

/* Run the network on the first N_FRAMES frames and fade its mask in. */
static int
run_patch(struct separator *s, int is_last, struct error *err)
{
	const float *in[1] = { s->input };
	float *out[1] = { s->patch_mask };

	for (size_t k = 0; k < N_FRAMES; k++) {
		const float *frame = s->frames + k * FRAME_VALUES;
		float *row = s->magnitudes + k * N_BINS;

		for (size_t b = 0; b < N_BINS; b++)
			row[b] = sqrtf(frame[2 * b] * frame[2 * b] +
			    frame[2 * b + 1] * frame[2 * b + 1]);
	}
	separate_net_input(s->magnitudes, s->input);
	if (session_run(s->session, 1, in, out, err) != 0)
		return error_add(err, "separating");
	for (size_t k = 0; k < N_FRAMES; k++) {
		float w = fade(k, s->is_first, is_last);

		for (size_t b = 0; b < N_BINS; b++)
			s->mask[k * N_BINS + b] +=
			    w * s->patch_mask[k * N_BINS + b];
	}
	s->is_first = 0;
	return 0;
}

/*
 * Mask the first n frames, turn them into samples and drop them.  The highest
 * bin, which the network does not see, goes with its neighbour.
 */
static size_t
give_frames(struct separator *s, size_t n, float *voice)
{
	size_t n_skip = s->n_lead < n ? s->n_lead : n;
	size_t n_voice;

	for (size_t k = n_skip; k < n; k++) {
		float *frame = s->frames + k * FRAME_VALUES;
		const float *mask = s->mask + k * N_BINS;

		for (size_t b = 0; b <= N_BINS; b++) {
			float m = mask[b < N_BINS ? b : N_BINS - 1];

			frame[2 * b] *= m;
			frame[2 * b + 1] *= m;
		}
	}
	n_voice = stft_synthesis_put(s->synthesis,
	    s->frames + n_skip * FRAME_VALUES, n - n_skip, voice);
	s->n_lead -= n_skip;
	s->n_frames -= n;
	memmove(s->frames, s->frames + n * FRAME_VALUES,
	    s->n_frames * FRAME_VALUES * sizeof(float));
	memmove(s->mask, s->mask + n * N_BINS,
	    (N_FRAMES - n) * N_BINS * sizeof(float));
	memset(s->mask + (N_FRAMES - n) * N_BINS, 0,
	    n * N_BINS * sizeof(float));
	return n_voice;
}

/* Do the patches that are full; keep some frames so that one can be last. */
static int
do_patches(struct separator *s, float *voice, size_t *n_voice,
    struct error *err)
{
	while (s->n_frames > N_FRAMES) {
		if (run_patch(s, 0, err) != 0)
			return -1;
		*n_voice += give_frames(s, PATCH_HOP, voice + *n_voice);
	}
	return 0;
}

int
separator_put(struct separator *s, const float *samples, size_t n,
    float *voice, size_t *n_voice, struct error *err)
{
	*n_voice = 0;
	if (n > SEPARATOR_MAX_PUT)
		return error_set(err, ERROR_BUG,
		    "%zu samples at once are too many to separate", n);
	s->n_frames += stft_analysis_put(s->analysis, samples, n,
	    s->frames + s->n_frames * FRAME_VALUES);
	s->n_taken += n;
	return do_patches(s, voice, n_voice, err);
}

int
separator_finish(struct separator *s, float *voice, size_t *n_voice,
    struct error *err)
{
	size_t n_left;

	*n_voice = 0;
	s->n_frames += stft_analysis_finish(s->analysis,
	    s->frames + s->n_frames * FRAME_VALUES);
	if (do_patches(s, voice, n_voice, err) != 0)
		return -1;
	/* At least one frame is left, and at most a patch. */
	n_left = s->n_frames;
	memset(s->frames + n_left * FRAME_VALUES, 0,
	    (N_FRAMES - n_left) * FRAME_VALUES * sizeof(float));
	if (run_patch(s, 1, err) != 0)
		return -1;
	*n_voice += give_frames(s, n_left, voice + *n_voice);
	*n_voice += stft_synthesis_finish(s->synthesis, s->n_taken,
	    voice + *n_voice);
	return 0;
}

int
separator_run(struct separator *s, const float *samples, size_t n_samples,
    float *voice, struct error *err)
{
	float *ready = memory_new(SEPARATOR_MAX_GET, sizeof *ready, "samples",
	    err);
	size_t n_done = 0, n;
	int status = -1;

	if (ready == NULL)
		return -1;
	separator_reset(s);
	for (size_t i = 0; i < n_samples; i += SEPARATOR_MAX_PUT) {
		size_t n_now = n_samples - i < SEPARATOR_MAX_PUT ?
		    n_samples - i : SEPARATOR_MAX_PUT;

		if (separator_put(s, samples + i, n_now, ready, &n, err) != 0)
			goto done;
		memcpy(voice + n_done, ready, n * sizeof *voice);
		n_done += n;
	}
	if (separator_finish(s, ready, &n, err) != 0)
		goto done;
	memcpy(voice + n_done, ready, n * sizeof *voice);
	status = 0;

done:
	memory_free(ready);
	return status;
}
