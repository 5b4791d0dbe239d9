#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#include "synth/works.h"

/* Streams of random numbers of a work. */
enum stream_number {
	STREAM_TUNE = 0,
	STREAM_VERSIONS = 1,		/* three kinds of versions follow */
	STREAM_WRONG_TUNES = 1 + 3 * WORKS_MAX_VERSIONS
};

static int
is_midi_name(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot != NULL && dot != d->d_name &&
	    (strcasecmp(dot, ".mid") == 0 || strcasecmp(dot, ".midi") == 0);
}

int
works_find_midi(struct works *w, const char *folder, struct arena *a,
    struct error *err)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_midi_name, alphasort);
	const char **paths;

	if (n < 0)
		return error_set_errno(err, "reading the folder %s", folder);
	paths = arena_need(a, (size_t)n, sizeof *paths, "names", err);
	w->midi_paths = paths;
	w->n_midi = 0;
	for (int i = 0; i < n; i++) {
		if (paths != NULL && (paths[w->n_midi] = arena_printf(a,
		    "%s/%s", folder, entries[i]->d_name)) != NULL)
			w->n_midi++;
		free(entries[i]);
	}
	free(entries);
	if (w->n_midi < (size_t)n)
		return error_set(err, ERROR_NOMEM, "out of memory for names");
	if (n == 0)
		return error_set(err, ERROR_FORMAT,
		    "the folder %s holds no .mid files", folder);
	return 0;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
works_check_midi(const struct works *w, struct arena *a, struct error *err)
{
	const char **names = arena_need(a, w->n_midi, sizeof *names, "names",
	    err);

	if (names == NULL)
		return -1;
	for (size_t i = 0; i < w->n_midi; i++)
		if ((names[i] = file_stem(w->midi_paths[i], a, err)) == NULL)
			return -1;
	if (w->n_midi > 0)
		qsort(names, w->n_midi, sizeof *names, compare_texts);
	for (size_t i = 1; i < w->n_midi; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return error_set(err, ERROR_FORMAT, "two MIDI files "
			    "are called %s, and works are called as their "
			    "files: rename one", names[i]);
	return 0;
}

/* The tune of a work, or (stream not STREAM_TUNE) one of another work. */
static int
make_tune(const struct works *w, size_t number, uint64_t stream,
    struct arena *a, struct tune *t, struct error *err)
{
	struct random r;

	random_init_keyed(&r, w->seed, number, stream);
	if (w->n_midi == 0)
		return tune_generate(&w->length, &r, a, t, err);
	if (stream != STREAM_TUNE && w->n_midi > 1)
		number += 1 + random_below(&r, w->n_midi - 1);
	return tune_read_midi(w->midi_paths[number % w->n_midi],
	    w->track_name, a, t, err);
}

int
works_draw(const struct works *w, size_t number, struct arena *a,
    struct work *work, struct error *err)
{
	work->number = number;
	if (w->n_midi > 0)
		work->name = file_stem(w->midi_paths[number], a, err);
	else if ((work->name = arena_printf(a, "work-%05zu", number + 1)) ==
	    NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a name");
	if (work->name == NULL)
		return -1;
	return make_tune(w, number, STREAM_TUNE, a, &work->tune, err);
}

/* Give a wrong cover the tune of another work. */
static int
take_other_tune(const struct works *w, const struct work *work, size_t i,
    struct arena *a, struct work_version *v, struct error *err)
{
	struct tune *other = arena_need(a, 1, sizeof *other, "tune", err);

	if (other == NULL || make_tune(w, work->number,
	    STREAM_WRONG_TUNES + i, a, other, err) != 0)
		return -1;
	v->is_wrong = true;
	v->tune = other;
	return 0;
}

int
works_perform(const struct works *w, const struct work *work,
    enum rendition_kind kind, size_t i, struct arena *a,
    struct work_version *v, struct error *err)
{
	const struct rendition_options o = { kind, w->has_band,
	    w->min_snr_db, w->max_snr_db, w->hum_sec, w->poor };
	struct random r;

	random_init_keyed(&r, w->seed, work->number, STREAM_VERSIONS +
	    (uint64_t)kind * WORKS_MAX_VERSIONS + i);
	v->tune = &work->tune;
	v->is_wrong = false;
	(void)snprintf(v->name, sizeof v->name, kind == RENDITION_ORIGINAL ?
	    "original" : kind == RENDITION_COVER ? "cover-%zu" : "hum-%zu",
	    i + 1);
	if (kind == RENDITION_COVER && random_uniform(&r) < w->wrong &&
	    take_other_tune(w, work, i, a, v, err) != 0)
		return -1;
	return rendition_make(v->tune, &o, &r, a, &v->rendition, err);
}
