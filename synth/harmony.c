#include <math.h>
#include <string.h>

#include "synth/harmony.h"

#define MAX_BARS 100000
#define SLOWEST_SEC 0.9		/* beats of MIDI files may be far too slow */
#define FASTEST_SEC 0.3		/* or too fast */

struct bars {
	struct harmony_bar *items;
	size_t n_items, capacity;
};

/* Seconds that each pitch class sounds between two times. */
static void
weigh_classes(const struct tune *t, double from_sec, double to_sec,
    double weights[12])
{
	memset(weights, 0, 12 * sizeof weights[0]);
	for (size_t i = 0; i < t->n_notes; i++) {
		const struct tune_note *n = &t->notes[i];
		double begin = fmax(n->start_sec, from_sec);
		double end = fmin(n->start_sec + n->duration_sec, to_sec);

		if (n->start_sec >= to_sec)
			break;
		if (end > begin)
			weights[(int)lrint(n->pitch) % 12] += end - begin;
	}
}

/* The key whose profile fits best: tonic 0..11, plus 12 when minor. */
static int
find_key(const double weights[12])
{
	static const double profiles[2][12] = {
		{ 6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66,
		    2.29, 2.88 },
		{ 6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69,
		    3.34, 3.17 },
	};
	/* Both profiles are compared by their correlation with the weights. */
	static const double means[2] = { 3.48, 3.71 };
	static const double lengths[2] = { 4.53, 4.09 };
	double best = -HUGE_VAL;
	int key = 0;

	for (int k = 0; k < 24; k++) {
		double sum = 0;

		for (int i = 0; i < 12; i++)
			sum += weights[(i + k) % 12] *
			    (profiles[k / 12][i] - means[k / 12]);
		sum /= lengths[k / 12];
		if (sum > best) {
			best = sum;
			key = k;
		}
	}
	return key;
}

/* The triad of the key that shares most with the notes. */
static struct tune_chord
fit_chord(int key, const double weights[12])
{
	static const int roots[2][6] = { { 0, 7, 5, 9, 2, 4 },
	    { 0, 8, 10, 5, 3, 7 } };
	static const int minors[2][6] = { { 0, 0, 0, 1, 1, 1 },
	    { 1, 0, 0, 1, 0, 1 } };
	struct tune_chord best = { 0, 0, key % 12, key / 12 };
	double best_fit = -1;

	for (int i = 0; i < 6; i++) {
		int root = (key + roots[key / 12][i]) % 12;
		int is_minor = minors[key / 12][i];
		/* Earlier ones are the more usual: they win when in doubt. */
		double fit = weights[root] + 0.8 * weights[(root + 7) % 12] +
		    0.9 * weights[(root + 4 - is_minor) % 12] - 0.02 * i;

		if (fit > best_fit) {
			best_fit = fit;
			best.root = root;
			best.is_minor = is_minor;
		}
	}
	return best;
}

static double
usable_beat_sec(const struct tune *t)
{
	double sec = t->beat_sec;

	while (sec > SLOWEST_SEC)
		sec *= 0.5;
	while (sec < FASTEST_SEC)
		sec *= 2.0;
	return sec;
}

/* Make chords for a tune without: a copy of it that has them. */
static int
harmonise(const struct tune *t, struct arena *a, struct tune *with,
    struct error *err)
{
	double bar_sec = 4.0 * usable_beat_sec(t), weights[12];
	int key;

	*with = *t;
	with->beat_sec = 0.25 * bar_sec;
	with->n_chords = (size_t)(t->duration_sec / bar_sec) + 1;
	if (with->n_chords > MAX_BARS)
		return error_set(err, ERROR_LIMIT, "the tune is too long");
	with->chords = arena_need(a, with->n_chords, sizeof *with->chords,
	    "chords", err);
	if (with->chords == NULL)
		return -1;
	weigh_classes(t, 0, t->duration_sec, weights);
	key = find_key(weights);
	for (size_t i = 0; i < with->n_chords; i++) {
		struct tune_chord *c = &with->chords[i];

		weigh_classes(t, bar_sec * (double)i, bar_sec *
		    (double)(i + 1), weights);
		*c = fit_chord(key, weights);
		c->start_sec = bar_sec * (double)i;
		c->duration_sec = bar_sec;
	}
	return 0;
}

static struct harmony_bar *
add_bar(struct bars *b, const struct tune_chord *c, size_t n_beats,
    size_t part)
{
	struct harmony_bar *bar = &b->items[b->n_items++];

	bar->root = c->root;
	bar->is_minor = c->is_minor != 0;
	bar->n_beats = n_beats;
	bar->part = part;
	return bar;
}

static size_t
count_beats(const struct tune *t, const struct tune_chord *c)
{
	double n = rint(c->duration_sec / t->beat_sec);

	return (size_t)fmin(fmax(n, 1), HARMONY_MAX_BEATS);
}

/* Bars of one tempo from one sung time to another, ending there. */
static void
lay_free_bars(struct bars *b, const struct tune *t, double from_sec,
    double to_sec, double ratio, size_t part)
{
	size_t n_beats = count_beats(t, &t->chords[0]);
	double beat_sec = ratio * t->beat_sec;
	double bar_sec = beat_sec * (double)n_beats;
	size_t n = (size_t)fmax((to_sec - from_sec + 0.01) / bar_sec, 0);

	for (size_t i = 0; i < n && b->n_items < b->capacity; i++) {
		/* The song's first chords, so that the last leads into it. */
		const struct tune_chord *c =
		    &t->chords[i % (t->n_chords < 4 ? t->n_chords : 4)];
		struct harmony_bar *bar = add_bar(b, c, n_beats, part);
		double start = to_sec - bar_sec * (double)(n - i);

		for (size_t k = 0; k <= n_beats; k++)
			bar->beats_sec[k] = start + beat_sec * (double)k;
	}
}

/* The bars under one stretch of singing. */
static void
lay_sung_bars(struct bars *b, const struct tune *t,
    const struct performance_segment *s, size_t part)
{
	double from = s->points[0].tune_sec;
	double to = s->points[s->n_points - 1].tune_sec;

	for (size_t i = 0; i < t->n_chords && b->n_items < b->capacity; i++) {
		const struct tune_chord *c = &t->chords[i];
		double end = fmin(c->start_sec + c->duration_sec, to);
		size_t n_beats = count_beats(t, c);
		struct harmony_bar *bar;

		if (c->start_sec < from - 1e-6 || end - c->start_sec < 0.1)
			continue;
		bar = add_bar(b, c, n_beats, part);
		bar->is_sung = true;
		for (size_t k = 0; k <= n_beats; k++)
			bar->beats_sec[k] = performance_sung_sec(s,
			    c->start_sec + (end - c->start_sec) * (double)k /
			    (double)n_beats);
	}
}

/* Most bars that the performance can hold. */
static size_t
count_bars(const struct tune *t, const struct performance *p)
{
	double shortest = 0.1 * t->beat_sec;
	double n = p->duration_sec / shortest + 2;

	for (size_t i = 0; i < p->n_segments; i++)
		n += 1 + (p->segments[i].points[p->segments[i].n_points -
		    1].tune_sec - p->segments[i].points[0].tune_sec) / shortest;
	return (size_t)fmin(n, MAX_BARS);
}

int
harmony_lay(const struct tune *t, const struct performance *p,
    struct arena *a, struct harmony_bar **bars, size_t *n_bars,
    struct error *err)
{
	struct bars b = { NULL, 0, 0 };
	double now_sec = 0, ratio = 1;
	struct tune with = *t;

	if (!(t->beat_sec >= 0.001))
		return error_set(err, ERROR_LIMIT, "the tune has no beat");
	if (t->n_chords == 0 && harmonise(t, a, &with, err) != 0)
		return -1;
	b.capacity = count_bars(&with, p);
	b.items = arena_need(a, b.capacity, sizeof *b.items, "bars", err);
	if (b.items == NULL)
		return -1;
	for (size_t i = 0; i < p->n_segments; i++) {
		const struct performance_segment *s = &p->segments[i];
		const struct performance_point *first = &s->points[0];
		const struct performance_point *last =
		    &s->points[s->n_points - 1];

		ratio = (last->sung_sec - first->sung_sec) /
		    (last->tune_sec - first->tune_sec);
		lay_free_bars(&b, &with, now_sec, first->sung_sec, ratio,
		    2 * i);
		lay_sung_bars(&b, &with, s, 2 * i + 1);
		now_sec = last->sung_sec;
	}
	lay_free_bars(&b, &with, now_sec, p->duration_sec, ratio,
	    2 * p->n_segments);
	*bars = b.items;
	*n_bars = b.n_items;
	return 0;
}
