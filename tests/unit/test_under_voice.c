/* What of a recording stays under a separated voice, and how loud. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "pitch/under_voice.h"
#include "tests/lib/signal.h"

#define RATE_HZ 16000
#define N 40000

static double
rms_between(const float *x, size_t from, size_t to)
{
	return signal_rms(x + from, to - from);
}

/*
 * Loud voice, weak voice, none, over a band that does not change: a tenth of
 * the band, three tenths of the voice, nothing.
 */
static void
test_levels(void **state)
{
	const size_t third = N / 3, edge = 2560;
	static float voice[N], band[N], recording[N], mixed[N], added[N];
	double level;

	(void)state;
	signal_tone(voice, N, RATE_HZ, 300.0, 0.2);
	signal_noise(band, N, 5, 0.1);
	for (size_t i = 0; i < N; i++) {
		voice[i] *= i < third ? 1.0f : i < 2 * third ? 0.02f : 0.0f;
		recording[i] = voice[i] + band[i];
		mixed[i] = voice[i];
	}
	assert_int_equal(under_voice_apply(mixed, recording, N, 0.1, NULL), 0);
	for (size_t i = 0; i < N; i++)
		added[i] = mixed[i] - voice[i];
	level = rms_between(added, edge, third - edge);
	assert_true(fabs(level / rms_between(band, edge, third - edge) - 0.1) <
	    1e-4);
	/* Levels over 144 ms of noise: a few percent. */
	level = rms_between(added, third + edge, 2 * third - edge);
	assert_true(fabs(level / rms_between(voice, third + edge, 2 * third -
	    edge) - UNDER_VOICE_MOST) < 0.05 * UNDER_VOICE_MOST);
	for (size_t i = 2 * third + edge; i < N; i++)
		assert_true(mixed[i] == 0.0f);
}

/* Samples of any length keep their places; a share of 0 changes nothing. */
static void
test_places(void **state)
{
	static const size_t lengths[] = { 0, 1, 255, 256, 257, 4096, 39999 };
	static float voice[N], recording[N], mixed[N];

	(void)state;
	signal_noise(voice, N, 1, 0.1);
	signal_noise(recording, N, 2, 0.1);
	for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
		const size_t n = lengths[k];

		memcpy(mixed, voice, sizeof mixed);
		assert_int_equal(under_voice_apply(mixed, recording, n, 0.0,
		    NULL), 0);
		assert_memory_equal(mixed, voice, sizeof mixed);
		/* A voice that is the recording has nothing under it. */
		assert_int_equal(under_voice_apply(mixed, voice, n, 1.0,
		    NULL), 0);
		assert_memory_equal(mixed, voice, sizeof mixed);
	}
}

/* The same bits whatever is asked for at once. */
static void
test_blocks(void **state)
{
	static float voice[N], recording[N], mixed[N], in_blocks[N];
	struct frames_array arrays[] = { { voice, N }, { recording, N } };
	const struct frames_source sources[] = {
		{ frames_array_get, &arrays[0], N, RATE_HZ },
		{ frames_array_get, &arrays[1], N, RATE_HZ },
	};
	struct under_voice *u = under_voice_new(&sources[0], &sources[1], 0.1,
	    NULL);
	struct frames_source source;
	size_t n = 0, n_read;

	(void)state;
	assert_non_null(u);
	source = under_voice_source(u);
	assert_int_equal(source.n_samples, N);
	signal_noise(voice, N, 1, 0.1);
	signal_glide(recording, N, RATE_HZ, 100.0, 3000.0, 0.5);
	memcpy(mixed, voice, sizeof mixed);
	assert_int_equal(under_voice_apply(mixed, recording, N, 0.1, NULL), 0);
	do {
		assert_true(n <= N);
		assert_int_equal(source.get(source.context, in_blocks + n,
		    N - n < 777 ? N - n : 777, &n_read, NULL), 0);
		n += n_read;
	} while (n_read == 777);
	assert_int_equal(n, N);
	assert_memory_equal(mixed, in_blocks, sizeof mixed);
	under_voice_free(u);
}

/* A voice of another length is another recording's. */
static void
test_lengths(void **state)
{
	static float voice[N], recording[N];
	struct frames_array arrays[] = { { voice, N }, { recording, N - 1 } };
	const struct frames_source sources[] = {
		{ frames_array_get, &arrays[0], N, RATE_HZ },
		{ frames_array_get, &arrays[1], N - 1, RATE_HZ },
	};
	struct under_voice *u = under_voice_new(&sources[0], &sources[1], 0.1,
	    NULL);
	struct error err = { ERROR_NONE, "" };
	struct frames_source source;
	static float out[N];
	size_t n;

	(void)state;
	assert_non_null(u);
	source = under_voice_source(u);
	assert_int_equal(source.get(source.context, out, N, &n, &err), -1);
	assert_non_null(strstr(err.text, "not as long"));
	under_voice_free(u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
