/*
 * How long aligner_run takes for two recordings of five minutes: once a cover
 * of the same work, once a stranger.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "align/aligner.h"

#include "tests/lib/song.h"

#define N_RUNS 9

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
compare_doubles(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

static struct aligner_recording
recording_of(const struct song *s)
{
	const struct aligner_recording r = { s->fingerprints, s->n_windows,
	    s->f0_hz, s->n_frames, SONG_F0_HOP_SEC, s->duration_sec };

	return r;
}

static int
measure(const char *name, const struct song *a, const struct song *b)
{
	const struct aligner_recording original = recording_of(a);
	const struct aligner_recording cover = recording_of(b);
	struct aligner_options o = { .n_dims = SONG_DIMS,
	    .window_sec = SONG_WINDOW_SEC, .hop_sec = SONG_HOP_SEC };
	struct aligner_fragment *fragments;
	double ms[N_RUNS];
	struct error err;
	size_t i, n = 0;

	aligner_options_init(&o);
	for (i = 0; i < N_RUNS; i++) {
		struct arena *arena = arena_new();
		const double started = now_ms();

		if (arena == NULL || aligner_run(&original, &cover, &o, arena,
		    &fragments, &n, &err) != 0)
			return -1;
		ms[i] = now_ms() - started;
		arena_free(arena);
	}
	qsort(ms, N_RUNS, sizeof(ms[0]), compare_doubles);
	printf("align_300_s_%s %.2f ms\n", name, ms[N_RUNS / 2]);
	return 0;
}

int
main(void)
{
	const struct song_stretch all = { 1, 0, 300, 1.0 };
	const struct song_stretch part = { 1, 20, 293, 1.1 };
	const struct song_stretch other = { 2, 0, 300, 1.0 };
	struct song a, b, c;
	int status;

	song_play(&a, &all, 1, 0.0);
	song_play(&b, &part, 1, 3.0);
	song_play(&c, &other, 1, 0.0);
	status = measure("cover", &a, &b) != 0 ||
	    measure("stranger", &a, &c) != 0;
	song_release(&a);
	song_release(&b);
	song_release(&c);
	return status;
}
