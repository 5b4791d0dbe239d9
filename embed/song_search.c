#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "ann/neighbours.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "embed/match_cost.h"
#include "embed/song_search.h"

#define N_RESCORED 2000
#define N_WARPED 400
#define N_CANDIDATES 600
#define N_FOUND 400
#define MIN_PROBED 16
#define LISTS_A_PROBE 48

struct song_search {
	struct retrieval *db;
	struct index_file *index;	/* or NULL */
	struct neighbours *neighbours;	/* or NULL */
	struct arena *arena;		/* the arrays of a manifest */
	const char *model_sha256;
	struct melody_line *lines;	/* [n_songs] */
	size_t n_lines, line_capacity;
	size_t *first_windows;		/* [n_songs] of an index with lists */
};

/* One window's vote for a place of a song. */
struct ballot {
	size_t song, view, place;
	double likeness;
};

struct candidate {
	size_t song;
	double score;
};

void
song_search_options_init(struct song_search_options *o, bool wants_rescore)
{
	memset(o, 0, sizeof(*o));
	o->n_candidates = N_CANDIDATES;
	o->n_found = N_FOUND;
	if (!wants_rescore)
		return;
	o->retrieval.n_rescored = N_RESCORED;
	o->retrieval.n_warped = N_WARPED;
	o->retrieval.beginning = MATCH_COST_BEGINNING;
}

static struct song_search *
new_search(struct error *err)
{
	struct song_search *s = memory_new(1, sizeof(*s), "search", err);

	if (s == NULL)
		return NULL;
	s->arena = arena_new();
	if (s->arena == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else if ((s->db = retrieval_new(err)) != NULL)
		return s;
	song_search_free(s);
	return NULL;
}

void
song_search_free(struct song_search *s)
{
	if (s == NULL)
		return;
	retrieval_free(s->db);
	neighbours_free(s->neighbours);
	index_file_close(s->index);
	arena_free(s->arena);
	memory_free(s->lines);
	memory_free(s->first_windows);
	memory_free(s);
}

size_t
song_search_n_songs(const struct song_search *s)
{
	return retrieval_n_songs(s->db);
}

size_t
song_search_n_works(const struct song_search *s)
{
	return retrieval_n_works(s->db);
}

const struct index_facts *
song_search_facts(const struct song_search *s)
{
	return s->index == NULL ? NULL : index_file_facts(s->index);
}

void
song_search_line(const struct song_search *s, size_t song,
    struct melody_line *line)
{
	memset(line, 0, sizeof(*line));
	if (song < s->n_lines)
		*line = s->lines[song];
}

static int
add_song(struct song_search *s, const struct retrieval_song *song,
    struct error *err)
{
	if (memory_grow(&s->lines, &s->line_capacity, s->n_lines + 1,
	    sizeof(*s->lines), "songs", err) != 0 ||
	    retrieval_add(s->db, song, err) != 0)
		return -1;
	s->lines[s->n_lines++] = song->line;
	return 0;
}

static int
add_indexed(struct song_search *s, struct error *err)
{
	const struct index_facts *facts = index_file_facts(s->index);
	struct neighbours_store store;

	s->model_sha256 = facts->model_sha256;
	s->first_windows = memory_new(facts->n_songs,
	    sizeof(*s->first_windows), "songs", err);
	if (s->first_windows == NULL)
		return -1;
	for (size_t i = 0; i < facts->n_songs; i++) {
		struct index_song song;

		index_file_song(s->index, i, &song);
		s->first_windows[i] = song.first_window;
		if (add_song(s, &(struct retrieval_song){ .id = song.id,
		    .work = song.work, .fingerprints = song.fingerprints,
		    .n_windows = song.n_windows,
		    .dimension = facts->shape.dimension,
		    .hop_sec = facts->hop_sec, .line = song.line },
		    err) != 0)
			return -1;
	}
	if (facts->shape.n_lists == 0)
		return 0;
	index_file_store(s->index, &store);
	s->neighbours = neighbours_new(&store, err);
	return s->neighbours == NULL ? -1 : 0;
}

struct song_search *
song_search_open(const char *index_path, size_t n_threads, struct error *err)
{
	struct song_search *s = new_search(err);

	if (s == NULL)
		return NULL;
	s->index = index_file_open(index_path, n_threads, err);
	if (s->index == NULL)
		goto fail;
	if (add_indexed(s, err) != 0) {
		error_add(err, "%s", index_path);
		goto fail;
	}
	if (song_search_n_songs(s) == 0) {
		error_set(err, ERROR_FORMAT, "%s holds no song", index_path);
		goto fail;
	}
	return s;
fail:
	song_search_free(s);
	return NULL;
}

/* A copy of the arena's. */
static void *
keep(struct arena *a, const void *values, size_t n, size_t size,
    struct error *err)
{
	void *copy = arena_need(a, n, size, "values", err);

	if (copy != NULL && n > 0)
		memcpy(copy, values, n * size);
	return copy;
}

static int
add_record(struct song_search *s, const struct json *rec, const char *folder,
    bool wants_lines, struct arena *scratch, struct error *err)
{
	const char *id = record_id(rec), *work;
	struct retrieval_song song = { .n_windows = 0 };
	struct embedded e;

	if (json_want_string(rec, "group_id", &work, err) != 0 ||
	    embedded_read(rec, folder, false, wants_lines, scratch, &e,
	    err) != 0)
		return -1;
	if (s->model_sha256 != NULL && strcmp(s->model_sha256,
	    e.model_sha256) != 0)
		return error_set(err, ERROR_FORMAT, "its fingerprints are of "
		    "another model than those before it");
	if (s->model_sha256 == NULL && (s->model_sha256 = keep(s->arena,
	    e.model_sha256, strlen(e.model_sha256) + 1, 1, err)) == NULL)
		return -1;
	song.n_windows = e.n_windows;
	song.dimension = e.dimension;
	song.hop_sec = e.hop_sec;
	song.line = e.line;
	song.id = keep(s->arena, id, strlen(id) + 1, 1, err);
	song.work = keep(s->arena, work, strlen(work) + 1, 1, err);
	song.fingerprints = keep(s->arena, e.fingerprints,
	    e.n_windows * e.dimension, sizeof(float), err);
	song.line.pitch = keep(s->arena, e.line.pitch, e.line.n,
	    sizeof(float), err);
	if (song.id == NULL || song.work == NULL ||
	    song.fingerprints == NULL || song.line.pitch == NULL)
		return -1;
	return add_song(s, &song, err);
}

/* Songs that failed before cannot be found. */
static int
add_records(struct song_search *s, const struct stream_list *list,
    bool wants_lines, struct error *err)
{
	struct arena *scratch = arena_new();
	int status = 0;

	if (scratch == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	for (size_t i = 0; i < list->n_records && status == 0; i++) {
		const struct json *rec = list->records[i];

		if (record_has_failed(rec))
			continue;
		status = add_record(s, rec, list->folder, wants_lines,
		    scratch, err);
		if (status != 0)
			error_add(err, "song \"%.80s\"", record_id(rec));
		arena_reset(scratch);
	}
	arena_free(scratch);
	if (status == 0 && song_search_n_songs(s) == 0)
		return error_set(err, ERROR_FORMAT,
		    "the database holds no song");
	return status;
}

struct song_search *
song_search_load(const char *manifest_path, bool wants_lines,
    struct error *err)
{
	struct song_search *s = new_search(err);
	struct stream_list list = { .records = NULL };

	if (s == NULL)
		return NULL;
	if (stream_list_load(&list, manifest_path, err) != 0 ||
	    add_records(s, &list, wants_lines, err) != 0) {
		song_search_free(s);
		s = NULL;
	}
	stream_list_release(&list);
	return s;
}

/* The song that a window belongs to. */
static size_t
song_of(const struct song_search *s, size_t window)
{
	size_t low = 0, high = s->n_lines;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (s->first_windows[middle] <= window)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int
compare_ballots(const void *a, const void *b)
{
	const struct ballot *x = a, *y = b;

	if (x->song != y->song)
		return x->song < y->song ? -1 : 1;
	if (x->view != y->view)
		return x->view < y->view ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return (x->likeness > y->likeness) - (x->likeness < y->likeness);
}

static int
compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->song > y->song) - (x->song < y->song);
}

static int
compare_numbers(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Look one view up and add its ballots, *n of them so far. */
static int
look_up(const struct song_search *s, const struct song_search_options *o,
    size_t n_probed, const struct retrieval_query *query, size_t v,
    struct ballot *ballots, size_t *n, struct arena *a, struct error *err)
{
	const struct retrieval_view *view = &query->views[v];
	const size_t n_all = view->n_windows * o->n_found;
	int64_t *found = arena_need(a, n_all, sizeof(*found), "windows", err);
	float *likeness = arena_need(a, n_all, sizeof(*likeness), "windows",
	    err);

	if (found == NULL || likeness == NULL ||
	    neighbours_find(s->neighbours, view->fingerprints,
	    view->n_windows, n_probed, o->n_found, found, likeness, err) != 0)
		return -1;
	for (size_t i = 0; i < n_all; i++) {
		const size_t k = i / o->n_found;
		size_t song, at;

		if (found[i] < 0 || !(likeness[i] > 0))
			continue;
		song = song_of(s, (size_t)found[i]);
		at = (size_t)found[i] - s->first_windows[song];
		if (at < k)
			continue;
		ballots[(*n)++] = (struct ballot){ song, v, at - k,
		    (double)likeness[i] };
	}
	return 0;
}

/* Count sorted ballots: each song with its best place. */
static size_t
count(const struct retrieval_query *query, const struct ballot *ballots,
    size_t n, struct candidate *candidates)
{
	size_t n_candidates = 0, end;

	for (size_t i = 0; i < n; i = end) {
		const struct ballot *b = &ballots[i];
		double sum = 0;

		for (end = i; end < n && ballots[end].song == b->song &&
		    ballots[end].view == b->view &&
		    ballots[end].place == b->place; end++)
			sum += ballots[end].likeness;
		sum /= (double)query->views[b->view].n_windows;
		if (n_candidates == 0 ||
		    candidates[n_candidates - 1].song != b->song)
			candidates[n_candidates++] = (struct candidate){
			    b->song, sum };
		else if (sum > candidates[n_candidates - 1].score)
			candidates[n_candidates - 1].score = sum;
	}
	return n_candidates;
}

static size_t
choose_n_probed(const struct song_search *s,
    const struct song_search_options *o)
{
	const size_t n_lists = index_file_facts(s->index)->shape.n_lists;

	if (o->n_probed > 0)
		return o->n_probed;
	return n_lists / LISTS_A_PROBE > MIN_PROBED ?
	    n_lists / LISTS_A_PROBE : MIN_PROBED;
}

/* Name the songs to look at in the query. */
static int
find_candidates(const struct song_search *s,
    const struct song_search_options *o, struct retrieval_query *query,
    struct arena *a, struct error *err)
{
	const size_t n_probed = choose_n_probed(s, o);
	struct candidate *candidates;
	struct ballot *ballots;
	size_t n_windows = 0, n = 0, *songs;

	for (size_t v = 0; v < query->n_views; v++)
		n_windows += query->views[v].n_windows;
	if (n_windows > SIZE_MAX / NEIGHBOURS_MAX_FOUND)
		return error_set(err, ERROR_LIMIT, "%zu windows", n_windows);
	ballots = arena_need(a, n_windows * o->n_found, sizeof(*ballots),
	    "votes", err);
	candidates = arena_need(a, n_windows * o->n_found,
	    sizeof(*candidates), "votes", err);
	if (ballots == NULL || candidates == NULL)
		return -1;
	for (size_t v = 0; v < query->n_views; v++)
		if (look_up(s, o, n_probed, query, v, ballots, &n, a,
		    err) != 0)
			return -1;
	qsort(ballots, n, sizeof(*ballots), compare_ballots);
	n = count(query, ballots, n, candidates);
	qsort(candidates, n, sizeof(*candidates), compare_candidates);
	if (n > o->n_candidates)
		n = o->n_candidates;
	songs = arena_need(a, n, sizeof(*songs), "songs", err);
	if (songs == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		songs[i] = candidates[i].song;
	qsort(songs, n, sizeof(*songs), compare_numbers);
	query->songs = songs;
	query->n_songs = n;
	return 0;
}

int
song_search_run(const struct song_search *s, const struct embedded_hum *hum,
    const struct song_search_options *o, struct arena *a,
    struct retrieval_answer **answers, struct error *err)
{
	struct retrieval_query query = hum->query;
	const struct index_facts *facts = song_search_facts(s);

	if (strcmp(hum->e.model_sha256, s->model_sha256) != 0)
		return error_set(err, ERROR_FORMAT, "its fingerprints are of "
		    "another model than the database's");
	if (o->n_found > NEIGHBOURS_MAX_FOUND)
		return error_set(err, ERROR_LIMIT, "%zu windows wanted: at "
		    "most %d", o->n_found, NEIGHBOURS_MAX_FOUND);
	/* Rows of another length are refused by the search itself. */
	if (s->neighbours != NULL && !o->is_exact &&
	    query.dimension == facts->shape.dimension &&
	    find_candidates(s, o, &query, a, err) != 0)
		return -1;
	return retrieval_search(s->db, &query, &o->retrieval, a, answers,
	    err);
}
