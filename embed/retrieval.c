#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

#include "nn/blas.h"

#include "embed/match_cost.h"
#include "embed/melody_match.h"
#include "embed/melody_warp.h"

#include "embed/retrieval.h"

#define HOP_TOLERANCE 1e-6

struct song {
	size_t work;
	const char *id;
	const float *fingerprints;	/* [n_windows][dimension] */
	size_t n_windows;
	struct melody_line line;
};

struct retrieval {
	const char **works;
	size_t n_works, work_capacity;
	size_t *slots;		/* of works by hash, number + 1; 0: free */
	size_t n_slots;		/* a power of two, over half of them free */
	struct song *songs;
	size_t n_songs, song_capacity;
	size_t dimension;
	double hop_sec;
};

/* A work's best place so far, and where it stands in the order. */
struct standing {
	size_t work, song;
	double score, cost;	/* cost: what rescored works are ordered by */
	double offset_sec, time_scale, log_prior;
	/* Of the cheaper of the two; distance -1: not compared. */
	struct melody_match match;
	struct melody_match matches[MELODY_MATCH_N_PLACES];
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
	memory_free(db->slots);
	memory_free(db->works);
	memory_free(db->songs);
	memory_free(db);
}

size_t
retrieval_n_works(const struct retrieval *db)
{
	return db->n_works;
}

size_t
retrieval_n_songs(const struct retrieval *db)
{
	return db->n_songs;
}

/* Where the work is, or the free slot where it should be. */
static size_t *
slot_of(const struct retrieval *db, const char *name)
{
	size_t i = (size_t)hash_text64(name) & (db->n_slots - 1);

	while (db->slots[i] != 0 &&
	    strcmp(db->works[db->slots[i] - 1], name) != 0)
		i = (i + 1) & (db->n_slots - 1);
	return &db->slots[i];
}

static int
make_slots(struct retrieval *db, struct error *err)
{
	const size_t n = db->n_slots == 0 ? 64 : 2 * db->n_slots;
	size_t *slots;

	if (2 * (db->n_works + 1) < db->n_slots)
		return 0;
	if ((slots = memory_new(n, sizeof(*slots), "works", err)) == NULL)
		return -1;
	memory_free(db->slots);
	db->slots = slots;
	db->n_slots = n;
	for (size_t i = 0; i < db->n_works; i++)
		*slot_of(db, db->works[i]) = i + 1;
	return 0;
}

static int
find_work(struct retrieval *db, const char *name, size_t *work,
    struct error *err)
{
	size_t *slot;

	if (make_slots(db, err) != 0 ||
	    memory_grow(&db->works, &db->work_capacity, db->n_works + 1,
	    sizeof(*db->works), "works", err) != 0)
		return -1;
	slot = slot_of(db, name);
	if (*slot == 0) {
		db->works[db->n_works++] = name;
		*slot = db->n_works;
	}
	*work = *slot - 1;
	return 0;
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
	s->id = song->id;
	s->n_windows = song->n_windows;
	s->line = song->line;
	s->fingerprints = song->fingerprints;
	db->dimension = song->dimension;
	db->hop_sec = song->hop_sec;
	db->n_songs++;
	return 0;
}

/* What one search needs again and again. */
struct scratch {
	float *hum;		/* [n_rows][dimension]: all views */
	size_t n_rows;
	float *similarity;	/* [n_rows][windows of the longest song] */
	double *sums;		/* [windows of the longest song] */
};

/*
 * The best diagonal of one view: similarity [n_windows of the view][n], row
 * by row.  Windows that would lie past the end count 0.
 */
static void
vote(const float *similarity, const struct retrieval_view *view, size_t n,
    double hop_sec, size_t song, double *sums, struct standing *best)
{
	memset(sums, 0, n * sizeof(*sums));
	for (size_t k = 0; k < view->n_windows && k < n; k++) {
		const float *diagonal = similarity + k * n + k;

		for (size_t place = 0; place < n - k; place++)
			sums[place] += (double)diagonal[place];
	}
	for (size_t place = 0; place < n; place++) {
		const double score = sums[place] / (double)view->n_windows;

		if (!(score > best->score))
			continue;
		best->score = score;
		best->song = song;
		best->offset_sec = (double)place * hop_sec;
		best->time_scale = view->time_scale;
	}
}

/* Let all views vote for one song. */
static int
vote_song(const struct retrieval *db, const struct retrieval_query *query,
    size_t song, const struct scratch *sc, struct standing *best,
    struct error *err)
{
	const struct song *s = &db->songs[song];
	const struct blas_matrix rows = { s->fingerprints, db->dimension,
	    true };
	const struct blas_matrix hum = { sc->hum, db->dimension, false };
	const float *similarity = sc->similarity;

	if (blas_multiply(sc->n_rows, s->n_windows, db->dimension, 1, &hum,
	    &rows, 0, sc->similarity, s->n_windows, err) != 0)
		return -1;
	for (size_t v = 0; v < query->n_views; v++) {
		const struct retrieval_view *view = &query->views[v];

		if (view->n_windows == 0)
			continue;
		vote(similarity, view, s->n_windows, db->hop_sec, song,
		    sc->sums, best);
		similarity += view->n_windows * s->n_windows;
	}
	return 0;
}

/* Put the views one behind the other and make room. */
static int
make_scratch(const struct retrieval *db, const struct retrieval_query *query,
    struct scratch *sc, struct arena *a, struct error *err)
{
	size_t longest = 0, n = 0;

	for (size_t i = 0; i < db->n_songs; i++)
		if (db->songs[i].n_windows > longest)
			longest = db->songs[i].n_windows;
	for (size_t v = 0; v < query->n_views; v++)
		n += query->views[v].n_windows;
	if (longest > 0 && n > SIZE_MAX / longest)
		return error_set(err, ERROR_LIMIT, "%zu windows", n);
	sc->n_rows = 0;
	sc->hum = arena_need(a, n, db->dimension * sizeof(*sc->hum),
	    "windows", err);
	sc->similarity = arena_need(a, longest * n, sizeof(*sc->similarity),
	    "similarities", err);
	sc->sums = arena_need(a, longest, sizeof(*sc->sums), "places", err);
	if (sc->hum == NULL || sc->similarity == NULL || sc->sums == NULL)
		return -1;
	for (size_t v = 0; v < query->n_views; v++) {
		const struct retrieval_view *view = &query->views[v];

		if (view->n_windows == 0)
			continue;
		memcpy(sc->hum + sc->n_rows * db->dimension,
		    view->fingerprints, view->n_windows * db->dimension *
		    sizeof(*sc->hum));
		sc->n_rows += view->n_windows;
	}
	return 0;
}

static int
vote_all(const struct retrieval *db, const struct retrieval_query *query,
    struct standing *standings, struct arena *a, struct error *err)
{
	const size_t n = query->songs == NULL ? db->n_songs : query->n_songs;
	struct scratch sc = { .n_rows = 0 };

	if (make_scratch(db, query, &sc, a, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const size_t song = query->songs == NULL ? i :
		    query->songs[i];

		if (vote_song(db, query, song, &sc,
		    &standings[db->songs[song].work], err) != 0)
			return -1;
	}
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

/* The cheaper of a song's places. */
static void
take_match(const struct song *song, double beginning, struct standing *s)
{
	s->cost = HUGE_VAL;
	for (size_t i = 0; i < MELODY_MATCH_N_PLACES; i++) {
		const struct melody_match *m = &s->matches[i];
		const double cost = match_cost(m, s->score, song->line.n,
		    beginning);

		if (!(cost < s->cost))
			continue;
		s->cost = cost;
		s->match = *m;
		s->log_prior = match_cost_prior(m, song->line.n, beginning);
		s->offset_sec = m->offset_sec;
		s->time_scale = m->tempo_ratio;
	}
}

/* Compare a work by pitch: the best of its recordings counts. */
static void
rescore(const struct retrieval *db, struct melody_query *q,
    double beginning, struct standing *s)
{
	bool is_known = false;

	for (size_t i = 0; i < db->n_songs; i++) {
		const struct song *song = &db->songs[i];
		struct standing here = *s;

		if (song->work != s->work)
			continue;
		melody_match_find(q, &song->line, here.matches);
		here.song = i;
		take_match(song, beginning, &here);
		if (!is_known || here.cost < s->cost)
			*s = here;
		is_known = true;
	}
}

/* Look closer at the places that were found. */
static void
warp(const struct retrieval *db, struct melody_query *q, double beginning,
    struct standing *s)
{
	const struct song *song = &db->songs[s->song];

	for (size_t i = 0; i < MELODY_MATCH_N_PLACES; i++)
		melody_warp_run(q, &song->line, &s->matches[i]);
	take_match(song, beginning, s);
}

static int
rescore_all(const struct retrieval *db, const struct retrieval_query *query,
    const struct retrieval_options *o, struct standing *standings,
    struct error *err)
{
	struct melody_query *q = melody_query_new(&query->line, err);
	size_t n = o->n_rescored < db->n_works ? o->n_rescored : db->n_works;
	size_t n_warped;

	if (q == NULL)
		return -1;
	/* Works that a lookup did not find are at the end. */
	while (n > 0 && standings[n - 1].song == SIZE_MAX)
		n--;
	n_warped = o->n_warped < n ? o->n_warped : n;
	for (size_t i = 0; i < n; i++)
		rescore(db, q, o->beginning, &standings[i]);
	qsort(standings, n, sizeof(*standings), compare_costs);
	for (size_t i = 0; i < n_warped; i++)
		warp(db, q, o->beginning, &standings[i]);
	qsort(standings, n_warped, sizeof(*standings), compare_costs);
	melody_query_free(q);
	return 0;
}

static int
check_query(const struct retrieval *db, const struct retrieval_query *query,
    struct error *err)
{
	if (query->n_views > RETRIEVAL_MAX_VIEWS)
		return error_set(err, ERROR_LIMIT, "%zu views: at most %d",
		    query->n_views, RETRIEVAL_MAX_VIEWS);
	for (size_t i = 0; query->songs != NULL && i < query->n_songs; i++)
		if (query->songs[i] >= db->n_songs)
			return error_set(err, ERROR_BUG, "song %zu of %zu",
			    query->songs[i], db->n_songs);
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

static void
give_answer(const struct retrieval *db, const struct standing *s,
    struct retrieval_answer *answer)
{
	*answer = (struct retrieval_answer){ .work = db->works[s->work],
	    .id = s->song == SIZE_MAX ? "" : db->songs[s->song].id,
	    .song = s->song, .score = s->score,
	    .distance = s->match.distance, .is_warped = s->match.is_warped,
	    .drift = s->match.drift, .motion = s->match.motion,
	    .log_prior = s->log_prior,
	    .cost = s->match.distance < 0 ? match_cost_of_score(s->score) :
	    s->cost, .offset_sec = s->offset_sec,
	    .time_scale = s->time_scale };
}

/* Were both compared in the same ways, so that their costs are of one kind? */
static bool
is_alike(const struct retrieval_answer *x, const struct retrieval_answer *y)
{
	return x->is_warped == y->is_warped &&
	    (x->distance < 0) == (y->distance < 0);
}

/* Answers come best first, those that were compared in most ways first. */
static void
give_probabilities(struct retrieval_answer *answers, size_t n)
{
	double sum = 0;
	size_t end = 0;

	for (; end < n && is_alike(&answers[end], &answers[0]); end++)
		sum += exp(answers[0].cost - answers[end].cost);
	for (size_t i = 0; i < end; i++)
		answers[i].probability = exp(answers[0].cost -
		    answers[i].cost) / sum;
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
		standings[i] = (struct standing){ .work = i,
		    .song = SIZE_MAX, .score = -1, .time_scale = 1,
		    .match.distance = -1 };
	if (vote_all(db, query, standings, a, err) != 0)
		return -1;
	qsort(standings, n, sizeof(*standings), compare_scores);
	if (o->n_rescored > 0 && query->line.n > 0 &&
	    rescore_all(db, query, o, standings, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		give_answer(db, &standings[i], &(*answers)[i]);
	give_probabilities(*answers, n);
	return 0;
}
