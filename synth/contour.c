#include <math.h>

#include "synth/contour.h"

#define PI 3.14159265358979323846
#define DRIFT_SEC 8.0		/* how long a drift lasts */
#define FINE_SEC 0.06		/* how long a fine fluctuation lasts */
#define SCOOP_SEC 0.05		/* how fast a scoop reaches its note */
#define OVERSHOOT 0.12		/* share of the step */
#define VIBRATO_FROM_SEC 0.25
#define ATTACK_SEC 0.035
#define RELEASE_SEC 0.06
#define LOWEST_PITCH 24.0
#define HIGHEST_PITCH 100.0

/* Slow states that go on from frame to frame. */
struct drifting {
	double drift, fine, phase, rate, swell;
};

/* What is drawn on, and how far it is drawn. */
struct drawing {
	struct performance *performance;
	const struct performance_style *style;
	struct random *random;
	struct drifting slow;
	size_t frame;
};

/* How one note is begun and ended. */
struct manner {
	double glide_sec;	/* from the note before */
	double next_glide_sec;	/* to the note behind */
	double scoop, fall;	/* semitones off at a free start or end */
	double vibrato_from_sec, vibrato_depth;
};

/* One step of a random walk that returns: memory_sec long, "spread" wide. */
static double
wander(double x, double memory_sec, double spread, struct random *r)
{
	double keep = exp(-PERFORMANCE_HOP_SEC / memory_sec);

	return keep * x + spread * sqrt(1.0 - keep * keep) * random_normal(r);
}

static void
advance(struct drawing *w)
{
	struct drifting *d = &w->slow;

	d->drift = wander(d->drift, DRIFT_SEC, w->style->drift, w->random);
	d->fine = wander(d->fine, FINE_SEC, w->style->jitter, w->random);
	d->rate = wander(d->rate, 0.5, 0.06, w->random);
	d->swell = wander(d->swell, 0.4, 0.1, w->random);
	d->phase += 2.0 * PI * w->style->vibrato_hz * (1.0 + d->rate) *
	    PERFORMANCE_HOP_SEC;
	w->frame++;
}

static void
draw_manner(const struct performance_style *s, struct random *r,
    const struct contour_note *n, struct manner *m)
{
	m->glide_sec = s->glide_sec * exp(0.3 * random_normal(r));
	m->scoop = s->scoop * (0.3 + 1.2 * random_normal(r));
	m->fall = s->scoop * (0.4 + 0.9 * random_normal(r));
	m->vibrato_from_sec = VIBRATO_FROM_SEC * random_range(r, 0.6, 1.4);
	m->vibrato_depth = s->vibrato_depth * random_range(r, 0.4, 1.2);
	m->next_glide_sec = 0;
	if (n->end_sec - n->start_sec < 0.35)
		m->vibrato_depth = 0;
}

/* Step from one pitch to the next around the onset, with some overshoot. */
static double
step_pitch(double from, double to, double since_sec, double glide_sec)
{
	double x = since_sec / glide_sec + 0.5;
	double behind = (since_sec - 0.5 * glide_sec) / (0.6 * glide_sec);

	if (x <= 0)
		return from;
	if (x < 1)
		return from + (to - from) * x * x * (3.0 - 2.0 * x);
	return to + OVERSHOOT * (to - from) * exp(-behind) *
	    sin(0.5 * PI * fmin(behind, 2.0));
}

/*
 * Pitch of a note at a time: it glides from the note before and towards the
 * one behind where they touch (NULL where not), and bends at free ends.
 */
static double
note_pitch(const struct contour_note *n, const struct contour_note *before,
    const struct contour_note *after, const struct manner *m, double sec)
{
	double since = sec - n->start_sec, until = n->end_sec - sec;
	double pitch = n->pitch;

	if (before != NULL)
		pitch = step_pitch(before->pitch, pitch, since, m->glide_sec);
	else
		pitch -= m->scoop * exp(-since / SCOOP_SEC);
	if (after != NULL)
		pitch += step_pitch(n->pitch, after->pitch, -until,
		    m->next_glide_sec) - n->pitch;
	else
		pitch -= m->fall * exp(-until / SCOOP_SEC);
	return pitch;
}

static double
vibrato(const struct manner *m, double phase, double since_sec)
{
	double ramp = (since_sec - m->vibrato_from_sec) / 0.2;

	return m->vibrato_depth * fmin(fmax(ramp, 0), 1) * sin(phase);
}

static double
note_level(const struct contour_note *n, const struct contour_note *before,
    const struct contour_note *after, double swell, double sec)
{
	double since = sec - n->start_sec, until = n->end_sec - sec;
	double from = before != NULL ? before->level : 0;
	double level = from + (n->level - from) *
	    fmin((since + 0.01) / ATTACK_SEC, 1);

	if (after == NULL)
		level *= fmin((until + 0.01) / RELEASE_SEC, 1);
	return fmin(fmax(level * (1.0 + swell), 0.02), 1.0);
}

/* The frames up to a note's start, silent, and then its own. */
static void
draw_note(struct drawing *w, const struct contour_note *n,
    const struct contour_note *before, const struct contour_note *after,
    const struct manner *m)
{
	struct performance *p = w->performance;

	while (w->frame < p->n_frames &&
	    (double)w->frame * PERFORMANCE_HOP_SEC < n->start_sec)
		advance(w);
	if (w->frame < p->n_frames && n->is_onset)
		p->onset[w->frame] = 1;
	for (; w->frame < p->n_frames; advance(w)) {
		double sec = (double)w->frame * PERFORMANCE_HOP_SEC, pitch;

		if (sec >= n->end_sec)
			break;
		pitch = note_pitch(n, before, after, m, sec) +
		    vibrato(m, w->slow.phase, sec - n->start_sec) +
		    w->slow.drift + w->slow.fine;
		pitch = fmin(fmax(pitch, LOWEST_PITCH), HIGHEST_PITCH);
		p->f0_hz[w->frame] = (float)(440.0 *
		    exp2((pitch - 69.0) / 12.0));
		p->loudness[w->frame] = (float)note_level(n, before, after,
		    w->slow.swell, sec);
	}
}

/* The note behind n when the voice goes on into it, or NULL. */
static const struct contour_note *
touching(const struct contour_note *n)
{
	return n[1].start_sec - n->end_sec < 1e-6 ? n + 1 : NULL;
}

void
contour_draw(const struct contour_note *notes, size_t n_notes,
    const struct performance_style *s, struct random *r,
    struct performance *p)
{
	struct drawing w = { .performance = p, .style = s, .random = r };
	struct manner now, next = { 0 };
	const struct contour_note *before = NULL;

	w.slow.drift = s->drift * random_normal(r);
	if (n_notes > 0)
		draw_manner(s, r, &notes[0], &next);
	for (size_t i = 0; i < n_notes; i++) {
		const struct contour_note *n = &notes[i], *after = NULL;

		now = next;
		if (i + 1 < n_notes) {
			draw_manner(s, r, n + 1, &next);
			after = touching(n);
		}
		/* Gliding takes at most half of the shorter note. */
		if (after != NULL)
			next.glide_sec = fmin(next.glide_sec, fmin(
			    n->end_sec - n->start_sec,
			    after->end_sec - after->start_sec));
		now.next_glide_sec = next.glide_sec;
		draw_note(&w, n, before, after, &now);
		before = after != NULL ? n : NULL;
	}
}
