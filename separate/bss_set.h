/*
 * bss_set -- the measures of separate/bss_eval.h for as many estimates as
 * there are references, as mir_eval gives them.
 */
#ifndef SEPARATE_BSS_SET_H
#define SEPARATE_BSS_SET_H

#include <stddef.h>

#include "base/error.h"

#include "separate/bss_eval.h"

/*
 * Windows of "window" samples every "hop" that are measured each for itself,
 * filters included: bss_eval_sources_framewise and bss_eval_images_framewise
 * of mir_eval.  Estimates are in the order of the references.  With less than
 * two windows there is one: the whole signal.  A window in which a reference or
 * an estimate is silent has no measures of any.
 * measures [bss_set_n_windows][n_sources].
 */
size_t bss_set_n_windows(size_t n_samples, size_t window, size_t hop);
int bss_set_measure_windows(const struct bss_eval_signals *references,
    const struct bss_eval_signals *estimates, size_t window, size_t hop,
    struct bss_eval_measures *measures, struct error *err) MUST_CHECK;

/*
 * Estimates in unknown order: order [n_sources] is the estimate of each
 * reference by the best mean SIR, and measures [n_sources] are in the order of
 * the references.  n_sources^2 estimates are measured.
 */
int bss_set_permute(const struct bss_eval_signals *references,
    const struct bss_eval_signals *estimates, size_t *order,
    struct bss_eval_measures *measures, struct error *err) MUST_CHECK;

#endif
