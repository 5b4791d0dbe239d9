#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "audio/clip.h"
#include "dsp/npy.h"
#include "dsp/track.h"
#include "store/fragments.h"
#include "store/recordings.h"
#include "store/rounds.h"
#include "tests/lib/signal.h"
#include "tests/lib/temp_folder.h"
#include "tests/lib/view_pair.h"

#define RATE_HZ 16000
#define HOP_SEC 0.01
#define C0_HZ 16.3516
#define N_PRINTS 117

/* What has to work here does. */
static void
check(bool is_well, const struct error *err)
{
	if (!is_well)
		fprintf(stderr, "%s\n", err->text);
	assert(is_well);
}

const char *
view_pair_path(struct view_pair *p, const char *name)
{
	const char *path = arena_printf(p->a, "%s/%s", temp_folder, name);

	assert(path != NULL);
	return path;
}

double
view_pair_cents(double sec)
{
	return sec < 0.0 || fmod(sec, 4.0) < 0.3 ? (double)NAN : 4500.0 +
	    400.0 * sin(2.1 * sec) +
	    300.0 * sin(0.9 * sec * sec / 10.0 + 1.0);
}

void
view_pair_write_track(struct view_pair *p, const char *name, bool is_cover)
{
	struct error err = { ERROR_NONE, "" };
	struct track t;

	check(track_init(&t, (size_t)(VIEW_PAIR_SEC / HOP_SEC), HOP_SEC, p->a,
	    &err) == 0, &err);
	for (size_t k = 0; k < t.n_frames; k++) {
		const double sec = (double)k * HOP_SEC;
		const double cents = !is_cover ? view_pair_cents(sec) :
		    100.0 * VIEW_PAIR_KEY +
		    view_pair_cents(VIEW_PAIR_ORIGINAL_SEC +
		    (sec - VIEW_PAIR_OTHER_SEC) / VIEW_PAIR_TEMPO);

		t.f0_hz[k] = isnan(cents) ? 0.0f :
		    (float)(C0_HZ * exp2(cents / 1200.0));
		t.confidence[k] = 1.0f;
	}
	check(track_write(view_pair_path(p, name), &t, TRACK_CREPE,
	    &err) == 0, &err);
}

static void
write_prints(struct view_pair *p, const char *name)
{
	struct error err = { ERROR_NONE, "" };
	struct npy_writer *w = npy_writer_open(view_pair_path(p, name),
	    STORED_FLOAT32, VIEW_PAIR_DIMS, &err);

	check(w != NULL, &err);
	for (size_t k = 0; k < N_PRINTS; k++) {
		float row[VIEW_PAIR_DIMS] = { 0.0f };

		row[k % VIEW_PAIR_DIMS] = k == 30 ? 0.0f : 1.0f;
		check(npy_writer_put(w, row, 1, &err) == 0, &err);
	}
	check(npy_writer_commit(w, &err) == 0, &err);
}

static void
write_sound(struct view_pair *p, const char *name)
{
	const size_t n = (size_t)(VIEW_PAIR_SEC * RATE_HZ);
	struct error err = { ERROR_NONE, "" };
	float *x = arena_alloc(p->a, n, sizeof(*x));

	assert(x != NULL);
	signal_tone(x, n, RATE_HZ, 440.0, 0.5);
	memset(x, 0, (size_t)10 * RATE_HZ * sizeof(*x));
	check(clip_write(view_pair_path(p, name), CLIP_FLAC16, RATE_HZ, x, n,
	    &err) == 0, &err);
}

/* Write the files, put the record that names them; its line for chad-embed. */
static const char *
make_recording(struct view_pair *p, const char *id, const char *audio_type)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_new_object(&err);
	const char *f0 = arena_printf(p->a, "%s.f0.csv", id);
	const char *flac = arena_printf(p->a, "%s.flac", id);
	const char *npy = arena_printf(p->a, "%s.npy", id);
	const char *line;

	assert(f0 != NULL && flac != NULL && npy != NULL && rec != NULL);
	write_sound(p, flac);
	write_prints(p, npy);
	view_pair_write_track(p, f0, strcmp(audio_type, "cover") == 0);
	flac = view_pair_path(p, flac);
	check(json_put_string(rec, "group_id", "w", &err) == 0 &&
	    json_put_string(rec, "id", id, &err) == 0 &&
	    json_put_string(rec, "audio_type", audio_type, &err) == 0 &&
	    json_put_string(rec, "audio_filepath", flac, &err) == 0 &&
	    json_put_string(rec, "decode.path", flac, &err) == 0 &&
	    json_put_number(rec, "decode.duration_sec", VIEW_PAIR_SEC,
	    &err) == 0 &&
	    json_put_string(rec, "f0.path", view_pair_path(p, f0),
	    &err) == 0 && recordings_put(p->c, rec, &err) == 0 &&
	    json_put_string(rec, "embed.path", view_pair_path(p, npy),
	    &err) == 0 &&
	    json_put_number(rec, "embed.window_sec", VIEW_PAIR_WINDOW_SEC,
	    &err) == 0 &&
	    json_put_number(rec, "embed.hop_sec", VIEW_PAIR_PRINT_HOP_SEC,
	    &err) == 0, &err);
	line = json_text(rec, p->a, &err);
	assert(line != NULL);
	json_free(rec);
	return line;
}

static void
put_fragment(struct view_pair *p, const char *id, const char *other_id,
    double late_sec)
{
	const double from = VIEW_PAIR_ORIGINAL_SEC + late_sec;
	struct error err = { ERROR_NONE, "" };
	struct json *rec;
	char text[512];

	(void)snprintf(text, sizeof(text), "{\"group_id\":\"w\","
	    "\"fragment_id\":\"%s\",\"id\":\"%s\",\"audio_type\":\"cover\","
	    "\"original_id\":\"o\",\"interval\":[%.4f,%.4f],"
	    "\"original_interval\":[%.4f,%.4f],\"correlation\":0.5,"
	    "\"transposition_semitones\":%.1f,\"decision\":\"flag\"}", id,
	    other_id, VIEW_PAIR_OTHER_SEC, VIEW_PAIR_OTHER_SEC +
	    20.0 * VIEW_PAIR_TEMPO, from, from + 20.0, VIEW_PAIR_KEY);
	rec = json_parse(text, strlen(text), &err);
	check(rec != NULL && fragments_put(p->c, rec, "k1", &err) == 0, &err);
	json_free(rec);
}

void
view_pair_init(struct view_pair *p)
{
	struct rounds_step step = { "embed", "key", NULL, "" };
	struct error err = { ERROR_NONE, "" };
	const char *lines;

	assert(temp_folder_set_up(NULL) == 0);
	p->a = arena_new();
	assert(p->a != NULL);
	step.path = view_pair_path(p, "embed.jsonl");
	p->path = view_pair_path(p, "chad.sqlite");
	p->cache = view_pair_path(p, "cache");
	p->c = catalogue_open(p->path, CATALOGUE_CREATE, 1000, &err);
	check(p->c != NULL && catalogue_begin(p->c, &err) == 0 &&
	    rounds_open(p->c, "k1", 1, "{}", NULL, &err) == 0, &err);
	lines = arena_printf(p->a, "%s\n%s\n",
	    make_recording(p, "o", "original"),
	    make_recording(p, "c", "cover"));
	check(lines != NULL && file_write(step.path, lines, strlen(lines),
	    &err) == 0 && rounds_put_step(p->c, "k1", &step, &err) == 0,
	    &err);
	put_fragment(p, "right", "c", 0.0);
	put_fragment(p, "late", "c", -0.2);
	put_fragment(p, "bare", "missing", 0.0);
	check(rounds_close(p->c, "k1", NULL, NULL, "", &err) == 0 &&
	    catalogue_commit(p->c, &err) == 0, &err);
}

void
view_pair_release(struct view_pair *p)
{
	catalogue_close(p->c);
	arena_free(p->a);
	assert(temp_folder_tear_down(NULL) == 0);
}
