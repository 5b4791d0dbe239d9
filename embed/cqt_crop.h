/*
 * cqt_crop -- the part of a constant-Q transform that the encoder looks at.
 *
 * Rows are magnitudes [n_frames][84], a semitone a bin from C1 on, every 40 ms
 * (chad-feature --kind cqt --hop 640, of 16 kHz).  A column is a row in
 * decibels, 0 for -96 dB or less and 1 for 36 dB, where a tone of amplitude 1
 * gives up to 33 dB.  A window's image has 84 bins of square roots of
 * amplitudes, the loudest 1, so that loudness does not matter; beyond the ends
 * it is 0.
 *
 * Nor does the key matter: a column's pitch is where the roots of the
 * amplitudes at its first six harmonics, weighted by 0.8 to the power of their
 * number, have the largest sum (Hermes, "Measurement of pitch by
 * subharmonic summation", JASA 83 (1), 1988), and the median pitch of the
 * window comes to lie in bin CQT_CROP_MIDDLE of the image.
 */
#ifndef EMBED_CQT_CROP_H
#define EMBED_CQT_CROP_H

#include <stdbool.h>
#include <stddef.h>

#define CQT_CROP_N_BINS 84
#define CQT_CROP_FMIN_HZ 32.7032	/* C1 */
#define CQT_CROP_MIDDLE 36	/* C4 */

/* The mean of n_frames >= 1 rows, in decibels; what is no number is 0. */
void cqt_crop_column(const float *rows, size_t n_frames,
    float column[CQT_CROP_N_BINS]);

/* Something in the column is as loud as a tone 60 dB below full scale. */
bool cqt_crop_is_heard(const float column[CQT_CROP_N_BINS]);

/* The pitch of a column in bins, between the bins by their amplitudes. */
double cqt_crop_pitch(const float column[CQT_CROP_N_BINS]);

/*
 * The median pitch of those columns [n_columns][84] that are heard and not more
 * than 30 dB weaker than the loudest.  False when these are none or fewer than
 * min_heard, 0..1, of all.  n_columns is at most IMAGE_KIND_MAX_COLUMNS.
 */
bool cqt_crop_centre(const float *columns, size_t n_columns,
    double min_heard, double *centre);

/* Write the image [84][n_columns] around the bin "centre". */
void cqt_crop_window(const float *columns, size_t n_columns, double centre,
    float *image);

/* The amplitude that a value of an image stands for, 0..1, and back. */
float cqt_crop_amplitude_of(float value);
float cqt_crop_value_of(float amplitude);

#endif
