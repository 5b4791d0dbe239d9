/* Stems from a manifest and the mixtures drawn from them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/random.h"

#include "audio/clip.h"
#include "separate/mixture.h"
#include "separate/stems.h"
#include "tests/lib/signal.h"

#define RATE_HZ 16000
#define N 48000

static char folder[] = "/tmp/test_mixture.XXXXXX";

static const char *
path_of(const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", folder, name);
	return path;
}

static void
write_tone(const char *name, double f_hz, size_t n)
{
	float *x = calloc(n, sizeof *x);
	char path[128];

	assert_non_null(x);
	signal_tone(x, n, RATE_HZ, f_hz, 0.3);
	assert_int_equal(clip_write(path_of(name, path), CLIP_FLAC16, RATE_HZ,
	    x, n, NULL), 0);
	free(x);
}

static int
load(struct stems *s, const char *text, struct error *err)
{
	char path[128];

	stems_init(s);
	assert_int_equal(file_write(path_of("list.jsonl", path), text,
	    strlen(text), NULL), 0);
	return stems_add_manifest(s, path, err);
}

static void
test_manifest(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct stems s;

	(void)state;
	assert_int_equal(load(&s, "{\"id\":\"a\",\"vocals_filepath\":"
	    "\"voice.flac\",\"accompaniment_filepath\":\"band.flac\"}\n"
	    "{\"id\":\"b\",\"vocals_filepath\":\"short.flac\"}\n"
	    "{\"id\":\"c\",\"error\":\"chad-decode: gone\"}\n", &err), 0);
	assert_int_equal(s.n_songs, 2);
	assert_int_equal(s.songs[0].voice.n_samples, N);
	/* A sine's root mean square. */
	assert_true(fabs(s.songs[0].voice.rms - 0.3 / sqrt(2.0)) < 1e-4);
	assert_null(s.songs[1].accompaniment.samples);
	stems_release(&s);
	stems_release(&s);

	assert_int_equal(load(&s, "{\"id\":\"a\",\"vocals_filepath\":"
	    "\"voice.flac\",\"accompaniment_filepath\":\"short.flac\"}\n",
	    &err), -1);
	assert_non_null(strstr(err.text, "different lengths"));
	stems_release(&s);
	assert_int_equal(load(&s, "{\"id\":\"a\"}\n", &err), -1);
	assert_non_null(strstr(err.text, "no vocals_filepath"));
	stems_release(&s);
	assert_int_equal(load(&s, "{\"vocals_filepath\":\"none.flac\"}\n",
	    &err), -1);
	assert_non_null(strstr(err.text, "none.flac"));
	stems_release(&s);
}

/* With nothing left to chance, both stems have the level of 0.1. */
static void
test_plain(void **state)
{
	const struct mixture_options o = { .p_same_song = 1.0,
	    .max_speed = 1.0 };
	static float voice[N / 2], band[N / 2], again[N / 2];
	struct random r;
	struct stems s;

	(void)state;
	assert_int_equal(load(&s, "{\"vocals_filepath\":\"voice.flac\","
	    "\"accompaniment_filepath\":\"band.flac\"}\n", NULL), 0);
	random_init(&r, 5);
	assert_int_equal(mixture_draw(&o, &s, &r, voice, band, N / 2,
	    NULL), 0);
	assert_true(fabs(signal_rms(voice, N / 2) - 0.1) < 1e-3);
	assert_true(fabs(signal_rms(band, N / 2) - 0.1) < 1e-3);
	random_init(&r, 5);
	assert_int_equal(mixture_draw(&o, &s, &r, again, band, N / 2,
	    NULL), 0);
	assert_memory_equal(voice, again, sizeof voice);
	stems_release(&s);
}

/* What is left out is silent, whatever else varies. */
static void
test_silences(void **state)
{
	struct mixture_options o = { .p_no_voice = 1.0, .max_speed = 1.3,
	    .max_gain_db = 10.0, .max_eq_db = 10.0,
	    .p_second_accompaniment = 1.0 };
	static float voice[N / 2], band[N / 2];
	struct random r;
	struct stems s;

	(void)state;
	assert_int_equal(load(&s, "{\"vocals_filepath\":\"voice.flac\","
	    "\"accompaniment_filepath\":\"band.flac\"}\n", NULL), 0);
	random_init(&r, 1);
	assert_int_equal(mixture_draw(&o, &s, &r, voice, band, N / 2,
	    NULL), 0);
	assert_true(signal_rms(voice, N / 2) == 0.0);
	assert_true(signal_rms(band, N / 2) > 0.0);
	o.p_no_voice = 0.0;
	o.p_no_accompaniment = 1.0;
	assert_int_equal(mixture_draw(&o, &s, &r, voice, band, N / 2,
	    NULL), 0);
	assert_true(signal_rms(voice, N / 2) > 0.0);
	assert_true(signal_rms(band, N / 2) == 0.0);
	stems_release(&s);
}

/* Made-up songs have both stems, and are the same for the same seed. */
static void
test_synthetic(void **state)
{
	struct stems one, two;

	(void)state;
	stems_init(&one);
	stems_init(&two);
	assert_int_equal(stems_add_synthetic(&one, 2, 7, NULL), 0);
	assert_int_equal(stems_add_synthetic(&two, 2, 7, NULL), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct stems_song *a = &one.songs[i];
		const struct stems_song *b = &two.songs[i];

		assert_true(a->voice.rms > 0.01);
		assert_true(a->accompaniment.rms > 0.01);
		assert_int_equal(a->voice.n_samples,
		    a->accompaniment.n_samples);
		assert_int_equal(a->voice.n_samples, b->voice.n_samples);
		assert_memory_equal(a->voice.samples, b->voice.samples,
		    a->voice.n_samples * sizeof *a->voice.samples);
	}
	stems_release(&one);
	stems_release(&two);
}

static void
test_options(void **state)
{
	static const char good[] = "{\"augmentation\":{\"max_speed\":1.5}}";
	static const char bad[] = "{\"augmentation\":{\"p_no_voice\":2}}";
	struct json *j = json_parse(good, sizeof good - 1, NULL);
	struct error err = { ERROR_NONE, "" };
	struct mixture_options o;

	(void)state;
	assert_int_equal(mixture_options_read(j, &o, &err), 0);
	assert_true(o.max_speed == 1.5 && o.p_no_voice == 0.05);
	json_free(j);
	j = json_parse(bad, sizeof bad - 1, NULL);
	assert_int_equal(mixture_options_read(j, &o, &err), -1);
	assert_non_null(strstr(err.text, "p_no_voice"));
	json_free(j);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	write_tone("voice.flac", 440.0, N);
	write_tone("band.flac", 110.0, N);
	write_tone("short.flac", 330.0, N / 3);
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "voice.flac", "band.flac",
	    "short.flac", "list.jsonl" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		(void)unlink(path_of(names[i], path));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_silences),
		cmocka_unit_test(test_synthetic),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
