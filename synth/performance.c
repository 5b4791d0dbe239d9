/*
 * Three steps: which sections are sung when (the plan, which is the time map),
 * which notes the singer makes of it, and the contour of those notes.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "synth/performance.h"

#include "synth/contour.h"

#define MAX_SEC (4.0 * 3600.0)
#define RUBATO_SEC 4.0		/* how long a deviation of tempo lasts */
#define ONSET_JITTER_SEC 0.012
#define LEGATO_SEC 0.06		/* shorter rests are sung through */
#define GRACE_SEC 0.09
#define KEY_STEP 1.2		/* semitones */

/* A part of the tune to be sung, from one time of the tune to another. */
struct piece {
	size_t section;
	double from_sec, to_sec;
	double pause_sec;	/* without voice behind it */
};

struct plan {
	struct piece *pieces;
	size_t n_pieces;
};

/* What is carried from note to note while time is laid out. */
struct making {
	const struct tune *tune;
	const struct performance_style *style;
	struct random *random;
	struct arena *arena;
	struct contour_note *notes;
	size_t n_notes;
	double now_sec;		/* sung time reached */
	double log_tempo;	/* slow deviation */
	double shift;		/* semitones a wrong interval left behind */
	double mean_pitch;	/* of the tune's notes */
};

static bool
chance(struct random *r, double p)
{
	return random_uniform(r) < p;
}

static void
plan_section(const struct making *m, size_t section, struct plan *plan)
{
	const struct tune_section *s = &m->tune->sections[section];
	double to_sec = m->style->to_sec > 0 ? m->style->to_sec :
	    m->tune->duration_sec;
	struct piece *p = &plan->pieces[plan->n_pieces];

	p->section = section;
	p->from_sec = fmax(s->start_sec, m->style->from_sec);
	p->to_sec = fmin(s->end_sec, to_sec);
	if (p->to_sec - p->from_sec < 0.1)
		return;
	plan->n_pieces++;
	if (chance(m->random, m->style->p_interlude))
		p->pause_sec = m->tune->beat_sec * 8.0 * m->style->tempo_ratio;
}

static int
make_plan(const struct making *m, struct plan *plan, struct error *err)
{
	size_t n = m->tune->n_sections;

	plan->pieces = arena_need(m->arena, 2 * n, sizeof *plan->pieces,
	    "sections", err);
	if (plan->pieces == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		bool is_cut = chance(m->random, m->style->p_cut_section);

		/* Something must be left to sing. */
		if (is_cut && (plan->n_pieces > 0 || i + 1 < n))
			continue;
		plan_section(m, i, plan);
		if (chance(m->random, m->style->p_repeat_section))
			plan_section(m, i, plan);
	}
	if (plan->n_pieces == 0)
		plan_section(m, 0, plan);
	if (plan->n_pieces == 0)
		return error_set(err, ERROR_LIMIT,
		    "no part of the tune lies between %g and %g s",
		    m->style->from_sec, m->style->to_sec);
	plan->pieces[plan->n_pieces - 1].pause_sec = 0;
	return 0;
}

/* Sung seconds of a stretch of tune_sec, with the tempo of the moment. */
static double
stretched(struct making *m, double tune_sec)
{
	double keep = exp(-tune_sec / RUBATO_SEC);
	double spread = m->style->rubato * sqrt(1.0 - keep * keep);

	m->log_tempo = keep * m->log_tempo + spread *
	    random_normal(m->random);
	return tune_sec * m->style->tempo_ratio *
	    exp(fmax(-0.3, fmin(m->log_tempo, 0.3)));
}

/* Move the onsets within a segment a little; the ends stay. */
static void
jitter_onsets(struct making *m, struct performance_segment *s)
{
	double size = m->style->rubato > 0 ? ONSET_JITTER_SEC : 0.0;

	for (size_t i = 1; i + 1 < s->n_points; i++) {
		struct performance_point *p = &s->points[i];
		double before = p[0].sung_sec - p[-1].sung_sec;
		double after = p[1].sung_sec - p[0].sung_sec;
		double limit = 0.15 * fmin(before, after);
		double move = size * random_normal(m->random);

		p->sung_sec += fmax(-limit, fmin(move, limit));
	}
}

/* First note that starts at or behind a time. */
static size_t
first_note(const struct tune *t, double sec)
{
	size_t low = 0, high = t->n_notes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->notes[middle].start_sec < sec)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Lay out the time of one piece: a point at its ends and at every onset. */
static int
map_piece(struct making *m, const struct piece *p,
    struct performance_segment *s, struct error *err)
{
	const struct tune *t = m->tune;
	const struct tune_section *section = &t->sections[p->section];
	double shift = t->sections[section->same_as].start_sec -
	    section->start_sec;
	size_t first = first_note(t, p->from_sec + 1e-4);
	size_t n = first_note(t, p->to_sec - 1e-3) - first;
	double last_sec = p->from_sec;

	s->points = arena_need(m->arena, n + 2, sizeof *s->points, "times",
	    err);
	if (s->points == NULL)
		return -1;
	s->points[0].tune_sec = p->from_sec + shift;
	s->points[0].sung_sec = m->now_sec;
	for (size_t i = 0; i <= n; i++) {
		double sec = i < n ? t->notes[first + i].start_sec : p->to_sec;

		m->now_sec += stretched(m, sec - last_sec);
		s->points[i + 1].tune_sec = sec + shift;
		s->points[i + 1].sung_sec = m->now_sec;
		last_sec = sec;
	}
	s->n_points = n + 2;
	jitter_onsets(m, s);
	m->now_sec += p->pause_sec;
	return 0;
}

/* Add a note as the singer means it: perhaps wrong, graced or swallowed. */
static void
sing_note(struct making *m, const struct tune_note *n, double start_sec,
    double end_sec)
{
	const struct performance_style *s = m->style;
	struct random *r = m->random;
	struct contour_note *c = &m->notes[m->n_notes];
	double detune = s->detune * random_normal(r);
	double level = random_range(r, 0.55, 1.0);
	bool is_wrong = chance(r, s->p_wrong_note);
	bool is_graced = chance(r, s->p_ornament);
	bool is_swallowed = chance(r, s->p_gap);
	double grace = chance(r, 0.6) ? 2.0 : -1.0;
	double wrong = (chance(r, 0.5) ? 1.0 : -1.0) *
	    (1.0 + (double)random_below(r, 3));

	if (is_swallowed)
		return;
	if (s->p_key_step > 0 && chance(r, s->p_key_step))
		m->shift += KEY_STEP * random_normal(r);
	c->pitch = n->pitch + s->transposition + m->shift + detune +
	    s->interval_error * (n->pitch - m->mean_pitch);
	c->start_sec = start_sec;
	c->end_sec = end_sec;
	c->level = level;
	c->is_onset = true;
	c->is_voiceless = chance(r, s->p_consonant);
	if (is_wrong) {
		c->pitch += wrong;
		/* Now and then the singer goes on from there. */
		if (chance(r, 0.2))
			m->shift += wrong > 0 ? 0.5 : -0.5;
	}
	m->n_notes++;
	if (is_graced && end_sec - start_sec > 3.0 * GRACE_SEC) {
		c[1] = c[0];
		c[0].pitch += grace;
		c[0].end_sec = c[1].start_sec = start_sec + GRACE_SEC;
		c[1].is_onset = c[1].is_voiceless = false;
		m->n_notes++;
	}
}

static void
sing_piece(struct making *m, const struct piece *p,
    const struct performance_segment *s)
{
	const struct tune *t = m->tune;
	size_t first = first_note(t, p->from_sec);
	size_t end = first_note(t, p->to_sec - 1e-3);
	/* A note right at the start shares the segment's first point. */
	size_t k = s->n_points - 1 - (end - first);

	for (size_t i = first; i < end; i++, k++) {
		const struct tune_note *n = &t->notes[i];
		const struct performance_point *at = &s->points[k];
		double length = fmin(n->duration_sec, p->to_sec -
		    n->start_sec);
		double ratio = (at[1].sung_sec - at[0].sung_sec) /
		    (at[1].tune_sec - at[0].tune_sec);

		sing_note(m, n, at->sung_sec, at->sung_sec + length * ratio);
	}
}

/* Sing through short rests, and cut a gap before voiceless onsets. */
static void
join_notes(struct making *m)
{
	for (size_t i = 1; i < m->n_notes; i++) {
		struct contour_note *n = &m->notes[i], *last = n - 1;
		double room = n->start_sec - last->start_sec;
		double gap = 0.1 * exp(0.4 * random_normal(m->random));

		if (n->start_sec - last->end_sec < LEGATO_SEC)
			last->end_sec = n->start_sec;
		if (n->is_voiceless)
			last->end_sec = fmin(last->end_sec, n->start_sec -
			    fmin(gap, 0.4 * room));
	}
}

static int
lay_out(struct making *m, struct performance *p, struct error *err)
{
	struct plan plan = { NULL, 0 };
	size_t n_notes = 0;

	if (make_plan(m, &plan, err) != 0)
		return -1;
	p->n_segments = plan.n_pieces;
	p->segments = arena_need(m->arena, p->n_segments,
	    sizeof *p->segments, "segments", err);
	if (p->segments == NULL)
		return -1;
	for (size_t i = 0; i < plan.n_pieces; i++) {
		if (map_piece(m, &plan.pieces[i], &p->segments[i], err) != 0)
			return -1;
		n_notes += 2 * p->segments[i].n_points;
	}
	p->duration_sec = m->now_sec + m->style->outro_sec;
	if (!(p->duration_sec <= MAX_SEC))
		return error_set(err, ERROR_LIMIT,
		    "the performance is longer than four hours");
	m->notes = arena_need(m->arena, n_notes, sizeof *m->notes, "notes",
	    err);
	if (m->notes == NULL)
		return -1;
	for (size_t i = 0; i < plan.n_pieces; i++)
		sing_piece(m, &plan.pieces[i], &p->segments[i]);
	join_notes(m);
	return 0;
}

int
performance_make(const struct tune *t, const struct performance_style *s,
    struct random *r, struct arena *a, struct performance *p,
    struct error *err)
{
	struct making m = { .tune = t, .style = s, .random = r, .arena = a,
	    .now_sec = s->intro_sec };

	memset(p, 0, sizeof *p);
	if (!(s->tempo_ratio >= 0.1 && s->tempo_ratio <= 10.0) ||
	    !(s->intro_sec >= 0) || !(s->outro_sec >= 0))
		return error_set(err, ERROR_LIMIT,
		    "a style has a tempo ratio outside 0.1 to 10 or a negative "
		    "intro or outro");
	for (size_t i = 0; i < t->n_notes; i++)
		m.mean_pitch += t->notes[i].pitch / (double)t->n_notes;
	if (lay_out(&m, p, err) != 0)
		return -1;
	p->n_frames = (size_t)(p->duration_sec / PERFORMANCE_HOP_SEC) + 1;
	p->f0_hz = arena_need(a, p->n_frames, sizeof *p->f0_hz, "f0", err);
	p->loudness = arena_need(a, p->n_frames, sizeof *p->loudness,
	    "loudness", err);
	p->onset = arena_need(a, p->n_frames, sizeof *p->onset, "onsets",
	    err);
	if (p->f0_hz == NULL || p->loudness == NULL || p->onset == NULL)
		return -1;
	contour_draw(m.notes, m.n_notes, s, r, p);
	return 0;
}
