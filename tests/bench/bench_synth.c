/* How much faster than it sounds a song is made. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"
#include "synth/band.h"
#include "synth/performance.h"
#include "synth/tune.h"
#include "synth/voice.h"

#define N_RUNS 7
#define RATE_HZ 16000

/* What is measured, in the order of the table. */
enum part { TUNE, VOICE, BAND, N_PARTS };

static double
now_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds of sound a second of computing, for each part of one song. */
static int
run(double speeds[N_PARTS], struct error *err)
{
	const struct tune_options o = { 100, 110 };
	struct performance_style s;
	struct performance p;
	struct voice v;
	struct tune t;
	struct random r;
	struct arena *a = arena_new();
	double at[N_PARTS + 1];
	float *x;
	size_t n;
	int status = -1;

	random_init(&r, 1);
	at[TUNE] = now_sec();
	if (a == NULL || tune_generate(&o, &r, a, &t, err) != 0)
		goto done;
	performance_style_original(&s, &r);
	if (performance_make(&t, &s, &r, a, &p, err) != 0)
		goto done;
	n = (size_t)(p.duration_sec * RATE_HZ);
	if ((x = arena_need(a, n, sizeof *x, "samples", err)) == NULL)
		goto done;
	voice_draw(&v, VOICE_SUNG, &r);
	at[VOICE] = now_sec();
	if (voice_sing(&v, &p, RATE_HZ, &r, a, x, n, err) != 0)
		goto done;
	at[BAND] = now_sec();
	if (band_play(&t, &p, 0, RATE_HZ, &r, a, x, n, err) != 0)
		goto done;
	at[N_PARTS] = now_sec();
	for (size_t i = 0; i < N_PARTS; i++)
		speeds[i] = p.duration_sec / (at[i + 1] - at[i]);
	status = 0;

done:
	arena_free(a);
	return status;
}

static int
compare_doubles(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

int
main(void)
{
	static const char *const names[N_PARTS] = { "synth_contour",
	    "synth_voice", "synth_band" };
	double all[N_PARTS][N_RUNS], speeds[N_PARTS];
	struct error err;

	for (size_t i = 0; i < N_RUNS; i++) {
		if (run(speeds, &err) != 0) {
			fprintf(stderr, "bench_synth: %s\n", err.text);
			return 1;
		}
		for (size_t k = 0; k < N_PARTS; k++)
			all[k][i] = speeds[k];
	}
	for (size_t k = 0; k < N_PARTS; k++) {
		qsort(all[k], N_RUNS, sizeof all[k][0], compare_doubles);
		printf("%s %.0f x\n", names[k], all[k][N_RUNS / 2]);
	}
	return 0;
}
