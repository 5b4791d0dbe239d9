/*
 * bss_signal -- what separate/bss_eval.h does to signals: correlate them, and
 * filter stretches of them.
 *
 * Both go through the signals in blocks (overlap-save: Oppenheim and Schafer,
 * "Discrete-Time Signal Processing", section 8.7), so that memory does not
 * grow with their length.
 */
#ifndef SEPARATE_BSS_SIGNAL_H
#define SEPARATE_BSS_SIGNAL_H

#include <stddef.h>

#include "base/error.h"

#define BSS_SIGNAL_TAPS 512
#define BSS_SIGNAL_LAGS (2 * BSS_SIGNAL_TAPS - 1)

/*
 * lags [n_a][n_b][BSS_SIGNAL_LAGS], at BSS_SIGNAL_TAPS - 1 + l: the sum over t
 * of a[t] * b[t + l], for a and b of n_samples and zero outside.
 */
int bss_signal_correlate(const double *const *a, size_t n_a,
    const double *const *b, size_t n_b, size_t n_samples, double *lags,
    struct error *err) MUST_CHECK;

/* n_outputs sums of n_inputs signals, each through a filter of its own. */
struct bss_signal_bank;

/*
 * taps [n_outputs][n_inputs][BSS_SIGNAL_TAPS]; n_samples is the length of the
 * stretches to come, for the size of the blocks.  Free with
 * bss_signal_bank_free.  NULL with an error.
 */
struct bss_signal_bank *bss_signal_bank_new(const double *taps,
    size_t n_outputs, size_t n_inputs, size_t n_samples, struct error *err)
    MUST_CHECK;
void bss_signal_bank_free(struct bss_signal_bank *bank);

/*
 * Filter samples first..first + n_samples - 1 of the inputs, taken as zero
 * outside of this stretch.  "take" is handed the result of each block: outputs
 * [n_outputs][n_block], which begin "at" samples into the stretch; all in all
 * n_samples + BSS_SIGNAL_TAPS - 1.  One thread at a time.
 */
void bss_signal_bank_run(struct bss_signal_bank *bank,
    const double *const *inputs, size_t first, size_t n_samples,
    void (*take)(void *context, const double *const *outputs, size_t at,
    size_t n_block), void *context);

#endif
