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
#include "pitch/frames.h"
#include "pitch/pitch_decode.h"
#include "pitch/tracker.h"
#include "pitch/whistle.h"
#include "pitch/whistle_share.h"
#include "synth/performance.h"
#include "synth/voice.h"

#include "tests/lib/signal.h"

#define RATE WHISTLE_RATE_HZ
#define N ACTIVATIONS_N_BINS
#define N_SAMPLES (3 * RATE)

static const struct tracker_options options = { .method = TRACKER_WHISTLE,
	.hop_sec = 0.01, .voicing_threshold = -1.0, .n_median = 1 };

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

static void
track_samples(const float *samples, struct arena *a, struct track *track)
{
	struct frames_array array = { samples, N_SAMPLES };
	const struct frames_source source = { frames_array_get, &array,
	    N_SAMPLES, RATE };
	struct error err;
	struct tracker *t = tracker_new(NULL, &options, &err);

	assert_non_null(t);
	assert_int_equal(tracker_run(t, &source, NULL, a, track, &err), 0);
	tracker_free(t);
}

/* Two and three quarter octaves in three seconds, with breath 20 dB below. */
static void
a_glide_is_followed(void **state)
{
	float *samples = arena_alloc(*state, N_SAMPLES, sizeof(*samples));
	float *noise = arena_alloc(*state, N_SAMPLES, sizeof(*noise));
	struct track track;

	assert_true(samples != NULL && noise != NULL);
	signal_glide(samples, N_SAMPLES, RATE, 550.0, 3700.0, 0.3);
	signal_noise(noise, N_SAMPLES, 3, 0.02);
	signal_mix(samples, noise, N_SAMPLES, 1.0);
	track_samples(samples, *state, &track);
	for (size_t k = 2; k + 2 < track.n_frames; k++) {
		const double hz = signal_glide_hz((double)k * 0.01 * RATE,
		    N_SAMPLES, 550.0, 3700.0);

		assert_true(track.confidence[k] > 0.7f);
		/*
		 * Noise of -20 dB moves the peak of 512 samples by up to 2 Hz:
		 * 7 cents at 550 Hz.
		 */
		assert_true(fabs(1200.0 * log2((double)track.f0_hz[k] /
		    hz)) < 8.0);
	}
}

/* A voice whose second harmonic is ten times its first is no whistle. */
static void
harmonics_of_a_voice_are_not_whistled(void **state)
{
	float *samples = arena_alloc(*state, N_SAMPLES, sizeof(*samples));
	float *other = arena_alloc(*state, N_SAMPLES, sizeof(*other));
	struct track track;

	assert_true(samples != NULL && other != NULL);
	for (double hz = 260.0; hz < 900.0; hz *= 1.31) {
		signal_tone(samples, N_SAMPLES, RATE, 2.0 * hz, 0.5);
		signal_tone(other, N_SAMPLES, RATE, hz, 0.1);
		signal_mix(samples, other, N_SAMPLES, 1.0);
		track_samples(samples, *state, &track);
		assert_true(track_voiced_share(&track) == 0.0);
		signal_harmonics(samples, N_SAMPLES, RATE, 0.5 * hz, 10,
		    0.3);
		track_samples(samples, *state, &track);
		assert_true(track_voiced_share(&track) == 0.0);
	}
}

/* A voice of one kind with vibrato, from 0.2 s to 2.8 s. */
static struct performance
sing(enum voice_kind kind, double f0_hz, uint64_t seed, struct arena *a,
    float *samples)
{
	struct performance p = { .n_frames = 300, .duration_sec = 3 };
	struct error err;
	struct random r;
	struct voice v;

	p.f0_hz = arena_alloc(a, p.n_frames, sizeof(*p.f0_hz));
	p.loudness = arena_alloc(a, p.n_frames, sizeof(*p.loudness));
	p.onset = arena_alloc(a, p.n_frames, sizeof(*p.onset));
	assert_true(p.f0_hz != NULL && p.loudness != NULL &&
	    p.onset != NULL);
	for (size_t k = 20; k < 280; k++) {
		p.f0_hz[k] = (float)(f0_hz * exp2(0.5 / 12.0 *
		    sin(0.3 * (double)k)));
		p.loudness[k] = 0.8f;
	}
	random_init(&r, seed);
	voice_draw(&v, kind, &r);
	memset(samples, 0, N_SAMPLES * sizeof(*samples));
	assert_int_equal(voice_sing(&v, &p, RATE, &r, a, samples, N_SAMPLES,
	    &err), 0);
	return p;
}

static double
share_of(const float *samples, struct arena *a)
{
	struct frames_array array = { samples, N_SAMPLES };
	const struct frames_source source = { frames_array_get, &array,
	    N_SAMPLES, RATE };
	struct error err;
	double share;

	assert_int_equal(whistle_share(&source, a, &share, &err), 0);
	return share;
}

static void
whistles_are_told_from_voices_and_followed(void **state)
{
	float *samples = arena_alloc(*state, N_SAMPLES, sizeof(*samples));

	assert_non_null(samples);
	for (uint64_t seed = 1; seed <= 8; seed++) {
		const double f0_hz = 600.0 + 350.0 * (double)seed;
		const struct performance p = sing(VOICE_WHISTLED, f0_hz,
		    seed, *state, samples);
		struct track track;
		size_t n_right = 0;

		assert_true(share_of(samples, *state) > 0.9);
		track_samples(samples, *state, &track);
		/* Within a quarter of a semitone; the ends fade. */
		for (size_t k = 25; k < 275; k++)
			n_right += track.f0_hz[k] > 0.0f && fabs(log2(
			    (double)(track.f0_hz[k] / p.f0_hz[k]))) <
			    0.25 / 12.0;
		assert_true(n_right > 245);
		(void)sing(VOICE_SUNG, f0_hz / 6.0, seed, *state, samples);
		assert_true(share_of(samples, *state) <
		    WHISTLE_SHARE_WHISTLED);
		(void)sing(VOICE_HUMMED, f0_hz / 8.0, seed, *state, samples);
		assert_true(share_of(samples, *state) < 0.25);
	}
	memset(samples, 0, N_SAMPLES * sizeof(*samples));
	assert_true(share_of(samples, *state) == 0.0);
}

static void
activations_are_folded_into_the_usual_bins(void **state)
{
	static const double tones_hz[] = { 600, 1234, 1900, 2300, 3900 };
	float frame[WHISTLE_FRAME], row[N];
	struct error err;
	struct whistle *w = whistle_new(&err);

	(void)state;
	assert_non_null(w);
	for (size_t i = 0; i < sizeof(tones_hz) / sizeof(*tones_hz); i++) {
		const double hz = tones_hz[i];

		signal_tone(frame, WHISTLE_FRAME, RATE, hz, 0.5);
		assert_true(whistle_frame(w, frame, row) > 0.99);
		/* Peaks are interpolated to a hundredth of a bin: 0.2 Hz. */
		assert_true(fabs(2.0 * pitch_decode_hz(row,
		    pitch_decode_peak(row)) - hz) < 0.5);
		whistle_fold(row);
		assert_true(fabs(pitch_decode_hz(row,
		    pitch_decode_peak(row)) - (hz > 2005.0 ? hz / 2.0 :
		    hz)) < 0.5);
	}
	memset(frame, 0, sizeof(frame));
	assert_true(whistle_frame(w, frame, row) == 0.0);
	whistle_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_glide_is_followed),
		TEST(harmonics_of_a_voice_are_not_whistled),
		TEST(whistles_are_told_from_voices_and_followed),
		TEST(activations_are_folded_into_the_usual_bins),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
