/*
 * feature -- sound to rows of a feature, as a stream, whatever the feature is.
 *
 * Parameters, defaults and numbers are librosa's, version 0.10: frames are
 * centred and beyond the sound lie zeros (pad_mode "constant"), windows are
 * periodic Hann windows.  Rows are [n_frames][n_columns], the transpose of
 * librosa's arrays; row k is centred on sample k * n_hop, and a sound of n
 * samples has n / n_hop + 1 of them.
 *
 *	stft		librosa.stft: real and imaginary part of each
 *	mel		feature.melspectrogram, power
 *	logmel		power_to_db of that, at most top_db below the largest
 *	mfcc		feature.mfcc
 *	cqt		|librosa.cqt|
 *	chroma_stft	feature.chroma_stft
 *	chroma_cqt	feature.chroma_cqt
 *	chroma_cens	feature.chroma_cens
 *
 * Tolerances, against the same formulas in double: 1e-6 of the largest value of
 * stft and mel, 1e-3 dB of logmel and mfcc; see dsp/cqt.h and dsp/chroma.h.
 * Memory does not grow with the sound.  Where a number of the whole sound is
 * needed first, its largest level or its tuning, the sound is heard twice.
 */
#ifndef DSP_FEATURE_H
#define DSP_FEATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "dsp/cqt.h"
#include "dsp/mel.h"

enum feature_kind {
	FEATURE_STFT, FEATURE_MEL, FEATURE_LOGMEL, FEATURE_MFCC, FEATURE_CQT,
	FEATURE_CHROMA_STFT, FEATURE_CHROMA_CQT, FEATURE_CHROMA_CENS,
	FEATURE_N_KINDS
};

/* For feature_options.tuning: that of the sound, by dsp/tuning.h. */
#define FEATURE_TUNING_OF_SOUND (-1e9)

/* Of all kinds; each looks at its own. */
struct feature_options {
	enum feature_kind kind;
	size_t n_hop;
	size_t n_fft, n_window;	/* of all but those from a CQT */
	struct mel_options mel;	/* mel, logmel, mfcc */
	double top_db;		/* logmel, mfcc; 0: no limit */
	size_t n_mfcc;
	double lifter;		/* mfcc */
	struct cqt_options cqt;	/* cqt; n_hop and tuning are those here */
	double tuning;		/* cqt and chroma, in bins or classes */
	size_t n_classes;	/* chroma */
	size_t n_octaves;	/* chroma from a CQT, instead of cqt.n_bins */
	size_t n_smooth;	/* chroma_cens, frames */
};

#define FEATURE_MAX_PUT CQT_MAX_PUT	/* samples at a time */

/* "stft" and so on. */
const char *feature_kind_name(enum feature_kind kind);

/* Of its name; -1 with a message that lists them. */
int feature_kind_find(const char *name, enum feature_kind *kind,
    struct error *err) MUST_CHECK;

struct feature_options feature_defaults(enum feature_kind kind);

/* Columns of a row; complex numbers of stft. */
size_t feature_n_columns(const struct feature_options *o);

struct feature;

/*
 * For sounds of one rate; plans and tables are kept from one to the next.  Free
 * with feature_free.  NULL with an error.
 */
struct feature *feature_new(const struct feature_options *o, double rate_hz,
    struct error *err) MUST_CHECK;
void feature_free(struct feature *f);

/* Whether each sound has to be put twice, the first time to be heard only. */
bool feature_listens_first(const struct feature *f);

/* Begin a sound, to hear it or, after that, to have its rows. */
int feature_begin(struct feature *f, bool is_heard_only, struct error *err)
    MUST_CHECK;

/*
 * Take n samples, at most FEATURE_MAX_PUT; returns how many rows are ready,
 * none while it is heard only.  *rows is valid until the next call.
 */
size_t feature_put(struct feature *f, const float *samples, size_t n,
    const float **rows);

/* End the sound: the rows that are left. */
size_t feature_finish(struct feature *f, const float **rows);

#endif
