/*
 * harmony -- chords for a melody that has none, and the bars that a band
 * plays: those under the singing and those before, between and behind.
 */
#ifndef SYNTH_HARMONY_H
#define SYNTH_HARMONY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "synth/performance.h"
#include "synth/tune.h"

#define HARMONY_MAX_BEATS 8

/* A bar in sung time. */
struct harmony_bar {
	double beats_sec[HARMONY_MAX_BEATS + 1];	/* last: its end */
	size_t n_beats;
	int root;		/* pitch class 0..11, not transposed */
	bool is_minor;
	bool is_sung;
	size_t part;		/* counts the performance's stretches */
};

/*
 * The bars of a performance in order of time.  The tune's chords are used, or,
 * when it has none, those that fit its notes best: one a bar of four beats out
 * of the triads of its key (key found with the profiles of Krumhansl and
 * Kessler, "Tracing the dynamic changes in perceived tonal organization",
 * Psychological Review 89, 1982).
 */
int harmony_lay(const struct tune *t, const struct performance *p,
    struct arena *a, struct harmony_bar **bars, size_t *n_bars,
    struct error *err) MUST_CHECK;

#endif
