/*
 * How fast recordings are embedded, hums found and melodies compared.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/random.h"

#include "embed/crop.h"
#include "embed/embed_net.h"
#include "embed/encoder.h"
#include "embed/melody_match.h"
#include "embed/melody_warp.h"
#include "embed/retrieval.h"

#define N_RUNS 5
#define SONG_SEC 240
#define N_SONGS 300
#define N_WINDOWS 370
#define DIMENSION 128

static const char recipe[] = "{\"network\": {\"architecture\": "
    "\"embed-resnet\", \"n_columns\": 200, \"channels\": [16, 32, 64, 128]}}";

static double
now_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
compare_doubles(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

static double
median(double *values)
{
	qsort(values, N_RUNS, sizeof(*values), compare_doubles);
	return values[N_RUNS / 2];
}

/* A song that is sung throughout, a note every 0.4 s. */
static int
make_song(struct track *t, struct arena *a, struct error *err)
{
	struct random r;
	double pitch = 0;

	if (track_init(t, SONG_SEC * 100, 0.01, a, err) != 0)
		return -1;
	random_init(&r, 1);
	for (size_t k = 0; k < t->n_frames; k++) {
		if (k % 40 == 0)
			pitch = floor(random_range(&r, 0, 12));
		t->f0_hz[k] = (float)(220 * exp2(pitch / 12));
		t->confidence[k] = 1;
	}
	return 0;
}

static int
drop(void *context, const float *fingerprints, size_t n, struct error *err)
{
	(void)context, (void)fingerprints, (void)n, (void)err;
	return 0;
}

static int
bench_encoder(struct track *t, struct error *err)
{
	struct json *j = json_parse(recipe, sizeof(recipe) - 1, err);
	const struct encoder_view view = { .n_frames = t->n_frames,
	    .time_scale = 1, .hop_sec = 0.64 };
	struct encoder_features f;
	struct encoder_source source;
	struct embed_net net;
	struct graph *g = NULL;
	struct weights *w = NULL;
	struct encoder *e = NULL;
	double seconds[N_RUNS];
	int status = -1;

	if (j == NULL || embed_net_read(j, &net, err) != 0 ||
	    encoder_features_read(j, net.n_columns, &f, err) != 0 ||
	    (g = embed_net_graph(&net, CROP_N_BINS, err)) == NULL ||
	    (w = weights_for(g, 1, err)) == NULL ||
	    (e = encoder_new_for(&(struct encoder_part){ g, w, f, 1 }, 1,
	    err)) == NULL ||
	    encoder_source_of_track(t, &source, err) != 0)
		goto out;
	for (size_t i = 0; i < N_RUNS; i++) {
		const double started = now_sec();

		if (encoder_run(e, &source, &view, 1, drop, NULL, err) != 0)
			goto out;
		seconds[i] = now_sec() - started;
	}
	printf("embed %.1f x\n", SONG_SEC / median(seconds));
	status = 0;
out:
	encoder_free(e);
	weights_free(w);
	graph_free(g);
	json_free(j);
	return status;
}

static int
bench_search(struct arena *a, struct error *err)
{
	const struct retrieval_options o = { 0, 0, 0.2 };
	struct retrieval *db = retrieval_new(err);
	float *rows = arena_need(a, N_WINDOWS * DIMENSION, sizeof(*rows),
	    "values", err);
	struct retrieval_view views[9];
	struct retrieval_query q = { .views = views, .n_views = 9,
	    .dimension = DIMENSION, .hop_sec = 0.64 };
	struct retrieval_answer *answers;
	double seconds[N_RUNS];
	struct random r;
	int status = -1;

	random_init(&r, 1);
	for (size_t i = 0; i < N_SONGS && rows != NULL && db != NULL; i++) {
		static char works[N_SONGS][16];
		const struct retrieval_song song = { .id = works[i],
		    .work = works[i],
		    .fingerprints = rows, .n_windows = N_WINDOWS,
		    .dimension = DIMENSION, .hop_sec = 0.64 };

		for (size_t k = 0; k < N_WINDOWS * DIMENSION; k++)
			rows[k] = (float)random_normal(&r) / 11;
		snprintf(works[i], sizeof(works[i]), "%zu", i);
		if (retrieval_add(db, &song, err) != 0)
			goto out;
	}
	for (size_t i = 0; i < 9; i++)
		views[i] = (struct retrieval_view){ 1, rows, 3 };
	for (size_t i = 0; i < N_RUNS && db != NULL && rows != NULL; i++) {
		const double started = now_sec();

		if (retrieval_search(db, &q, &o, a, &answers, err) != 0)
			goto out;
		seconds[i] = now_sec() - started;
	}
	printf("search %.1f songs/ms\n", N_SONGS / (1e3 * median(seconds)));
	status = 0;
out:
	retrieval_free(db);
	return status;
}

static int
bench_melody(const struct track *t, struct arena *a, struct error *err)
{
	struct melody_line song, hum;
	struct melody_query *q;
	struct melody_match m[MELODY_MATCH_N_PLACES];
	double seconds[N_RUNS];

	if (melody_line_make(t, false, a, &song, err) != 0)
		return -1;
	hum = song;
	hum.n = 80;
	if ((q = melody_query_new(&hum, err)) == NULL)
		return -1;
	for (size_t i = 0; i < N_RUNS; i++) {
		const double started = now_sec();

		melody_match_find(q, &song, m);
		melody_warp_run(q, &song, m);
		seconds[i] = now_sec() - started;
	}
	printf("melody_match %.2f songs/ms\n", 1 / (1e3 * median(seconds)));
	melody_query_free(q);
	return 0;
}

int
main(void)
{
	struct arena *a = arena_new();
	struct error err;
	struct track t;
	int status = 1;

	if (a != NULL && make_song(&t, a, &err) == 0 &&
	    bench_encoder(&t, &err) == 0 && bench_search(a, &err) == 0 &&
	    bench_melody(&t, a, &err) == 0)
		status = 0;
	else
		fprintf(stderr, "bench_embed: %s\n", err.text);
	arena_free(a);
	return status;
}
