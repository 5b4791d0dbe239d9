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

/* What is counted. */
struct counts {
	size_t n_voiced, n_recalled, n_alarms;
	size_t n_known, n_pitch, n_chroma, n_both, n_up, n_down;
	size_t n_joint, n_gross;
	double sum, sum_squares;	/* of fine errors */
};

/* Whole octaves nearest to a difference of so many cents. */
static double
octaves_of(double cents)
{
	return floor(fabs(cents) / 1200.0 + 0.5);
}

/* A frame with a pitch in both; "off": the estimate's less the reference's. */
static void
count_pitch(struct counts *c, double off, double tolerance_cents,
    bool is_voiced)
{
	const double octaves = octaves_of(off);
	const bool is_right = fabs(off) < tolerance_cents;
	const bool is_chroma = fabs(fabs(off) - 1200.0 * octaves) <
	    tolerance_cents;

	c->n_known++;
	c->n_pitch += is_right;
	c->n_both += is_right && is_voiced;
	c->n_chroma += is_chroma;
	c->n_up += is_chroma && !is_right && off > 0.0;
	c->n_down += is_chroma && !is_right && off < 0.0;
	if (!is_voiced)
		return;
	c->n_joint++;
	if (fabs(exp2(off / 1200.0) - 1.0) > PITCH_SCORE_GROSS) {
		c->n_gross++;
		return;
	}
	c->sum += off;
	c->sum_squares += off * off;
}

/* n of n_all; 0 of none. */
static double
share(size_t n, size_t n_all)
{
	return n_all == 0 ? 0.0 : (double)n / (double)n_all;
}

/* Count the frames that are right in each sense and divide. */
static void
count(const struct contour *ref, const struct contour *est,
    double tolerance_cents, struct pitch_score *score)
{
	struct counts c = { .n_voiced = 0 };
	size_t n_unvoiced, n_fine;
	double mean;

	for (size_t k = 0; k < ref->n_values; k++) {
		if (!ref->is_voiced[k]) {
			c.n_alarms += est->is_voiced[k];
			continue;
		}
		c.n_voiced++;
		c.n_recalled += est->is_voiced[k];
		if (ref->cents[k] != 0.0 && est->cents[k] != 0.0)
			count_pitch(&c, est->cents[k] - ref->cents[k],
			    tolerance_cents, est->is_voiced[k]);
	}
	n_unvoiced = ref->n_values - c.n_voiced;
	n_fine = c.n_joint - c.n_gross;
	mean = n_fine == 0 ? 0.0 : c.sum / (double)n_fine;
	*score = (struct pitch_score){
	    .voicing_recall = share(c.n_recalled, c.n_voiced),
	    .voicing_false_alarm = share(c.n_alarms, n_unvoiced),
	    .raw_pitch = share(c.n_pitch, c.n_voiced),
	    .raw_chroma = share(c.n_chroma, c.n_voiced),
	    .overall = share(c.n_both + n_unvoiced - c.n_alarms,
	    ref->n_values),
	    .octave_up = share(c.n_up, c.n_known),
	    .octave_down = share(c.n_down, c.n_known),
	    .gross_error = share(c.n_gross, c.n_joint),
	    .n_frames = ref->n_values, .n_voiced = c.n_voiced };
	if (n_fine > 0)
		score->fine_error_cents = sqrt(fmax(0.0,
		    c.sum_squares / (double)n_fine - mean * mean));
}

/* Both as contours over the reference's times. */
static int
align(const struct pitch_series *reference,
    const struct pitch_series *estimate, struct contour *ref,
    struct contour *moved, struct arena *a, struct error *err)
{
	struct contour est;

	if (reference->n_values == 0 || estimate->n_values == 0)
		return error_set(err, ERROR_FORMAT, "an empty pitch series");
	if (contour_init(ref, reference, 0.0, a, err) != 0)
		return error_add(err, "the reference");
	if (contour_init(&est, estimate, ref->time_sec[ref->n_values - 1], a,
	    err) != 0)
		return error_add(err, "the estimate");
	return resample(&est, ref, moved, a, err);
}

int
pitch_score_series(const struct pitch_series *reference,
    const struct pitch_series *estimate, double tolerance_cents,
    struct arena *a, struct pitch_score *score, struct error *err)
{
	struct contour ref, moved;

	if (align(reference, estimate, &ref, &moved, a, err) != 0)
		return -1;
	count(&ref, &moved, tolerance_cents, score);
	return 0;
}

static enum pitch_score_verdict
judge(const struct contour *ref, const struct contour *est, size_t k,
    double tolerance_cents)
{
	const double off = est->cents[k] - ref->cents[k];

	if (!ref->is_voiced[k])
		return est->is_voiced[k] ? PITCH_SCORE_ALARM :
		    PITCH_SCORE_SILENT;
	if (!est->is_voiced[k])
		return PITCH_SCORE_MISSED;
	if (fabs(off) < tolerance_cents)
		return PITCH_SCORE_RIGHT;
	return fabs(fabs(off) - 1200.0 * octaves_of(off)) < tolerance_cents ?
	    PITCH_SCORE_OCTAVE : PITCH_SCORE_WRONG;
}

int
pitch_score_frames(const struct pitch_series *reference,
    const struct pitch_series *estimate, double tolerance_cents,
    struct arena *a, struct pitch_score_frame **frames, size_t *n_frames,
    struct error *err)
{
	struct contour ref, est;

	if (align(reference, estimate, &ref, &est, a, err) != 0)
		return -1;
	*n_frames = ref.n_values;
	*frames = arena_need(a, ref.n_values, sizeof(**frames), "frames",
	    err);
	if (*frames == NULL)
		return -1;
	for (size_t k = 0; k < ref.n_values; k++)
		(*frames)[k] = (struct pitch_score_frame){
		    .time_sec = ref.time_sec[k],
		    .true_hz = ref.is_voiced[k] ?
		    activations_cents_to_hz(ref.cents[k]) : 0.0,
		    .found_hz = est.is_voiced[k] ?
		    activations_cents_to_hz(est.cents[k]) : 0.0,
		    .verdict = judge(&ref, &est, k, tolerance_cents) };
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
