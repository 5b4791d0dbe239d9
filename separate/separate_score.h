/*
 * separate_score -- how near a separated voice is to the true one.
 */
#ifndef SEPARATE_SEPARATE_SCORE_H
#define SEPARATE_SEPARATE_SCORE_H

#include <stddef.h>

/*
 * Scale-invariant signal-to-distortion ratio in dB (Le Roux et al., "SDR --
 * half-baked or well done?", ICASSP 2019): the estimate's part along the truth
 * over what is left of it.  Means are not removed.  Kept within -100..100; a
 * silent truth or estimate gives -100.
 */
double separate_score_si_sdr(const float *truth, const float *estimate,
    size_t n_samples);

#endif
