/*
 * How many hums a second are searched for in 120000 made-up windows: exactly,
 * by lists, and by codes; without rescoring, on one thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/random.h"

#include "dsp/npy.h"
#include "dsp/track.h"

#include "embed/song_index.h"
#include "embed/song_search.h"

#define N_SONGS 300
#define N_WINDOWS 400
#define D 128
#define N_VIEWS 9
#define VIEW_WINDOWS 3
#define N_HUMS 20

static double
now_sec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
draw(float *rows, size_t n, struct random *r)
{
	for (size_t i = 0; i < n * D; i++)
		rows[i] = (float)(random_normal(r) / sqrt(D));
}

/* The fingerprints of all songs, and records that name them. */
static int
write_songs(const char *folder, struct json **records, struct arena *a,
    struct error *err)
{
	const char *csv = arena_printf(a, "%s/f0.csv", folder);
	float *rows = arena_need(a, N_WINDOWS * D, sizeof(*rows), "rows",
	    err);
	struct random r;
	struct track t;

	if (csv == NULL || rows == NULL ||
	    track_init(&t, 100, 0.01, a, err) != 0 ||
	    track_write(csv, &t, TRACK_CREPE, err) != 0)
		return -1;
	random_init(&r, 1);
	for (size_t i = 0; i < N_SONGS; i++) {
		const char *npy = arena_printf(a, "%s/%zu.npy", folder, i);
		struct npy_writer *w = npy_writer_open(npy, STORED_FLOAT32, D,
		    err);
		struct json *j = json_new_object(err);

		records[i] = j;
		draw(rows, N_WINDOWS, &r);
		if (w == NULL || j == NULL ||
		    npy_writer_put(w, rows, N_WINDOWS, err) != 0 ||
		    npy_writer_commit(w, err) != 0 ||
		    json_put_string(j, "id", npy, err) != 0 ||
		    json_put_string(j, "group_id", npy, err) != 0 ||
		    json_put_string(j, "f0.path", csv, err) != 0 ||
		    json_put_string(j, "embed.path", npy, err) != 0 ||
		    json_put_number(j, "embed.hop_sec", 0.64, err) != 0)
			return -1;
	}
	return 0;
}

static int
time_search(const char *path, const char *name, bool is_exact,
    struct error *err)
{
	struct song_search *s = song_search_open(path, 1, err);
	struct arena *a = arena_new();
	float *rows = arena_alloc(a, N_VIEWS * VIEW_WINDOWS * D, 4);
	struct embedded_hum hum = { .e.model_sha256 = "" };
	struct song_search_options o;
	struct random r;
	double started;
	int status = -1;

	if (s == NULL || rows == NULL)
		goto out;
	song_search_options_init(&o, false);
	o.is_exact = is_exact;
	/* A fifth of the songs, as of a large index. */
	o.n_candidates = N_SONGS / 5;
	random_init(&r, 2);
	draw(rows, N_VIEWS * VIEW_WINDOWS, &r);
	for (size_t v = 0; v < N_VIEWS; v++)
		hum.views[v] = (struct retrieval_view){ 1, rows +
		    v * VIEW_WINDOWS * D, VIEW_WINDOWS };
	hum.query = (struct retrieval_query){ .views = hum.views,
	    .n_views = N_VIEWS, .dimension = D, .hop_sec = 0.64 };
	started = now_sec();
	for (size_t i = 0; i < N_HUMS; i++) {
		struct retrieval_answer *answers;
		struct arena *each = arena_new();

		if (each == NULL || song_search_run(s, &hum, &o, each,
		    &answers, err) != 0)
			goto out;
		arena_free(each);
	}
	printf("%s %.1f hums/s\n", name, N_HUMS / (now_sec() - started));
	status = 0;
out:
	song_search_free(s);
	arena_free(a);
	return status;
}

static int
bench(const char *folder, struct json **records, struct arena *a,
    struct error *err)
{
	static const char *const names[] = { "search.exact", "search.lists",
	    "search.codes" };
	const struct stream_list list = { .records = records,
	    .n_records = N_SONGS };
	const struct song_index_change c = { .is_new = true, .added = &list,
	    .n_added = 1 };
	const char *path = arena_printf(a, "%s/songs.chad", folder);

	if (write_songs(folder, records, a, err) != 0)
		return -1;
	for (size_t i = 0; i < 3; i++) {
		struct song_index_options o;
		struct song_index_result result;

		song_index_options_init(&o);
		o.n_lists = i == 0 ? 0 : 700;
		o.n_parts = i == 2 ? D / 4 : 0;
		if (song_index_change(path, &c, &o, &result, err) != 0 ||
		    time_search(path, names[i], i == 0, err) != 0)
			return -1;
	}
	return 0;
}

int
main(void)
{
	char folder[] = "/tmp/chad-bench-XXXXXX", command[64];
	static struct json *records[N_SONGS];
	struct arena *a = arena_new();
	struct error err = { ERROR_NONE, "out of memory" };
	int status = 1;

	if (a != NULL && mkdtemp(folder) != NULL) {
		status = bench(folder, records, a, &err) != 0;
		snprintf(command, sizeof(command), "rm -r %s", folder);
		status |= system(command) != 0;
	}
	if (status != 0)
		fprintf(stderr, "bench_search: %s\n", err.text);
	for (size_t i = 0; i < N_SONGS; i++)
		json_free(records[i]);
	arena_free(a);
	return status;
}
