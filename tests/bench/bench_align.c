/*
 * Processor time of aligner_run: two recordings of five minutes, once a cover
 * of the same work and once a stranger, and two of four minutes that sing a
 * section six times each, so that 36 stretches are shared.
 */
#include <stdio.h>
#include <stdlib.h>

#include "align/aligner.h"

#include "tests/bench/processor_time.h"
#include "tests/lib/song.h"

#define N_RUNS 9
#define N_SECTIONS 6

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
	double spent[N_RUNS];
	struct error err;
	size_t i, n = 0;

	aligner_options_init(&o);
	for (i = 0; i < N_RUNS; i++) {
		struct arena *arena = arena_new();
		const double started = processor_sec();

		if (arena == NULL || aligner_run(&original, &cover, &o, arena,
		    &fragments, &n, &err) != 0)
			return -1;
		spent[i] = processor_sec() - started;
		arena_free(arena);
	}
	printf("align_%s %.2f ms\n", name,
	    1e3 * processor_time_median(spent, N_RUNS));
	return 0;
}

int
main(void)
{
	const struct song_stretch all = { 1, 0, 300, 1.0 };
	const struct song_stretch part = { 1, 20, 293, 1.1 };
	const struct song_stretch other = { 2, 0, 300, 1.0 };
	struct song_stretch sections[N_SECTIONS], slower[N_SECTIONS];
	struct song a, b, c, d, e;
	size_t i;
	int status;

	for (i = 0; i < N_SECTIONS; i++) {
		sections[i] = (struct song_stretch){ 3, 0, 40, 1.0 };
		slower[i] = (struct song_stretch){ 3, 0, 40, 1.1 };
	}
	song_play(&d, sections, N_SECTIONS, 0.0);
	song_play(&e, slower, N_SECTIONS, -4.0);
	song_play(&a, &all, 1, 0.0);
	song_play(&b, &part, 1, 3.0);
	song_play(&c, &other, 1, 0.0);
	status = measure("300_s_cover", &a, &b) != 0 ||
	    measure("300_s_stranger", &a, &c) != 0 ||
	    measure("240_s_repeats", &d, &e) != 0;
	song_release(&a);
	song_release(&b);
	song_release(&c);
	song_release(&d);
	song_release(&e);
	return status;
}
