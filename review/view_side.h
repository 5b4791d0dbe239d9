/*
 * view_side -- one recording's half of a view: its waveform and pitch around
 * the fragment.  Private to review/.
 */
#ifndef REVIEW_VIEW_SIDE_H
#define REVIEW_VIEW_SIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "dsp/track.h"

#define VIEW_SIDE_STEP_SEC 0.02

struct view_side {
	const struct json *rec;		/* of the catalogue, borrowed */
	double from_sec, to_sec;	/* the window */
	double duration_sec;		/* of the recording */
	bool has_track;
	struct track track;		/* of all of it */
	const char *why;		/* what first was missing, or NULL */
};

/*
 * Read the recording's pitch and find the window: the interval [2] and
 * around_sec on either side, as far as there is a recording.  What is missing
 * is noted and no error.  Arena memory.
 */
int view_side_init(struct view_side *s, const struct json *rec,
    const double interval[2], double around_sec, struct arena *a,
    struct error *err) MUST_CHECK;

/* Put what the window holds as the object "name" of the view. */
int view_side_put(struct view_side *s, struct json *view, const char *name,
    struct arena *a, struct error *err) MUST_CHECK;

/* Cents above C0 (16.3516 Hz) at the moment; NAN where unvoiced. */
float view_side_cents(const struct view_side *s, double t_sec);

#endif
