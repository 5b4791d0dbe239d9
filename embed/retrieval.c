#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "nn/blas.h"

#include "embed/melody_match.h"

#include "embed/retrieval.h"

#define TEMPO_WEIGHT 0.3
#define SCORE_WEIGHT 0.5
#define HOP_TOLERANCE 1e-6

struct song {
	size_t work;
	float *fingerprints;	/* [n_windows][dimension] */
	size_t n_windows;
	struct melody_line line;
};

struct retrieval {
	char **works;
	size_t n_works, work_capacity;
	struct song *songs;
	size_t n_songs, song_capacity;
	size_t dimension;
	double hop_sec;
};

/* A work's best place so far, and where it stands in the order. */
struct standing {
	size_t work, song;
	double score, cost;	/* cost: what rescored works are ordered by */
	double offset_sec, time_scale, distance;
};

struct retrieval *
retrieval_new(struct error *err)
{
	return memory_new(1, sizeof(struct retrieval), "database", err);
}

void
retrieval_free(struct retrieval *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < db->n_works; i++)
		memory_free(db->works[i]);
	for (size_t i = 0; i < db->n_songs; i++) {
		memory_free(db->songs[i].fingerprints);
		memory_free(db->songs[i].line.pitch);
	}
	memory_free(db->works);
	memory_free(db->songs);
	memory_free(db);
}

size_t
retrieval_n_works(const struct retrieval *db)
{
	return db->n_works;
}

static int
find_work(struct retrieval *db, const char *name, size_t *work,
    struct error *err)
{
	for (*work = 0; *work < db->n_works; (*work)++)
		if (strcmp(db->works[*work], name) == 0)
			return 0;
	if (memory_grow(&db->works, &db->work_capacity, db->n_works + 1,
	    sizeof(*db->works), "works", err) != 0)
		return -1;
	db->works[db->n_works] = memory_strdup(name, err);
	if (db->works[db->n_works] == NULL)
		return -1;
	db->n_works++;
	return 0;
}

/* A heap copy of n floats, or NULL. */
static float *
copy_values(const float *values, size_t n, struct error *err)
{
	float *copy = memory_new(n, sizeof(*copy), "values", err);

	if (copy != NULL && n > 0)
		memcpy(copy, values, n * sizeof(*copy));
	return copy;
}

static int
check_song(const struct retrieval *db, const struct retrieval_song *song,
    struct error *err)
{
	if (song->dimension == 0 || song->dimension > 65536)
		return error_set(err, ERROR_LIMIT, "fingerprints of %zu "
		    "values", song->dimension);
	if (db->n_songs == 0)
		return 0;
	if (song->dimension != db->dimension)
		return error_set(err, ERROR_FORMAT, "fingerprints of %zu "
		    "values among others of %zu", song->dimension,
		    db->dimension);
	if (fabs(song->hop_sec - db->hop_sec) > HOP_TOLERANCE)
		return error_set(err, ERROR_FORMAT, "windows %g s apart among "
		    "others %g s apart", song->hop_sec, db->hop_sec);
	return 0;
}

int
retrieval_add(struct retrieval *db, const struct retrieval_song *song,
    struct error *err)
{
	struct song *s;
	size_t work;

	if (check_song(db, song, err) != 0 ||
	    find_work(db, song->work, &work, err) != 0 ||
	    memory_grow(&db->songs, &db->song_capacity, db->n_songs + 1,
	    sizeof(*db->songs), "songs", err) != 0)
		return -1;
	s = &db->songs[db->n_songs];
	memset(s, 0, sizeof(*s));
	s->work = work;
	s->n_windows = song->n_windows;
	s->line = song->line;
	s->fingerprints = copy_values(song->fingerprints, song->n_windows *
	    song->dimension, err);
	s->line.pitch = copy_values(song->line.pitch, song->line.n, err);
	if (s->fingerprints == NULL || s->line.pitch == NULL) {
		memory_free(s->fingerprints);
		memory_free(s->line.pitch);
		return -1;
	}
	db->dimension = song->dimension;
	db->hop_sec = song->hop_sec;
	db->n_songs++;
	return 0;
}

/*
 * The best diagonal of one view: similarity [n_windows of the view][n], row
 * by row.  Windows that would lie past the end count 0.
 */
static void
vote(const float *similarity, const struct retrieval_view *view, size_t n,
    double hop_sec, size_t song, struct standing *best)
{
	for (size_t place = 0; place < n; place++) {
		double sum = 0;

		for (size_t k = 0; k < view->n_windows && place + k < n; k++)
			sum += (double)similarity[k * n + place + k];
		sum /= (double)view->n_windows;
		if (sum <= best->score)
			continue;
		best->score = sum;
		best->song = song;
		best->offset_sec = (double)place * hop_sec;
		best->time_scale = view->time_scale;
	}
}

/* Let all views vote for one song; similarity has room for all of it. */
static int
vote_song(const struct retrieval *db, const struct retrieval_query *query,
    size_t song, float *similarity, struct standing *best, struct error *err)
{
	const struct song *s = &db->songs[song];
	const struct blas_matrix rows = { s->fingerprints, db->dimension,
	    true };

	for (size_t v = 0; v < query->n_views; v++) {
		const struct retrieval_view *view = &query->views[v];
		const struct blas_matrix q = { view->fingerprints,
		    db->dimension, false };

		if (view->n_windows == 0)
			continue;
		if (blas_multiply(view->n_windows, s->n_windows,
		    db->dimension, 1, &q, &rows, 0, similarity, s->n_windows,
		    err) != 0)
			return -1;
		vote(similarity, view, s->n_windows, db->hop_sec, song,
		    best);
	}
	return 0;
}

static int
vote_all(const struct retrieval *db, const struct retrieval_query *query,
    struct standing *standings, struct arena *a, struct error *err)
{
	size_t longest = 0, most = 0;
	float *similarity;

	for (size_t i = 0; i < db->n_songs; i++)
		if (db->songs[i].n_windows > longest)
			longest = db->songs[i].n_windows;
	for (size_t v = 0; v < query->n_views; v++)
		if (query->views[v].n_windows > most)
			most = query->views[v].n_windows;
	if (longest > 0 && most > SIZE_MAX / longest)
		return error_set(err, ERROR_LIMIT, "%zu windows", most);
	similarity = arena_need(a, longest * most, sizeof(*similarity),
	    "similarities", err);
	if (similarity == NULL)
		return -1;
	for (size_t i = 0; i < db->n_songs; i++)
		if (vote_song(db, query, i, similarity,
		    &standings[db->songs[i].work], err) != 0)
			return -1;
	return 0;
}

static int
compare_scores(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->work > y->work) - (x->work < y->work);
}

static int
compare_costs(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost > y->cost ? 1 : -1;
	return (x->work > y->work) - (x->work < y->work);
}

static void
set_cost(struct standing *s, const struct melody_match *match)
{
	s->distance = match->distance;
	s->offset_sec = match->offset_sec;
	s->time_scale = match->tempo_ratio;
	s->cost = match->distance + TEMPO_WEIGHT *
	    fabs(log(match->tempo_ratio)) - SCORE_WEIGHT * s->score;
}

/* Compare a work by pitch: the best of its recordings counts. */
static int
rescore(const struct retrieval *db, struct melody_query *q, bool warps,
    struct standing *s, struct error *err)
{
	bool is_known = false;

	for (size_t i = 0; i < db->n_songs; i++) {
		const struct song *song = &db->songs[i];
		struct standing here = *s;
		struct melody_match match;

		if (song->work != s->work)
			continue;
		melody_match_find(q, &song->line, &match);
		if (warps && melody_match_warp(q, &song->line, &match,
		    err) != 0)
			return -1;
		here.song = i;
		set_cost(&here, &match);
		if (!is_known || here.cost < s->cost)
			*s = here;
		is_known = true;
	}
	return 0;
}

static int
rescore_all(const struct retrieval *db, const struct retrieval_query *query,
    const struct retrieval_options *o, struct standing *standings,
    struct error *err)
{
	const size_t n = o->n_rescored < db->n_works ? o->n_rescored :
	    db->n_works;
	const size_t n_warped = o->n_warped < n ? o->n_warped : n;
	struct melody_query *q = melody_query_new(&query->line, err);
	int status = -1;

	if (q == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (rescore(db, q, false, &standings[i], err) != 0)
			goto out;
	qsort(standings, n, sizeof(*standings), compare_costs);
	for (size_t i = 0; i < n_warped; i++)
		if (rescore(db, q, true, &standings[i], err) != 0)
			goto out;
	qsort(standings, n_warped, sizeof(*standings), compare_costs);
	status = 0;
out:
	melody_query_free(q);
	return status;
}

static int
check_query(const struct retrieval *db, const struct retrieval_query *query,
    struct error *err)
{
	if (query->n_views > RETRIEVAL_MAX_VIEWS)
		return error_set(err, ERROR_LIMIT, "%zu views: at most %d",
		    query->n_views, RETRIEVAL_MAX_VIEWS);
	if (db->n_songs == 0)
		return 0;
	if (query->dimension != db->dimension)
		return error_set(err, ERROR_FORMAT, "fingerprints of %zu "
		    "values, the database's have %zu", query->dimension,
		    db->dimension);
	if (fabs(query->hop_sec - db->hop_sec) > HOP_TOLERANCE)
		return error_set(err, ERROR_FORMAT, "windows %g s apart, the "
		    "database's are %g s apart", query->hop_sec, db->hop_sec);
	return 0;
}

int
retrieval_search(const struct retrieval *db,
    const struct retrieval_query *query, const struct retrieval_options *o,
    struct arena *a, struct retrieval_answer **answers, struct error *err)
{
	const size_t n = db->n_works;
	struct standing *standings;

	if (check_query(db, query, err) != 0)
		return -1;
	standings = arena_need(a, n, sizeof(*standings), "works", err);
	*answers = arena_need(a, n, sizeof(**answers), "answers", err);
	if (standings == NULL || *answers == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		standings[i] = (struct standing){ .work = i, .score = -1,
		    .distance = -1, .time_scale = 1 };
	if (vote_all(db, query, standings, a, err) != 0)
		return -1;
	qsort(standings, n, sizeof(*standings), compare_scores);
	if (o->n_rescored > 0 && query->line.n > 0 &&
	    rescore_all(db, query, o, standings, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		(*answers)[i] = (struct retrieval_answer){
		    .work = db->works[standings[i].work],
		    .score = standings[i].score,
		    .distance = standings[i].distance,
		    .offset_sec = standings[i].offset_sec,
		    .time_scale = standings[i].time_scale };
	return 0;
}
