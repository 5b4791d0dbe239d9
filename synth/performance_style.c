#include <math.h>
#include <stddef.h>
#include <string.h>

#include "synth/performance.h"

/*
 * Shares and spreads here were fitted to hand-labelled singing: MIR-1K (212
 * karaoke clips) and MIR-QBSH (2,700 hums).  Half of all voiced runs last 0.35
 * to 0.4 s, voiceless gaps within phrases about 0.1 s, one a second; a run
 * starts within half a semitone of its note in half of all cases.
 */

static double
bell(struct random *r, double mean, double spread, double low, double high)
{
	double x = mean + spread * random_normal(r);

	return fmin(fmax(x, low), high);
}

/* What every singer has, trained or not. */
static void
singer(struct performance_style *s, struct random *r)
{
	memset(s, 0, sizeof *s);
	s->tempo_ratio = 1.0;
	s->vibrato_depth = bell(r, 0.35, 0.2, 0.0, 0.8);
	s->vibrato_hz = bell(r, 5.8, 0.5, 4.5, 7.0);
	s->glide_sec = bell(r, 0.09, 0.03, 0.04, 0.2);
	s->scoop = bell(r, 0.8, 0.3, 0.0, 2.0);
	s->drift = random_range(r, 0.02, 0.12);
	s->detune = random_range(r, 0.05, 0.15);
	s->jitter = random_range(r, 0.05, 0.15);
	s->p_consonant = random_range(r, 0.4, 0.75);
}

void
performance_style_original(struct performance_style *s, struct random *r)
{
	singer(s, r);
	s->rubato = random_range(r, 0.005, 0.02);
	s->p_ornament = random_range(r, 0.0, 0.06);
	s->intro_sec = random_range(r, 2.0, 9.0);
	s->outro_sec = random_range(r, 1.0, 6.0);
	s->p_interlude = 0.12;
}

void
performance_style_cover(struct performance_style *s, struct random *r)
{
	singer(s, r);
	s->transposition = floor(random_range(r, -6.0, 7.0));
	s->tempo_ratio = exp(random_range(r, log(0.8), log(1.25)));
	s->rubato = random_range(r, 0.01, 0.05);
	s->p_wrong_note = random_range(r, 0.0, 0.04);
	s->p_ornament = random_range(r, 0.0, 0.12);
	s->p_gap = random_range(r, 0.0, 0.02);
	s->intro_sec = random_range(r, 0.5, 12.0);
	s->outro_sec = random_range(r, 0.5, 8.0);
	s->p_cut_section = 0.15;
	s->p_repeat_section = 0.08;
	s->p_interlude = 0.15;
}

void
performance_style_hum(struct performance_style *s, struct random *r)
{
	singer(s, r);
	s->transposition = bell(r, 0.0, 5.0, -14.0, 14.0);
	s->tempo_ratio = exp(bell(r, 0.0, 0.2, log(0.6), log(1.6)));
	s->rubato = random_range(r, 0.02, 0.08);
	s->vibrato_depth *= 0.5;
	s->glide_sec *= random_range(r, 1.0, 1.8);
	s->drift = random_range(r, 0.1, 0.5);
	s->detune = random_range(r, 0.15, 0.45);
	s->jitter = random_range(r, 0.08, 0.25);
	s->p_wrong_note = random_range(r, 0.0, 0.15);
	s->p_ornament = random_range(r, 0.0, 0.05);
	s->p_gap = random_range(r, 0.0, 0.06);
	s->p_consonant = random_range(r, 0.2, 0.8);
	s->intro_sec = random_range(r, 0.05, 0.8);
	s->outro_sec = random_range(r, 0.05, 0.8);
}

/*
 * One singer in six of MIR-QBSH is, on the average of a hum, more than a
 * semitone off: wide or narrow intervals, notes anywhere near, other keys
 * from phrase to phrase.
 */
void
performance_style_spoil(struct performance_style *s, struct random *r)
{
	s->rubato = random_range(r, 0.05, 0.2);
	s->scoop *= random_range(r, 1.0, 2.5);
	s->drift = random_range(r, 0.2, 0.8);
	s->detune = random_range(r, 0.3, 1.3);
	s->p_wrong_note = random_range(r, 0.0, 0.25);
	s->interval_error = bell(r, 0.0, 0.25, -0.4, 0.6);
	s->p_key_step = random_range(r, 0.0, 0.1);
}
