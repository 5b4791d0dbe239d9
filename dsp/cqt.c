/*
 * Sound runs down a chain of stages, each at the rate of the one above or at
 * half of it; most transform one octave.  Lower octaves have longer windows and
 * lag behind, so rows wait until the lowest has filled its part.
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/cqt.h"
#include "dsp/cqt_filters.h"
#include "dsp/halver.h"
#include "dsp/stft.h"

#define MAX_BINS 1024
#define MAX_BINS_PER_OCTAVE 256
#define MAX_WINDOW ((double)(1 << 20))
/* Equivalent noise bandwidth of a Hann window, as librosa has measured it. */
#define HANN_BANDWIDTH 1.50018310546875
/* Values of rows that wait, 256 MiB. */
#define MAX_WAITING ((size_t)1 << 26)

struct stage {
	struct halver *halver;	/* before it; NULL: none */
	size_t n_halved;		/* from the sound's rate to here */
	/* The octave; there is none when stft is NULL. */
	struct stft *stft;
	struct stft_analysis *analysis;
	struct cqt_filters filters;
	float *spectra;			/* [2][n_fft_bins][2] */
	size_t n_hop, first_bin;
	uint64_t n_frames;		/* so far */
};

struct cqt {
	struct cqt_options o;
	double rate_hz, q, lowest_hz;
	struct stage *stages;
	size_t n_stages;
	uint64_t n_samples;
	/* Rows from n_given on, of which n_ready are handed out. */
	float *rows;			/* [max_rows][n_bins] */
	size_t max_rows, n_ready;
	uint64_t n_given;
	uint64_t n_total;		/* frames; not known before the end */
};

struct cqt_options
cqt_defaults(void)
{
	return (struct cqt_options){ .n_hop = 512, .fmin_hz = CQT_C1_HZ,
	    .n_bins = 84, .bins_per_octave = 12, .filter_scale = 1.0,
	    .sparsity = 0.01 };
}

static double
frequency_hz(const struct cqt *c, size_t bin)
{
	return c->lowest_hz * exp2((double)bin /
	    (double)c->o.bins_per_octave);
}

/* Where the pass band of the highest filter ends. */
static double
cutoff_hz(const struct cqt *c)
{
	return frequency_hz(c, c->o.n_bins - 1) *
	    (1.0 + 0.5 * HANN_BANDWIDTH / c->q);
}

static int
check(const struct cqt *c, struct error *err)
{
	const struct cqt_options *o = &c->o;

	assert(o->filter_scale > 0.0 && o->sparsity >= 0.0 &&
	    o->sparsity < 1.0 && isfinite(o->tuning));
	if (o->n_hop < 1 || o->n_bins < 1 || o->n_bins > MAX_BINS ||
	    o->bins_per_octave < 1 || o->bins_per_octave >
	    MAX_BINS_PER_OCTAVE || !(o->fmin_hz > 0.0))
		return error_set(err, ERROR_LIMIT, "a CQT of %zu bins, %zu an "
		    "octave, from %g Hz: there must be 1 to %d and 1 to %d, "
		    "from above 0 Hz", o->n_bins, o->bins_per_octave,
		    o->fmin_hz, MAX_BINS, MAX_BINS_PER_OCTAVE);
	if (cutoff_hz(c) > c->rate_hz / 2.0)
		return error_set(err, ERROR_LIMIT, "a CQT of %zu bins from "
		    "%g Hz reaches %.0f Hz, and sound of %.0f samples a "
		    "second only half of that: take fewer bins or a higher "
		    "rate", o->n_bins, o->fmin_hz, cutoff_hz(c), c->rate_hz);
	if (c->q * c->rate_hz / c->lowest_hz > MAX_WINDOW)
		return error_set(err, ERROR_LIMIT, "a CQT from %g Hz needs a "
		    "filter of %.0f samples, and at most %.0f will do: begin "
		    "higher", o->fmin_hz, c->q * c->rate_hz / c->lowest_hz,
		    MAX_WINDOW);
	/* Rows wait for the longest filter. */
	if (c->q * c->rate_hz / c->lowest_hz / (double)o->n_hop >
	    (double)(MAX_WAITING / o->n_bins))
		return error_set(err, ERROR_LIMIT, "a CQT with a hop of %zu "
		    "samples and filters of %.0f would hold too much: take "
		    "a longer hop", o->n_hop, c->q * c->rate_hz /
		    c->lowest_hz);
	return 0;
}

/* How often the sound is halved before the top octave, as librosa does. */
static size_t
n_early(const struct cqt *c, size_t n_octaves)
{
	const double spare = ceil(log2(c->rate_hz / 2.0 / cutoff_hz(c))) - 2.0;
	size_t n_twos = 0, n_most = spare > 0.0 ? (size_t)spare : 0;

	while ((c->o.n_hop >> n_twos) % 2 == 0)
		n_twos++;
	if (n_twos + 1 <= n_octaves)
		return 0;
	return n_twos + 1 - n_octaves < n_most ? n_twos + 1 - n_octaves :
	    n_most;
}

/* Make the transform of n_bins from first_bin on at the stage's rate. */
static int
make_octave(struct cqt *c, struct stage *s, size_t first_bin, size_t n_bins,
    struct error *err)
{
	const struct cqt_filters_design design = {
		.rate_hz = ldexp(c->rate_hz, -(int)s->n_halved),
		.lowest_hz = frequency_hz(c, first_bin), .n_bins = n_bins,
		.bins_per_octave = c->o.bins_per_octave, .q = c->q,
		.sparsity = c->o.sparsity, .scale_rate_hz = c->rate_hz };
	const size_t n_window = cqt_filters_window(&design);

	s->first_bin = first_bin;
	s->n_hop = c->o.n_hop >> s->n_halved;
	s->stft = stft_new_analysis(n_window, 0, s->n_hop, err);
	if (s->stft == NULL)
		return -1;
	s->analysis = stft_analysis_new(s->stft, err);
	s->spectra = memory_new(2 * stft_n_bins(s->stft), 2 * sizeof(float),
	    "spectra", err);
	return s->analysis == NULL || s->spectra == NULL ? -1 :
	    cqt_filters_init(&s->filters, &design, err);
}

/* The stages from the top down. */
static int
make_stages(struct cqt *c, struct error *err)
{
	const size_t width = c->o.bins_per_octave < c->o.n_bins ?
	    c->o.bins_per_octave : c->o.n_bins;
	const size_t n_octaves = (c->o.n_bins + width - 1) / width;
	const size_t early = n_early(c, n_octaves);
	size_t n_halved = 0, n_left = c->o.n_bins;

	c->stages = memory_new(early + n_octaves, sizeof *c->stages, "stages",
	    err);
	if (c->stages == NULL)
		return -1;
	while (n_left > 0) {
		struct stage *s = &c->stages[c->n_stages++];
		const size_t n_bins = width < n_left ? width : n_left;

		if (c->n_stages > 1 && (c->o.n_hop >> n_halved) % 2 == 0) {
			if ((s->halver = halver_new(err)) == NULL)
				return -1;
			n_halved++;
		}
		s->n_halved = n_halved;
		if (c->n_stages <= early)
			continue;
		if (make_octave(c, s, n_left - n_bins, n_bins, err) != 0)
			return -1;
		n_left -= n_bins;
	}
	return 0;
}

/* Room for the rows that wait for the slowest stage. */
static int
make_rows(struct cqt *c, struct error *err)
{
	size_t lag = 0;

	for (size_t i = 0; i < c->n_stages; i++) {
		const struct stage *s = &c->stages[i];

		if (s->stft != NULL && (s->filters.n_window / 2 +
		    HALVER_DELAY) << s->n_halved > lag)
			lag = (s->filters.n_window / 2 + HALVER_DELAY) <<
			    s->n_halved;
	}
	c->max_rows = (lag + CQT_MAX_PUT) / c->o.n_hop + 4;
	c->rows = memory_new(c->max_rows * c->o.n_bins, sizeof *c->rows,
	    "frames", err);
	return c->rows == NULL ? -1 : 0;
}

struct cqt *
cqt_new(const struct cqt_options *o, double rate_hz, struct error *err)
{
	struct cqt *c = memory_new(1, sizeof *c, "CQT", err);
	double square;

	if (c == NULL)
		return NULL;
	c->o = *o;
	c->rate_hz = rate_hz;
	square = exp2(2.0 / (double)o->bins_per_octave);
	c->q = o->filter_scale * (square + 1.0) / (square - 1.0);
	c->lowest_hz = o->fmin_hz * exp2(o->tuning /
	    (double)o->bins_per_octave);
	if (check(c, err) != 0 || make_stages(c, err) != 0 ||
	    make_rows(c, err) != 0) {
		cqt_free(c);
		return NULL;
	}
	cqt_reset(c);
	return c;
}

void
cqt_free(struct cqt *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n_stages; i++) {
		struct stage *s = &c->stages[i];

		halver_free(s->halver);
		stft_analysis_free(s->analysis);
		stft_free(s->stft);
		cqt_filters_release(&s->filters);
		memory_free(s->spectra);
	}
	memory_free(c->stages);
	memory_free(c->rows);
	memory_free(c);
}

size_t
cqt_max_rows(const struct cqt *c)
{
	return c->max_rows;
}

void
cqt_reset(struct cqt *c)
{
	for (size_t i = 0; i < c->n_stages; i++) {
		struct stage *s = &c->stages[i];

		if (s->halver != NULL)
			halver_reset(s->halver);
		if (s->analysis != NULL)
			stft_analysis_reset(s->analysis);
		s->n_frames = 0;
	}
	c->n_samples = c->n_given = 0;
	c->n_ready = 0;
	c->n_total = UINT64_MAX;
}

/* Samples of the stage's rate into its part of the rows. */
static void
transform(struct cqt *c, struct stage *s, const float *x, size_t n)
{
	const size_t n_values = s->stft == NULL ? 0 :
	    2 * stft_n_bins(s->stft);

	while (s->stft != NULL && n > 0 && s->n_frames < c->n_total) {
		const size_t n_now = n < s->n_hop ? n : s->n_hop;
		const size_t n_spectra = stft_analysis_put(s->analysis, x,
		    n_now, s->spectra);

		for (size_t i = 0; i < n_spectra && s->n_frames < c->n_total;
		    i++)
			cqt_filters_run(&s->filters, s->spectra + i * n_values,
			    c->rows + (size_t)(s->n_frames++ - c->n_given) *
			    c->o.n_bins + s->first_bin);
		x += n_now;
		n -= n_now;
	}
}

/* Samples for stage i, and what follows from them below. */
static void
push(struct cqt *c, size_t i, const float *x, size_t n)
{
	for (;;) {
		transform(c, &c->stages[i], x, n);
		if (++i == c->n_stages)
			return;
		if (c->stages[i].halver != NULL)
			n = halver_put(c->stages[i].halver, x, n, &x);
	}
}

/* The sound is over for the stage: silence until it has all its frames. */
static void
end(struct cqt *c, struct stage *s)
{
	static const float silence[CQT_MAX_PUT];

	while (s->stft != NULL && s->n_frames < c->n_total)
		transform(c, s, silence, CQT_MAX_PUT);
}

/* Forget the rows that were handed out. */
static void
drop(struct cqt *c)
{
	uint64_t n_begun = c->n_given;

	for (size_t i = 0; i < c->n_stages; i++)
		if (c->stages[i].n_frames > n_begun)
			n_begun = c->stages[i].n_frames;
	c->n_given += c->n_ready;
	memmove(c->rows, c->rows + c->n_ready * c->o.n_bins,
	    (size_t)(n_begun - c->n_given) * c->o.n_bins * sizeof *c->rows);
	c->n_ready = 0;
}

/* Hand out the rows that all stages have filled. */
static size_t
give(struct cqt *c, const float **rows)
{
	uint64_t n_done = UINT64_MAX;

	for (size_t i = 0; i < c->n_stages; i++)
		if (c->stages[i].stft != NULL &&
		    c->stages[i].n_frames < n_done)
			n_done = c->stages[i].n_frames;
	c->n_ready = (size_t)(n_done - c->n_given);
	*rows = c->rows;
	return c->n_ready;
}

size_t
cqt_put(struct cqt *c, const float *samples, size_t n, const float **rows)
{
	drop(c);
	c->n_samples += n;
	push(c, 0, samples, n);
	return give(c, rows);
}

size_t
cqt_finish(struct cqt *c, const float **rows)
{
	drop(c);
	c->n_total = c->n_samples / c->o.n_hop + 1;
	for (size_t i = 0; i < c->n_stages; i++) {
		struct halver *halver = i == 0 ? NULL :
		    c->stages[i].halver;
		const float *x;

		if (halver != NULL) {
			const size_t n = halver_finish(halver, &x);

			push(c, i, x, n);
		}
		end(c, &c->stages[i]);
	}
	return give(c, rows);
}
