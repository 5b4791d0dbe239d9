/*
 * The measures of separate/bss_set.h against the values that mir_eval's own
 * tests expect, of eight sets of sources as single channels and as images.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audio/clip.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"

#include "separate/bss_set.h"

#define N_MEASURES 4
#define MOST_WINDOWS 2		/* of each set: all take a minute */
#define INFINITE 1e300		/* what stands for it in the changed text */
#define MOST_SIGNALS 4		/* of images: all take two minutes */

/* The sources of one set, single channels. */
struct sounds {
	double *samples[BSS_EVAL_MAX_SOURCES];
	size_t n_sources, n_samples;
};

static const char *
data_folder(void)
{
	const char *data = getenv("CHAD_DATA");

	return data == NULL ? "../shared/data" : data;
}

/* "Infinity" is no JSON; a number of as many letters takes its place. */
static struct json *
load_output(int set)
{
	char path[512], *text, *at;
	struct error err;
	struct json *output;
	size_t n_bytes;
	FILE *f;

	snprintf(path, sizeof(path), "%s/mir_eval/separation/output%02d.json",
	    data_folder(), set);
	f = fopen(path, "rb");
	assert_non_null(f);
	text = calloc(1, 1 << 20);
	assert_non_null(text);
	n_bytes = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	while ((at = strstr(text, "Infinity")) != NULL)
		memcpy(at, "1.00e300", 8);
	output = json_parse(text, n_bytes, &err);
	free(text);
	assert_non_null(output);
	return output;
}

static void
load_sounds(const char *kind, int set, unsigned rate_hz, struct arena *a,
    struct sounds *s)
{
	char path[512];
	struct error err;

	*s = (struct sounds){ .n_sources = 0 };
	for (; s->n_sources < BSS_EVAL_MAX_SOURCES; s->n_sources++) {
		struct clip clip;
		double *to;

		snprintf(path, sizeof(path),
		    "%s/mir_eval/separation/%s%02d/%zu.wav", data_folder(),
		    kind, set, s->n_sources);
		if (!file_exists(path))
			break;
		assert_int_equal(clip_load(path, rate_hz, 0.0, 0.0, a, &clip,
		    &err), 0);
		s->n_samples = clip.n_samples;
		to = arena_alloc(a, clip.n_samples, sizeof(*to));
		assert_non_null(to);
		for (size_t i = 0; i < clip.n_samples; i++)
			to[i] = (double)clip.samples[i];
		s->samples[s->n_sources] = to;
	}
	assert_true(s->n_sources > 0);
}

/*
 * Images as mir_eval's tests make them: further channels are the first one
 * times a gain.
 */
static struct bss_eval_signals
images(const struct sounds *s, size_t n_channels, double gain,
    struct arena *a)
{
	const double **samples = arena_alloc(a, s->n_sources * n_channels,
	    sizeof(*samples));

	assert_non_null(samples);
	for (size_t i = 0; i < s->n_sources; i++) {
		double *other = arena_alloc(a, s->n_samples, sizeof(*other));

		assert_non_null(other);
		for (size_t t = 0; t < s->n_samples; t++)
			other[t] = gain * s->samples[i][t];
		for (size_t c = 0; c < n_channels; c++)
			samples[i * n_channels + c] = c == 0 ? s->samples[i] :
			    other;
	}
	return (struct bss_eval_signals){ samples, s->n_sources, n_channels,
	    s->n_samples };
}

static const char *const measure_names[N_MEASURES] = {
	"Source to Distortion", "Source to Interference",
	"Source to Artifact", "Image to Spatial" };

/* The relative error of one number; *worst is the largest so far. */
static void
hold_against(double got, double want, double *worst)
{
	if (want >= INFINITE)
		assert_true(isinf(got) && got > 0.0);
	else
		*worst = fmax(*worst, fabs(got - want) / fabs(want));
}

static void
compare(const struct json *output, const char *kind, const char *index,
    const struct bss_eval_measures *got, double *worst)
{
	const bool is_image = strncmp(kind, "Images", 6) == 0;
	const double values[N_MEASURES] = { is_image ? got->image_sdr_db :
	    got->sdr_db, got->sir_db, got->sar_db, got->isr_db };
	struct error err;
	char path[128];

	for (size_t k = 0; k < (is_image ? 4 : 3); k++) {
		double want;

		snprintf(path, sizeof(path), "%s.%s.%s", kind,
		    measure_names[k], index);
		assert_int_equal(json_want_number(output, path, &want, &err),
		    0);
		hold_against(values[k], want, worst);
	}
}

static double
check_whole(const struct json *output, const char *kind,
    const struct bss_eval_signals *r, const struct bss_eval_signals *e)
{
	struct bss_eval_measures measures[BSS_EVAL_MAX_SOURCES];
	size_t order[BSS_EVAL_MAX_SOURCES];
	char path[128], index[32];
	double worst = 0.0;
	struct error err;

	assert_int_equal(bss_set_permute(r, e, order, measures, &err), 0);
	for (size_t i = 0; i < r->n_sources; i++) {
		double want;

		snprintf(path, sizeof(path), "%s.Source permutation.%zu",
		    kind, i);
		assert_int_equal(json_want_number(output, path, &want, &err),
		    0);
		assert_true((double)order[i] == want);
		snprintf(index, sizeof(index), "%zu", i);
		compare(output, kind, index, &measures[i], &worst);
	}
	return worst;
}

static size_t
size_of(const struct json *output, const char *kind, const char *name,
    size_t fallback)
{
	struct error err;
	char path[128];
	size_t value;

	snprintf(path, sizeof(path), "%s.%s", kind, name);
	assert_int_equal(json_get_size(output, path, fallback, &value, &err),
	    0);
	return value;
}

static double
gain_of(const struct json *output, const char *kind)
{
	struct error err;
	char path[128];
	double gain;

	snprintf(path, sizeof(path), "%s.gain", kind);
	assert_int_equal(json_want_number(output, path, &gain, &err), 0);
	return gain;
}

/* The first windows of a set: what comes behind them is no part of them. */
static double
check_windows(const struct json *output, const char *kind,
    const struct bss_eval_signals *r, const struct bss_eval_signals *e)
{
	struct bss_eval_measures measures[MOST_WINDOWS * BSS_EVAL_MAX_SOURCES];
	const size_t window = size_of(output, kind, "win", 0);
	const size_t hop = size_of(output, kind, "hop", 0);
	const size_t n_all = bss_set_n_windows(r->n_samples, window, hop);
	const size_t n = MOST_WINDOWS;
	struct bss_eval_signals first_r = *r, first_e = *e;
	char index[64], path[128];
	double worst = 0.0;
	struct error err;

	assert_true(n_all >= n);
	first_r.n_samples = first_e.n_samples = window + (n - 1) * hop;
	snprintf(path, sizeof(path), "%s.Source to Distortion.0", kind);
	assert_int_equal(json_count(json_at(output, path)), n_all);
	assert_int_equal(bss_set_measure_windows(&first_r, &first_e, window,
	    hop, measures, &err), 0);
	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < r->n_sources; i++) {
			snprintf(index, sizeof(index), "%zu.%zu", i, k);
			compare(output, kind, index,
			    &measures[k * r->n_sources + i], &worst);
		}
	}
	return worst;
}

/*
 * Single channels to 1e-6: what is left is rounding in windows of 1100 samples
 * with 1536 taps.  The equations of images are singular, their further
 * channels being copies; there the expected values, which are those of a
 * solution that rounding has chosen, are right to five digits.
 */
static void
check_set(int set, struct arena *a)
{
	static const char *const kinds[] = { "Images", "Images Framewise" };
	struct json *output = load_output(set);
	const unsigned rate_hz = set == 6 ? 16000 : 8000;
	struct bss_eval_signals r, e;
	struct sounds truth, found;

	load_sounds("ref", set, rate_hz, a, &truth);
	load_sounds("est", set, rate_hz, a, &found);
	r = images(&truth, 1, 1.0, a);
	e = images(&found, 1, 1.0, a);
	assert_true(check_whole(output, "Sources", &r, &e) < 1e-8);
	assert_true(check_windows(output, "Framewise", &r, &e) < 1e-6);
	for (int k = 0; k < 2; k++) {
		const size_t n = size_of(output, kinds[k], "nchan", 1);

		if (n * truth.n_sources > MOST_SIGNALS)
			continue;
		r = images(&truth, n, 1.0, a);
		e = images(&found, n, gain_of(output, kinds[k]), a);
		assert_true((k == 0 ? check_whole(output, kinds[k], &r, &e) :
		    check_windows(output, kinds[k], &r, &e)) < 1e-5);
	}
	json_free(output);
}

static void
measures_equal_those_of_mir_eval(void **state)
{
	static const int sets[] = { 1, 2, 3, 5, 6, 7, 8, 9 };
	char path[512];

	(void)state;
	snprintf(path, sizeof(path), "%s/mir_eval/separation/output01.json",
	    data_folder());
	if (!file_exists(path)) {
		printf("skipped: no mir_eval fixtures in %s "
		    "(set CHAD_DATA)\n", data_folder());
		skip();
	}
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		struct arena *a = arena_new();

		assert_non_null(a);
		check_set(sets[i], a);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_equal_those_of_mir_eval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
