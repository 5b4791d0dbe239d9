#include <string.h>

#include "pitch/pitch_median.h"

/* The median of the voiced pitches within half a window of frame k. */
static float
median_at(const float *f0_hz, size_t n_frames, size_t k, size_t half)
{
	const size_t first = k > half ? k - half : 0;
	const size_t end = k + half + 1 < n_frames ? k + half + 1 : n_frames;
	float sorted[PITCH_MEDIAN_MAX];
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

int
pitch_median(float *f0_hz, size_t n_frames, size_t width, struct arena *a,
    struct error *err)
{
	const size_t half = width / 2;
	float *raw;

	if (half == 0)
		return 0;
	raw = arena_need(a, n_frames, sizeof(*raw), "pitch values", err);
	if (raw == NULL)
		return -1;
	memcpy(raw, f0_hz, n_frames * sizeof(*raw));
	for (size_t k = 0; k < n_frames; k++)
		if (raw[k] > 0.0f)
			f0_hz[k] = median_at(raw, n_frames, k, half);
	return 0;
}
