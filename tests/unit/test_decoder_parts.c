/*
 * Parts of files of every codec: found without decoding what lies before them
 * they must be what they are when all is decoded, and that what the whole
 * file has there.
 */
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

#include "audio/clip.h"
#include "audio/decoder.h"

#include "tests/lib/encoding.h"
#include "tests/lib/temp_folder.h"
#include "tests/lib/signal.h"

#define LENGTH_SEC 9
#define MAX_OUT (48000 * LENGTH_SEC + 4096)

struct decoded {
	float *x;
	size_t n;
	struct decoder_facts facts;
};

static const char *
path_of(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", temp_folder, name);
	return path;
}

static struct decoded
decode(const char *path, const struct decoder_options *o)
{
	struct error err = { ERROR_NONE, "" };
	struct decoder *decoder = decoder_open(path, o, &err);
	struct decoded d = { .x = calloc(MAX_OUT, sizeof(float)) };

	assert_non_null(d.x);
	if (decoder == NULL ||
	    decoder_get(decoder, d.x, MAX_OUT, &d.n, &err) != 0)
		fail_msg("%s", err.text);
	d.facts = decoder_facts(decoder);
	decoder_close(decoder);
	return d;
}

struct kind {
	const char *name;
	unsigned rate_hz;
	const char *words;		/* for ffmpeg */
	int is_skipped;			/* not decoded from the start */
	/*
	 * The most that a sample may differ by, 0: to the bit.  Opus comes
	 * to within the rounding of single precision, far below 16 bits.
	 */
	float tolerance;
};

static const struct kind kinds[] = {
	{ "a.wav", 44100, "-c:a pcm_s16le", 1, 0.0f },
	{ "f.wav", 48000, "-c:a pcm_f32le", 1, 0.0f },
	{ "a.aiff", 44100, "-c:a pcm_s16be", 1, 0.0f },
	{ "a.flac", 44100, "-c:a flac", 1, 0.0f },
	{ "a.wv", 44100, "-c:a wavpack", 1, 0.0f },
	{ "alac.m4a", 44100, "-c:a alac", 1, 0.0f },
	{ "cbr.mp3", 44100, "-c:a libmp3lame -b:a 128k", 1, 0.0f },
	{ "low.mp3", 16000, "-c:a libmp3lame -b:a 8k", 1, 0.0f },
	{ "vbr.mp3", 44100, "-c:a libmp3lame -q:a 4", 1, 0.0f },
	{ "untagged.mp3", 44100,
	    "-c:a libmp3lame -q:a 4 -write_xing 0 -id3v2_version 0", 1, 0.0f },
	{ "a.aac", 44100, "-c:a aac -aac_pns 0", 1, 0.0f },
	{ "a.m4a", 44100, "-c:a aac -aac_pns 0", 1, 0.0f },
	{ "frag.m4a", 44100,
	    "-c:a aac -aac_pns 0 -movflags frag_keyframe+empty_moov "
	    "-frag_duration 500000", 1, 0.0f },
	{ "a.ogg", 44100, "-c:a libvorbis", 1, 0.0f },
	{ "a.opus", 48000, "-c:a libopus -b:a 64k", 1, 4e-6f },
	{ "voip.opus", 16000,
	    "-c:a libopus -b:a 12k -application voip -frame_duration 60", 1,
	    4e-6f },
	/* Times that jitter tell no sample. */
	{ "jitter.mp4", 48000,
	    "-c:a libopus -bsf:a setts=ts=PTS+300*sin(N)", 0, 0.0f },
	/* Matroska has milliseconds, MPEG-TS 1/90000 s: no whole samples. */
	{ "a.webm", 44100, "-c:a libvorbis", 0, 0.0f },
	{ "opus.webm", 48000, "-c:a libopus", 0, 0.0f },
	{ "a.mkv", 44100, "-c:a flac", 0, 0.0f },
	{ "a.ts", 44100, "-c:a aac", 0, 0.0f },
	/* Codecs that may remember anything. */
	{ "a.mp2", 44100, "-c:a mp2", 0, 0.0f },
	{ "a.tta", 44100, "-c:a tta", 0, 0.0f },
	{ "adpcm.wav", 22050, "-c:a adpcm_ms", 0, 0.0f },
	{ "a.wma", 44100, "-c:a wmav2", 0, 0.0f },
};

/* A glide and noise: every sample differs from its neighbours. */
static void
write_sound(const char *path, unsigned rate_hz)
{
	size_t n = (size_t)rate_hz * LENGTH_SEC;
	float *x = calloc(n, sizeof *x);
	float *noise = calloc(n, sizeof *noise);
	struct error err;

	assert_non_null(x);
	assert_non_null(noise);
	signal_glide(x, n, rate_hz, 100.0, 3000.0, 0.4);
	signal_noise(noise, n, 5, 0.02);
	signal_mix(x, noise, n, 1.0);
	assert_int_equal(clip_write(path, CLIP_WAV_FLOAT, rate_hz, x, n, &err),
	    0);
	free(noise);
	free(x);
}

static void
check_part(const struct kind *k, const char *path, unsigned rate_hz,
    const struct decoded *whole, double offset_sec)
{
	struct decoder_options o = { .rate_hz = rate_hz,
	    .offset_sec = offset_sec, .duration_sec = 0.8765 };
	size_t first = (size_t)lround(offset_sec * rate_hz);
	struct decoded quick, slow;

	quick = decode(path, &o);
	o.from_start = true;
	slow = decode(path, &o);
	assert_int_equal(slow.n, lround(o.duration_sec * rate_hz));
	assert_int_equal(slow.facts.n_skipped, 0);
	for (size_t i = 0; i < slow.n; i++)
		if (slow.x[i] != whole->x[first + i])
			fail_msg("%s at %u Hz from %g s: sample %zu is %g, "
			    "the whole has %g", k->name, rate_hz, offset_sec,
			    i, (double)slow.x[i],
			    (double)whole->x[first + i]);
	assert_int_equal(quick.n, slow.n);
	if ((quick.facts.n_skipped > 0) != (k->is_skipped != 0))
		fail_msg("%s: %llu samples were skipped", k->name,
		    (unsigned long long)quick.facts.n_skipped);
	for (size_t i = 0; i < quick.n; i++)
		if (!(fabsf(quick.x[i] - slow.x[i]) <= k->tolerance))
			fail_msg("%s at %u Hz from %g s: sample %zu is %g "
			    "off", k->name, rate_hz, offset_sec, i,
			    (double)quick.x[i] - (double)slow.x[i]);
	assert_int_equal(quick.facts.source.n_errors, 0);
	free(quick.x);
	free(slow.x);
}

static void
test_parts(void **state)
{
	static const unsigned rates_hz[] = { 16000, 44100 };
	static const double offsets_sec[] = { 4.0, 6.543217 };

	(void)state;
	for (size_t f = 0; f < sizeof kinds / sizeof kinds[0]; f++) {
		const struct kind *k = &kinds[f];
		char in[256], out[256];
		struct error err;

		write_sound(path_of("in.wav", in), k->rate_hz);
		if (encoding_make(in, k->words, path_of(k->name, out),
		    &err) != 0)
			fail_msg("%s", err.text);
		for (size_t r = 0; r < 2; r++) {
			const struct decoder_options o = {
			    .rate_hz = rates_hz[r] };
			struct decoded whole = decode(out, &o);

			for (size_t p = 0; p < 2; p++)
				check_part(k, out, rates_hz[r], &whole,
				    offsets_sec[p]);
			free(whole.x);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
