/*
 * instrument -- pitched notes from a table of one period.
 *
 * The table of a note holds no harmonic beyond half the rate.  A bright table
 * gives way to a dull one as the note decays.
 */
#ifndef SYNTH_INSTRUMENT_H
#define SYNTH_INSTRUMENT_H

#include <stddef.h>

#include "base/random.h"

#define INSTRUMENT_TABLE 256

enum instrument_kind {
	INSTRUMENT_PIANO, INSTRUMENT_GUITAR, INSTRUMENT_ORGAN,
	INSTRUMENT_STRINGS, INSTRUMENT_SYNTH, INSTRUMENT_BASS,
	INSTRUMENT_N_KINDS
};

struct instrument {
	enum instrument_kind kind;
	double slope;		/* harmonic h has the weight h^slope */
	double even;		/* weight of even harmonics, 0..1 */
	double pluck;		/* 0..0.5: where on the string; 0: nowhere */
	double attack_sec, decay_sec, release_sec;
	double sustain;		/* level that the decay falls to, 0..1 */
	double detune_cents;	/* of a second voice; 0: there is none */
};

struct instrument_note {
	double start_sec, duration_sec;	/* the release follows */
	double pitch;			/* MIDI note number */
	double gain;
};

void instrument_draw(struct instrument *i, enum instrument_kind kind,
    struct random *r);

/* Add a note to samples [n_samples] at rate_hz. */
void instrument_play(const struct instrument *i,
    const struct instrument_note *note, double rate_hz, float *samples,
    size_t n_samples);

#endif
