/*
 * image_kind -- what an encoder looks at: pitch activations or a CQT.
 *
 * Either is an array with a row a frame.  Frames become columns of 40 ms, a
 * window of columns is centred on a pitch and becomes an image.  A kind is a
 * table of the sizes and of the functions in which the two differ:
 * embed/crop.h for activations, embed/cqt_crop.h for a CQT.
 */
#ifndef EMBED_IMAGE_KIND_H
#define EMBED_IMAGE_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define IMAGE_KIND_COLUMN_SEC 0.04
#define IMAGE_KIND_MAX_COLUMNS 1024	/* of a window */
#define IMAGE_KIND_MAX_BINS 360

struct image_kind {
	const char *name;	/* "features.input" of a recipe */
	const char *text;	/* the same of a model */
	const char *pair_path;	/* member of a training pair's side */
	const char *pair_hop;	/* the member with its hop */
	const char *command;	/* what makes such arrays */
	size_t n_bins;		/* of a frame and of a column */
	size_t n_kept_bins;	/* of a column, in embed/excerpt.h */
	size_t n_image_bins;
	size_t column_frames;
	double frame_sec;
	double semitone_bins;
	bool is_tracked;	/* pitch, as made-up singing has it too */

	/* A column [n_bins] of n_frames >= 1 rows; values 0..1. */
	void (*column)(const float *rows, size_t n_frames, float *column);
	/* There is a voice in the column. */
	bool (*is_heard)(const float *column);
	/*
	 * The bin that the middle of the image shows; false when fewer than
	 * min_heard, 0..1, of the columns are heard, or none.
	 */
	bool (*centre)(const float *columns, size_t n_columns,
	    double min_heard, double *centre);
	/* Write image [n_image_bins][n_columns], values 0..1. */
	void (*image)(const float *columns, size_t n_columns, double centre,
	    float *image);
	/* A value of the image as an amplitude, 0..1, and back. */
	float (*amplitude_of)(float value);
	float (*value_of)(float amplitude);
};

extern const struct image_kind image_kind_activations;
extern const struct image_kind image_kind_cqt;

/* By the name or by the text; an error that lists the names. */
int image_kind_find(const char *name, const struct image_kind **kind,
    struct error *err) MUST_CHECK;

/* The median of n >= 1 values, which it sorts. */
double image_kind_median(float *values, size_t n);

/* 0 when arrays of so many columns, a row every hop_sec, are of the kind. */
int image_kind_check(const struct image_kind *kind, size_t n_columns,
    double hop_sec, struct error *err) MUST_CHECK;

#endif
