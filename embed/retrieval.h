/*
 * retrieval -- which work is this hum?  Fingerprints against full songs.
 *
 * The database holds all windows of every recording.  A hum comes as views
 * (embed/query.h): its fingerprints at several time scales.  For every
 * recording, place and view the score is the mean similarity along the
 * diagonal -- window k of the view against window place + k of the recording --
 * which is a vote for (work, place) weighted by likeness; a work counts with
 * its best.  That is an exact search: time grows with the database.
 *
 * With rescoring the best works are compared again by pitch, over their whole
 * length (embed/melody_match.h), the best of these by warping
 * (embed/melody_warp.h), and ordered by embed/match_cost.h, as pitch tells
 * small differences apart that fingerprints smooth over.
 */
#ifndef EMBED_RETRIEVAL_H
#define EMBED_RETRIEVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "embed/melody_line.h"

#define RETRIEVAL_MAX_VIEWS 64

struct retrieval;

/* A recording to search in.  The database keeps all pointers. */
struct retrieval_song {
	const char *id, *work;		/* work: its group_id */
	const float *fingerprints;	/* [n_windows][dimension] */
	size_t n_windows, dimension;
	double hop_sec;
	struct melody_line line;	/* n 0: not known */
};

/* The hum at one time scale. */
struct retrieval_view {
	double time_scale;
	const float *fingerprints;	/* [n_windows][dimension] */
	size_t n_windows;
};

struct retrieval_query {
	const struct retrieval_view *views;
	size_t n_views;			/* at most RETRIEVAL_MAX_VIEWS */
	size_t dimension;
	double hop_sec;
	struct melody_line line;	/* n 0: not known, no rescoring */
	/* Songs to look at, in the order of adding; NULL: all of them. */
	const size_t *songs;
	size_t n_songs;
};

struct retrieval_options {
	size_t n_rescored;		/* works compared by pitch; 0: none */
	size_t n_warped;		/* the best of these also by warping */
	double beginning;		/* as for match_cost_prior */
};

/* One work, at its best place. */
struct retrieval_answer {
	const char *work, *id;		/* as they were added */
	size_t song;			/* number, in the order of adding */
	double score;			/* mean similarity, -1..1 */
	double distance;		/* semitones; -1: not compared */
	/* By warping, for the n_warped best; and of the place. */
	bool is_warped;
	double drift, motion, log_prior;
	/* What the order is by: of embed/match_cost.h, or from the score. */
	double cost;
	/*
	 * That this is the work, given that it is in the database: exp(-cost)
	 * over the sum of all that were compared alike.
	 */
	double probability;
	double offset_sec;		/* in the recording */
	double time_scale;		/* of the view, or tempo ratio */
};

struct retrieval *retrieval_new(struct error *err) MUST_CHECK;
void retrieval_free(struct retrieval *db);

/*
 * Several recordings of one work are one work.  All must have the same
 * dimension and hop.  Not while searches run.
 */
int retrieval_add(struct retrieval *db, const struct retrieval_song *song,
    struct error *err) MUST_CHECK;

size_t retrieval_n_works(const struct retrieval *db);
size_t retrieval_n_songs(const struct retrieval *db);

/*
 * All works, best first, in arena memory: (*answers)[retrieval_n_works]; those
 * that were not looked at have score -1 and the song SIZE_MAX with id "".
 * Equal scores are in the order in which works were added.  May be called by
 * several threads at once.
 */
int retrieval_search(const struct retrieval *db,
    const struct retrieval_query *query, const struct retrieval_options *o,
    struct arena *a, struct retrieval_answer **answers, struct error *err)
    MUST_CHECK;

#endif
