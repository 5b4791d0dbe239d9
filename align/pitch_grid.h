/*
 * pitch_grid -- how well two pitch tracks agree at many shifts of one line.
 *
 * The same count as pitch_match_compare, made quick for a search: where the
 * line goes through both tracks is found once and serves all shifts, which are
 * whole frames of the cover; differences are counted by table, and the window
 * that holds most is found by sums of doubled length.
 */
#ifndef ALIGN_PITCH_GRID_H
#define ALIGN_PITCH_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "align/pitch_match.h"

/* More steps than this are not looked at: 10 min of 10 ms. */
#define PITCH_GRID_MAX_STEPS 65535

/* The steps at which the original is voiced. */
struct pitch_grid {
	const struct pitch_match_track *cover;
	int32_t *at;		/* [n] frames of the cover, rising */
	uint8_t *base;		/* [n] an octave above 0, minus the original */
	size_t n;
	uint16_t *sums;		/* two tables, scratch */
	size_t n_bytes;		/* of both */
};

/* Room for any line over the span; arena memory. */
int pitch_grid_init(struct pitch_grid *g, const struct pitch_match_pair *p,
    const struct pitch_match_span *span, double step_sec, struct arena *a,
    struct error *err) MUST_CHECK;

/* Lay the line; the same span and steps as above. */
void pitch_grid_lay(struct pitch_grid *g, const struct pitch_match_pair *p,
    const struct pitch_match_span *span, double step_sec,
    const struct time_line *l);

/*
 * Compare with the cover's track moved by so many frames: a positive shift
 * takes later frames of the cover.  The mode is not told: it is left 0.
 */
void pitch_grid_compare(struct pitch_grid *g, int32_t shift,
    struct pitch_match_count *count);

#endif
