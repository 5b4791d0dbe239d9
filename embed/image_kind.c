#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embed/crop.h"
#include "embed/cqt_crop.h"

#include "embed/image_kind.h"

#define HOP_TOLERANCE 1e-6

static bool
is_voiced(const float *column)
{
	float confidence;

	crop_pitch(column, &confidence);
	return confidence >= CROP_MIN_CONFIDENCE;
}

static bool
centre_of_voiced(const float *columns, size_t n_columns, double min_heard,
    double *centre)
{
	size_t n_voiced;

	*centre = crop_centre(columns, n_columns, &n_voiced);
	return n_voiced > 0 &&
	    (double)n_voiced >= min_heard * (double)n_columns;
}

static float
same(float value)
{
	return value;
}

const struct image_kind image_kind_activations = {
	.name = "activations",
	.text = "activations of 360 bins at 0.01 s",
	.pair_path = "activations", .pair_hop = "hop_sec",
	.command = "chad-f0 --hop 10",
	.n_bins = ACTIVATIONS_N_BINS, .n_kept_bins = 240,
	.n_image_bins = CROP_N_BINS, .column_frames = CROP_COLUMN_FRAMES,
	.frame_sec = CROP_FRAME_SEC, .semitone_bins = 5, .is_tracked = true,
	.column = crop_column, .is_heard = is_voiced,
	.centre = centre_of_voiced, .image = crop_window,
	.amplitude_of = same, .value_of = same,
};

const struct image_kind image_kind_cqt = {
	.name = "cqt", .text = "cqt of 84 bins at 0.04 s",
	.pair_path = "cqt", .pair_hop = "cqt_hop_sec",
	.command = "chad-feature --kind cqt --hop 640",
	.n_bins = CQT_CROP_N_BINS, .n_kept_bins = CQT_CROP_N_BINS,
	.n_image_bins = CQT_CROP_N_BINS, .column_frames = 1,
	.frame_sec = IMAGE_KIND_COLUMN_SEC, .semitone_bins = 1,
	.column = cqt_crop_column, .is_heard = cqt_crop_is_heard,
	.centre = cqt_crop_centre, .image = cqt_crop_window,
	.amplitude_of = cqt_crop_amplitude_of, .value_of = cqt_crop_value_of,
};

int
image_kind_find(const char *name, const struct image_kind **kind,
    struct error *err)
{
	static const struct image_kind *const kinds[] = {
		&image_kind_activations, &image_kind_cqt,
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*kind = kinds[i];
		if (strcmp(name, kinds[i]->name) == 0 ||
		    strcmp(name, kinds[i]->text) == 0)
			return 0;
	}
	return error_set(err, ERROR_FORMAT, "features.input is \"%.40s\": "
	    "expected activations or cqt", name);
}

int
image_kind_check(const struct image_kind *kind, size_t n_columns,
    double hop_sec, struct error *err)
{
	if (n_columns != kind->n_bins)
		return error_set(err, ERROR_FORMAT, "the array has %zu "
		    "columns, %s has %zu: make it with %s", n_columns,
		    kind->name, kind->n_bins, kind->command);
	if (!(fabs(hop_sec - kind->frame_sec) <= HOP_TOLERANCE))
		return error_set(err, ERROR_FORMAT, "a row every %g s, the "
		    "encoder needs one every %g s: make it with %s", hop_sec,
		    kind->frame_sec, kind->command);
	return 0;
}

static int
compare_floats(const void *a, const void *b)
{
	const float x = *(const float *)a;
	const float y = *(const float *)b;

	return (x > y) - (x < y);
}

double
image_kind_median(float *values, size_t n)
{
	qsort(values, n, sizeof(values[0]), compare_floats);
	return 0.5 * ((double)values[(n - 1) / 2] + (double)values[n / 2]);
}
