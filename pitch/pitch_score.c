#include <math.h>
#include <stdbool.h>

#include "dsp/activations.h"

#include "pitch/pitch_score.h"

/* A series in cents; 0 cents: nothing said about the pitch. */
struct contour {
	double *time_sec;
	double *cents;
	bool *is_voiced;
	size_t n_values;
};

/* Times are compared after rounding to this, against inexact hops. */
static double
round_time(double sec)
{
	return round(sec * 1e10) / 1e10;
}

/*
 * Copy the series; two values may be put around it: the first one at time 0,
 * and an unvoiced one at end_sec when it ends before that.
 */
static int
contour_init(struct contour *c, const struct pitch_series *s, double end_sec,
    struct arena *a, struct error *err)
{
	const size_t n_max = s->n_values + 2;
	size_t n = 0;

	c->time_sec = arena_need(a, n_max, sizeof(*c->time_sec), "times",
	    err);
	c->cents = arena_need(a, n_max, sizeof(*c->cents), "pitches", err);
	c->is_voiced = arena_need(a, n_max, sizeof(*c->is_voiced),
	    "voicing flags", err);
	if (c->time_sec == NULL || c->cents == NULL || c->is_voiced == NULL)
		return -1;
	for (size_t i = 0; i < s->n_values; i++) {
		const double f0_hz = s->f0_hz[i];
		const double time_sec = round_time(s->time_sec[i]);

		if (!isfinite(f0_hz) || !isfinite(time_sec) || time_sec < 0.0 ||
		    (i > 0 && time_sec < c->time_sec[n - 1]))
			return error_set(err, ERROR_FORMAT, "value %zu of a "
			    "pitch series: time %g s, %g Hz", i + 1,
			    s->time_sec[i], f0_hz);
		if (i == 0 && time_sec > 0.0)
			n = 1;		/* time 0 */
		c->time_sec[n] = time_sec;
		c->cents[n] = f0_hz == 0.0 ? 0.0 :
		    activations_hz_to_cents(fabs(f0_hz));
		c->is_voiced[n] = f0_hz > 0.0;
		if (i == 0 && n == 1) {
			c->cents[0] = c->cents[1];
			c->is_voiced[0] = c->is_voiced[1];
		}
		n++;
	}
	if (n > 0 && c->time_sec[n - 1] < end_sec)
		c->time_sec[n++] = end_sec;
	c->n_values = n;
	return 0;
}

/* Where gaps are, hold the last pitch, so that nothing glides to 0. */
static void
hold_pitch(const double *cents, size_t n, double *held)
{
	for (size_t i = 0; i < n; i++)
		held[i] = i > 0 && cents[i] == 0.0 ? held[i - 1] : cents[i];
}

/* The estimate at the reference's times. */
static int
resample(const struct contour *from, const struct contour *to,
    struct contour *out, struct arena *a, struct error *err)
{
	const size_t last = from->n_values - 1;
	double *held = arena_need(a, from->n_values, sizeof(*held),
	    "held pitches", err);
	size_t i = 0;

	out->cents = arena_need(a, to->n_values, sizeof(*out->cents),
	    "pitches", err);
	out->is_voiced = arena_need(a, to->n_values, sizeof(*out->is_voiced),
	    "voicing flags", err);
	if (held == NULL || out->cents == NULL || out->is_voiced == NULL)
		return -1;
	hold_pitch(from->cents, from->n_values, held);
	for (size_t k = 0; k < to->n_values; k++) {
		const double t = to->time_sec[k];
		double share = 0.0;

		while (i < last && from->time_sec[i + 1] <= t)
			i++;
		if (i < last)
			share = (t - from->time_sec[i]) /
			    (from->time_sec[i + 1] - from->time_sec[i]);
		out->is_voiced[k] = from->is_voiced[i];
		if (from->cents[i] != 0.0)
			out->cents[k] = held[i] +
			    (i < last ? share * (held[i + 1] - held[i]) : 0.0);
	}
	return 0;
}

/* Count the frames that are right in each sense and divide. */
static void
count(const struct contour *ref, const struct contour *est,
    double tolerance_cents, struct pitch_score *score)
{
	size_t n_voiced = 0, n_recalled = 0, n_alarms = 0;
	size_t n_pitch = 0, n_chroma = 0, n_both = 0;

	for (size_t k = 0; k < ref->n_values; k++) {
		const bool is_known = ref->cents[k] != 0.0 &&
		    est->cents[k] != 0.0;
		const double off = fabs(ref->cents[k] - est->cents[k]);
		const double octaves = floor(off / 1200.0 + 0.5);

		if (!ref->is_voiced[k]) {
			n_alarms += est->is_voiced[k];
			continue;
		}
		n_voiced++;
		n_recalled += est->is_voiced[k];
		if (!is_known)
			continue;
		n_pitch += off < tolerance_cents;
		n_both += off < tolerance_cents && est->is_voiced[k];
		n_chroma += fabs(off - 1200.0 * octaves) < tolerance_cents;
	}
	*score = (struct pitch_score){ .n_frames = ref->n_values,
	    .n_voiced = n_voiced };
	const double n_all = (double)ref->n_values;
	const double n_unvoiced = n_all - (double)n_voiced;

	if (n_voiced > 0) {
		score->voicing_recall = (double)n_recalled / (double)n_voiced;
		score->raw_pitch = (double)n_pitch / (double)n_voiced;
		score->raw_chroma = (double)n_chroma / (double)n_voiced;
	}
	if (n_unvoiced > 0.0)
		score->voicing_false_alarm = (double)n_alarms / n_unvoiced;
	score->overall = ((double)n_both + n_unvoiced - (double)n_alarms) /
	    n_all;
}

int
pitch_score_series(const struct pitch_series *reference,
    const struct pitch_series *estimate, double tolerance_cents,
    struct arena *a, struct pitch_score *score, struct error *err)
{
	struct contour ref, est, moved;

	if (reference->n_values == 0 || estimate->n_values == 0)
		return error_set(err, ERROR_FORMAT, "an empty pitch series");
	if (contour_init(&ref, reference, 0.0, a, err) != 0)
		return error_add(err, "the reference");
	if (contour_init(&est, estimate, ref.time_sec[ref.n_values - 1], a,
	    err) != 0)
		return error_add(err, "the estimate");
	if (resample(&est, &ref, &moved, a, err) != 0)
		return -1;
	count(&ref, &moved, tolerance_cents, score);
	return 0;
}

/* Frames [first, n_frames) of a track, moved by shift_sec. */
static int
series_of_track(const struct track *t, double shift_sec, struct arena *a,
    struct pitch_series *s, struct error *err)
{
	double *time_sec = arena_need(a, t->n_frames, sizeof(*time_sec),
	    "times", err);
	double *f0_hz = arena_need(a, t->n_frames, sizeof(*f0_hz), "pitches",
	    err);
	size_t n = 0;

	if (time_sec == NULL || f0_hz == NULL)
		return -1;
	for (size_t k = 0; k < t->n_frames; k++) {
		const double sec = round_time((double)k * t->hop_sec +
		    shift_sec);

		if (sec < 0.0)
			continue;
		time_sec[n] = sec;
		f0_hz[n++] = (double)t->f0_hz[k];
	}
	*s = (struct pitch_series){ time_sec, f0_hz, n };
	return 0;
}

int
pitch_score_tracks(const struct track *reference,
    const struct track *estimate, double shift_sec, double tolerance_cents,
    struct arena *a, struct pitch_score *score, struct error *err)
{
	struct pitch_series ref, est;

	if (series_of_track(reference, shift_sec, a, &ref, err) != 0 ||
	    series_of_track(estimate, 0.0, a, &est, err) != 0)
		return -1;
	return pitch_score_series(&ref, &est, tolerance_cents, a, score, err);
}
