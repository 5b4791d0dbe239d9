/*
 * band -- an accompaniment: chords, bass and drums, made to sound unlike
 * another band of the same tune.
 */
#ifndef SYNTH_BAND_H
#define SYNTH_BAND_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

#include "synth/performance.h"
#include "synth/tune.h"

/*
 * Add an accompaniment of the performance to samples [n_samples] at rate_hz,
 * peak about 0.5: the tune's chords, in the performance's key and time, with
 * instruments and patterns drawn from r; chords of its own where the tune has
 * none or the performance is in an intro.
 */
int band_play(const struct tune *t, const struct performance *p,
    double transposition, unsigned rate_hz, struct random *r,
    struct arena *a, float *samples, size_t n_samples, struct error *err)
    MUST_CHECK;

#endif
