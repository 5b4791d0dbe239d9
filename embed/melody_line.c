#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embed/melody_line.h"

#define MIN_RUN_SEC 0.06
#define MAX_STEP 1.0		/* semitones between frames of one run */
#define MAX_DISTANCE 11.0	/* semitones from the median of a hum */
#define MIN_VOICED 0.3		/* share of a tenth of a second */
#define A4_HZ 440.0

static int
compare_floats(const void *a, const void *b)
{
	const float x = *(const float *)a;
	const float y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The median of the positive values; 0 when there are none.  Sorts scratch. */
static float
median_voiced(const float *pitch, size_t n, float *scratch)
{
	size_t n_voiced = 0;

	for (size_t i = 0; i < n; i++)
		if (pitch[i] > 0)
			scratch[n_voiced++] = pitch[i];
	if (n_voiced == 0)
		return 0;
	qsort(scratch, n_voiced, sizeof(*scratch), compare_floats);
	return 0.5f * (scratch[(n_voiced - 1) / 2] + scratch[n_voiced / 2]);
}

static void
read_pitch(const struct track *t, float *pitch)
{
	for (size_t k = 0; k < t->n_frames; k++) {
		const double f0 = (double)t->f0_hz[k];

		pitch[k] = f0 > 0 ? (float)fmax(1e-3, 69 + 12 *
		    log2(f0 / A4_HZ)) : 0;
	}
}

static void
drop_outliers(float *pitch, size_t n, float *scratch)
{
	const float median = median_voiced(pitch, n, scratch);

	for (size_t i = 0; i < n; i++)
		if (fabsf(pitch[i] - median) > (float)MAX_DISTANCE)
			pitch[i] = 0;
}

static void
drop_short_runs(float *pitch, size_t n, double hop_sec)
{
	const size_t n_least = (size_t)ceil(MIN_RUN_SEC / hop_sec - 1e-6);
	size_t end;

	for (size_t i = 0; i < n; i = end) {
		end = i + 1;
		if (!(pitch[i] > 0))
			continue;
		while (end < n && pitch[end] > 0 &&
		    fabsf(pitch[end] - pitch[end - 1]) < (float)MAX_STEP)
			end++;
		if (end - i < n_least)
			memset(pitch + i, 0, (end - i) * sizeof(*pitch));
	}
}

/* Medians of tenths of a second; 0 where too little is voiced. */
static void
make_tenths(const float *pitch, const struct track *t, size_t n_tenths,
    float *scratch, float *tenths)
{
	for (size_t i = 0; i < n_tenths; i++) {
		const size_t first = (size_t)floor((double)i *
		    MELODY_LINE_HOP_SEC / t->hop_sec + 0.5);
		size_t end = (size_t)floor((double)(i + 1) *
		    MELODY_LINE_HOP_SEC / t->hop_sec + 0.5);
		size_t n_voiced = 0;

		if (end > t->n_frames)
			end = t->n_frames;
		for (size_t k = first; k < end; k++)
			n_voiced += pitch[k] > 0;
		tenths[i] = first < end && (double)n_voiced >= MIN_VOICED *
		    (double)(end - first) && n_voiced > 0 ?
		    median_voiced(pitch + first, end - first, scratch) : 0;
	}
}

/* Cut unvoiced ends off and hold notes over rests. */
static void
trim_and_hold(float *tenths, size_t n, struct melody_line *line)
{
	size_t first = 0, end = n;

	while (first < end && !(tenths[first] > 0))
		first++;
	while (end > first && !(tenths[end - 1] > 0))
		end--;
	for (size_t i = first + 1; i < end; i++)
		if (!(tenths[i] > 0))
			tenths[i] = tenths[i - 1];
	line->pitch = tenths + first;
	line->n = end - first;
	line->start_sec = (double)first * MELODY_LINE_HOP_SEC;
}

int
melody_line_make(const struct track *t, bool drops_outliers,
    struct arena *a, struct melody_line *line, struct error *err)
{
	const double duration_sec = (double)t->n_frames * t->hop_sec;
	const size_t n = (size_t)(duration_sec / MELODY_LINE_HOP_SEC + 1e-6);
	float *pitch = arena_need(a, t->n_frames, sizeof(*pitch), "frames",
	    err);
	float *scratch = arena_need(a, t->n_frames, sizeof(*scratch),
	    "frames", err);
	float *tenths = arena_need(a, n, sizeof(*tenths), "frames", err);

	if (pitch == NULL || scratch == NULL || tenths == NULL)
		return -1;
	read_pitch(t, pitch);
	if (drops_outliers)
		drop_outliers(pitch, t->n_frames, scratch);
	drop_short_runs(pitch, t->n_frames, t->hop_sec);
	make_tenths(pitch, t, n, scratch, tenths);
	trim_and_hold(tenths, n, line);
	return 0;
}
