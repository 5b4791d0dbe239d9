/*
 * query -- how a hum is looked at when it is searched for.
 *
 * People hum at another speed than the recording and with silence around.  So
 * the hum is cut to its voiced span and embedded at several time scales, and
 * only where windows are full of sound; all windows lie in one array, scale
 * after scale.
 */
#ifndef EMBED_QUERY_H
#define EMBED_QUERY_H

#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "embed/encoder.h"

#define QUERY_N_SCALES 9
/* Eight equal steps over an octave, 0.71 to 1.41. */
#define QUERY_MIN_SCALE 0.70710678118654752
#define QUERY_SCALE_STEP 1.0905077326652577

struct query_plan {
	double frame_sec;
	size_t first_frame, n_frames;	/* the voiced span */
	struct encoder_view views[QUERY_N_SCALES];
	size_t first_window[QUERY_N_SCALES], n_windows[QUERY_N_SCALES];
	size_t n_all_windows;		/* 0 of a hum without voice */
};

/* Find the voiced span of the source and plan its views. */
int query_plan_make(struct encoder *e, const struct encoder_source *source,
    double hop_sec, struct query_plan *plan, struct error *err) MUST_CHECK;

/*
 * Put "embed.start_sec" and "embed.views", a list of {time_scale,
 * first_window, n_windows}, on a record, and read the views back (at most
 * QUERY_N_SCALES, each within n_rows).
 */
int query_plan_put(const struct query_plan *plan, struct json *rec,
    struct error *err) MUST_CHECK;

struct query_view {
	double time_scale;
	size_t first_window, n_windows;
};

/* A record without "embed.views" is one view of scale 1 with all rows. */
int query_views_read(const struct json *rec, size_t n_rows,
    struct query_view views[QUERY_N_SCALES], size_t *n_views,
    struct error *err) MUST_CHECK;

#endif
