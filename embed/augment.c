#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "dsp/activations.h"

#include "embed/crop.h"

#include "embed/augment.h"

#define OCTAVE_BINS 60		/* of 20 cents */
#define SEMITONE_BINS 5.0
#define COLUMNS_A_SEC 25

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
    struct augment_options *o, struct error *err)
{
	const struct {
		const char *name;
		double fallback, high;
		double *value;
	} members[] = {
		{ "stretch", 0.25, 1, &o->stretch },
		{ "centre_semitones", 0.5, 6, &o->centre_semitones },
		{ "splice", 0.2, 1, &o->p_splice },
		{ "truncate", 0.3, 1, &o->p_truncate },
		{ "gap", 0.5, 1, &o->p_gap },
		{ "octave", 0.2, 1, &o->p_octave },
		{ "ghost", 0.2, 1, &o->p_ghost },
		{ "wander", 0.0, 1, &o->p_wander },
		{ "mix", 0.15, 1, &o->p_mix },
		{ "noise", 0.5, 1, &o->p_noise },
		{ "blur", 0.5, 1, &o->p_blur },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (read_share(recipe, path, members[i].name,
		    members[i].fallback, members[i].high, members[i].value,
		    err) != 0)
			return -1;
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
augment_resample(const float *source, size_t n_in, double middle,
    double speed, float *columns, size_t n_out)
{
	for (size_t k = 0; k < n_out; k++) {
		const double at = floor(middle + ((double)k -
		    (double)n_out / 2) * speed + 0.5);
		float *column = columns + k * ACTIVATIONS_N_BINS;

		if (at >= 0 && at < (double)n_in)
			memcpy(column, source +
			    (size_t)at * ACTIVATIONS_N_BINS,
			    ACTIVATIONS_N_BINS * sizeof(*column));
		else
			memset(column, 0,
			    ACTIVATIONS_N_BINS * sizeof(*column));
	}
}

static bool
chance(struct random *r, double p)
{
	return random_uniform(r) < p;
}

static void
silence(float *columns, size_t n_columns, size_t first, size_t n)
{
	if (first >= n_columns)
		return;
	if (n > n_columns - first)
		n = n_columns - first;
	memset(columns + first * ACTIVATIONS_N_BINS, 0,
	    n * ACTIVATIONS_N_BINS * sizeof(*columns));
}

/* Remove up to three short stretches; silence comes in at the end. */
static void
splice_out(struct random *r, float *columns, size_t n_columns)
{
	const size_t n_cuts = 1 + random_below(r, 3);

	for (size_t i = 0; i < n_cuts; i++) {
		const size_t n = 1 + random_below(r, COLUMNS_A_SEC * 2 / 5);
		const size_t first = random_below(r, n_columns);

		if (first + n >= n_columns)
			continue;
		memmove(columns + first * ACTIVATIONS_N_BINS,
		    columns + (first + n) * ACTIVATIONS_N_BINS,
		    (n_columns - first - n) * ACTIVATIONS_N_BINS *
		    sizeof(*columns));
		silence(columns, n_columns, n_columns - n, n);
	}
}

/* Silence over up to three tenths at the front, the back or both. */
static void
truncate_ends(struct random *r, float *columns, size_t n_columns)
{
	const size_t most = n_columns * 3 / 10;
	const size_t which = 1 + random_below(r, 3);

	if (most == 0)
		return;
	if (which & 1)
		silence(columns, n_columns, 0, random_below(r, most));
	if (which & 2) {
		const size_t n = random_below(r, most);

		silence(columns, n_columns, n_columns - n, n);
	}
}

/* Some short silences, as where the voice is too soft for the tracker. */
static void
make_gaps(struct random *r, float *columns, size_t n_columns)
{
	const size_t n_gaps = 1 + random_below(r, 1 + n_columns / 20);

	for (size_t i = 0; i < n_gaps; i++) {
		const size_t n = 1 + random_below(r, COLUMNS_A_SEC * 2 / 5);

		silence(columns, n_columns, random_below(r, n_columns), n);
	}
}

/* Move a column by whole bins; what leaves is lost. */
static void
shift_column(float *column, int n_bins)
{
	const size_t n = (size_t)(n_bins < 0 ? -n_bins : n_bins);
	const size_t left = ACTIVATIONS_N_BINS - n;

	if (n_bins > 0) {
		memmove(column + n, column, left * sizeof(*column));
		memset(column, 0, n * sizeof(*column));
	} else if (n_bins < 0) {
		memmove(column, column + n, left * sizeof(*column));
		memset(column + left, 0, n * sizeof(*column));
	}
}

/* One to three stretches of up to 0.6 s slip by an octave. */
static void
slip_octaves(struct random *r, float *columns, size_t n_columns)
{
	const size_t n_slips = 1 + random_below(r, 3);

	for (size_t i = 0; i < n_slips; i++) {
		const size_t first = random_below(r, n_columns);
		const size_t n = 2 + random_below(r, COLUMNS_A_SEC * 3 / 5);
		const int bins = chance(r, 0.5) ? OCTAVE_BINS : -OCTAVE_BINS;

		for (size_t k = first; k < first + n && k < n_columns; k++)
			shift_column(columns + k * ACTIVATIONS_N_BINS, bins);
	}
}

/* A copy an octave above or below, weaker, as trackers see overtones. */
static void
add_ghost(struct random *r, float *columns, size_t n_columns)
{
	const float gain = (float)random_range(r, 0.1, 0.5);
	const bool is_above = chance(r, 0.5);

	for (size_t k = 0; k < n_columns; k++) {
		float *column = columns + k * ACTIVATIONS_N_BINS;
		const size_t n = ACTIVATIONS_N_BINS - OCTAVE_BINS;

		for (size_t i = 0; i < n; i++) {
			/* From the end that is not read again. */
			const size_t b = is_above ? n - 1 - i : i;
			const size_t from = is_above ? b : b + OCTAVE_BINS;
			const size_t to = is_above ? b + OCTAVE_BINS : b;

			column[to] = fmaxf(column[to], gain * column[from]);
		}
	}
}

/* Pitch off by stretches of a note's length, and drifting. */
static void
wander(struct random *r, float *columns, size_t n_columns)
{
	const double note_spread = random_range(r, 0.1, 0.8) * SEMITONE_BINS;
	const double drift_spread = random_range(r, 0, 0.05) * SEMITONE_BINS;
	double note = 0, drift = 0, smooth = 0;
	size_t left = 0;

	for (size_t k = 0; k < n_columns; k++) {
		if (left == 0) {
			note = note_spread * random_normal(r);
			left = 5 + random_below(r, COLUMNS_A_SEC);
		}
		left--;
		drift += drift_spread * random_normal(r);
		smooth += 0.4 * (note - smooth);
		shift_column(columns + k * ACTIVATIONS_N_BINS,
		    (int)lround(fmax(-100, fmin(smooth + drift, 100))));
	}
}

void
augment_columns(const struct augment_options *o, struct random *r,
    float *columns, size_t n_columns)
{
	if (chance(r, o->p_wander))
		wander(r, columns, n_columns);
	if (chance(r, o->p_splice))
		splice_out(r, columns, n_columns);
	if (chance(r, o->p_octave))
		slip_octaves(r, columns, n_columns);
	if (chance(r, o->p_ghost))
		add_ghost(r, columns, n_columns);
	if (chance(r, o->p_gap))
		make_gaps(r, columns, n_columns);
	if (chance(r, o->p_truncate))
		truncate_ends(r, columns, n_columns);
}

double
augment_draw_centre(const struct augment_options *o, struct random *r)
{
	return o->centre_semitones * SEMITONE_BINS * random_normal(r);
}

/* Each bin a quarter of its neighbours, n_times, one column at a time. */
static void
blur(float *image, size_t n_columns, size_t n_times)
{
	for (size_t t = 0; t < n_times; t++) {
		for (size_t k = 0; k < n_columns; k++) {
			float below = 0;

			for (size_t b = 0; b < CROP_N_BINS; b++) {
				float *here = image + b * n_columns + k;
				const float kept = *here;
				const float above = b + 1 < CROP_N_BINS ?
				    here[n_columns] : 0;

				*here = 0.25f * (below + above) + 0.5f * kept;
				below = kept;
			}
		}
	}
}

/* Noise of triangular distribution, its level against the image's own. */
static void
add_noise(struct random *r, float *image, size_t n_columns)
{
	const size_t n = CROP_N_BINS * n_columns;
	const double ratio = pow(10, -random_range(r, 3, 30) / 20);
	double power = 0;
	float level;

	for (size_t i = 0; i < n; i++)
		power += (double)image[i] * (double)image[i];
	/* The difference of two uniform numbers has a variance of 1/6. */
	level = (float)(sqrt(6 * power / (double)n) * ratio);
	for (size_t i = 0; i < n; i++) {
		const uint64_t word = random_next(r);
		const float a = (float)(word >> 40) * 0x1p-24f;
		const float b = (float)((word >> 8) & 0xffffff) * 0x1p-24f;

		image[i] = fminf(1, image[i] + level * fabsf(a - b));
	}
}

void
augment_image(const struct augment_options *o, struct random *r,
    float *image, size_t n_columns)
{
	const size_t n = CROP_N_BINS * n_columns;

	if (chance(r, o->p_blur))
		blur(image, n_columns, 1 + random_below(r, 3));
	if (o->p_blur > 0) {
		const float gain = (float)random_range(r, 0.5, 1.0);

		for (size_t i = 0; i < n; i++)
			image[i] *= gain;
	}
	if (chance(r, o->p_noise))
		add_noise(r, image, n_columns);
}

void
augment_mix(const struct augment_options *o, struct random *r,
    float *image, const float *other, size_t n_values)
{
	float gain;

	if (!chance(r, o->p_mix))
		return;
	gain = (float)pow(10, -random_range(r, 5, 10) / 20);
	for (size_t i = 0; i < n_values; i++)
		image[i] = fminf(1, image[i] + gain * other[i]);
}
