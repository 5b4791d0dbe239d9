#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/chroma.h"
#include "dsp/feature.h"
#include "dsp/stft.h"
#include "dsp/tuning.h"

/* What librosa takes for its own estimate of the tuning. */
#define TUNING_FFT 2048
#define TUNING_HOP 512
/* Values of rows held at a time, 256 MiB. */
#define MAX_HELD ((size_t)1 << 26)

struct feature {
	struct feature_options o;
	double rate_hz;
	bool is_heard_only;
	/* Spectra: of the feature itself, or to hear the tuning of a CQT. */
	struct stft *stft;
	struct stft_analysis *analysis;
	size_t n_bins, n_spectrum_hop;
	float *spectra;			/* [2][n_bins][2] */
	float *power;			/* [n_bins] */
	uint64_t n_samples, n_frames;
	/* Those that the kind needs, else NULL. */
	struct mel *mel;
	struct mel_cepstrum *cepstrum;
	struct tuning *tuning;
	struct chroma *chroma;
	struct chroma_cens *cens;
	struct cqt *cqt;
	float *levels;			/* [n_mels], or [n_classes] */
	float peak_db;			/* of what was heard */
	float *rows;			/* [max_rows][values] */
	size_t max_rows, n_rows, n_values;
};

static const char *const names[FEATURE_N_KINDS] = {
	[FEATURE_STFT] = "stft", [FEATURE_MEL] = "mel",
	[FEATURE_LOGMEL] = "logmel", [FEATURE_MFCC] = "mfcc",
	[FEATURE_CQT] = "cqt", [FEATURE_CHROMA_STFT] = "chroma_stft",
	[FEATURE_CHROMA_CQT] = "chroma_cqt",
	[FEATURE_CHROMA_CENS] = "chroma_cens",
};

const char *
feature_kind_name(enum feature_kind kind)
{
	return names[kind];
}

int
feature_kind_find(const char *name, enum feature_kind *kind,
    struct error *err)
{
	for (int i = 0; i < FEATURE_N_KINDS; i++)
		if (strcmp(name, names[i]) == 0) {
			*kind = (enum feature_kind)i;
			return 0;
		}
	return error_set(err, ERROR_FORMAT, "there is no feature \"%s\"; there "
	    "are stft, mel, logmel, mfcc, cqt, chroma_stft, chroma_cqt and "
	    "chroma_cens", name);
}

static bool
is_of_cqt(enum feature_kind kind)
{
	return kind == FEATURE_CQT || kind == FEATURE_CHROMA_CQT ||
	    kind == FEATURE_CHROMA_CENS;
}

static bool
is_of_mel(enum feature_kind kind)
{
	return kind == FEATURE_MEL || kind == FEATURE_LOGMEL ||
	    kind == FEATURE_MFCC;
}

static bool
hears_tuning(const struct feature_options *o)
{
	return o->tuning <= FEATURE_TUNING_OF_SOUND;
}

struct feature_options
feature_defaults(enum feature_kind kind)
{
	struct feature_options o = { .kind = kind, .n_hop = 512,
	    .n_fft = 2048, .n_window = 2048, .mel = { .n_mels = 128 },
	    .top_db = 80.0, .n_mfcc = 20, .cqt = cqt_defaults(),
	    .tuning = FEATURE_TUNING_OF_SOUND, .n_classes = 12,
	    .n_octaves = 7, .n_smooth = 41 };

	if (kind == FEATURE_CQT)
		o.tuning = 0.0;
	else
		o.cqt.bins_per_octave = 36;
	return o;
}

size_t
feature_n_columns(const struct feature_options *o)
{
	switch (o->kind) {
	case FEATURE_STFT:
		return o->n_fft / 2 + 1;
	case FEATURE_MEL:
	case FEATURE_LOGMEL:
		return o->mel.n_mels;
	case FEATURE_MFCC:
		return o->n_mfcc;
	case FEATURE_CQT:
		return o->cqt.n_bins;
	default:
		return o->n_classes;
	}
}

/* The transform that the feature is made of, or its tuning is heard by. */
static int
make_spectra(struct feature *f, struct error *err)
{
	const struct feature_options *o = &f->o;
	const bool is_own = !is_of_cqt(o->kind);
	const size_t n_fft = is_own ? o->n_fft : TUNING_FFT;

	f->n_spectrum_hop = is_own ? o->n_hop : TUNING_HOP;
	f->stft = stft_new_analysis(n_fft, is_own ? o->n_window : TUNING_FFT,
	    f->n_spectrum_hop, err);
	if (f->stft == NULL)
		return -1;
	f->n_bins = stft_n_bins(f->stft);
	f->analysis = stft_analysis_new(f->stft, err);
	f->spectra = memory_new(2 * f->n_bins, 2 * sizeof *f->spectra,
	    "spectra", err);
	f->power = memory_new(f->n_bins, sizeof *f->power, "spectrum", err);
	if (f->analysis == NULL || f->spectra == NULL || f->power == NULL)
		return -1;
	if (is_of_mel(o->kind))
		return (f->mel = mel_new(&o->mel, f->rate_hz, n_fft,
		    err)) == NULL ? -1 : 0;
	if (o->kind == FEATURE_STFT || !hears_tuning(o))
		return 0;
	f->tuning = tuning_new(f->rate_hz, n_fft, is_own ? o->n_classes :
	    o->cqt.bins_per_octave, err);
	return f->tuning == NULL ? -1 : 0;
}

/* What depends on the tuning, made anew. */
static int
tune(struct feature *f, double tuning, struct error *err)
{
	const struct feature_options *o = &f->o;
	struct cqt_options cqt = o->cqt;

	if (o->kind == FEATURE_CHROMA_STFT) {
		chroma_free(f->chroma);
		f->chroma = chroma_new_stft(f->rate_hz, o->n_fft,
		    o->n_classes, tuning, err);
		return f->chroma == NULL ? -1 : 0;
	}
	cqt_free(f->cqt);
	cqt.n_hop = o->n_hop;
	cqt.tuning = tuning;
	f->cqt = cqt_new(&cqt, f->rate_hz, err);
	return f->cqt == NULL ? -1 : 0;
}

/* Room for the rows of one put, or of finish. */
static int
make_rows(struct feature *f, struct error *err)
{
	size_t n_most = is_of_cqt(f->o.kind) ? cqt_max_rows(f->cqt) +
	    f->o.n_smooth : (FEATURE_MAX_PUT + f->o.n_fft / 2) / f->o.n_hop +
	    4;

	f->n_values = feature_n_columns(&f->o) * (f->o.kind == FEATURE_STFT ?
	    2 : 1);
	if (n_most > MAX_HELD / f->n_values)
		return error_set(err, ERROR_LIMIT, "a hop of %zu samples with "
		    "frames of %zu: take a longer hop", f->o.n_hop,
		    f->o.n_fft);
	if (n_most <= f->max_rows)
		return 0;
	memory_free(f->rows);
	f->max_rows = 0;
	f->rows = memory_new(n_most * f->n_values, sizeof *f->rows, "rows",
	    err);
	if (f->rows == NULL)
		return -1;
	f->max_rows = n_most;
	return 0;
}

/* What stays from sound to sound. */
static int
make(struct feature *f, struct error *err)
{
	const struct feature_options *o = &f->o;
	const size_t n_levels = o->mel.n_mels > o->n_classes ?
	    o->mel.n_mels : o->n_classes;

	if ((!is_of_cqt(o->kind) || hears_tuning(o)) &&
	    make_spectra(f, err) != 0)
		return -1;
	f->levels = memory_new(n_levels, sizeof *f->levels, "levels", err);
	if (f->levels == NULL)
		return -1;
	if (o->kind == FEATURE_MFCC && (f->cepstrum = mel_cepstrum_new(
	    o->mel.n_mels, o->n_mfcc, o->lifter, err)) == NULL)
		return -1;
	if ((o->kind == FEATURE_CHROMA_CQT || o->kind ==
	    FEATURE_CHROMA_CENS) && (f->chroma = chroma_new_cqt(o->cqt.n_bins,
	    o->cqt.bins_per_octave, o->cqt.fmin_hz, o->n_classes,
	    err)) == NULL)
		return -1;
	if (o->kind == FEATURE_CHROMA_CENS && (f->cens = chroma_cens_new(
	    o->n_classes, o->n_smooth, err)) == NULL)
		return -1;
	if ((is_of_cqt(o->kind) || o->kind == FEATURE_CHROMA_STFT) &&
	    tune(f, hears_tuning(o) ? 0.0 : o->tuning, err) != 0)
		return -1;
	return make_rows(f, err);
}

struct feature *
feature_new(const struct feature_options *o, double rate_hz,
    struct error *err)
{
	struct feature *f = memory_new(1, sizeof *f, "feature", err);

	if (f == NULL)
		return NULL;
	f->o = *o;
	f->rate_hz = rate_hz;
	if (o->kind == FEATURE_CHROMA_CQT || o->kind == FEATURE_CHROMA_CENS)
		f->o.cqt.n_bins = o->n_octaves * o->cqt.bins_per_octave;
	if (make(f, err) != 0) {
		feature_free(f);
		return NULL;
	}
	return f;
}

void
feature_free(struct feature *f)
{
	if (f == NULL)
		return;
	stft_analysis_free(f->analysis);
	stft_free(f->stft);
	memory_free(f->spectra);
	memory_free(f->power);
	mel_free(f->mel);
	mel_cepstrum_free(f->cepstrum);
	tuning_free(f->tuning);
	chroma_free(f->chroma);
	chroma_cens_free(f->cens);
	cqt_free(f->cqt);
	memory_free(f->levels);
	memory_free(f->rows);
	memory_free(f);
}

bool
feature_listens_first(const struct feature *f)
{
	return f->tuning != NULL || (f->o.top_db > 0.0 &&
	    (f->o.kind == FEATURE_LOGMEL || f->o.kind == FEATURE_MFCC));
}

int
feature_begin(struct feature *f, bool is_heard_only, struct error *err)
{
	f->is_heard_only = is_heard_only;
	f->n_samples = f->n_frames = 0;
	if (f->analysis != NULL)
		stft_analysis_reset(f->analysis);
	if (is_heard_only) {
		f->peak_db = -HUGE_VALF;
		if (f->tuning != NULL)
			tuning_reset(f->tuning);
		return 0;
	}
	if (f->tuning != NULL && (tune(f, tuning_estimate(f->tuning),
	    err) != 0 || make_rows(f, err) != 0))
		return -1;
	if (f->cqt != NULL)
		cqt_reset(f->cqt);
	if (f->cens != NULL)
		chroma_cens_reset(f->cens);
	return 0;
}

/* Squares, or magnitudes where librosa hears the tuning by those. */
static void
fill_power(struct feature *f, const float *spectrum)
{
	for (size_t k = 0; k < f->n_bins; k++) {
		const float re = spectrum[2 * k], im = spectrum[2 * k + 1];

		f->power[k] = re * re + im * im;
		if (is_of_cqt(f->o.kind))
			f->power[k] = sqrtf(f->power[k]);
	}
}

/* The levels of the mel bands, no further below the largest than may be. */
static void
fill_levels(struct feature *f, float *levels)
{
	const float least = f->o.top_db > 0.0 ? f->peak_db -
	    (float)f->o.top_db : -HUGE_VALF;

	mel_run(f->mel, f->power, levels);
	for (size_t m = 0; m < f->o.mel.n_mels; m++)
		levels[m] = fmaxf(mel_level_db(levels[m]), least);
}

static void
hear(struct feature *f)
{
	float most = 0.0f;

	if (f->tuning != NULL) {
		tuning_put(f->tuning, f->power);
		return;
	}
	mel_run(f->mel, f->power, f->levels);
	for (size_t m = 0; m < f->o.mel.n_mels; m++)
		most = fmaxf(most, f->levels[m]);
	f->peak_db = fmaxf(f->peak_db, mel_level_db(most));
}

/* One spectrum to one row, or to what is heard. */
static void
take_spectrum(struct feature *f, const float *spectrum)
{
	float *row = f->rows + f->n_rows * f->n_values;

	if (f->o.kind != FEATURE_STFT)
		fill_power(f, spectrum);
	if (f->is_heard_only) {
		hear(f);
		return;
	}
	switch (f->o.kind) {
	case FEATURE_STFT:
		memcpy(row, spectrum, f->n_values * sizeof *row);
		break;
	case FEATURE_MEL:
		mel_run(f->mel, f->power, row);
		break;
	case FEATURE_LOGMEL:
		fill_levels(f, row);
		break;
	case FEATURE_MFCC:
		fill_levels(f, f->levels);
		mel_cepstrum_run(f->cepstrum, f->levels, row);
		break;
	default:
		chroma_fold(f->chroma, f->power, row);
		chroma_scale_peak(row, f->n_values);
		break;
	}
	f->n_rows++;
}

/* Samples through the transform, until there are n_frames. */
static void
transform(struct feature *f, const float *x, size_t n, uint64_t n_frames)
{
	while (n > 0 && f->n_frames < n_frames) {
		const size_t n_now = n < f->n_spectrum_hop ? n :
		    f->n_spectrum_hop;
		const size_t n_spectra = stft_analysis_put(f->analysis, x,
		    n_now, f->spectra);

		for (size_t i = 0; i < n_spectra && f->n_frames < n_frames;
		    i++, f->n_frames++)
			take_spectrum(f, f->spectra + i * 2 * f->n_bins);
		x += n_now;
		n -= n_now;
	}
}

/* Rows of the CQT to what is made of them. */
static size_t
fold(struct feature *f, size_t n_rows, const float **rows)
{
	const float *from = *rows;

	if (f->o.kind == FEATURE_CQT)
		return n_rows;
	for (size_t i = 0; i < n_rows; i++, from += f->o.cqt.n_bins) {
		float *row = f->rows + f->n_rows * f->n_values;

		if (f->cens == NULL) {
			chroma_fold(f->chroma, from, row);
			chroma_scale_peak(row, f->n_values);
			f->n_rows++;
		} else {
			chroma_fold(f->chroma, from, f->levels);
			f->n_rows += chroma_cens_put(f->cens, f->levels, row);
		}
	}
	*rows = f->rows;
	return f->n_rows;
}

size_t
feature_put(struct feature *f, const float *samples, size_t n,
    const float **rows)
{
	f->n_rows = 0;
	f->n_samples += n;
	if (is_of_cqt(f->o.kind) && !f->is_heard_only) {
		const size_t n_rows = cqt_put(f->cqt, samples, n, rows);

		return fold(f, n_rows, rows);
	}
	transform(f, samples, n, UINT64_MAX);
	*rows = f->rows;
	return f->n_rows;
}

size_t
feature_finish(struct feature *f, const float **rows)
{
	static const float silence[FEATURE_MAX_PUT];
	uint64_t n_frames;

	f->n_rows = 0;
	if (is_of_cqt(f->o.kind) && !f->is_heard_only) {
		size_t n = cqt_finish(f->cqt, rows);

		n = fold(f, n, rows);
		while (f->cens != NULL && chroma_cens_finish(f->cens,
		    f->rows + f->n_rows * f->n_values) == 1)
			n = ++f->n_rows;
		return n;
	}
	n_frames = f->n_samples / f->n_spectrum_hop + 1;
	while (f->n_frames < n_frames)
		transform(f, silence, FEATURE_MAX_PUT, n_frames);
	*rows = f->rows;
	return f->n_rows;
}
