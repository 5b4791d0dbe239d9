/*
 * Sounds without a voice, or at the limits of what has a pitch: every method
 * leaves each frame unvoiced or gives the right pitch, and invents none.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "pitch/frames.h"
#include "pitch/tracker.h"

#include "tests/lib/signal.h"

#define RATE 16000
#define N_SAMPLES (2 * RATE)
#define N_METHODS 5

struct trial {
	const char *name;
	struct tracker *tracker;
	struct tracker_options options;
};

struct state {
	struct arena *arena;
	struct tracker_model *model;
	struct trial trials[N_METHODS];
	float samples[N_SAMPLES];
};

static int
set_up(void **state)
{
	static const struct {
		const char *name;
		enum tracker_method method;
		enum tracker_decoder decoder;
	} kinds[N_METHODS] = {
		{ "yin", TRACKER_YIN, TRACKER_ARGMAX },
		{ "pyin", TRACKER_PYIN, TRACKER_ARGMAX },
		{ "whistle", TRACKER_WHISTLE, TRACKER_ARGMAX },
		{ "network, argmax", TRACKER_CREPE, TRACKER_ARGMAX },
		{ "network, voicing", TRACKER_CREPE, TRACKER_VOICING },
	};
	struct state *s = calloc(1, sizeof(*s));
	struct error err;

	if (s == NULL)
		return -1;
	s->arena = arena_new();
	s->model = tracker_model_load("models/f0-tiny.safetensors", false,
	    &err);
	if (s->arena == NULL || s->model == NULL)
		return -1;
	for (size_t i = 0; i < N_METHODS; i++) {
		struct trial *t = &s->trials[i];

		t->name = kinds[i].name;
		t->options = (struct tracker_options){
		    .method = kinds[i].method, .decoder = kinds[i].decoder,
		    .hop_sec = 0.01, .voicing_threshold = -1.0,
		    .n_median = 1 };
		t->tracker = tracker_new(s->model, &t->options, &err);
		if (t->tracker == NULL)
			return -1;
	}
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct state *s = *state;

	for (size_t i = 0; i < N_METHODS; i++)
		tracker_free(s->trials[i].tracker);
	tracker_model_free(s->model);
	arena_free(s->arena);
	free(s);
	return 0;
}

/* Frames at which the network that is shipped fails, of about 200. */
static size_t
n_known(const struct trial *t, const char *what, double f0_hz)
{
	static const struct {
		const char *what;
		double f0_hz;
	} known[] = { { "pink noise", 0 }, { "tone", 35 }, { "tone", 3500 },
		{ "square", 1250 } };

	if (t->options.method != TRACKER_CREPE)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].what, what) == 0 &&
		    known[i].f0_hz == f0_hz)
			return 1;
	return 0;
}

/*
 * Track s->samples by every method: no voiced frame but within 50 cents of
 * f0_hz (0: none at all); 80 cents below 50 Hz, where the network's frame has
 * two or three periods.
 */
static void
expect(struct state *s, const char *what, double f0_hz)
{
	for (size_t i = 0; i < N_METHODS; i++) {
		const struct trial *t = &s->trials[i];
		struct frames_array array = { s->samples, N_SAMPLES };
		const struct frames_source source = { frames_array_get,
		    &array, N_SAMPLES, RATE };
		size_t n_wrong = 0;
		struct track track;
		struct error err;
		const double tolerance = f0_hz < 50.0 ? 80.0 : 50.0;
		double wrong_hz = 0.0;

		assert_int_equal(tracker_run(t->tracker, &source, NULL,
		    s->arena, &track, &err), 0);
		for (size_t k = 0; k < track.n_frames; k++) {
			const double hz = (double)track.f0_hz[k];

			assert_true(track.confidence[k] >= 0.0f &&
			    track.confidence[k] <= 1.0f);
			if (!(hz > 0.0))
				continue;
			if (!(f0_hz > 0.0) ||
			    fabs(1200.0 * log2(hz / f0_hz)) >= tolerance) {
				n_wrong++;
				wrong_hz = hz;
			}
		}
		if (n_wrong > 0)
			print_message("%s, %s of %g Hz: %zu frames wrong (%g "
			    "Hz)\n", t->name, what, f0_hz, n_wrong,
			    wrong_hz);
		assert_in_range(n_wrong, 0, n_known(t, what, f0_hz));
		arena_reset(s->arena);
	}
}

static void
nothing_is_heard_in_silence_and_noise(void **state)
{
	struct state *s = *state;
	double pink[3] = { 0.0 };
	struct random r;

	memset(s->samples, 0, sizeof(s->samples));
	expect(s, "silence", 0.0);
	for (double rms = 1e-5; rms < 0.5; rms *= 10.0) {
		signal_noise(s->samples, N_SAMPLES, 7, rms);
		expect(s, "white noise", 0.0);
	}
	/* Three poles and zeros that fall by 3 dB an octave within 0.5 dB. */
	random_init(&r, 8);
	for (size_t i = 0; i < N_SAMPLES; i++) {
		const double x = 0.02 * random_normal(&r);

		pink[0] = 0.99765 * pink[0] + x * 0.0990460;
		pink[1] = 0.96300 * pink[1] + x * 0.2965164;
		pink[2] = 0.57000 * pink[2] + x * 1.0526913;
		s->samples[i] = (float)(pink[0] + pink[1] + pink[2] +
		    x * 0.1848);
	}
	expect(s, "pink noise", 0.0);
}

static void
a_constant_has_no_pitch(void **state)
{
	struct state *s = *state;

	for (double dc = 1e-4; dc <= 1.0; dc *= 10.0) {
		for (size_t i = 0; i < N_SAMPLES; i++)
			s->samples[i] = (float)dc;
		expect(s, "DC", 0.0);
		signal_noise(s->samples, N_SAMPLES, 9, 1e-6);
		for (size_t i = 0; i < N_SAMPLES; i++)
			s->samples[i] += (float)dc;
		expect(s, "DC and noise", 0.0);
	}
}

static void
tones_are_heard_right_or_not_at_all(void **state)
{
	static const double tones_hz[] = { 5, 15, 20, 25, 30, 35, 40, 45, 60,
	    100, 440, 1000, 1200, 1300, 1500, 2000, 2500, 3000, 3500, 4500,
	    5000, 5333, 6000, 6400, 7000, 7500, 7900 };
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(tones_hz) / sizeof(*tones_hz); i++) {
		signal_tone(s->samples, N_SAMPLES, RATE, tones_hz[i], 0.5);
		expect(s, "tone", tones_hz[i]);
	}
}

static void
square_waves_are_heard_right_or_not_at_all(void **state)
{
	static const double squares_hz[] = { 10, 20, 30, 40, 48.5, 55, 110,
	    220, 440, 880, 1100, 1250, 1300, 1500, 1760, 2000, 2300, 2500,
	    3000, 3520 };
	struct state *s = *state;

	for (size_t i = 0; i < sizeof(squares_hz) / sizeof(*squares_hz);
	    i++) {
		/*
		 * Sampled as it is, with all its aliases.  Those of 5 kHz
		 * would repeat a thousand times a second, and be right so.
		 */
		for (size_t k = 0; k < N_SAMPLES; k++)
			s->samples[k] = fmod((double)k * squares_hz[i] / RATE,
			    1.0) < 0.5 ? 1.0f : -1.0f;
		expect(s, "square", squares_hz[i]);
	}
}

/* The network must not be right by hearing nothing: whistles' tones as well. */
static void
tones_in_the_range_are_heard(void **state)
{
	static const double tones_hz[] = { 60, 110, 440, 1000, 1900, 2500,
	    3500, 3900 };
	struct state *s = *state;
	const struct trial *t = &s->trials[N_METHODS - 1];

	for (size_t i = 0; i < sizeof(tones_hz) / sizeof(*tones_hz); i++) {
		struct frames_array array = { s->samples, N_SAMPLES };
		const struct frames_source source = { frames_array_get,
		    &array, N_SAMPLES, RATE };
		size_t n_heard = 0;
		struct track track;
		struct error err;

		signal_tone(s->samples, N_SAMPLES, RATE, tones_hz[i], 0.5);
		assert_int_equal(tracker_run(t->tracker, &source, NULL,
		    s->arena, &track, &err), 0);
		for (size_t k = 0; k < track.n_frames; k++)
			n_heard += track.f0_hz[k] > 0.0f && fabs(1200.0 *
			    log2((double)track.f0_hz[k] / tones_hz[i])) < 50.0;
		print_message("tone of %g Hz: %zu of %zu frames\n",
		    tones_hz[i], n_heard, track.n_frames);
		/* Three frames at each end hear little of the tone. */
		assert_true(n_heard + 6 >= track.n_frames);
		arena_reset(s->arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_heard_in_silence_and_noise),
		cmocka_unit_test(a_constant_has_no_pitch),
		cmocka_unit_test(tones_are_heard_right_or_not_at_all),
		cmocka_unit_test(square_waves_are_heard_right_or_not_at_all),
		cmocka_unit_test(tones_in_the_range_are_heard),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
