#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "embed/augment.h"

#define COLUMNS_A_SEC 25

/* The columns in hand. */
struct strip {
	float *columns;		/* [n][n_bins] */
	size_t n, n_bins;
	double semitone_bins;
};

static int
read_share(const struct json *recipe, const char *folder, const char *name,
    double fallback, double high, double *value, struct error *err)
{
	char path[96];

	snprintf(path, sizeof(path), "%s.%s", folder, name);
	if (json_get_number(recipe, path, fallback, value, err) != 0)
		return -1;
	if (!(*value >= 0 && *value <= high))
		return error_set(err, ERROR_LIMIT, "%s is %g: expected 0 to %g",
		    path, *value, high);
	return 0;
}

int
augment_options_read(const struct json *recipe, const char *path,
    const struct image_kind *kind, struct augment_options *o,
    struct error *err)
{
	const struct {
		const char *name;
		double fallback, high;
		double *value;
		bool is_tracked;	/* what only pitch trackers do */
	} members[] = {
		{ "stretch", 0.25, 1, &o->stretch, false },
		{ "centre_semitones", 0.5, 6, &o->centre_semitones, false },
		{ "splice", 0.2, 1, &o->p_splice, false },
		{ "truncate", 0.3, 1, &o->p_truncate, false },
		{ "gap", 0.5, 1, &o->p_gap, false },
		{ "octave", 0.2, 1, &o->p_octave, true },
		{ "ghost", 0.2, 1, &o->p_ghost, true },
		{ "wander", 0.0, 1, &o->p_wander, true },
		{ "mix", 0.15, 1, &o->p_mix, false },
		{ "noise", 0.5, 1, &o->p_noise, false },
		{ "blur", 0.5, 1, &o->p_blur, true },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const bool is_none = members[i].is_tracked &&
		    !kind->is_tracked;

		if (read_share(recipe, path, members[i].name, is_none ? 0 :
		    members[i].fallback, members[i].high, members[i].value,
		    err) != 0)
			return -1;
		if (is_none && *members[i].value > 0)
			return error_set(err, ERROR_FORMAT, "%s.%s varies "
			    "tracked pitch, which %s has not: leave it out",
			    path, members[i].name, kind->name);
	}
	return 0;
}

void
augment_options_none(struct augment_options *o)
{
	memset(o, 0, sizeof(*o));
}

double
augment_draw_speed(const struct augment_options *o, struct random *r)
{
	const double reach = log(1 + o->stretch);

	return exp(random_range(r, -reach, reach));
}

void
augment_resample(const struct image_kind *kind, const float *source,
    size_t n_in, double middle, double speed, float *columns,
    size_t n_out)
{
	const size_t n_bins = kind->n_bins;

	for (size_t k = 0; k < n_out; k++) {
		const double at = floor(middle + ((double)k -
		    (double)n_out / 2) * speed + 0.5);
		float *column = columns + k * n_bins;

		if (at >= 0 && at < (double)n_in)
			memcpy(column, source + (size_t)at * n_bins,
			    n_bins * sizeof(*column));
		else
			memset(column, 0, n_bins * sizeof(*column));
	}
}

static bool
chance(struct random *r, double p)
{
	return random_uniform(r) < p;
}

static float *
column_of(const struct strip *s, size_t k)
{
	return s->columns + k * s->n_bins;
}

static void
silence(const struct strip *s, size_t first, size_t n)
{
	if (first >= s->n)
		return;
	if (n > s->n - first)
		n = s->n - first;
	memset(column_of(s, first), 0, n * s->n_bins * sizeof(float));
}

/* Remove up to three short stretches; silence comes in at the end. */
static void
splice_out(struct random *r, const struct strip *s)
{
	const size_t n_cuts = 1 + random_below(r, 3);

	for (size_t i = 0; i < n_cuts; i++) {
		const size_t n = 1 + random_below(r, COLUMNS_A_SEC * 2 / 5);
		const size_t first = random_below(r, s->n);

		if (first + n >= s->n)
			continue;
		memmove(column_of(s, first), column_of(s, first + n),
		    (s->n - first - n) * s->n_bins * sizeof(float));
		silence(s, s->n - n, n);
	}
}

/* Silence over up to three tenths at the front, the back or both. */
static void
truncate_ends(struct random *r, const struct strip *s)
{
	const size_t most = s->n * 3 / 10;
	const size_t which = 1 + random_below(r, 3);

	if (most == 0)
		return;
	if (which & 1)
		silence(s, 0, random_below(r, most));
	if (which & 2) {
		const size_t n = random_below(r, most);

		silence(s, s->n - n, n);
	}
}

/* Some short silences, as where the voice is too soft for the tracker. */
static void
make_gaps(struct random *r, const struct strip *s)
{
	const size_t n_gaps = 1 + random_below(r, 1 + s->n / 20);

	for (size_t i = 0; i < n_gaps; i++) {
		const size_t n = 1 + random_below(r, COLUMNS_A_SEC * 2 / 5);

		silence(s, random_below(r, s->n), n);
	}
}

/* Move column k by whole bins; what leaves is lost. */
static void
shift_column(const struct strip *s, size_t k, int n_bins)
{
	const size_t n = (size_t)(n_bins < 0 ? -n_bins : n_bins);
	const size_t left = s->n_bins - n;
	float *column = column_of(s, k);

	if (n_bins > 0) {
		memmove(column + n, column, left * sizeof(*column));
		memset(column, 0, n * sizeof(*column));
	} else if (n_bins < 0) {
		memmove(column, column + n, left * sizeof(*column));
		memset(column + left, 0, n * sizeof(*column));
	}
}

static size_t
octave_bins(const struct strip *s)
{
	return (size_t)(12 * s->semitone_bins);
}

/* One to three stretches of up to 0.6 s slip by an octave. */
static void
slip_octaves(struct random *r, const struct strip *s)
{
	const int octave = (int)octave_bins(s);
	const size_t n_slips = 1 + random_below(r, 3);

	for (size_t i = 0; i < n_slips; i++) {
		const size_t first = random_below(r, s->n);
		const size_t n = 2 + random_below(r, COLUMNS_A_SEC * 3 / 5);
		const int bins = chance(r, 0.5) ? octave : -octave;

		for (size_t k = first; k < first + n && k < s->n; k++)
			shift_column(s, k, bins);
	}
}

/* A copy an octave above or below, weaker, as trackers see overtones. */
static void
add_ghost(struct random *r, const struct strip *s)
{
	const float gain = (float)random_range(r, 0.1, 0.5);
	const bool is_above = chance(r, 0.5);
	const size_t octave = octave_bins(s);

	for (size_t k = 0; k < s->n; k++) {
		float *column = column_of(s, k);
		const size_t n = s->n_bins - octave;

		for (size_t i = 0; i < n; i++) {
			/* From the end that is not read again. */
			const size_t b = is_above ? n - 1 - i : i;
			const size_t from = is_above ? b : b + octave;
			const size_t to = is_above ? b + octave : b;

			column[to] = fmaxf(column[to], gain * column[from]);
		}
	}
}

/* Pitch off by stretches of a note's length, and drifting. */
static void
wander(struct random *r, const struct strip *s)
{
	const double note_spread = random_range(r, 0.1, 0.8) * s->semitone_bins;
	const double drift_spread = random_range(r, 0, 0.05) * s->semitone_bins;
	double note = 0, drift = 0, smooth = 0;
	size_t left = 0;

	for (size_t k = 0; k < s->n; k++) {
		if (left == 0) {
			note = note_spread * random_normal(r);
			left = 5 + random_below(r, COLUMNS_A_SEC);
		}
		left--;
		drift += drift_spread * random_normal(r);
		smooth += 0.4 * (note - smooth);
		shift_column(s, k, (int)lround(fmax(-100,
		    fmin(smooth + drift, 100))));
	}
}

void
augment_columns(const struct image_kind *kind,
    const struct augment_options *o, struct random *r, float *columns,
    size_t n_columns)
{
	const struct strip s = { columns, n_columns, kind->n_bins,
	    kind->semitone_bins };

	if (chance(r, o->p_wander))
		wander(r, &s);
	if (chance(r, o->p_splice))
		splice_out(r, &s);
	if (chance(r, o->p_octave))
		slip_octaves(r, &s);
	if (chance(r, o->p_ghost))
		add_ghost(r, &s);
	if (chance(r, o->p_gap))
		make_gaps(r, &s);
	if (chance(r, o->p_truncate))
		truncate_ends(r, &s);
}

double
augment_draw_centre(const struct image_kind *kind,
    const struct augment_options *o, struct random *r)
{
	return o->centre_semitones * kind->semitone_bins * random_normal(r);
}

/* Each bin a quarter of its neighbours, n_times, one column at a time. */
static void
blur(float *image, size_t n_bins, size_t n_columns, size_t n_times)
{
	for (size_t t = 0; t < n_times; t++) {
		for (size_t k = 0; k < n_columns; k++) {
			float below = 0;

			for (size_t b = 0; b < n_bins; b++) {
				float *here = image + b * n_columns + k;
				const float kept = *here;
				const float above = b + 1 < n_bins ?
				    here[n_columns] : 0;

				*here = 0.25f * (below + above) + 0.5f * kept;
				below = kept;
			}
		}
	}
}

/*
 * Noise of triangular distribution, its level against the image's own, both
 * as amplitudes.
 */
static void
add_noise(const struct image_kind *kind, struct random *r, float *image,
    size_t n)
{
	const double ratio = pow(10, -random_range(r, 3, 30) / 20);
	double power = 0;
	float level;

	for (size_t i = 0; i < n; i++) {
		image[i] = kind->amplitude_of(image[i]);
		power += (double)image[i] * (double)image[i];
	}
	/* The difference of two uniform numbers has a variance of 1/6. */
	level = (float)(sqrt(6 * power / (double)n) * ratio);
	for (size_t i = 0; i < n; i++) {
		const uint64_t word = random_next(r);
		const float a = (float)(word >> 40) * 0x1p-24f;
		const float b = (float)((word >> 8) & 0xffffff) * 0x1p-24f;

		image[i] = kind->value_of(fminf(1, image[i] +
		    level * fabsf(a - b)));
	}
}

void
augment_image(const struct image_kind *kind, const struct augment_options *o,
    struct random *r, float *image, size_t n_columns)
{
	const size_t n = kind->n_image_bins * n_columns;

	if (chance(r, o->p_blur))
		blur(image, kind->n_image_bins, n_columns,
		    1 + random_below(r, 3));
	if (o->p_blur > 0) {
		const float gain = (float)random_range(r, 0.5, 1.0);

		for (size_t i = 0; i < n; i++)
			image[i] *= gain;
	}
	if (chance(r, o->p_noise))
		add_noise(kind, r, image, n);
}

void
augment_mix(const struct image_kind *kind, const struct augment_options *o,
    struct random *r, float *image, const float *other, size_t n_values)
{
	float gain;

	if (!chance(r, o->p_mix))
		return;
	gain = (float)pow(10, -random_range(r, 5, 10) / 20);
	for (size_t i = 0; i < n_values; i++)
		image[i] = kind->value_of(fminf(1,
		    kind->amplitude_of(image[i]) +
		    gain * kind->amplitude_of(other[i])));
}
