/*
 * Both directions keep one window of samples and slide it by a hop a frame.
 * The analysis begins with half a window of zeros, which centres frame 0 on
 * sample 0; the synthesis drops the half window before sample 0.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/fft.h"
#include "dsp/stft.h"

#define MIN_WINDOW 16
#define MAX_WINDOW 65536
#define MAX_ANALYSIS_WINDOW ((size_t)1 << 20)
#define MAX_HOP ((size_t)1 << 31)

struct stft {
	size_t n_window, n_hop, n_bins;
	struct fft *fft;
	float *window;			/* [n_window] */
};

struct stft_analysis {
	const struct stft *s;
	float *held;			/* [n_window], the last samples */
	float *windowed;		/* [n_window] */
	size_t n_held;
	size_t n_skip;			/* samples before the next window */
	uint64_t n_samples, n_frames;	/* so far */
};

struct stft_synthesis {
	const struct stft *s;
	float *sum;			/* [n_window], windowed frames */
	float *weight;			/* [n_window], squared windows */
	float *frame;			/* [n_window] */
	uint64_t n_slid;		/* samples that left the window */
	uint64_t n_given;
};

/*
 * Periodic, so that it is 1 at n / 2, in the middle of n_window samples; all
 * ones when n is 0.
 */
static void
fill_hann(float *window, size_t n_window, size_t n)
{
	const double step = 2.0 * acos(-1.0) / (double)n;
	const size_t first = (n_window - n) / 2;

	if (n == 0)
		for (size_t i = 0; i < n_window; i++)
			window[i] = 1.0f;
	for (size_t i = 0; i < n; i++)
		window[first + i] = (float)(0.5 - 0.5 * cos(step * (double)i));
}

static struct stft *
make(size_t n_window, size_t n_hann, size_t n_hop, struct error *err)
{
	struct stft *s;

	if ((s = memory_new(1, sizeof *s, "STFT", err)) == NULL)
		return NULL;
	s->n_window = n_window;
	s->n_hop = n_hop;
	s->n_bins = n_window / 2 + 1;
	s->fft = fft_new(n_window, err);
	s->window = memory_new(n_window, sizeof *s->window, "window", err);
	if (s->fft == NULL || s->window == NULL) {
		stft_free(s);
		return NULL;
	}
	fill_hann(s->window, n_window, n_hann);
	return s;
}

struct stft *
stft_new(size_t n_window, size_t n_hop, struct error *err)
{
	if (n_window < MIN_WINDOW || n_window > MAX_WINDOW ||
	    n_window % 2 != 0 || n_hop < 1 || n_hop > n_window / 2) {
		error_set(err, ERROR_LIMIT,
		    "an STFT of window %zu and hop %zu: the window must be "
		    "even, %d to %d, the hop at most half of it", n_window,
		    n_hop, MIN_WINDOW, MAX_WINDOW);
		return NULL;
	}
	return make(n_window, n_window, n_hop, err);
}

struct stft *
stft_new_analysis(size_t n_window, size_t n_hann, size_t n_hop,
    struct error *err)
{
	if (n_window < 2 || n_window > MAX_ANALYSIS_WINDOW ||
	    n_window % 2 != 0 || n_hann > n_window || n_hop < 1 ||
	    n_hop > MAX_HOP) {
		error_set(err, ERROR_LIMIT,
		    "frames of %zu samples under a window of %zu every %zu: "
		    "frames must be even, 2 to %zu, the window no longer, "
		    "the hop 1 to %zu", n_window, n_hann, n_hop,
		    MAX_ANALYSIS_WINDOW, MAX_HOP);
		return NULL;
	}
	return make(n_window, n_hann, n_hop, err);
}

void
stft_free(struct stft *s)
{
	if (s == NULL)
		return;
	fft_free(s->fft);
	memory_free(s->window);
	memory_free(s);
}

size_t
stft_n_bins(const struct stft *s)
{
	return s->n_bins;
}

uint64_t
stft_n_frames(const struct stft *s, uint64_t n_samples)
{
	return n_samples / s->n_hop + 1;
}

struct stft_analysis *
stft_analysis_new(const struct stft *s, struct error *err)
{
	struct stft_analysis *a;

	if ((a = memory_new(1, sizeof *a, "STFT", err)) == NULL)
		return NULL;
	a->s = s;
	a->held = memory_new(s->n_window, sizeof *a->held, "samples", err);
	a->windowed = memory_new(s->n_window, sizeof *a->windowed, "samples",
	    err);
	if (a->held == NULL || a->windowed == NULL) {
		stft_analysis_free(a);
		return NULL;
	}
	stft_analysis_reset(a);
	return a;
}

void
stft_analysis_free(struct stft_analysis *a)
{
	if (a == NULL)
		return;
	memory_free(a->held);
	memory_free(a->windowed);
	memory_free(a);
}

void
stft_analysis_reset(struct stft_analysis *a)
{
	memset(a->held, 0, a->s->n_window * sizeof *a->held);
	a->n_held = a->s->n_window / 2;
	a->n_skip = 0;
	a->n_samples = 0;
	a->n_frames = 0;
}

/* Transform the full window and slide it by a hop. */
static void
take_frame(struct stft_analysis *a, float *frame)
{
	const struct stft *s = a->s;

	for (size_t i = 0; i < s->n_window; i++)
		a->windowed[i] = a->held[i] * s->window[i];
	fft_forward(s->fft, a->windowed, frame);
	a->n_frames++;
	if (s->n_hop > a->n_held) {
		a->n_skip = s->n_hop - a->n_held;
		a->n_held = 0;
		return;
	}
	a->n_held -= s->n_hop;
	memmove(a->held, a->held + s->n_hop, a->n_held * sizeof *a->held);
}

size_t
stft_analysis_put(struct stft_analysis *a, const float *samples, size_t n,
    float *frames)
{
	const struct stft *s = a->s;
	size_t n_frames = 0;

	a->n_samples += n;
	while (n > 0) {
		size_t n_now = s->n_window - a->n_held;

		if (a->n_skip > 0) {
			n_now = a->n_skip < n ? a->n_skip : n;
			a->n_skip -= n_now;
			samples += n_now;
			n -= n_now;
			continue;
		}
		if (n_now > n)
			n_now = n;
		memcpy(a->held + a->n_held, samples, n_now * sizeof *samples);
		a->n_held += n_now;
		samples += n_now;
		n -= n_now;
		if (a->n_held == s->n_window)
			take_frame(a, frames + 2 * s->n_bins * n_frames++);
	}
	return n_frames;
}

size_t
stft_analysis_finish(struct stft_analysis *a, float *frames)
{
	const struct stft *s = a->s;
	size_t n_frames = 0;

	while (a->n_frames < stft_n_frames(s, a->n_samples)) {
		memset(a->held + a->n_held, 0,
		    (s->n_window - a->n_held) * sizeof *a->held);
		a->n_held = s->n_window;
		take_frame(a, frames + 2 * s->n_bins * n_frames++);
	}
	return n_frames;
}

struct stft_synthesis *
stft_synthesis_new(const struct stft *s, struct error *err)
{
	struct stft_synthesis *y;

	if ((y = memory_new(1, sizeof *y, "STFT", err)) == NULL)
		return NULL;
	y->s = s;
	y->sum = memory_new(s->n_window, sizeof *y->sum, "samples", err);
	y->weight = memory_new(s->n_window, sizeof *y->weight, "samples", err);
	y->frame = memory_new(s->n_window, sizeof *y->frame, "samples", err);
	if (y->sum == NULL || y->weight == NULL || y->frame == NULL) {
		stft_synthesis_free(y);
		return NULL;
	}
	return y;
}

void
stft_synthesis_free(struct stft_synthesis *y)
{
	if (y == NULL)
		return;
	memory_free(y->sum);
	memory_free(y->weight);
	memory_free(y->frame);
	memory_free(y);
}

void
stft_synthesis_reset(struct stft_synthesis *y)
{
	memset(y->sum, 0, y->s->n_window * sizeof *y->sum);
	memset(y->weight, 0, y->s->n_window * sizeof *y->weight);
	y->n_slid = 0;
	y->n_given = 0;
}

/* Give the first n samples of the window, less those before sample 0. */
static size_t
give(struct stft_synthesis *y, size_t n, float *samples)
{
	size_t half = y->s->n_window / 2;
	size_t first = 0;
	size_t n_out = 0;

	if (y->n_slid < half)
		first = half - (size_t)y->n_slid;
	for (size_t i = first; i < n; i++)
		samples[n_out++] = y->weight[i] > 0.0f ?
		    y->sum[i] / y->weight[i] : 0.0f;
	y->n_given += n_out;
	return n_out;
}

static void
slide(float *values, size_t n, size_t n_hop)
{
	memmove(values, values + n_hop, (n - n_hop) * sizeof *values);
	memset(values + n - n_hop, 0, n_hop * sizeof *values);
}

size_t
stft_synthesis_put(struct stft_synthesis *y, const float *frames,
    size_t n_frames, float *samples)
{
	const struct stft *s = y->s;
	size_t n_out = 0;

	for (size_t k = 0; k < n_frames; k++) {
		fft_backward(s->fft, frames + 2 * s->n_bins * k, y->frame);
		for (size_t i = 0; i < s->n_window; i++) {
			float w = s->window[i];

			y->sum[i] += w * y->frame[i];
			y->weight[i] += w * w;
		}
		n_out += give(y, s->n_hop, samples + n_out);
		slide(y->sum, s->n_window, s->n_hop);
		slide(y->weight, s->n_window, s->n_hop);
		y->n_slid += s->n_hop;
	}
	return n_out;
}

size_t
stft_synthesis_finish(struct stft_synthesis *y, uint64_t n_total,
    float *samples)
{
	size_t half = y->s->n_window / 2;
	uint64_t n_left;
	size_t n;

	if (n_total <= y->n_given)
		return 0;
	n_left = n_total - y->n_given;
	if (n_left > half + y->s->n_hop)
		return 0;
	/* The next sample to give lies at the window's start or after it. */
	n = (size_t)n_left + (y->n_slid < half ? half - (size_t)y->n_slid : 0);
	return give(y, n < y->s->n_window ? n : y->s->n_window, samples);
}
