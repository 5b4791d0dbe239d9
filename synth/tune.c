/*
 * A song is a form over two to four kinds of sections; a section is two to
 * four phrases over a progression of chords; a phrase is a rhythm and a walk
 * on the scale that is drawn to chord notes on strong beats and to a curve of
 * its own.  Everything is drawn per song first (key, metre, tempo, density,
 * how far it leaps), so that songs differ more than the parts of one song.
 */
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "synth/tune.h"

#define MAX_PHRASE_SLOTS 64
#define MAX_PHRASES 4
#define MAX_KINDS 4
#define MAX_STEP 5		/* largest leap, in steps of the scale */
#define DEGREES 7
#define LEAST_RANGE 4		/* of a section's melody, in degrees */
#define MAX_DRAWS 20

/* What is drawn once for a song. */
struct song {
	int scale[DEGREES];	/* semitones above the tonic */
	bool is_minor;
	int tonic;		/* MIDI note of degree 0 */
	int n_low, n_high;	/* range, in degrees from the tonic */
	size_t beats;		/* in a bar */
	size_t slots;		/* in a beat */
	size_t bars;		/* in a phrase */
	double beat_sec;
	double density;		/* 0..1, how many slots begin a note */
	double syncopation;	/* 0..1 */
	double repeat;		/* weight of repeating the last note */
	double spread;		/* how readily it leaps */
};

struct phrase_note {
	size_t slot, n_slots;	/* n_slots > 0 */
	int degree;		/* from the tonic; 7 is the octave */
	int alter;		/* semitones */
};

struct phrase {
	struct phrase_note notes[MAX_PHRASE_SLOTS];
	size_t n_notes;
};

struct kind {
	struct phrase phrases[MAX_PHRASES];
	size_t n_phrases;
	int chords[4];		/* degree of the scale, one a bar */
	int centre;		/* where its melody lies, in degrees */
	double density;
	size_t first;		/* section that played it first */
	bool was_played;
};

static int
clamp(int x, int low, int high)
{
	return x < low ? low : x > high ? high : x;
}

static bool
chance(struct random *r, double p)
{
	return random_uniform(r) < p;
}

/* Semitones of a degree above the tonic, across octaves. */
static int
degree_pitch(const struct song *s, int degree)
{
	int octave = degree >= 0 ? degree / DEGREES :
	    -((DEGREES - 1 - degree) / DEGREES);

	return 12 * octave + s->scale[degree - DEGREES * octave];
}

static void
song_draw(struct song *s, struct random *r)
{
	static const int modes[4][DEGREES] = {
		{ 0, 2, 4, 5, 7, 9, 11 }, { 0, 2, 3, 5, 7, 8, 10 },
		{ 0, 2, 3, 5, 7, 9, 10 }, { 0, 2, 4, 5, 7, 9, 10 },
	};
	static const double shares[4] = { 0.55, 0.3, 0.08, 0.07 };
	double u = random_uniform(r);
	size_t mode = 0;
	double phrase_sec, bar_sec, rate_hz;
	int lowest;

	while (mode < 3 && (u -= shares[mode]) >= 0)
		mode++;
	memcpy(s->scale, modes[mode], sizeof s->scale);
	s->is_minor = mode == 1 || mode == 2;
	s->n_low = -1 - (int)random_below(r, 4);
	s->n_high = s->n_low + 7 + (int)random_below(r, 4);
	lowest = (chance(r, 0.5) ? 43 : 52) + (int)random_below(r, 10);
	s->tonic = lowest - degree_pitch(s, s->n_low);
	s->beats = chance(r, 0.2) ? 3 : 4;
	s->beat_sec = 60.0 / exp(random_range(r, log(64), log(152)));
	s->slots = chance(r, 0.12) ? 3 : chance(r, 0.35) ||
	    s->beat_sec > 0.75 ? 4 : 2;
	bar_sec = s->beat_sec * (double)s->beats;
	phrase_sec = random_range(r, 3.5, 7.0);
	s->bars = phrase_sec > 2.9 * bar_sec ? 4 : phrase_sec > 1.4 * bar_sec ?
	    2 : 1;
	/* What makes about this many notes a second; see onset_chance. */
	rate_hz = random_range(r, 1.8, 4.2);
	s->density = fmin(fmax((rate_hz * s->beat_sec - 0.25) /
	    (s->slots == 2 ? 1.35 : 2.05), 0.1), 1.0);
	s->syncopation = random_range(r, 0.0, 0.5);
	s->repeat = random_range(r, 0.15, 1.2);
	s->spread = random_range(r, 0.8, 2.0);
}

/* Chance that a note begins in this slot of the phrase. */
static double
onset_chance(const struct song *s, double density, size_t slot)
{
	size_t in_bar = slot % (s->beats * s->slots);
	double sixteenths = s->slots == 4 ? 0.45 : 1.0;
	double slot_sec = s->beat_sec / (double)s->slots;
	/* Nobody sings more than about seven notes a second. */
	double limit = slot_sec < 0.17 ? slot_sec / 0.17 : 1.0;

	if (in_bar == 0)
		return 1.0 - 0.35 * s->syncopation;
	if (in_bar % s->slots == 0)
		return 0.25 + 0.65 * density - 0.2 * s->syncopation;
	if (s->slots == 4 && in_bar % 2 == 0)
		return limit * (0.75 * density + 0.15 * s->syncopation);
	return limit * sixteenths * (0.7 * density + 0.2 * s->syncopation);
}

/*
 * Onsets of a phrase: a bar's pattern that mostly comes again, and an end with
 * one long note and a rest.
 */
static void
draw_rhythm(const struct song *s, double density, struct random *r,
    struct phrase *p)
{
	size_t bar = s->beats * s->slots, n_slots = bar * s->bars;
	size_t last = n_slots - s->slots * (2 + random_below(r, 2));
	size_t rest = s->beat_sec > 0.7 ? s->slots / 2 : s->slots;
	bool begins[MAX_PHRASE_SLOTS] = { false };

	for (size_t i = 0; i < n_slots; i++) {
		double u = random_uniform(r);

		begins[i] = u < onset_chance(s, density, i);
		if (i >= bar && chance(r, 0.7))
			begins[i] = begins[i - bar];
	}
	begins[last] = true;
	p->n_notes = 0;
	for (size_t i = 0; i <= last; i++) {
		if (!begins[i])
			continue;
		if (p->n_notes > 0)
			p->notes[p->n_notes - 1].n_slots = i -
			    p->notes[p->n_notes - 1].slot;
		p->notes[p->n_notes++] = (struct phrase_note){ i, 1, 0, 0 };
	}
	p->notes[p->n_notes - 1].n_slots = n_slots - rest - last;
	for (size_t i = 0; i + 1 < p->n_notes; i++)
		if (p->notes[i].n_slots > 1 && chance(r, 0.08))
			p->notes[i].n_slots--;
}

static bool
is_in_chord(int degree, int chord)
{
	int above = ((degree - chord) % DEGREES + DEGREES) % DEGREES;

	return above == 0 || above == 2 || above == 4;
}

/* Draw the next degree: near the last, near the curve, in the chord. */
static int
next_degree(const struct song *s, int last, double curve, double pull,
    int chord, struct random *r)
{
	double weights[2 * MAX_STEP + 1], sum = 0, u;
	int step;

	for (step = -MAX_STEP; step <= MAX_STEP; step++) {
		int degree = last + step;
		double away = degree - curve;
		double w = step == 0 ? s->repeat :
		    exp(-(abs(step) - 1) / s->spread);

		if (degree < s->n_low || degree > s->n_high)
			w = 0;
		if (is_in_chord(degree, chord))
			w *= pull;
		sum += w * exp(-away * away / 8.0) + 1e-12;
		weights[step + MAX_STEP] = sum;
	}
	u = random_uniform(r) * sum;
	for (step = -MAX_STEP; step < MAX_STEP; step++)
		if (u < weights[step + MAX_STEP])
			break;
	return clamp(last + step, s->n_low, s->n_high);
}

/* Pitches from note "first" on, following a curve drawn for the phrase. */
static void
draw_pitches(const struct song *s, const struct kind *k, size_t number,
    size_t first, struct random *r, struct phrase *p)
{
	size_t bar = s->beats * s->slots, n_slots = bar * s->bars;
	double arch = random_range(r, -3.0, 3.5);
	double slope = random_range(r, -3.5, 3.0);
	int last = first > 0 ? p->notes[first - 1].degree :
	    k->centre + (int)random_below(r, 5) - 2;

	last = clamp(last, s->n_low, s->n_high);
	for (size_t i = first; i < p->n_notes; i++) {
		struct phrase_note *n = &p->notes[i];
		double x = (double)n->slot / (double)n_slots;
		double curve = k->centre + slope * (x - 0.5) +
		    arch * (4.0 * x * (1.0 - x) - 0.6);
		int chord = k->chords[(number * s->bars + n->slot / bar) % 4];
		bool is_strong = n->slot % bar == 0 || n->n_slots > s->slots ||
		    i + 1 == p->n_notes;

		n->degree = last = next_degree(s, last, curve,
		    is_strong ? 4.0 : 1.2, chord, r);
		n->alter = chance(r, 0.015) ? 1 : 0;
	}
}

/* A phrase again with another ending, sometimes moved on the scale. */
static void
vary_phrase(const struct song *s, const struct kind *k, size_t number,
    const struct phrase *from, struct random *r, struct phrase *p)
{
	int shift = chance(r, 0.35) ? (int)random_below(r, 5) - 2 : 0;
	double kept = random_range(r, 0.3, 0.7);

	*p = *from;
	for (size_t i = 0; i < p->n_notes; i++)
		p->notes[i].degree = clamp(p->notes[i].degree + shift,
		    s->n_low, s->n_high);
	draw_pitches(s, k, number, 1 + (size_t)(kept * (double)p->n_notes), r,
	    p);
}

static void
draw_chords(const struct song *s, struct random *r, int chords[4])
{
	static const int major[8][4] = {
		{ 0, 4, 5, 3 }, { 0, 5, 3, 4 }, { 5, 3, 0, 4 }, { 0, 3, 4, 3 },
		{ 3, 4, 2, 5 }, { 1, 4, 0, 5 }, { 0, 2, 3, 4 }, { 0, 3, 1, 4 },
	};
	static const int minor[8][4] = {
		{ 0, 5, 2, 6 }, { 0, 3, 6, 2 }, { 0, 6, 5, 4 }, { 0, 2, 6, 3 },
		{ 5, 6, 0, 0 }, { 0, 3, 4, 0 }, { 3, 0, 5, 6 }, { 0, 5, 3, 4 },
	};
	size_t which = random_below(r, 8);

	memcpy(chords, s->is_minor ? minor[which] : major[which],
	    4 * sizeof chords[0]);
	if (chance(r, 0.3))
		chords[1 + random_below(r, 3)] = (int)random_below(r, 6);
}

static void
draw_kind_once(const struct song *s, struct random *r, struct kind *k)
{
	static const char plans[6][MAX_PHRASES + 1] = { "abac", "aaba",
	    "abcd", "abab", "aabc", "abca" };
	const char *plan = plans[random_below(r, 6)];
	int middle = (s->n_low + s->n_high) / 2;

	memset(k, 0, sizeof *k);
	k->n_phrases = chance(r, 0.75) ? 4 : 2 + random_below(r, 2);
	k->centre = middle + (int)random_below(r, 5) - 2;
	k->density = fmin(fmax(s->density + random_range(r, -0.3, 0.3), 0.1),
	    1.0);
	draw_chords(s, r, k->chords);
	for (size_t i = 0; i < k->n_phrases; i++) {
		const char *before = memchr(plan, plan[i], i);

		if (before != NULL) {
			vary_phrase(s, k, i, &k->phrases[before - plan], r,
			    &k->phrases[i]);
			continue;
		}
		draw_rhythm(s, k->density, r, &k->phrases[i]);
		draw_pitches(s, k, i, 0, r, &k->phrases[i]);
	}
}

/* From the lowest to the highest note, in degrees. */
static int
kind_range(const struct kind *k)
{
	int low = INT_MAX, high = INT_MIN;

	for (size_t i = 0; i < k->n_phrases; i++)
		for (size_t n = 0; n < k->phrases[i].n_notes; n++) {
			int degree = k->phrases[i].notes[n].degree;

			low = degree < low ? degree : low;
			high = degree > high ? degree : high;
		}
	return high - low;
}

/* A section that stays on two or three notes is drawn again. */
static void
draw_kind(const struct song *s, struct random *r, struct kind *k)
{
	for (size_t i = 0; i < MAX_DRAWS; i++) {
		draw_kind_once(s, r, k);
		if (kind_range(k) >= LEAST_RANGE)
			break;
	}
}

static void
put_chord(struct tune *t, const struct song *s, int degree, double start_sec)
{
	int third = degree_pitch(s, degree + 2) - degree_pitch(s, degree);

	t->chords[t->n_chords++] = (struct tune_chord){ start_sec,
	    s->beat_sec * (double)s->beats,
	    (s->tonic + degree_pitch(s, degree)) % 12, third == 3 };
}

/* Append one phrase to the tune. */
static void
put_phrase(struct tune *t, const struct song *s, const struct kind *k,
    size_t number)
{
	const struct phrase *p = &k->phrases[number];
	double slot_sec = s->beat_sec / (double)s->slots;
	double start = t->duration_sec;

	for (size_t i = 0; i < p->n_notes; i++) {
		const struct phrase_note *n = &p->notes[i];

		t->notes[t->n_notes++] = (struct tune_note){
		    start + slot_sec * (double)n->slot,
		    slot_sec * (double)n->n_slots,
		    s->tonic + degree_pitch(s, n->degree) + n->alter,
		    (int)t->n_sections };
	}
	for (size_t i = 0; i < s->bars; i++)
		put_chord(t, s, k->chords[(number * s->bars + i) % 4],
		    start + s->beat_sec * (double)(i * s->beats));
	t->duration_sec += slot_sec * (double)(s->slots * s->beats * s->bars);
}

/* Append a section, phrase by phrase as long as the song may grow. */
static void
put_section(struct tune *t, const struct song *s, struct kind *k,
    double until_sec)
{
	struct tune_section *section = &t->sections[t->n_sections];

	if (!k->was_played)
		k->first = t->n_sections;
	k->was_played = true;
	section->start_sec = t->duration_sec;
	section->same_as = k->first;
	for (size_t i = 0; i < k->n_phrases; i++) {
		if (i > 0 && t->duration_sec >= until_sec)
			break;
		put_phrase(t, s, k, i);
	}
	section->end_sec = t->duration_sec;
	t->n_sections++;
}

/* Bring the length into the wanted range by a little more or less tempo. */
static void
fit_length(const struct tune_options *o, struct tune *t)
{
	double wanted = fmin(fmax(t->duration_sec, o->min_sec), o->max_sec);
	double scale = wanted / t->duration_sec;

	for (size_t i = 0; i < t->n_notes; i++) {
		t->notes[i].start_sec *= scale;
		t->notes[i].duration_sec *= scale;
	}
	for (size_t i = 0; i < t->n_chords; i++) {
		t->chords[i].start_sec *= scale;
		t->chords[i].duration_sec *= scale;
	}
	for (size_t i = 0; i < t->n_sections; i++) {
		t->sections[i].start_sec *= scale;
		t->sections[i].end_sec *= scale;
	}
	t->beat_sec *= scale;
	t->duration_sec = wanted;
}

static int
allocate(const struct song *s, double max_sec, struct arena *a,
    struct tune *t, struct error *err)
{
	double bar_sec = s->beat_sec * (double)s->beats;
	size_t n_bars = (size_t)(max_sec / bar_sec) + 2 * MAX_PHRASES * 4;
	size_t n_slots = n_bars * s->beats * s->slots;

	t->notes = arena_need(a, n_slots, sizeof *t->notes, "notes", err);
	t->chords = arena_need(a, n_bars, sizeof *t->chords, "chords", err);
	t->sections = arena_need(a, n_bars, sizeof *t->sections, "sections",
	    err);
	if (t->notes == NULL || t->chords == NULL || t->sections == NULL)
		return -1;
	return 0;
}

int
tune_generate(const struct tune_options *o, struct random *r,
    struct arena *a, struct tune *t, struct error *err)
{
	static const char forms[6][9] = { "ababcb", "aababcb", "abcabc",
	    "aabaab", "abacab", "abbacbb" };
	const char *form;
	struct song s;
	struct kind *kinds;
	double until_sec;

	memset(t, 0, sizeof *t);
	if (!(o->min_sec >= 5) || !(o->max_sec >= o->min_sec) ||
	    o->max_sec > 3600)
		return error_set(err, ERROR_LIMIT,
		    "a tune of %g to %g seconds cannot be made",
		    o->min_sec, o->max_sec);
	kinds = arena_need(a, MAX_KINDS, sizeof *kinds, "sections", err);
	if (kinds == NULL)
		return -1;
	song_draw(&s, r);
	for (size_t i = 0; i < MAX_KINDS; i++)
		draw_kind(&s, r, &kinds[i]);
	form = forms[random_below(r, 6)];
	until_sec = random_range(r, o->min_sec, o->max_sec);
	if (allocate(&s, o->max_sec, a, t, err) != 0)
		return -1;
	t->beat_sec = s.beat_sec;
	/* The form begins again until the song is long enough. */
	for (size_t i = 0; t->duration_sec < until_sec; i++)
		put_section(t, &s, &kinds[form[i % strlen(form)] - 'a'],
		    until_sec);
	fit_length(o, t);
	return 0;
}
