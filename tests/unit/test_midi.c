#include <glob.h>
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

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"
#include "synth/midi.h"
#include "synth/tune.h"

/* Division 100 ticks; two tracks; the header of most files below. */
#define HEADER(format, n_tracks) \
	"MThd\0\0\0\6\0" format "\0" n_tracks "\0\x64"
#define END "\0\xff\x2f\0"

/* cmocka compares floats only. */
static void
assert_near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g and %.9g differ by more than %g", a, b,
		    tolerance);
}

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

/*
 * 120 then 60 beats a minute from tick 100 on.  The melody: running status, a
 * note that begins again while it sounds, a note that never ends.
 */
static void
test_tempo_and_running_status(void **state)
{
	static const char bytes[] = HEADER("\1", "\2")
	    "MTrk\0\0\0\x12"
	    "\0\xff\x51\3\x07\xa1\x20"		/* 0.5 s a quarter */
	    "\x64\xff\x51\3\x0f\x42\x40" END	/* 1 s from tick 100 */
	    "junk\0\0\0\2??"			/* unknown chunk */
	    "MTrk\0\0\0\x1e"
	    "\0\xff\x03\6MELODY"
	    "\0\x90\x3c\x40"			/* on 60 at 0 */
	    "\x32\x3c\0"			/* off at 50 */
	    "\x32\x3e\x40"			/* on 62 at 100 */
	    "\x32\x3e\x40"			/* again at 150 */
	    "\x32\x40\x40" END;			/* on 64 at 200; no off */
	static const double starts[] = { 0, 0.5, 1.0, 1.5 };
	static const double ends[] = { 0.25, 1.0, 1.5, 1.5 };
	struct error err = { ERROR_NONE, "" };
	struct midi m;

	assert_int_equal(midi_parse(bytes, sizeof bytes - 1, *state, &m,
	    &err), 0);
	assert_int_equal(m.n_tracks, 2);
	assert_string_equal(m.track_names[1], "MELODY");
	assert_int_equal(m.n_notes, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_near(m.notes[i].start_sec, starts[i], 1e-9);
		assert_near(m.notes[i].start_sec +
		    m.notes[i].duration_sec, ends[i], 1e-9);
	}
	assert_near(m.quarter_sec, 0.5, 1e-9);
}

/* SMPTE division: 25 frames a second, 40 ticks a frame: 1 ms a tick. */
static void
test_smpte_division(void **state)
{
	static const char bytes[] = "MThd\0\0\0\6\0\0\0\1\xe7\x28"
	    "MTrk\0\0\0\x0d\0\x90\x3c\x40\x87\x68\x80\x3c\0" END;
	struct error err = { ERROR_NONE, "" };
	struct midi m;

	assert_int_equal(midi_parse(bytes, sizeof bytes - 1, *state, &m,
	    &err), 0);
	assert_int_equal(m.n_notes, 1);
	assert_near(m.notes[0].duration_sec, 1.0, 1e-9);
}

static void
test_bad_files(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes;
		const char *word;	/* of the message */
	} files[] = {
#define FILE_OF(text, word) { text, sizeof text - 1, word }
		FILE_OF("", "not a Standard MIDI File"),
		FILE_OF("RIFF....WAVE", "not a Standard MIDI File"),
		FILE_OF("MThd\0\0\0\6\0\0", "cut short"),
		FILE_OF(HEADER("\2", "\1"), "format 2"),
		FILE_OF(HEADER("\0", "\0"), "0 tracks"),
		FILE_OF("MThd\0\0\0\6\0\0\0\1\0\0", "division"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\1\0", "cut short"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\0\2\0\x90", "cut short"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\0\3\0\x3c\x40",
		    "status byte"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\0\4\0\x90\x90\x40",
		    "above 127"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\0\5\xff\xff\xff\xff\x7f",
		    "four bytes"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\0\4\0\xff\3\x40",
		    "beyond its track"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\0\7\0\xff\x51\3\0\0\0",
		    "tempo"),
		FILE_OF(HEADER("\0", "\1") "MTrk\0\0\0\2\0\xf8", "0xf8"),
	};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct error err = { ERROR_NONE, "" };
		struct midi m;

		assert_int_equal(midi_parse(files[i].bytes,
		    files[i].n_bytes, *state, &m, &err), -1);
		assert_non_null(strstr(err.text, files[i].word));
	}
}

/* A tune written and read again differs by at most half a tick. */
static void
test_round_trip(void **state)
{
	struct tune_options o = { 30, 60 };
	struct tune t, again;
	struct random r;
	struct error err = { ERROR_NONE, "" };
	char path[] = "/tmp/test_midi_XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	random_init(&r, 3);
	assert_int_equal(tune_generate(&o, &r, *state, &t, &err), 0);
	assert_int_equal(tune_write_midi(path, &t, &err), 0);
	assert_int_equal(tune_read_midi(path, NULL, *state, &again, &err), 0);
	unlink(path);
	assert_int_equal(again.n_notes, t.n_notes);
	for (size_t i = 0; i < t.n_notes; i++) {
		double tick_sec = t.beat_sec / 480;
		const struct tune_note *a = &t.notes[i], *b = &again.notes[i];

		assert_true(a->pitch == b->pitch);
		/* Both the first note and this one are rounded. */
		assert_near(a->start_sec - t.notes[0].start_sec,
		    b->start_sec, 1.01 * tick_sec);
		assert_near(a->duration_sec, b->duration_sec,
		    1.01 * tick_sec);
	}
}

static struct midi_note
note(double start_sec, double end_sec, uint8_t key)
{
	return (struct midi_note){ .start_sec = start_sec,
	    .duration_sec = end_sec - start_sec, .key = key };
}

/* Chords leave their top, lower notes wait until a higher one has ended. */
static void
test_highest_note_stays(void **state)
{
	struct midi_note notes[] = { note(0, 1, 60), note(0, 1, 67),
	    note(1, 2, 72), note(1.5, 3, 60), note(2.98, 4, 55) };
	struct tune t;
	struct error err = { ERROR_NONE, "" };
	size_t n_bytes;
	void *bytes = midi_bytes(notes, 5, "piano", 0.5, *state, &n_bytes,
	    &err);

	assert_non_null(bytes);
	assert_int_equal(tune_parse_midi(bytes, n_bytes, NULL, *state, &t,
	    &err), 0);
	assert_int_equal(t.n_notes, 4);
	assert_true(t.notes[0].pitch == 67);
	assert_true(t.notes[1].pitch == 72);
	assert_near(t.notes[1].duration_sec, 1, 0.01);
	assert_true(t.notes[2].pitch == 60);
	assert_near(t.notes[2].start_sec, 2, 0.01);
	assert_near(t.notes[3].start_sec, 2.98, 0.01);
	assert_int_equal(tune_parse_midi(bytes, n_bytes, "flute", *state, &t,
	    &err), -1);
	assert_non_null(strstr(err.text, "flute"));
}

static void
check_folder(const char *pattern, size_t *n_files)
{
	const char *data = getenv("CHAD_DATA");
	char path[4096];
	glob_t found;

	snprintf(path, sizeof path, "%s/%s", data != NULL ? data :
	    "../shared/data", pattern);
	if (glob(path, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct arena *a = arena_new();
		struct error err = { ERROR_NONE, "" };
		struct tune t;

		if (tune_read_midi(found.gl_pathv[i], NULL, a, &t, &err) != 0)
			fail_msg("%s", err.text);
		/* A melody has tens of notes and lasts at least 10 s. */
		assert_in_range(t.n_notes, 20, 1500);
		assert_true(t.duration_sec > 9 && t.duration_sec < 600);
		for (size_t k = 1; k < t.n_notes; k++)
			assert_true(t.notes[k].start_sec >=
			    t.notes[k - 1].start_sec +
			    t.notes[k - 1].duration_sec - 1e-9);
		arena_free(a);
		++*n_files;
	}
	globfree(&found);
}

static void
test_real_files(void **state)
{
	size_t n_files = 0;

	(void)state;
	check_folder("pop909/*.mid", &n_files);
	check_folder("qbsh/midiFile/*.mid", &n_files);
	if (n_files == 0)
		puts("skipped: no pop909 and qbsh melodies in $CHAD_DATA or "
		    "../shared/data");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(test_tempo_and_running_status),
		TEST(test_smpte_division),
		TEST(test_bad_files),
		TEST(test_round_trip),
		TEST(test_highest_note_stays),
		TEST(test_real_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
