#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "audio/defects.h"

#define RATIO_60_DB 1e-6
#define RATIO_20_DB 1e-2
#define CHUNK 256

static bool
reaches_full_scale(const float *x, size_t n)
{
	int is_there = 0;

	for (size_t i = 0; i < n; i++)
		is_there |= fabsf(x[i]) >= DEFECTS_FULL_SCALE;
	return is_there != 0;
}

static void
count_runs(struct defects_source *s, const float *samples, size_t n,
    size_t n_channels)
{
	for (size_t i = 0; i < n * n_channels; i++) {
		unsigned *run = &s->n_run[i % n_channels];

		if (fabsf(samples[i]) < DEFECTS_FULL_SCALE)
			*run = 0;
		else if (++*run == DEFECTS_RUN)
			s->n_clipped_runs++;
	}
}

void
defects_source_put(struct defects_source *s, const float *samples, size_t n,
    size_t n_channels)
{
	for (size_t i = 0; i < n; i += CHUNK) {
		const float *x = samples + i * n_channels;
		size_t n_now = n - i < CHUNK ? n - i : CHUNK;

		if (reaches_full_scale(x, n_now * n_channels))
			count_runs(s, x, n_now, n_channels);
		else
			memset(s->n_run, 0, n_channels * sizeof s->n_run[0]);
	}
	if (n_channels != 2)
		return;
	for (size_t i = 0; i < n; i++) {
		double left = (double)samples[2 * i];
		double right = (double)samples[2 * i + 1];

		s->left += left * left;
		s->right += right * right;
		s->both += (left + right) * (left + right);
		s->apart += (left - right) * (left - right);
	}
}

const char *
defects_stereo(const struct defects_source *s)
{
	if (s->left + s->right <= 0.0)
		return NULL;
	if (s->right <= RATIO_60_DB * s->left)
		return "left";
	if (s->left <= RATIO_60_DB * s->right)
		return "right";
	if (s->apart <= RATIO_60_DB * s->both)
		return "mono";
	return s->both <= RATIO_20_DB * s->apart ? "opposite" : NULL;
}

/* A whole tenth of a second is there. */
static void
end_tenth(struct defects_silence *s)
{
	bool is_silent = s->peak < DEFECTS_SILENCE;

	if (is_silent && s->n_silent == s->n_tenths)
		s->n_leading++;
	s->n_trailing = is_silent ? s->n_trailing + 1 : 0;
	s->n_silent += is_silent;
	s->n_tenths++;
	s->n_in_tenth = 0;
	s->peak = 0.0f;
}

void
defects_silence_put(struct defects_silence *s, const float *samples, size_t n,
    size_t n_channels, unsigned rate_hz)
{
	const size_t n_tenth = rate_hz / 10;

	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < n_channels; c++) {
			float x = fabsf(samples[i * n_channels + c]);

			s->peak = x > s->peak ? x : s->peak;
		}
		if (++s->n_in_tenth == n_tenth)
			end_tenth(s);
	}
}
