/*
 * Frames of the mixture wait in s->frames until a patch is full and as many
 * frames beyond it are known as its last frame's loudness needs.  Each patch
 * but the first begins with the SHARED frames that it has in common with the
 * one before, whose faded masks wait in s->mask.  The first begins with LEAD
 * frames of silence before the sound, so that frame 0 has some context.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/stft.h"
#include "nn/session.h"

#include "separate/separate_net.h"
#include "separate/separator.h"

#define N_FRAMES ((size_t)SEPARATOR_FRAMES)
#define N_BINS ((size_t)SEPARATE_NET_BINS)
#define FRAME_VALUES (2 * (N_BINS + 1))
#define SHARED ((size_t)96)
#define FADE ((size_t)16)
#define LEAD ((size_t)16)
#define PATCH_HOP (N_FRAMES - SHARED)
/* Frames on either side that count for a frame's loudness. */
#define AROUND ((size_t)64)

/* Frames that one put can make, and room to hold them beside a patch. */
#define PUT_FRAMES ((size_t)SEPARATOR_MAX_PUT / SEPARATE_NET_HOP + 4)
#define MAX_FRAMES (N_FRAMES + AROUND + PUT_FRAMES)

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
	float *frames;		/* [MAX_FRAMES][FRAME_VALUES] */
	size_t n_frames;	/* held */
	/*
	 * [AROUND + MAX_FRAMES], mean square of each frame and of those that
	 * went before; -1 where there is none.
	 */
	double *powers;
	size_t n_powers;	/* of frames held */
	float *magnitudes;	/* [N_BINS] */
	float *input;		/* [N_FRAMES][N_BINS] */
	float *patch_mask;	/* [N_FRAMES][N_BINS], of one patch */
	float *mask;		/* [N_FRAMES][N_BINS], cross-faded */
	size_t n_lead;		/* frames before the sound, still to drop */
	uint64_t n_taken;	/* samples */
	bool is_first;		/* no patch was done yet */
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
	if ((g = separate_net_of_model(w, N_FRAMES, err)) == NULL)
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
	s->frames = memory_new(MAX_FRAMES * FRAME_VALUES, sizeof(float),
	    "frames", err);
	s->powers = memory_new(AROUND + MAX_FRAMES, sizeof(double),
	    "loudness", err);
	s->magnitudes = memory_new(N_BINS, sizeof(float), "magnitudes", err);
	s->input = memory_new(N_FRAMES * N_BINS, sizeof(float), "input", err);
	s->patch_mask = memory_new(N_FRAMES * N_BINS, sizeof(float), "mask",
	    err);
	s->mask = memory_new(N_FRAMES * N_BINS, sizeof(float), "mask", err);
	if (s->session == NULL || s->analysis == NULL ||
	    s->synthesis == NULL || s->frames == NULL || s->powers == NULL ||
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
	memory_free(s->powers);
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
	for (size_t k = 0; k < AROUND + LEAD; k++)
		s->powers[k] = -1.0;
	s->n_powers = LEAD;
	s->n_lead = LEAD;
	s->n_taken = 0;
	s->is_first = true;
}

/*
 * Weight of a patch's frame k; with the neighbour's it sums to one.  It rises
 * in the middle of the shared frames.
 */
static float
fade(size_t k, bool is_first, bool is_last)
{
	const bool is_end = k >= PATCH_HOP;
	const double at = (double)(is_end ? k - PATCH_HOP : k) -
	    (double)(SHARED - FADE) / 2.0;
	const double rise = fmin(fmax((at + 0.5) / (double)FADE, 0.0), 1.0);

	if (is_end)
		return is_last ? 1.0f : (float)(1.0 - rise);
	return is_first || k >= SHARED ? 1.0f : (float)rise;
}

static float
size_of(const float bin[2])
{
	return sqrtf(bin[0] * bin[0] + bin[1] * bin[1]);
}

/* The mean squares of frames that came since. */
static void
measure_powers(struct separator *s)
{
	for (; s->n_powers < s->n_frames; s->n_powers++) {
		const float *frame = s->frames + s->n_powers * FRAME_VALUES;
		double sum = 0.0;

		for (size_t b = 0; b < N_BINS; b++)
			sum += (double)(frame[2 * b] * frame[2 * b] +
			    frame[2 * b + 1] * frame[2 * b + 1]);
		s->powers[AROUND + s->n_powers] = sum / (double)N_BINS;
	}
}

/* The mean over those around a frame that there are. */
static double
power_around(const struct separator *s, size_t k)
{
	size_t n = 0;
	double sum = 0.0;

	for (size_t i = k; i <= k + 2 * AROUND && i < AROUND + s->n_powers;
	    i++) {
		if (s->powers[i] >= 0.0) {
			sum += s->powers[i];
			n++;
		}
	}
	return n > 0 ? sum / (double)n : 0.0;
}

/*
 * Run the network on the first N_FRAMES frames, silence behind those that are
 * held, and fade its mask in.
 */
static int
run_patch(struct separator *s, bool is_last, struct error *err)
{
	const float *in[1] = { s->input };
	float *out[1] = { s->patch_mask };

	measure_powers(s);
	for (size_t k = 0; k < N_FRAMES; k++) {
		const float *frame = s->frames + k * FRAME_VALUES;
		float *input = s->input + k * N_BINS;

		if (k >= s->n_frames) {
			memset(input, 0, N_BINS * sizeof(*input));
			continue;
		}
		for (size_t b = 0; b < N_BINS; b++)
			s->magnitudes[b] = size_of(frame + 2 * b);
		separate_net_input(s->magnitudes, N_BINS, power_around(s, k),
		    input);
	}
	if (session_run(s->session, 1, in, out, err) != 0)
		return error_add(err, "separating");
	for (size_t k = 0; k < N_FRAMES; k++) {
		const float w = fade(k, s->is_first, is_last);

		for (size_t b = 0; b < N_BINS; b++)
			s->mask[k * N_BINS + b] +=
			    w * s->patch_mask[k * N_BINS + b];
	}
	s->is_first = false;
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
	memmove(s->powers, s->powers + n, (AROUND + s->n_powers - n) *
	    sizeof(*s->powers));
	s->n_powers -= n;
	return n_voice;
}

/*
 * Do the patches that are full and whose loudness is known: some frames are
 * kept, so that one patch can be last.
 */
static int
do_patches(struct separator *s, float *voice, size_t *n_voice,
    struct error *err)
{
	while (s->n_frames > N_FRAMES + AROUND) {
		if (run_patch(s, false, err) != 0)
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
	*n_voice = 0;
	s->n_frames += stft_analysis_finish(s->analysis,
	    s->frames + s->n_frames * FRAME_VALUES);
	if (do_patches(s, voice, n_voice, err) != 0)
		return -1;
	/* At least one frame is left: at most a patch and what lay beyond. */
	while (s->n_frames > N_FRAMES) {
		if (run_patch(s, false, err) != 0)
			return -1;
		*n_voice += give_frames(s, PATCH_HOP, voice + *n_voice);
	}
	if (run_patch(s, true, err) != 0)
		return -1;
	*n_voice += give_frames(s, s->n_frames, voice + *n_voice);
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
