/*
 * crop -- the part of the pitch activations that the encoder looks at.
 *
 * Activations [n_frames][360] at 10 ms become columns of 40 ms (the mean of
 * the frames of each), and a window of columns becomes an image of 80 bins:
 * the 3 octaves around the window's own median pitch, 45 cents a bin.  That
 * centring makes fingerprints independent of the key (Amatov et al., "A
 * Semi-Supervised Deep Learning Approach to Dataset Collection for
 * Query-by-Humming Task", ISMIR 2023, section 3).
 *
 * Each output bin is the mean of the source over its 45 cents, bins that it
 * covers in part counted in part (area interpolation), so a transposition by
 * a whole number of source bins gives the same image to rounding.  What lies
 * outside the 360 bins is 0.  Columns whose highest activation is below
 * CROP_MIN_CONFIDENCE are silence: they are 0 in the image and not part of
 * the median.
 */
#ifndef EMBED_CROP_H
#define EMBED_CROP_H

#include <stddef.h>

#include "dsp/activations.h"

#define CROP_FRAME_SEC 0.01		/* of the activations */
#define CROP_COLUMN_FRAMES 4
#define CROP_N_BINS 80
#define CROP_BIN_CENTS 45.0		/* 80 of them are 3 octaves */
#define CROP_MIN_CONFIDENCE 0.3f

/* The mean of n_frames >= 1 rows. */
void crop_column(const float *rows, size_t n_frames,
    float column[ACTIVATIONS_N_BINS]);

/*
 * The pitch of a column in bins, the mean around the highest one weighted by
 * the activations (CREPE's reading), and its height.
 */
float crop_pitch(const float column[ACTIVATIONS_N_BINS], float *confidence);

/*
 * The median pitch, in bins, of the voiced columns of columns
 * [n_columns][360]; *n_voiced says how many those are.  0 when there are
 * none.  n_columns is at most IMAGE_KIND_MAX_COLUMNS.
 */
double crop_centre(const float *columns, size_t n_columns, size_t *n_voiced);

/* Write the image [CROP_N_BINS][n_columns] around the bin "centre". */
void crop_window(const float *columns, size_t n_columns, double centre,
    float *image);

#endif
