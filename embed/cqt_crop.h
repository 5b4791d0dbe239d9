#ifndef EMBED_CQT_CROP_H
#define EMBED_CQT_CROP_H

#include <stdbool.h>
#include <stddef.h>

#define CQT_CROP_N_BINS 84

void cqt_crop_column(const float *rows, size_t n_frames, float *column);
bool cqt_crop_is_heard(const float *column);
bool cqt_crop_centre(const float *columns, size_t n_columns,
    double min_heard, double *centre);
void cqt_crop_window(const float *columns, size_t n_columns, double centre,
    float *image);
float cqt_crop_amplitude_of(float value);
float cqt_crop_value_of(float amplitude);

#endif
