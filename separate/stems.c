#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/random.h"

#include "audio/clip.h"
#include "manifests/record.h"
#include "manifests/stream.h"
#include "synth/band.h"
#include "synth/performance.h"
#include "synth/tune.h"
#include "synth/voice.h"

#include "separate/separate_net.h"
#include "separate/stems.h"

#define RATE_HZ SEPARATE_NET_RATE_HZ

/* Made-up songs: long enough for verse and chorus. */
#define MIN_SONG_SEC 20.0
#define MAX_SONG_SEC 35.0

void
stems_init(struct stems *s)
{
	memset(s, 0, sizeof *s);
}

void
stems_release(struct stems *s)
{
	for (size_t i = 0; i < s->n_songs; i++) {
		memory_free(s->songs[i].voice.samples);
		memory_free(s->songs[i].accompaniment.samples);
	}
	memory_free(s->songs);
	stems_init(s);
}

/* Keep a copy of the samples in 16 bits. */
static int
fill_stem(struct stems *s, struct stem *stem, const float *samples, size_t n,
    struct error *err)
{
	double power = 0.0;

	if (n == 0 || n > (STEMS_MAX_BYTES - s->n_bytes) / sizeof(int16_t))
		return error_set(err, ERROR_LIMIT, "the stems are empty or "
		    "more than %zu MiB", STEMS_MAX_BYTES >> 20);
	stem->samples = memory_new(n, sizeof *stem->samples, "samples", err);
	if (stem->samples == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		double x = fmax(-1.0, fmin(1.0, (double)samples[i]));

		stem->samples[i] = (int16_t)lrint(x * 32767.0);
		power += x * x;
	}
	stem->n_samples = n;
	stem->rms = sqrt(power / (double)n);
	s->n_bytes += n * sizeof *stem->samples;
	return 0;
}

/* Room for one more song; NULL with an error. */
static struct stems_song *
next_song(struct stems *s, struct error *err)
{
	if (memory_grow(&s->songs, &s->capacity, s->n_songs + 1,
	    sizeof *s->songs, "songs", err) != 0)
		return NULL;
	return &s->songs[s->n_songs++];
}

/* Load the file that the member names, if there is one. */
static int
load_stem(struct stems *s, struct stem *stem, const struct json *rec,
    const char *member, const char *folder, struct arena *a,
    struct error *err)
{
	struct clip clip;
	const char *path;

	if (!json_has(rec, member))
		return 0;
	if (json_want_string(rec, member, &path, err) != 0)
		return -1;
	if (path[0] != '/' && folder != NULL &&
	    (path = arena_printf(a, "%s/%s", folder, path)) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a path");
	if (clip_load(path, RATE_HZ, 0.0, 0.0, a, &clip, err) != 0)
		return -1;
	return fill_stem(s, stem, clip.samples, clip.n_samples, err);
}

static int
add_record(struct stems *s, const struct json *rec, const char *folder,
    struct arena *a, struct error *err)
{
	struct stems_song *song = next_song(s, err);

	if (song == NULL ||
	    load_stem(s, &song->voice, rec, "vocals_filepath", folder, a,
	    err) != 0 ||
	    load_stem(s, &song->accompaniment, rec, "accompaniment_filepath",
	    folder, a, err) != 0)
		return -1;
	if (song->voice.samples == NULL && song->accompaniment.samples == NULL)
		return error_set(err, ERROR_FORMAT, "record \"%s\" has no "
		    "vocals_filepath and no accompaniment_filepath",
		    record_id(rec));
	if (song->voice.samples != NULL &&
	    song->accompaniment.samples != NULL &&
	    song->voice.n_samples != song->accompaniment.n_samples)
		return error_set(err, ERROR_FORMAT, "the stems of \"%s\" have "
		    "different lengths", record_id(rec));
	return 0;
}

int
stems_add_manifest(struct stems *s, const char *manifest_path,
    struct error *err)
{
	struct stream_list list = { 0 };
	struct arena *a = arena_new();
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for stems");
	if (stream_list_load(&list, manifest_path, err) != 0)
		goto done;
	for (size_t i = 0; i < list.n_records; i++) {
		if (record_has_failed(list.records[i]))
			continue;
		if (add_record(s, list.records[i], list.folder, a, err) != 0)
			goto done;
		arena_reset(a);
	}
	status = 0;

done:
	stream_list_release(&list);
	arena_free(a);
	return status == 0 ? 0 : error_add(err, "stems of %s", manifest_path);
}

/* Make up a tune, and a way of singing it. */
static int
make_performance(struct random *r, struct arena *a, struct tune *t,
    struct performance_style *style, struct performance *p,
    struct error *err)
{
	const struct tune_options options = { MIN_SONG_SEC, MAX_SONG_SEC };

	if (tune_generate(&options, r, a, t, err) != 0)
		return -1;
	performance_style_cover(style, r);
	return performance_make(t, style, r, a, p, err);
}

static int
add_song(struct stems *s, struct random *r, struct arena *a,
    struct error *err)
{
	struct stems_song *song = next_song(s, err);
	struct performance_style style;
	struct performance p;
	struct tune t;
	struct voice v;
	float *voice, *band;
	size_t n;

	if (song == NULL || make_performance(r, a, &t, &style, &p, err) != 0)
		return -1;
	n = (size_t)(p.duration_sec * RATE_HZ);
	voice = arena_need(a, n, sizeof *voice, "samples", err);
	band = arena_need(a, n, sizeof *band, "samples", err);
	if (voice == NULL || band == NULL)
		return -1;
	voice_draw(&v, random_uniform(r) < 0.8 ? VOICE_SUNG : VOICE_HUMMED, r);
	if (voice_sing(&v, &p, RATE_HZ, r, a, voice, n, err) != 0 ||
	    band_play(&t, &p, style.transposition, RATE_HZ, r, a, band, n,
	    err) != 0 ||
	    fill_stem(s, &song->voice, voice, n, err) != 0)
		return -1;
	return fill_stem(s, &song->accompaniment, band, n, err);
}

int
stems_add_synthetic(struct stems *s, size_t n, uint64_t seed,
    struct error *err)
{
	struct arena *a = arena_new();
	int status = 0;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for stems");
	for (size_t i = 0; i < n && status == 0; i++) {
		struct random r;

		random_init_keyed(&r, seed, i, 0);
		status = add_song(s, &r, a, err);
		arena_reset(a);
	}
	arena_free(a);
	return status;
}
