#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "dsp/activations.h"
#include "nn/weights.h"
#include "pitch/frames.h"
#include "pitch/pitch_decode.h"
#include "pitch/pitch_net.h"
#include "pitch/tracker.h"
#include "pitch/yin.h"

#define RATE 16000
#define N ACTIVATIONS_N_BINS
#define PI 3.14159265358979323846

static int
set_up(void **state)
{
	*state = arena_new();
	return *state == NULL;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static struct frames_source
source_of(struct frames_array *array, const float *samples, size_t n)
{
	*array = (struct frames_array){ samples, n };
	return (struct frames_source){ frames_array_get, array, n, RATE };
}

/* Take the frames of a ramp: sample i is i + 1, and 0 outside. */
static size_t
count_frames_of_a_ramp(size_t n_samples, double hop_sec, bool is_left_aligned,
    size_t frame_samples, uint64_t n_claimed, struct arena *a)
{
	float *samples = arena_alloc(a, n_samples, sizeof(*samples));
	float *frame = arena_alloc(a, frame_samples, sizeof(*frame));
	struct frames_array array;
	struct frames_source source = source_of(&array, samples, n_samples);
	struct frames f;
	struct error err;

	assert_true(samples != NULL && frame != NULL);
	for (size_t i = 0; i < n_samples; i++)
		samples[i] = (float)(i + 1);
	source.n_samples = n_claimed;
	assert_int_equal(frames_init(&f, &source, frame_samples, hop_sec,
	    is_left_aligned, a, &err), 0);
	for (size_t k = 0;; k++) {
		const long centre = lround((double)k * hop_sec * RATE) +
		    (is_left_aligned ? 512 : 0);
		bool has;

		assert_int_equal(frames_next(&f, frame, &has, &err), 0);
		if (!has)
			return k;
		for (long i = 0; i < (long)frame_samples; i++) {
			const long at = centre - (long)frame_samples / 2 + i;

			assert_true(frame[i] == (at < 0 ||
			    at >= (long)n_samples ? 0.0f : (float)(at + 1)));
		}
	}
}

static void
frames_are_centred_and_padded(void **state)
{
	const double hops[] = { 0.01, 0.0058, 0.1, 1.0 };
	const size_t lengths[] = { 40000, 32000, 1, 0 };

	for (size_t h = 0; h < 4; h++)
		for (size_t i = 0; i < 4; i++) {
			const size_t n = 1 + (size_t)((double)lengths[i] /
			    (hops[h] * RATE) + 1e-9);

			assert_int_equal(count_frames_of_a_ramp(lengths[i],
			    hops[h], false, 64, lengths[i], *state), n);
			/* What is claimed of the length changes nothing. */
			assert_int_equal(count_frames_of_a_ramp(lengths[i],
			    hops[h], false, 64, 12345, *state), n);
		}
}

/* Frame k of crepe is [k * hop, k * hop + 1024); others have its middle. */
static void
frames_can_begin_at_the_hop(void **state)
{
	const size_t frames[] = { 64, 1024, 2048 };

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(count_frames_of_a_ramp(1023, 0.01, true,
		    frames[i], 0, *state), 0);
		assert_int_equal(count_frames_of_a_ramp(1024, 0.01, true,
		    frames[i], 0, *state), 1);
		assert_int_equal(count_frames_of_a_ramp(1024 + 159, 0.01, true,
		    frames[i], 0, *state), 1);
		assert_int_equal(count_frames_of_a_ramp(1024 + 160, 0.01, true,
		    frames[i], 0, *state), 2);
		/* 5.8 ms are 92.8 samples. */
		assert_int_equal(count_frames_of_a_ramp(40000, 0.0058, true,
		    frames[i], 0, *state), 1 + (size_t)(38976 / 92.8));
	}
}

/* Fractional bin of a frequency. */
static double
bin_of(double f0_hz)
{
	return (activations_hz_to_cents(f0_hz) - ACTIVATIONS_FIRST_CENTS) /
	    ACTIVATIONS_BIN_CENTS;
}

static void
decoding_is_the_weighted_mean_near_the_peak(void **state)
{
	float row[N];

	(void)state;
	for (double hz = 40.0; hz < 1900.0; hz *= 1.0371) {
		activations_of_f0(hz, row);
		/* A Gaussian cut at 4 bins is off by less than a cent. */
		assert_true(fabs(1200.0 * log2(pitch_decode_hz(row,
		    pitch_decode_peak(row)) / hz)) < 1.0);
	}
	memset(row, 0, sizeof(row));
	assert_true(pitch_decode_hz(row, 0) == 0.0);
	row[0] = row[359] = 0.5f;
	assert_int_equal(pitch_decode_peak(row), 0);
	row[359] = 0.6f;
	assert_true(fabs(bin_of(pitch_decode_hz(row, 359)) -
	    359.0) < 1e-9);
}

/* Log chance to move from bin i to bin j; -1e300: impossible. */
static double
log_move(int i, int j)
{
	double sum = 0.0;

	if (abs(i - j) > 11)
		return -1e300;
	for (int to = 0; to < N; to++)
		sum += fmax(12 - abs(i - to), 0);
	return log((12 - abs(i - j)) / sum);
}

static double
log_emission(const float *row, int state)
{
	return log(0.9 / N + ((int)pitch_decode_peak(row) == state ? 0.1 :
	    0.0));
}

/* The score of the best of all paths, by every predecessor: plain twin. */
static double
best_score(const float *rows, size_t n)
{
	static double move[N][N], score[N], next[N];
	double best = -1e300;

	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			move[i][j] = log_move(i, j);
	for (int j = 0; j < N; j++)
		score[j] = log_emission(rows, j);
	for (size_t k = 1; k < n; k++) {
		for (int j = 0; j < N; j++) {
			next[j] = -1e300;
			for (int i = 0; i < N; i++)
				next[j] = fmax(next[j], score[i] + move[i][j]);
			next[j] += log_emission(rows + k * N, j);
		}
		memcpy(score, next, sizeof(score));
	}
	for (int j = 0; j < N; j++)
		best = fmax(best, score[j]);
	return best;
}

static void
viterbi_finds_the_best_path(void **state)
{
	enum { N_FRAMES = 120 };
	float *rows = arena_alloc(*state, N_FRAMES * N, sizeof(*rows));
	float f0_hz[N_FRAMES];
	struct pitch_viterbi *v;
	struct random r;
	struct error err;
	double score = 0.0;
	int bin = 150, before = 0;

	assert_non_null(rows);
	random_init(&r, 5);
	for (size_t k = 0; k < N_FRAMES; k++) {
		/*
		 * A wandering peak with outliers.  All other bins are equal,
		 * so the mean of the 9 around a bin is off by at most 0.4.
		 */
		bin += (int)random_below(&r, 17) - 8;
		for (size_t b = 0; b < N; b++)
			rows[k * N + b] = 0.5f;
		rows[k * N + (k % 5 == 3 ? 20 + random_below(&r, 300) :
		    (size_t)bin)] = 1.0f;
	}
	v = pitch_viterbi_new(&err);
	assert_non_null(v);
	/* Twice: nothing is left over from the first sequence. */
	for (int pass = 0; pass < 2; pass++) {
		pitch_viterbi_reset(v, f0_hz);
		for (size_t k = 0; k < N_FRAMES; k++)
			pitch_viterbi_put(v, rows + k * N, 1.0f);
		pitch_viterbi_end(v);
	}
	pitch_viterbi_free(v);
	for (size_t k = 0; k < N_FRAMES; k++) {
		const int here = (int)lround(bin_of(
		    (double)f0_hz[k]));

		assert_true(here > 4 && here < N - 4);
		score += log_emission(rows + k * N, here) +
		    (k == 0 ? 0.0 : log_move(before, here));
		before = here;
	}
	/* Sums of 240 logarithms in double. */
	assert_true(fabs(score - best_score(rows, N_FRAMES)) < 1e-9);
}

/* The window of 2048 frames makes no difference. */
static void
viterbi_forgets_what_is_certain(void **state)
{
	enum { N_FRAMES = 5000 };
	float *f0_hz = arena_alloc(*state, N_FRAMES, sizeof(*f0_hz));
	float row[N];
	struct pitch_viterbi *v;
	struct error err;

	assert_non_null(f0_hz);
	v = pitch_viterbi_new(&err);
	assert_non_null(v);
	pitch_viterbi_reset(v, f0_hz);
	for (size_t k = 0; k < N_FRAMES; k++) {
		activations_of_f0(k % 7 == 0 ? 0.0 : (k % 11 == 5 ? 3.0 :
		    1.0) * (150.0 + 50.0 * sin((double)k / 40.0)), row);
		pitch_viterbi_put(v, row, 1.0f);
	}
	pitch_viterbi_end(v);
	for (size_t k = 0; k < N_FRAMES; k++) {
		const double hz = 150.0 + 50.0 * sin((double)k / 40.0);

		if (k % 7 == 0 || k % 11 == 5)
			continue;
		assert_true(fabs(1200.0 * log2((double)f0_hz[k] / hz)) <
		    25.0);
	}
	pitch_viterbi_free(v);
}

/* A tone with 8 harmonics whose frequency moves from one to another. */
static void
make_glide(float *samples, size_t n, double from_hz, double to_hz)
{
	double phase = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double hz = from_hz * pow(to_hz / from_hz,
		    (double)i / (double)n);

		samples[i] = 0.0f;
		for (int h = 1; h <= 8; h++)
			if (h * hz < RATE / 2)
				samples[i] += (float)(0.2 / h *
				    sin(h * phase));
		phase += 2.0 * PI * hz / RATE;
	}
}

static void
track_with(const struct tracker_options *o, const float *samples, size_t n,
    struct arena *a, struct track *track)
{
	struct frames_array array;
	const struct frames_source source = source_of(&array, samples, n);
	struct error err;
	struct tracker *t = tracker_new(NULL, o, &err);

	assert_non_null(t);
	assert_int_equal(tracker_run(t, &source, NULL, a, track, &err), 0);
	tracker_free(t);
}

static void
yin_follows_tones_and_glides_within_cents(void **state)
{
	static const struct {
		double from_hz, to_hz, cents;
	} cases[] = {
		{ 55, 55, 2 }, { 110, 110, 2 }, { 220, 220, 2 },
		{ 440, 440, 3 }, { 880, 880, 5 }, { 1100, 1100, 8 },
		{ 100, 200, 5 }, { 800, 300, 8 },
	};
	const struct tracker_options o = { .method = TRACKER_YIN,
	    .hop_sec = 0.01, .voicing_threshold = -1.0, .n_median = 1 };
	const size_t n = 2 * RATE;
	float *samples = arena_alloc(*state, n, sizeof(*samples));

	assert_non_null(samples);
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		struct track track;

		make_glide(samples, n, cases[c].from_hz, cases[c].to_hz);
		track_with(&o, samples, n, *state, &track);
		assert_int_equal(track.n_frames, 201);
		/* The ends lack half a window of sound. */
		for (size_t k = 6; k + 6 < track.n_frames; k++) {
			const double hz = cases[c].from_hz *
			    pow(cases[c].to_hz / cases[c].from_hz,
			    (double)k * 0.01 * RATE / (double)n);

			assert_true(track.f0_hz[k] > 0.0f);
			assert_true(fabs(1200.0 * log2((double)
			    track.f0_hz[k] / hz)) < cases[c].cents);
			assert_true(track.confidence[k] > 0.9f);
		}
	}
}

static void
yin_leaves_noise_and_silence_unvoiced(void **state)
{
	const struct tracker_options o = { .method = TRACKER_YIN,
	    .hop_sec = 0.01, .voicing_threshold = -1.0, .n_median = 1 };
	const size_t n = 2 * RATE;
	float *samples = arena_alloc(*state, n, sizeof(*samples));
	struct track track;
	struct random r;

	assert_non_null(samples);
	track_with(&o, samples, n, *state, &track);
	for (size_t k = 0; k < track.n_frames; k++)
		assert_true(track.f0_hz[k] == 0.0f &&
		    track.confidence[k] == 0.0f);
	random_init(&r, 3);
	for (size_t i = 0; i < n; i++)
		samples[i] = (float)(0.1 * random_normal(&r));
	track_with(&o, samples, n, *state, &track);
	assert_true(track_voiced_share(&track) == 0.0);
}

static void
a_median_removes_single_errors(void **state)
{
	struct tracker_options o = { .method = TRACKER_YIN,
	    .hop_sec = 0.01, .voicing_threshold = 0.0, .n_median = 1 };
	const size_t n = RATE;
	float *samples = arena_alloc(*state, n, sizeof(*samples));
	struct track raw, smooth;
	struct random r;

	assert_non_null(samples);
	random_init(&r, 4);
	for (size_t i = 0; i < n; i++)
		samples[i] = (float)random_normal(&r);
	track_with(&o, samples, n, *state, &raw);
	/* Noise has dips anywhere; none is read outside the range of lags. */
	for (size_t k = 0; k < raw.n_frames; k++)
		assert_true((double)raw.f0_hz[k] * (YIN_MIN_LAG - 0.5) <=
		    RATE && (double)raw.f0_hz[k] * (YIN_MAX_LAG + 0.5) >=
		    RATE);
	o.n_median = 5;
	track_with(&o, samples, n, *state, &smooth);
	for (size_t k = 2; k + 2 < raw.n_frames; k++) {
		size_t n_below = 0, n_above = 0;

		for (size_t i = k - 2; i <= k + 2; i++) {
			n_below += raw.f0_hz[i] < smooth.f0_hz[k];
			n_above += raw.f0_hz[i] > smooth.f0_hz[k];
		}
		assert_true(n_below <= 2 && n_above <= 2);
	}
}

#define MAX_ROWS 512

struct collected {
	float rows[MAX_ROWS * N];
	size_t n_rows;
};

static int
collect(void *context, const float *rows, size_t n_rows, struct error *err)
{
	struct collected *c = context;

	(void)err;
	assert_true(c->n_rows + n_rows <= MAX_ROWS);
	memcpy(c->rows + c->n_rows * N, rows, n_rows * N * sizeof(*rows));
	c->n_rows += n_rows;
	return 0;
}

/* A second of silence, then a glide, as rows and as a track. */
static void
track_in_threads(const struct tracker_model *m, size_t n_threads,
    uint64_t n_claimed, enum tracker_decoder decoder, struct arena *a,
    struct collected *c, struct track *track)
{
	const struct tracker_options o = { .method = m == NULL ? TRACKER_YIN :
	    TRACKER_CREPE, .hop_sec = 0.01, .n_median = 1,
	    .decoder = decoder, .n_threads = n_threads };
	const size_t n = 4 * RATE;
	float *samples = arena_alloc(a, n, sizeof(*samples));
	const struct tracker_sink sink = { collect, c };
	struct frames_array array;
	struct frames_source source;
	struct error err;
	struct tracker *t = tracker_new(m, &o, &err);

	assert_true(samples != NULL && t != NULL);
	make_glide(samples + RATE, n - RATE, 180.0, 500.0);
	source = source_of(&array, samples, n);
	source.n_samples = n_claimed;
	assert_int_equal(tracker_run(t, &source, &sink, a, track, &err), 0);
	tracker_free(t);
}

/*
 * Neither the number of threads nor what is claimed of the length changes a
 * bit: 401 frames are five blocks, the last one in part.
 */
static void
threads_change_nothing(void **state)
{
	const size_t n_threads[] = { 1, 2, 3, 8 };
	struct collected *first = arena_alloc(*state, 1, sizeof(*first));
	struct collected *c = arena_alloc(*state, 1, sizeof(*c));
	struct error err;
	struct graph *g = pitch_net_new("tiny", true, 0.0, &err);
	struct weights *w = weights_for(g, 1, &err);
	struct tracker_model *m;
	struct track one, track;

	assert_true(first != NULL && c != NULL && w != NULL);
	assert_int_equal(pitch_net_describe(weights_metadata(w), "tiny", true,
	    &err), 0);
	m = tracker_model_of(w, &err);
	assert_non_null(m);
	for (size_t i = 0; i < 16; i++) {
		const struct tracker_model *model = i % 2 == 0 ? m : NULL;
		const enum tracker_decoder decoder = i % 3;

		first->n_rows = c->n_rows = 0;
		track_in_threads(model, 0, 4 * RATE, decoder, *state,
		    first, &one);
		track_in_threads(model, n_threads[i / 4], 0, decoder,
		    *state, c, &track);
		assert_int_equal(one.n_frames, 401);
		assert_int_equal(track.n_frames, 401);
		assert_int_equal(c->n_rows, 401);
		assert_memory_equal(track.f0_hz, one.f0_hz,
		    401 * sizeof(float));
		assert_memory_equal(track.confidence, one.confidence,
		    401 * sizeof(float));
		assert_memory_equal(c->rows, first->rows,
		    401 * N * sizeof(float));
	}
	tracker_model_free(m);
	weights_free(w);
	graph_free(g);
}

/* Random weights: what is checked is the plumbing around the network. */
static void
crepe_hands_out_rows_and_decodes_them(void **state)
{
	const struct tracker_options o = { .method = TRACKER_CREPE,
	    .hop_sec = 0.01, .voicing_threshold = 0.0, .n_median = 1 };
	const size_t n = RATE;
	float *samples = arena_alloc(*state, n, sizeof(*samples));
	struct collected *c = arena_alloc(*state, 1, sizeof(*c));
	const struct tracker_sink sink = { collect, c };
	struct frames_array array;
	struct frames_source source;
	struct error err;
	struct graph *g = pitch_net_new("tiny", false, 0.0, &err);
	struct weights *w = weights_for(g, 1, &err);
	struct tracker_model *m;
	struct tracker *t;
	struct track track;

	assert_true(samples != NULL && c != NULL && w != NULL);
	assert_int_equal(pitch_net_describe(weights_metadata(w), "tiny", false,
	    &err), 0);
	m = tracker_model_of(w, &err);
	assert_non_null(m);
	t = tracker_new(m, &o, &err);
	assert_non_null(t);
	/* Half a second of silence, then a tone. */
	make_glide(samples + n / 2, n / 2, 220.0, 220.0);
	source = source_of(&array, samples, n);
	assert_int_equal(tracker_run(t, &source, &sink, *state, &track,
	    &err), 0);
	assert_int_equal(track.n_frames, 101);
	assert_int_equal(c->n_rows, 101);
	for (size_t k = 0; k < 101; k++) {
		const float *row = c->rows + k * N;
		const size_t peak = pitch_decode_peak(row);

		assert_true(track.confidence[k] == row[peak]);
		assert_true(track.f0_hz[k] ==
		    (float)pitch_decode_hz(row, peak));
		/* Frames within the silence; 512 samples reach over 3 hops. */
		if (k <= 46)
			assert_true(row[peak] == 0.0f &&
			    track.f0_hz[k] == 0.0f);
		else
			assert_true(row[peak] > 0.0f);
	}
	tracker_free(t);
	tracker_model_free(m);
	weights_free(w);
	graph_free(g);
}

static void
models_of_others_are_refused(void **state)
{
	struct error err;
	struct weights *w = weights_new(&err);
	struct json *metadata;

	(void)state;
	assert_non_null(w);
	assert_null(tracker_model_of(w, &err));
	metadata = weights_metadata(w);
	assert_int_equal(json_put_string(metadata, "network.architecture",
	    "unet", &err), 0);
	assert_null(tracker_model_of(w, &err));
	assert_non_null(strstr(err.text, "unet"));
	assert_int_equal(pitch_net_describe(metadata, "tiny", false, &err), 0);
	assert_null(tracker_model_of(w, &err));	/* no tensors */
	weights_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(frames_are_centred_and_padded),
		TEST(frames_can_begin_at_the_hop),
		TEST(decoding_is_the_weighted_mean_near_the_peak),
		TEST(viterbi_finds_the_best_path),
		TEST(viterbi_forgets_what_is_certain),
		TEST(yin_follows_tones_and_glides_within_cents),
		TEST(yin_leaves_noise_and_silence_unvoiced),
		TEST(a_median_removes_single_errors),
		TEST(crepe_hands_out_rows_and_decodes_them),
		TEST(threads_change_nothing),
		TEST(models_of_others_are_refused),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
