#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "base/map.h"
#include "base/memory.h"

#include "manifests/record.h"

#include "embed/embedded.h"
#include "embed/index_lists.h"
#include "embed/index_writer.h"
#include "embed/song_index.h"

#define HOP_TOLERANCE 1e-6
#define VALUES_A_PART 4

/* An id of the change; sorted, so that it is found. */
struct wanted {
	const char *id;
	bool is_done;
};

struct wanted_list {
	struct wanted *items;
	size_t n, capacity;
};

/* A song that was put, for the sections that come after the windows. */
struct put {
	char *id, *work;
	struct index_song song;		/* of its line only n and start_sec */
	size_t first_pitch;
	size_t old_window;		/* where it was, or SIZE_MAX */
};

struct rewrite {
	const struct song_index_change *change;
	const struct index_file *old;	/* or NULL */
	struct index_writer *w;
	struct index_facts facts;
	struct put *puts;
	size_t put_capacity;
	float *pitch;
	size_t pitch_capacity;
	struct wanted_list removed, added;
	struct song_index_result *result;
};

void
song_index_options_init(struct song_index_options *o)
{
	memset(o, 0, sizeof(*o));
	o->n_lists = o->n_parts = SONG_INDEX_CHOOSE;
	o->n_threads = 1;
	o->seed = 1;
}

static int
compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int
want(struct wanted_list *list, const char *id, struct error *err)
{
	if (memory_grow(&list->items, &list->capacity, list->n + 1,
	    sizeof(*list->items), "ids", err) != 0)
		return -1;
	list->items[list->n++].id = id;
	return 0;
}

static void
sort_wanted(struct wanted_list *list)
{
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items),
		    compare_wanted);
}

static struct wanted *
find_wanted(const struct wanted_list *list, const char *id)
{
	const struct wanted key = { id, false };

	return list->n == 0 ? NULL : bsearch(&key, list->items, list->n,
	    sizeof(*list->items), compare_wanted);
}

static void
refuse(struct rewrite *r, const char *id, const struct error *why)
{
	r->result->n_refused++;
	if (r->change->note != NULL)
		r->change->note(r->change->context, id, why);
}

/* Write a song's windows and keep the rest of it for later. */
static int
put_song(struct rewrite *r, const struct index_song *song,
    size_t old_window, struct error *err)
{
	struct index_facts *facts = &r->facts;
	const size_t dimension = facts->shape.dimension;
	struct put *p;

	if (facts->n_songs == INDEX_MAX_SONGS ||
	    song->n_windows > INDEX_MAX_WINDOWS - facts->n_windows)
		return error_set(err, ERROR_LIMIT, "an index holds no more "
		    "than %zu windows", INDEX_MAX_WINDOWS);
	if (memory_grow(&r->puts, &r->put_capacity, facts->n_songs + 1,
	    sizeof(*r->puts), "songs", err) != 0 ||
	    memory_grow(&r->pitch, &r->pitch_capacity, facts->n_pitch +
	    song->line.n, sizeof(*r->pitch), "values of pitch", err) != 0)
		return -1;
	p = &r->puts[facts->n_songs];
	memset(p, 0, sizeof(*p));
	facts->n_songs++;
	p->song = *song;
	p->song.first_window = facts->n_windows;
	p->first_pitch = facts->n_pitch;
	p->old_window = old_window;
	p->id = memory_strdup(song->id, err);
	p->work = p->id == NULL ? NULL : memory_strdup(song->work, err);
	if (p->work == NULL)
		return -1;
	if (song->line.n > 0)
		memcpy(r->pitch + facts->n_pitch, song->line.pitch,
		    song->line.n * sizeof(*r->pitch));
	facts->n_pitch += song->line.n;
	facts->n_windows += song->n_windows;
	return index_writer_put(r->w, song->fingerprints, song->n_windows *
	    dimension * sizeof(float), err);
}

/*
 * The old songs that stay: before the new ones all that the change does not
 * name, after them those whose new record was refused.
 */
static int
put_old(struct rewrite *r, bool is_after, struct error *err)
{
	const size_t n = r->old == NULL ? 0 :
	    index_file_facts(r->old)->n_songs;

	for (size_t i = 0; i < n; i++) {
		struct wanted *gone, *added;
		struct index_song song;

		index_file_song(r->old, i, &song);
		gone = find_wanted(&r->removed, song.id);
		added = find_wanted(&r->added, song.id);
		if (gone != NULL) {
			r->result->n_removed += !gone->is_done;
			gone->is_done = true;
			continue;
		}
		if (is_after && added != NULL && added->is_done)
			r->result->n_replaced++;
		if (is_after ? added == NULL || added->is_done :
		    added != NULL)
			continue;
		if (put_song(r, &song, song.first_window, err) != 0)
			return -1;
	}
	return 0;
}

/* The first song says what all must be. */
static int
compare_facts(struct rewrite *r, const struct json *rec,
    const struct embedded *e, struct error *err)
{
	struct index_facts *facts = &r->facts;

	if (e->dimension == 0 || e->dimension > NEIGHBOURS_MAX_DIMENSION ||
	    !(e->hop_sec > 0))
		return error_set(err, ERROR_FORMAT, "fingerprints of %zu "
		    "values, %g s apart", e->dimension, e->hop_sec);
	if (facts->shape.dimension == 0) {
		if (strlen(e->model_sha256) >= sizeof(facts->model_sha256))
			return error_set(err, ERROR_FORMAT,
			    "embed.model_sha256 is too long");
		memcpy(facts->model_sha256, e->model_sha256,
		    strlen(e->model_sha256) + 1);
		facts->shape.dimension = e->dimension;
		facts->hop_sec = e->hop_sec;
		return json_get_number(rec, "embed.window_sec", 0,
		    &facts->window_sec, err);
	}
	if (strcmp(e->model_sha256, facts->model_sha256) != 0)
		return error_set(err, ERROR_FORMAT, "its fingerprints are of "
		    "another model than the index's: embed it by the same "
		    "one");
	if (e->dimension != facts->shape.dimension ||
	    fabs(e->hop_sec - facts->hop_sec) > HOP_TOLERANCE)
		return error_set(err, ERROR_FORMAT, "%zu values every %g s, "
		    "and the index has %zu every %g s", e->dimension,
		    e->hop_sec, facts->shape.dimension, facts->hop_sec);
	return 0;
}

static int
read_song(struct rewrite *r, const struct json *rec, const char *folder,
    struct arena *a, struct index_song *song, struct error *err)
{
	const struct wanted *w = find_wanted(&r->added, record_id(rec));
	struct embedded e;
	const char *text;

	memset(song, 0, sizeof(*song));
	if (record_has_failed(rec)) {
		if (json_want_string(rec, "error", &text, err) != 0)
			return -1;
		return error_set(err, ERROR_FORMAT, "%s", text);
	}
	if (w == NULL || record_id(rec)[0] == '\0')
		return error_set(err, ERROR_FORMAT, "a song without an id");
	if (w->is_done)
		return error_set(err, ERROR_FORMAT, "its id comes twice");
	if (json_want_string(rec, "group_id", &song->work, err) != 0 ||
	    embedded_read(rec, folder, false, true, a, &e, err) != 0 ||
	    compare_facts(r, rec, &e, err) != 0)
		return -1;
	song->id = record_id(rec);
	song->fingerprints = e.fingerprints;
	song->n_windows = e.n_windows;
	song->line = e.line;
	return 0;
}

static int
put_list(struct rewrite *r, const struct stream_list *list, struct arena *a,
    struct error *err)
{
	for (size_t i = 0; i < list->n_records; i++) {
		const struct json *rec = list->records[i];
		struct index_song song;
		struct error why;

		if (read_song(r, rec, list->folder, a, &song, &why) != 0) {
			if (why.code == ERROR_NOMEM) {
				*err = why;
				return -1;
			}
			refuse(r, record_id(rec), &why);
		} else {
			if (put_song(r, &song, SIZE_MAX, err) != 0)
				return -1;
			find_wanted(&r->added, song.id)->is_done = true;
			r->result->n_added++;
		}
		arena_reset(a);
	}
	return 0;
}

static int
collect_ids(struct rewrite *r, struct error *err)
{
	const struct song_index_change *c = r->change;

	for (size_t i = 0; i < c->n_removed; i++)
		if (want(&r->removed, c->removed[i], err) != 0)
			return -1;
	for (size_t k = 0; k < c->n_added; k++)
		for (size_t i = 0; i < c->added[k].n_records; i++)
			if (want(&r->added, record_id(c->added[k].records[i]),
			    err) != 0)
				return -1;
	sort_wanted(&r->removed);
	sort_wanted(&r->added);
	return 0;
}

/* An id that is twice in the list is marked at one of its places only. */
static void
refuse_unknown(struct rewrite *r)
{
	struct error why;

	for (size_t i = 0; i < r->removed.n; i++) {
		const struct wanted *w = &r->removed.items[i];

		if (find_wanted(&r->removed, w->id)->is_done)
			continue;
		error_set(&why, ERROR_FORMAT, "there is no such song");
		refuse(r, w->id, &why);
	}
}

static int
put_windows(struct rewrite *r, struct error *err)
{
	struct arena *a = arena_new();
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (collect_ids(r, err) != 0 ||
	    index_writer_begin(r->w, INDEX_WINDOWS, err) != 0 ||
	    put_old(r, false, err) != 0)
		goto out;
	for (size_t i = 0; i < r->change->n_added; i++)
		if (put_list(r, &r->change->added[i], a, err) != 0)
			goto out;
	if (put_old(r, true, err) != 0)
		goto out;
	refuse_unknown(r);
	status = 0;
out:
	arena_free(a);
	return status;
}

static int
put_songs(struct rewrite *r, struct error *err)
{
	size_t first_name = 0;

	if (index_writer_begin(r->w, INDEX_PITCH, err) != 0 ||
	    index_writer_put(r->w, r->pitch, r->facts.n_pitch *
	    sizeof(*r->pitch), err) != 0 ||
	    index_writer_begin(r->w, INDEX_SONGS, err) != 0)
		return -1;
	for (size_t i = 0; i < r->facts.n_songs; i++) {
		const struct put *p = &r->puts[i];

		if (index_writer_put_song(r->w, &p->song, p->first_pitch,
		    first_name, err) != 0)
			return -1;
		first_name += strlen(p->id) + strlen(p->work) + 2;
	}
	if (index_writer_begin(r->w, INDEX_NAMES, err) != 0)
		return -1;
	for (size_t i = 0; i < r->facts.n_songs; i++) {
		const struct put *p = &r->puts[i];

		if (index_writer_put(r->w, p->id, strlen(p->id) + 1,
		    err) != 0 ||
		    index_writer_put(r->w, p->work, strlen(p->work) + 1,
		    err) != 0)
			return -1;
	}
	return 0;
}

/* How many lists and parts there should be, by the number of windows. */
static void
choose_shape(const struct song_index_options *o, size_t n_windows,
    struct neighbours_shape *s)
{
	const double root = sqrt((double)n_windows);

	s->n_lists = o->n_lists != SONG_INDEX_CHOOSE ? o->n_lists :
	    n_windows < SONG_INDEX_MIN_LISTED ? 0 : (size_t)(2 * root);
	s->n_parts = o->n_parts != SONG_INDEX_CHOOSE ? o->n_parts :
	    n_windows < SONG_INDEX_MIN_CODED ||
	    s->dimension % VALUES_A_PART != 0 ? 0 :
	    s->dimension / VALUES_A_PART;
	if (s->n_lists > n_windows)
		s->n_lists = n_windows;
	if (s->n_lists == 0 || n_windows < NEIGHBOURS_N_CODES)
		s->n_parts = 0;
}

/* The old lists stay while they fit what was asked for and what is there. */
static bool
keeps_lists(const struct rewrite *r, const struct song_index_options *o)
{
	const struct index_facts *old;

	if (r->old == NULL)
		return false;
	old = index_file_facts(r->old);
	return old->shape.n_lists > 0 &&
	    (o->n_lists == SONG_INDEX_CHOOSE ||
	    o->n_lists == old->shape.n_lists) &&
	    (o->n_parts == SONG_INDEX_CHOOSE ||
	    o->n_parts == old->shape.n_parts) &&
	    r->facts.n_windows / 2 <= old->n_trained &&
	    r->facts.n_windows >= old->n_trained / 2;
}

static int
put_lists(struct rewrite *r, const struct song_index_options *o,
    struct error *err)
{
	struct index_lists *lists;
	int status = -1;

	if (keeps_lists(r, o)) {
		const struct index_facts *old = index_file_facts(r->old);

		r->facts.shape = old->shape;
		r->facts.n_trained = old->n_trained;
		r->facts.seed = old->seed;
		lists = index_lists_new(&r->facts, r->old, err);
	} else {
		choose_shape(o, r->facts.n_windows, &r->facts.shape);
		r->facts.seed = o->seed;
		r->facts.n_trained = r->facts.shape.n_lists == 0 ? 0 :
		    r->facts.n_windows;
		if (r->facts.shape.n_lists == 0)
			return 0;
		r->result->is_trained = true;
		lists = index_lists_new(&r->facts, NULL, err);
	}
	if (lists == NULL)
		return -1;
	for (size_t i = 0; i < r->facts.n_songs; i++)
		index_lists_add(lists, r->puts[i].song.n_windows,
		    r->puts[i].old_window);
	status = index_lists_put(lists, r->w, o->n_threads, err);
	index_lists_free(lists);
	return status;
}

static void
release_rewrite(struct rewrite *r)
{
	for (size_t i = 0; i < r->put_capacity; i++) {
		memory_free(r->puts[i].id);
		memory_free(r->puts[i].work);
	}
	memory_free(r->puts);
	memory_free(r->pitch);
	memory_free(r->removed.items);
	memory_free(r->added.items);
	index_writer_abandon(r->w);
}

static int
rewrite(const char *path, struct rewrite *r,
    const struct song_index_options *o, struct error *err)
{
	struct index_writer *w;

	if (r->old != NULL) {
		r->facts = *index_file_facts(r->old);
		r->facts.n_songs = r->facts.n_windows = r->facts.n_pitch = 0;
	}
	if ((r->w = index_writer_open(path, err)) == NULL ||
	    put_windows(r, err) != 0)
		return -1;
	if (r->facts.shape.dimension == 0)
		return error_set(err, ERROR_FORMAT, "there is no song to "
		    "index");
	if (put_songs(r, err) != 0 || put_lists(r, o, err) != 0 ||
	    index_writer_put_facts(r->w, &r->facts, err) != 0)
		return -1;
	w = r->w;
	r->w = NULL;
	r->result->facts = r->facts;
	return index_writer_commit(w, o->n_threads, err);
}

int
song_index_change(const char *path, const struct song_index_change *c,
    const struct song_index_options *o, struct song_index_result *result,
    struct error *err)
{
	struct lock *lock = lock_take(path, o->wait_ms, err);
	struct rewrite r = { .change = c, .result = result };
	struct index_file *old = NULL;
	int status = -1;

	memset(result, 0, sizeof(*result));
	if (lock == NULL)
		return -1;
	if (!c->is_new) {
		old = index_file_open(path, o->n_threads, err);
		if (old == NULL)
			goto out;
	}
	r.old = old;
	status = rewrite(path, &r, o, err);
	release_rewrite(&r);
out:
	index_file_close(old);
	lock_free(lock);
	return status;
}
