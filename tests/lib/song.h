/*
 * song -- made-up recordings of made-up works, as an aligner sees them.
 *
 * A work is a function of time: a smooth random curve on the sphere of
 * fingerprints (sums of slow sines) and a random melody.  A recording plays
 * stretches of a work at a tempo, in a key; where one sits in the work is
 * known for every moment of it.
 */
#ifndef TESTS_LIB_SONG_H
#define TESTS_LIB_SONG_H

#include <stddef.h>
#include <stdint.h>

#define SONG_DIMS 128
#define SONG_WINDOW_SEC 3.0
#define SONG_HOP_SEC 0.25
#define SONG_F0_HOP_SEC 0.01

/* Work time [from_sec, to_sec) played in (to - from) * tempo_ratio seconds. */
struct song_stretch {
	uint64_t work;
	double from_sec, to_sec;
	double tempo_ratio;
};

struct song {
	float *fingerprints;	/* [n_windows][SONG_DIMS] */
	size_t n_windows;
	float *f0_hz;		/* [n_frames] */
	size_t n_frames;
	double duration_sec;
};

/* Heap memory, checked with assert; free with song_release. */
void song_play(struct song *s, const struct song_stretch *stretches,
    size_t n_stretches, double transposition_semitones);
void song_release(struct song *s);

#endif
