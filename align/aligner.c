#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "align/aligner.h"
#include "align/evidence.h"
#include "align/main_line.h"
#include "align/path_set.h"
#include "align/pieces.h"
#include "align/pitch_match.h"
#include "align/sequence_score.h"
#include "align/similarity.h"
#include "align/time_line.h"

/* Similarity above the threshold, times seconds, that a path must gather. */
#define MIN_SCORE_SEC 0.1
/* A path ends where this many seconds speak against it. */
#define DROP_SEC 3.0
#define MAX_PATHS 256
/* Cells this far around a piece take part in its line. */
#define FIT_MARGIN_SEC 2.0
/* Weight of a tempo ratio of 1 in the line: as spread of the cells. */
#define FIT_PRIOR_SEC2 1.0
/* A first line so far outside the range of tempo ratios is no match. */
#define FIT_SLACK 1.1
/* Fragments in keys this far apart, in tenths of a semitone, differ. */
#define KEY_WINDOW 10
/* How much the pitch may change the tempo ratio. */
#define MAX_STRETCH 0.06
/* A path speaks for this much on either side of its ends. */
#define CORE_SEC 0.5
/* What lies this far inside of it is not cut off. */
#define INNER_SEC 3.0
#define SECOND_SHIFT_SEC 0.3
/* Two fragments nearer than this, in the cover, are one. */
#define TWIN_SEC 1.0

struct aligner {
	const struct aligner_options *o;
	struct similarity similarity;
	struct pitch_match_track original_pitch, cover_pitch;
	struct pitch_match_pair pitch;
	double original_sec, cover_sec;		/* durations */
	struct aligner_fragment *fragments;
	size_t n_fragments;
	int key;		/* of the pair, or PITCH_MATCH_ANY_KEY */
	struct arena *arena;
};

void
aligner_options_init(struct aligner_options *o)
{
	o->threshold = 0.55;
	o->min_sec = 3.0;
	o->max_sec = 10.0;
	o->min_tempo_ratio = 0.8;
	o->max_tempo_ratio = 1.25;
	o->shift_sec = 1.0;
	o->keep = 0.5;
	o->flag = 0.3;
	o->keep_agreement = 0.4;
	o->repeat_agreement = 0.7;
	o->flag_agreement = 0.35;
}

enum aligner_decision
aligner_decide(const struct aligner_fragment *f,
    const struct aligner_options *o)
{
	if (f->correlation >= o->keep && f->agreement >=
	    (f->is_repeat ? o->repeat_agreement : o->keep_agreement))
		return ALIGNER_KEEP;
	if (f->correlation >= o->flag && f->agreement >= o->flag_agreement)
		return ALIGNER_FLAG;
	return ALIGNER_DROP;
}

const char *
aligner_decision_name(enum aligner_decision d)
{
	return d == ALIGNER_KEEP ? "keep" : d == ALIGNER_FLAG ? "flag" :
	    "drop";
}

/* The time that window k stands for. */
static double
centre(const struct aligner_options *o, size_t k)
{
	return (double)k * o->hop_sec + o->window_sec / 2.0;
}

static double
clamp(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

/* Sums of the cells that a line is laid through, in seconds. */
struct fit {
	double n, x, y, xx, yy;
};

static void
fit_add(struct fit *f, double x, double y)
{
	f->n += 1.0;
	f->x += x;
	f->y += y;
	f->xx += x * x;
	f->yy += y * y;
}

/*
 * The line through the cells of the path in and around the span; false when
 * it is too steep or too flat.
 */
static bool
fit_line(const struct aligner_options *o, const struct path_set_path *path,
    const struct pitch_match_span *span, struct time_line *l)
{
	const struct path_cell *cells = path->cells;
	/* At least the margin's part of the path, where the span is off it. */
	const double from = fmin(span->from_sec,
	    centre(o, cells[path->n_cells - 1].row)) - FIT_MARGIN_SEC;
	const double to = fmax(span->to_sec, centre(o, cells[0].row)) +
	    FIT_MARGIN_SEC;
	struct fit f = { 0 };
	double xx, yy;
	size_t i;

	for (i = 0; i < path->n_cells; i++) {
		const double x = centre(o, cells[i].row);

		if (x >= from && x <= to)
			fit_add(&f, x, centre(o, cells[i].column));
	}
	if (f.n == 0.0)
		return false;
	l->original_sec = f.x / f.n;
	l->cover_sec = f.y / f.n;
	xx = f.xx / f.n - l->original_sec * l->original_sec;
	yy = f.yy / f.n - l->cover_sec * l->cover_sec;
	l->tempo_ratio = sqrt((yy + FIT_PRIOR_SEC2) / (xx + FIT_PRIOR_SEC2));
	if (l->tempo_ratio < o->min_tempo_ratio / FIT_SLACK ||
	    l->tempo_ratio > o->max_tempo_ratio * FIT_SLACK)
		return false;
	l->tempo_ratio = clamp(l->tempo_ratio, o->min_tempo_ratio,
	    o->max_tempo_ratio);
	return true;
}

/* Cut off what lies outside either recording. */
static void
cut_to_recordings(const struct aligner *x, const struct time_line *l,
    struct pitch_match_span *span)
{
	const double low = time_line_original(l, 0.0);
	const double high = time_line_original(l, x->cover_sec);

	if (span->from_sec < low)
		span->from_sec = low;
	if (span->from_sec < 0.0)
		span->from_sec = 0.0;
	if (span->to_sec > high)
		span->to_sec = high;
	if (span->to_sec > x->original_sec)
		span->to_sec = x->original_sec;
}

static int
add_fragment(struct aligner *x, const struct time_line *l,
    const struct pitch_match_span *span, struct error *err)
{
	struct aligner_fragment *f = &x->fragments[x->n_fragments];

	f->original_from_sec = span->from_sec;
	f->original_to_sec = span->to_sec;
	f->from_sec = time_line_cover(l, span->from_sec);
	f->to_sec = time_line_cover(l, span->to_sec);
	f->tempo_ratio = l->tempo_ratio;
	f->correlation = sequence_score(&x->similarity, x->o->window_sec,
	    x->o->hop_sec, l, span->from_sec, span->to_sec);
	f->agreement = evidence_agreement(&x->pitch, f,
	    PITCH_MATCH_ANY_KEY, NULL);
	if (pitch_match_transposition(&x->pitch, l, span, x->arena,
	    &f->transposition_semitones, err) != 0)
		return -1;
	x->n_fragments++;
	return 0;
}

/* The part of the span that the path speaks for, give or take the margin. */
static struct pitch_match_span
core(const struct aligner_options *o, const struct path_set_path *path,
    const struct pitch_match_span *span, double margin_sec)
{
	const struct pitch_match_span c = {
	    fmax(span->from_sec, centre(o, path->cells[0].row) - margin_sec),
	    fmin(span->to_sec, centre(o, path->cells[path->n_cells - 1].row) +
	    margin_sec) };

	return c;
}

/*
 * Lay the line through a piece of the path: as the fingerprints see it, then
 * as the pitch of what the path speaks for, then as that of what agrees.
 * *found is false when there is no line of a possible tempo.
 */
static int
lay_line(const struct aligner *x, const struct path_set_path *path,
    const struct pitch_match_span *span, struct time_line *l, bool *found,
    struct error *err)
{
	struct pitch_match_search search = { .shift_sec = x->o->shift_sec,
	    .stretch = MAX_STRETCH,
	    .min_tempo_ratio = x->o->min_tempo_ratio,
	    .max_tempo_ratio = x->o->max_tempo_ratio, .is_coarse = true };
	struct pitch_match_span sure = core(x->o, path, span, CORE_SEC);

	*found = fit_line(x->o, path, span, l);
	if (!*found)
		return 0;
	if (sure.to_sec - sure.from_sec < x->o->min_sec)
		sure = *span;
	if (pitch_match_refine(&x->pitch, &sure, &search, l, x->arena,
	    err) != 0)
		return -1;
	sure = pitch_match_trim(&x->pitch, l, span);
	search.shift_sec = SECOND_SHIFT_SEC;
	search.is_coarse = false;
	if (sure.to_sec - sure.from_sec < x->o->min_sec)
		return 0;
	return pitch_match_refine(&x->pitch, &sure, &search, l, x->arena,
	    err);
}

/* Make a fragment of the part of the path that lies in the span. */
static int
take_piece(struct aligner *x, const struct path_set_path *path,
    struct pitch_match_span span, struct error *err)
{
	const struct pitch_match_span inner = core(x->o, path, &span,
	    -INNER_SEC);
	struct time_line l;
	bool found;

	if (lay_line(x, path, &span, &l, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	/* Pitch moves the ends, but does not doubt what lies far inside. */
	span = pitch_match_trim(&x->pitch, &l, &span);
	if (inner.from_sec < inner.to_sec) {
		span.from_sec = fmin(span.from_sec, inner.from_sec);
		span.to_sec = fmax(span.to_sec, inner.to_sec);
	}
	cut_to_recordings(x, &l, &span);
	if (span.to_sec - span.from_sec < x->o->min_sec)
		return 0;
	return add_fragment(x, &l, &span, err);
}

/* Cut a path, and half a window on either side, into pieces. */
static int
take_path(struct aligner *x, const struct path_set_path *path,
    struct error *err)
{
	const struct path_cell *last = &path->cells[path->n_cells - 1];
	struct pitch_match_span span, *pieces;
	size_t i, n;

	span.from_sec = clamp((double)path->cells[0].row * x->o->hop_sec,
	    0.0, x->original_sec);
	span.to_sec = clamp((double)last->row * x->o->hop_sec +
	    x->o->window_sec, span.from_sec, x->original_sec);
	pieces = arena_need(x->arena, pieces_max(span.to_sec - span.from_sec,
	    x->o->max_sec), sizeof(*pieces), "pieces", err);
	if (pieces == NULL)
		return -1;
	n = pieces_cut(&x->original_pitch, &span, x->o->max_sec, pieces);
	for (i = 0; i < n; i++) {
		if (take_piece(x, path, pieces[i], err) != 0)
			return -1;
	}
	return 0;
}

/* True when b covers most of a and maps it to the same place. */
static bool
is_twin(const struct aligner_fragment *a, const struct aligner_fragment *b)
{
	const double from = fmax(a->original_from_sec, b->original_from_sec);
	const double to = fmin(a->original_to_sec, b->original_to_sec);
	const double middle = (from + to) / 2.0;
	const double there_a = a->from_sec +
	    a->tempo_ratio * (middle - a->original_from_sec);
	const double there_b = b->from_sec +
	    b->tempo_ratio * (middle - b->original_from_sec);

	return 2.0 * (to - from) > a->original_to_sec - a->original_from_sec &&
	    fabs(there_a - there_b) < TWIN_SEC;
}

/* True when another fragment says the same, and better. */
static bool
has_better_twin(const struct aligner_fragment *all, size_t n, size_t i)
{
	size_t k;

	for (k = 0; k < n; k++) {
		if (k != i && is_twin(&all[i], &all[k]) &&
		    (all[k].agreement > all[i].agreement ||
		    (all[k].agreement == all[i].agreement && k < i)))
			return true;
	}
	return false;
}

/*
 * A cover is sung in one key: find the one that speaks for most, fragments
 * counting by length and agreement, and measure agreement in it.
 */
static void
settle_key(struct aligner *x)
{
	double best = 0.0;
	int key = PITCH_MATCH_ANY_KEY;
	size_t i, k;

	for (i = 0; i < x->n_fragments; i++) {
		const int candidate = evidence_key(&x->fragments[i]);
		double votes = 0.0;

		for (k = 0; k < x->n_fragments; k++) {
			const struct aligner_fragment *f = &x->fragments[k];
			const double weight = f->agreement *
			    (f->original_to_sec - f->original_from_sec);

			if (evidence_key_distance(candidate,
			    evidence_key(f)) <= KEY_WINDOW)
				votes += weight * weight;
		}
		if (votes > best) {
			best = votes;
			key = candidate;
		}
	}
	for (i = 0; i < x->n_fragments; i++)
		x->fragments[i].agreement = evidence_agreement(&x->pitch,
		    &x->fragments[i], key, NULL);
	x->key = key;
}

static int
compare_fragments(const void *pa, const void *pb)
{
	const struct aligner_fragment *a = pa, *b = pb;

	if (a->original_from_sec != b->original_from_sec)
		return a->original_from_sec < b->original_from_sec ? -1 : 1;
	return (a->from_sec > b->from_sec) - (a->from_sec < b->from_sec);
}

/* Leave each fragment once, in order of time. */
static int
tidy(struct aligner *x, struct error *err)
{
	bool *is_worse = arena_need(x->arena, x->n_fragments,
	    sizeof(*is_worse), "fragments", err);
	size_t i, n = 0;

	if (is_worse == NULL)
		return -1;
	for (i = 0; i < x->n_fragments; i++)
		is_worse[i] = has_better_twin(x->fragments, x->n_fragments, i);
	for (i = 0; i < x->n_fragments; i++) {
		if (!is_worse[i])
			x->fragments[n++] = x->fragments[i];
	}
	x->n_fragments = n;
	qsort(x->fragments, n, sizeof(*x->fragments), compare_fragments);
	return 0;
}

/* The most pieces that the paths can be cut into. */
static size_t
n_pieces(const struct path_set *set, const struct aligner_options *o)
{
	size_t i, n = 0;

	for (i = 0; i < set->n_paths; i++) {
		const struct path_set_path *p = &set->paths[i];
		const size_t n_rows = p->cells[p->n_cells - 1].row -
		    p->cells[0].row;

		n += pieces_max((double)n_rows * o->hop_sec + o->window_sec,
		    o->max_sec);
	}
	return n;
}

static int
align(struct aligner *x, struct error *err)
{
	const struct aligner_options *o = x->o;
	const struct local_path_options search = {
	    .threshold = o->threshold,
	    .drop = DROP_SEC * o->threshold / o->hop_sec,
	    .min_score = MIN_SCORE_SEC / o->hop_sec, .n_max = MAX_PATHS };
	const size_t n_exclude = 1 +
	    (size_t)(o->window_sec / 2.0 / o->hop_sec);
	struct path_set set;
	size_t i;

	if (path_set_find(&x->similarity, &search, n_exclude, x->arena, &set,
	    err) != 0)
		return -1;
	x->fragments = arena_need(x->arena, n_pieces(&set, o),
	    sizeof(*x->fragments), "fragments", err);
	if (x->fragments == NULL)
		return -1;
	for (i = 0; i < set.n_paths; i++) {
		if (take_path(x, &set.paths[i], err) != 0)
			return -1;
	}
	settle_key(x);
	if (tidy(x, err) != 0)
		return -1;
	if (main_line_mark(x->fragments, x->n_fragments, x->arena, err) != 0)
		return -1;
	return evidence_fill(&x->pitch, x->fragments, x->n_fragments, x->key,
	    x->arena, err);
}

int
aligner_run(const struct aligner_recording *original,
    const struct aligner_recording *cover, const struct aligner_options *o,
    struct arena *a, struct aligner_fragment **fragments,
    size_t *n_fragments, struct error *err)
{
	struct aligner x = { .o = o, .arena = a,
	    .similarity = { original->fingerprints, cover->fingerprints,
	    original->n_windows, cover->n_windows, o->n_dims },
	    .original_sec = original->duration_sec,
	    .cover_sec = cover->duration_sec };

	x.pitch.original = &x.original_pitch;
	x.pitch.cover = &x.cover_pitch;
	if (pitch_match_prepare(original->f0_hz, original->n_frames,
	    original->f0_hop_sec, a, &x.original_pitch, err) != 0 ||
	    pitch_match_prepare(cover->f0_hz, cover->n_frames,
	    cover->f0_hop_sec, a, &x.cover_pitch, err) != 0 ||
	    align(&x, err) != 0)
		return -1;
	*fragments = x.fragments;
	*n_fragments = x.n_fragments;
	return 0;
}
