#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"

#include "tests/lib/song.h"

#define NOTE_SEC 0.4
#define TWO_PI 6.283185307179586

/* The stretch that sounds at t_sec, and the work time there. */
static const struct song_stretch *
find_stretch(const struct song_stretch *stretches, size_t n, double t_sec,
    double *work_sec)
{
	size_t i;

	for (i = 0; i + 1 < n; i++) {
		const double length = stretches[i].tempo_ratio *
		    (stretches[i].to_sec - stretches[i].from_sec);

		if (t_sec < length)
			break;
		t_sec -= length;
	}
	*work_sec = stretches[i].from_sec + t_sec / stretches[i].tempo_ratio;
	return &stretches[i];
}

/* Sines of periods from 4 s up: windows 2 s apart are no longer alike. */
static void
fingerprint(uint64_t work, double work_sec, float *values)
{
	double length = 0.0;
	struct random r;
	size_t d;

	random_init_keyed(&r, 1, work, 0);
	for (d = 0; d < SONG_DIMS; d++) {
		const double speed = TWO_PI / 4.0 * random_uniform(&r);
		const double phase = TWO_PI * random_uniform(&r);

		values[d] = (float)sin(speed * work_sec + phase);
		length += (double)values[d] * (double)values[d];
	}
	for (d = 0; d < SONG_DIMS; d++)
		values[d] /= (float)sqrt(length);
}

/* A random note every 0.4 s, each sixth a rest. */
static float
pitch(uint64_t work, double work_sec, double transposition_semitones)
{
	struct random r;
	double semitone;

	random_init_keyed(&r, 2, work,
	    (uint64_t)(work_sec / NOTE_SEC + 1000.0));
	if (random_below(&r, 6) == 0)
		return 0.0f;
	semitone = (double)random_below(&r, 13) - 6.0 +
	    transposition_semitones;
	return (float)(220.0 * exp2(semitone / 12.0));
}

void
song_play(struct song *s, const struct song_stretch *stretches,
    size_t n_stretches, double transposition_semitones)
{
	const struct song_stretch *at;
	double work_sec;
	size_t i;

	s->duration_sec = 0.0;
	for (i = 0; i < n_stretches; i++)
		s->duration_sec += stretches[i].tempo_ratio *
		    (stretches[i].to_sec - stretches[i].from_sec);
	s->n_windows = s->duration_sec < SONG_WINDOW_SEC ? 0 :
	    (size_t)((s->duration_sec - SONG_WINDOW_SEC) / SONG_HOP_SEC) + 1;
	s->n_frames = (size_t)(s->duration_sec / SONG_F0_HOP_SEC);
	s->fingerprints = calloc(s->n_windows * SONG_DIMS + 1, sizeof(float));
	s->f0_hz = calloc(s->n_frames + 1, sizeof(float));
	assert(s->fingerprints != NULL && s->f0_hz != NULL);
	for (i = 0; i < s->n_windows; i++) {
		at = find_stretch(stretches, n_stretches,
		    (double)i * SONG_HOP_SEC + SONG_WINDOW_SEC / 2.0,
		    &work_sec);
		fingerprint(at->work, work_sec,
		    s->fingerprints + i * SONG_DIMS);
	}
	for (i = 0; i < s->n_frames; i++) {
		at = find_stretch(stretches, n_stretches,
		    (double)i * SONG_F0_HOP_SEC, &work_sec);
		s->f0_hz[i] = pitch(at->work, work_sec,
		    transposition_semitones);
	}
}

void
song_release(struct song *s)
{
	free(s->fingerprints);
	free(s->f0_hz);
}
