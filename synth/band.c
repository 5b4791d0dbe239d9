/*
 * A band is drawn first: which players there are, their sounds and patterns
 * and how they change from part to part.  Then each bar is played.
 */
#include <math.h>
#include <stdbool.h>

#include "synth/band.h"
#include "synth/drums.h"
#include "synth/harmony.h"
#include "synth/instrument.h"

#define PEAK 0.5
#define MAX_PARTS 64		/* after these, the parts' manners come again */
#define LAG_SEC 0.012		/* players are not machines */

enum chord_pattern { CHORDS_HELD, CHORDS_BEATS, CHORDS_BROKEN,
	CHORDS_OFFBEATS, CHORDS_STRUMMED, CHORDS_N_PATTERNS };
enum bass_pattern { BASS_HELD, BASS_BEATS, BASS_EIGHTHS, BASS_FIFTHS,
	BASS_N_PATTERNS };
enum drum_pattern { DRUMS_ROCK, DRUMS_FOUR, DRUMS_HALF, DRUMS_SPARSE,
	DRUMS_N_PATTERNS };

/* What is played in one part of the song. */
struct manner {
	bool has_chords, has_bass, has_drums, has_riff;
	double gain;
};

struct band {
	struct instrument chords, bass, riff;
	struct drums drums;
	enum chord_pattern chord_pattern;
	enum bass_pattern bass_pattern;
	enum drum_pattern drum_pattern;
	struct manner manners[MAX_PARTS];
	double chord_gain, bass_gain, drum_gain, swing;
	int lowest;			/* of the chords, MIDI */
	bool has_sevenths;
	double transposition;
	double rate_hz;
	struct random *random;
	float *samples;
	size_t n_samples;
};

static bool
chance(struct random *r, double p)
{
	return random_uniform(r) < p;
}

static void
draw_manners(struct band *b, struct random *r)
{
	bool has_chords = chance(r, 0.95), has_bass = chance(r, 0.85);
	bool has_drums = chance(r, 0.7), has_riff = chance(r, 0.5);

	for (size_t i = 0; i < MAX_PARTS; i++) {
		struct manner *m = &b->manners[i];

		m->has_chords = has_chords && chance(r, 0.92);
		m->has_bass = has_bass && chance(r, 0.85);
		m->has_drums = has_drums && chance(r, 0.8);
		/* Riffs fill the bars without singing (even parts). */
		m->has_riff = has_riff && chance(r, i % 2 == 0 ? 0.8 : 0.1);
		m->gain = random_range(r, 0.6, 1.0);
		if (!m->has_bass && !m->has_drums)
			m->has_chords = true;
	}
}

static int
draw_band(struct band *b, struct random *r, struct arena *a,
    struct error *err)
{
	instrument_draw(&b->chords, (enum instrument_kind)random_below(r,
	    INSTRUMENT_BASS), r);
	instrument_draw(&b->bass, INSTRUMENT_BASS, r);
	instrument_draw(&b->riff, (enum instrument_kind)random_below(r,
	    INSTRUMENT_BASS), r);
	b->chord_pattern = (enum chord_pattern)random_below(r,
	    CHORDS_N_PATTERNS);
	b->bass_pattern = (enum bass_pattern)random_below(r,
	    BASS_N_PATTERNS);
	b->drum_pattern = (enum drum_pattern)random_below(r,
	    DRUMS_N_PATTERNS);
	/* Strings and organs hold; what dies away is struck again. */
	if (b->chords.kind == INSTRUMENT_STRINGS)
		b->chord_pattern = CHORDS_HELD;
	b->chord_gain = random_range(r, 0.1, 0.25);
	b->bass_gain = random_range(r, 0.15, 0.35);
	b->drum_gain = random_range(r, 0.15, 0.5);
	b->swing = chance(r, 0.2) ? random_range(r, 0.55, 0.68) : 0.5;
	b->lowest = 45 + (int)random_below(r, 12);
	b->has_sevenths = chance(r, 0.3);
	draw_manners(b, r);
	return drums_make(&b->drums, b->rate_hz, r, a, err);
}

/* Time of a place in the bar, in half beats; odd ones may swing. */
static double
half_beat_sec(const struct band *b, const struct harmony_bar *bar, size_t i)
{
	double from = bar->beats_sec[i / 2];

	if (i % 2 == 0)
		return from;
	return from + b->swing * (bar->beats_sec[i / 2 + 1] - from);
}

static void
play(struct band *b, const struct instrument *i, double start_sec,
    double end_sec, double pitch, double gain)
{
	struct instrument_note n = { start_sec, end_sec - start_sec,
	    pitch + b->transposition, gain };
	double lag = LAG_SEC * random_normal(b->random) * 0.5;

	n.start_sec = fmax(n.start_sec + lag, 0);
	if (n.duration_sec > 0)
		instrument_play(i, &n, b->rate_hz, b->samples, b->n_samples);
}

/* Notes of the bar's chord from the band's lowest on; n is 3 or 4. */
static size_t
chord_notes(const struct band *b, const struct harmony_bar *bar,
    int notes[4])
{
	int third = bar->is_minor ? 3 : 4;
	int steps[4] = { 0, third, 7, 10 };
	size_t n = b->has_sevenths ? 4 : 3;

	for (size_t i = 0; i < n; i++) {
		int above = (bar->root + steps[i] - b->lowest) % 12;

		notes[i] = b->lowest + (above + 12) % 12;
	}
	return n;
}

/* The whole chord, its notes a little after one another when strummed. */
static void
strike(struct band *b, const struct harmony_bar *bar, double start_sec,
    double end_sec, double gain, double strum_sec)
{
	int notes[4];
	size_t n = chord_notes(b, bar, notes);

	for (size_t i = 0; i < n; i++)
		play(b, &b->chords, start_sec + strum_sec * (double)i, end_sec,
		    notes[i], gain * b->chord_gain);
}

static void
play_chords(struct band *b, const struct harmony_bar *bar, double gain)
{
	static const bool strums[8] = { 1, 0, 1, 1, 0, 1, 1, 1 };
	size_t n = 2 * bar->n_beats;
	double end = bar->beats_sec[bar->n_beats];
	int notes[4];

	if (b->chord_pattern == CHORDS_HELD) {
		strike(b, bar, bar->beats_sec[0], end, gain, 0);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double at = half_beat_sec(b, bar, i);
		double next = i + 1 < n ? half_beat_sec(b, bar, i + 1) : end;

		if (b->chord_pattern == CHORDS_BROKEN) {
			size_t count = chord_notes(b, bar, notes);

			play(b, &b->chords, at, next, notes[i % count],
			    1.5 * gain * b->chord_gain);
		} else if (b->chord_pattern == CHORDS_STRUMMED && strums[i % 8])
			strike(b, bar, at, next, 0.8 * gain, 0.012);
		else if ((b->chord_pattern == CHORDS_BEATS && i % 2 == 0) ||
		    (b->chord_pattern == CHORDS_OFFBEATS && i % 2 == 1))
			strike(b, bar, at, next, 0.9 * gain, 0.003);
	}
}

static void
play_bass(struct band *b, const struct harmony_bar *bar, double gain)
{
	double root = 28 + (bar->root + 8) % 12;	/* E1 to D#2 */
	double end = bar->beats_sec[bar->n_beats];
	size_t n = 2 * bar->n_beats;

	if (b->bass_pattern == BASS_HELD) {
		play(b, &b->bass, bar->beats_sec[0], end, root,
		    gain * b->bass_gain);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double at = half_beat_sec(b, bar, i);
		double next = i + 1 < n ? half_beat_sec(b, bar, i + 1) : end;
		bool is_fifth = b->bass_pattern == BASS_FIFTHS && i % 4 == 2;

		if (b->bass_pattern != BASS_EIGHTHS && i % 2 == 1)
			continue;
		play(b, &b->bass, at, next, root + (is_fifth ? 7 : 0),
		    gain * b->bass_gain);
	}
}

/* A few chord notes an octave higher, where nobody sings. */
static void
play_riff(struct band *b, const struct harmony_bar *bar, double gain)
{
	int notes[4];
	size_t n_notes = chord_notes(b, bar, notes), which = 0;

	for (size_t i = 0; i < 2 * bar->n_beats; i++) {
		double at = half_beat_sec(b, bar, i);

		if (i % 2 == 1 && chance(b->random, 0.5))
			continue;
		which = (which + random_below(b->random, 3)) % n_notes;
		play(b, &b->riff, at, bar->beats_sec[i / 2 + 1],
		    notes[which] + 12, 1.3 * gain * b->chord_gain);
	}
}

static void
hit(struct band *b, enum drums_sound sound, double gain, double sec)
{
	double at = sec + 0.3 * LAG_SEC * random_normal(b->random);
	double level = gain * random_range(b->random, 0.8, 1.0);

	if (at >= 0)
		drums_hit(&b->drums, sound, b->drum_gain * level,
		    (size_t)(at * b->rate_hz), b->samples, b->n_samples);
}

static void
play_drums(struct band *b, const struct harmony_bar *bar, double gain)
{
	size_t n = 2 * bar->n_beats;
	enum drum_pattern pattern = b->drum_pattern;

	for (size_t i = 0; i < n; i++) {
		double at = half_beat_sec(b, bar, i);
		bool is_beat = i % 2 == 0;
		/* The middle of the bar, where a slow back beat falls. */
		bool is_middle = i == n / 2 - (n / 2) % 2;
		bool is_back = is_beat && (pattern == DRUMS_HALF ?
		    is_middle : (i / 2) % 2 == 1);

		if (is_beat ? i == 0 || pattern == DRUMS_FOUR ||
		    (pattern == DRUMS_ROCK && is_middle) :
		    pattern != DRUMS_SPARSE && chance(b->random, 0.15))
			hit(b, DRUMS_KICK, gain, at);
		if (is_back)
			hit(b, DRUMS_SNARE, gain, at);
		if (pattern == DRUMS_SPARSE ? is_back : is_beat ||
		    pattern != DRUMS_HALF)
			hit(b, DRUMS_HAT, (is_beat ? 0.7 : 0.5) * gain, at);
	}
}

/* Bring the loudest sample to PEAK and add the band to "out". */
static void
mix(const struct band *b, float *out)
{
	float peak = 1e-6f, gain;

	for (size_t i = 0; i < b->n_samples; i++)
		peak = fmaxf(peak, fabsf(b->samples[i]));
	gain = (float)PEAK / peak;
	for (size_t i = 0; i < b->n_samples; i++)
		out[i] += gain * b->samples[i];
}

int
band_play(const struct tune *t, const struct performance *p,
    double transposition, unsigned rate_hz, struct random *r,
    struct arena *a, float *samples, size_t n_samples, struct error *err)
{
	struct harmony_bar *bars;
	struct band *b;
	size_t n_bars;

	if (rate_hz < 8000 || rate_hz > 192000)
		return error_set(err, ERROR_LIMIT,
		    "a band cannot be made at %u Hz", rate_hz);
	if ((b = arena_need(a, 1, sizeof *b, "band", err)) == NULL)
		return -1;
	b->transposition = transposition;
	b->rate_hz = rate_hz;
	b->random = r;
	b->n_samples = n_samples;
	b->samples = arena_need(a, n_samples, sizeof *b->samples, "samples",
	    err);
	if (b->samples == NULL || draw_band(b, r, a, err) != 0 ||
	    harmony_lay(t, p, a, &bars, &n_bars, err) != 0)
		return -1;
	for (size_t i = 0; i < n_bars; i++) {
		const struct manner *m = &b->manners[bars[i].part % MAX_PARTS];

		if (m->has_chords)
			play_chords(b, &bars[i], m->gain);
		if (m->has_bass)
			play_bass(b, &bars[i], m->gain);
		if (m->has_riff)
			play_riff(b, &bars[i], m->gain);
		if (m->has_drums)
			play_drums(b, &bars[i], m->gain);
	}
	mix(b, samples);
	return 0;
}
