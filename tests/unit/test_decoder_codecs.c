/*
 * Pulses and a chirp through every codec and container that the ffmpeg program
 * makes: where they come back, and how long the sound is.  With TABLE=1 in the
 * environment a table of all of them is printed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

#define LENGTH_SEC 4.0
#define CHIRP_SEC 2.9		/* where it begins */
#define MAX_OUT (192000 * 5)
#define MAX_LAG 2400		/* samples */
#define MAX_CHIRP 12000

static const double pulse_sec[] = { 0.05, 0.4, 0.913, 1.5, 2.2, 2.61 };
#define N_PULSES (sizeof pulse_sec / sizeof pulse_sec[0])

static const char *
path_of(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", temp_folder, name);
	return path;
}

/*
 * Pulses of a Gaussian form, 0.2 ms wide (so that they lie below 3 kHz and
 * pass every codec), and a chirp from 200 Hz to 3 kHz at the end.
 */
static float *
make_sound(unsigned rate_hz, size_t *n)
{
	size_t first = (size_t)lround(CHIRP_SEC * rate_hz);
	float *x;

	*n = (size_t)lround(LENGTH_SEC * rate_hz);
	x = calloc(*n, sizeof *x);
	assert_non_null(x);
	for (size_t p = 0; p < N_PULSES; p++)
		for (size_t i = 0; i < *n; i++) {
			double t = ((double)i / rate_hz - pulse_sec[p]) / 2e-4;

			if (fabs(t) < 6.0)
				x[i] += (float)(0.7 * exp(-0.5 * t * t));
		}
	signal_chirp(x + first, *n - first, rate_hz, 200.0, 3000.0, 0.5);
	return x;
}

/* Decode at the file's own rate; freed by the caller. */
static float *
decode(const char *path, unsigned rate_hz, size_t *n,
    struct decoder_facts *facts, struct error *err)
{
	const struct decoder_options o = { .rate_hz = rate_hz };
	struct decoder *d = decoder_open(path, &o, err);
	float *x = calloc(MAX_OUT, sizeof *x);

	assert_non_null(x);
	if (d == NULL || decoder_get(d, x, MAX_OUT, n, err) != 0) {
		decoder_close(d);
		free(x);
		return NULL;
	}
	*facts = decoder_facts(d);
	decoder_close(d);
	return x;
}

/* The largest value within 60 ms of "sec": how far off, in seconds. */
static double
pulse_error(const float *x, size_t n, unsigned rate_hz, double sec)
{
	long middle = lround(sec * rate_hz);
	long reach = lround(0.06 * rate_hz);
	long best = middle;
	float most = -1.0f;

	for (long i = middle - reach; i <= middle + reach; i++)
		if (i >= 0 && i < (long)n && x[i] > most) {
			most = x[i];
			best = i;
		}
	return most > 0.2f ? (double)best / rate_hz - sec : 1.0;
}

struct kind {
	const char *name;	/* of the encoded file */
	unsigned rate_hz;
	const char *words;	/* for ffmpeg */
	unsigned n_bits;	/* lossless: of a sample; 0: lossy */
	int carries_length;	/* to 1 ms; lossless: to the sample */
	long n_known;		/* samples late for a known reason */
};

/*
 * FFmpeg's decoder of WMA drops the two frames that Microsoft's encoder puts
 * in front; FFmpeg's own encoder, which is all there is here, puts in none.
 */
#define WMA_FRAME 2048

#define STEREO "-af pan=stereo|c0=c0|c1=c0"
#define VIDEO "-f lavfi -i color=size=32x32:rate=10:duration=4 "

static const struct kind kinds[] = {
	{ "u8.wav", 8000, "-c:a pcm_u8", 8, 1, 0 },
	{ "s16.wav", 44100, "-c:a pcm_s16le", 16, 1, 0 },
	{ "s24.wav", 48000, "-c:a pcm_s24le", 24, 1, 0 },
	{ "s32.wav", 11025, "-c:a pcm_s32le", 24, 1, 0 },
	{ "f32.wav", 96000, "-c:a pcm_f32le", 24, 1, 0 },
	{ "f64.wav", 192000, "-c:a pcm_f64le", 24, 1, 0 },
	{ "s64.nut", 44100, "-c:a pcm_s64le", 24, 1, 0 },
	{ "rf64.wav", 44100, "-c:a pcm_s16le -rf64 always", 16, 1, 0 },
	{ "s16.w64", 44100, "-c:a pcm_s16le", 16, 1, 0 },
	{ "s16.aiff", 22050, "-c:a pcm_s16be", 16, 1, 0 },
	{ "s8.aiff", 22050, "-c:a pcm_s8", 8, 1, 0 },
	{ "s16.au", 44100, "-c:a pcm_s16be", 16, 1, 0 },
	{ "s16.mov", 44100, "-c:a pcm_s16le", 16, 1, 0 },
	{ "s16.mkv", 44100, "-c:a pcm_s16le", 16, 1, 0 },
	{ "s16.avi", 44100, VIDEO "-c:v mpeg4 -c:a pcm_s16le", 16, 1, 0 },
	{ "s16.voc", 44100, "-c:a pcm_s16le", 16, 1, 0 },
	{ "s302m.ts", 48000, "-c:a s302m -strict -2 " STEREO, 16, 1, 0 },
	{ "s16.flac", 44100, "-c:a flac", 16, 1, 0 },
	{ "s24.flac", 192000, "-c:a flac -sample_fmt s32", 24, 1, 0 },
	{ "flac.ogg", 44100, "-c:a flac", 16, 1, 0 },
	{ "flac.mkv", 44100, "-c:a flac", 16, 1, 0 },
	{ "flac.mp4", 44100, "-c:a flac -strict -2", 16, 1, 0 },
	{ "alac.m4a", 44100, "-c:a alac", 16, 1, 0 },
	{ "alac.caf", 44100, "-c:a alac", 16, 1, 0 },
	{ "wavpack.wv", 44100, "-c:a wavpack", 16, 1, 0 },
	{ "wavpack.mkv", 44100, "-c:a wavpack", 16, 1, 0 },
	{ "tta.tta", 44100, "-c:a tta", 16, 1, 0 },
	{ "mlp.mlp", 48000, "-c:a mlp -strict -2", 16, 0, 0 },
	{ "truehd.thd", 48000, "-c:a truehd -strict -2 " STEREO, 16, 0, 0 },
	{ "cbr.mp3", 44100, "-c:a libmp3lame -b:a 128k", 0, 1, 0 },
	{ "vbr.mp3", 44100, "-c:a libmp3lame -q:a 4 -ac 2", 0, 1, 0 },
	{ "lsf.mp3", 22050, "-c:a libmp3lame -b:a 48k", 0, 1, 0 },
	{ "lsfvbr.mp3", 22050, "-c:a libmp3lame -q:a 5", 0, 1, 0 },
	{ "lsf25.mp3", 8000, "-c:a libmp3lame -b:a 16k", 0, 1, 0 },
	{ "untagged.mp3", 44100, "-c:a libmp3lame -write_xing 0", 0, 0, 0 },
	{ "mp3.mkv", 44100, "-c:a libmp3lame", 0, 0, 0 },
	{ "mp3.mp4", 44100, "-c:a libmp3lame", 0, 0, 0 },
	{ "mp3.avi", 44100, VIDEO "-c:v mpeg4 -c:a libmp3lame", 0, 0, 0 },
	{ "mp3.flv", 44100, "-c:a libmp3lame", 0, 0, 0 },
	{ "mp2.mp2", 44100, "-c:a mp2", 0, 0, 0 },
	{ "mp2.ts", 48000, "-c:a mp2", 0, 0, 0 },
	{ "aac.m4a", 44100, "-c:a aac -b:a 96k", 0, 1, 0 },
	/* Times that jitter, as where a stream was copied from Ogg. */
	{ "jitter.m4a", 44100, "-c:a aac -bsf:a setts=ts=PTS+300*sin(N)",
	    0, 1, 0 },
	{ "aac48.m4a", 48000, "-c:a aac -movflags +faststart", 0, 1, 0 },
	{ "frag.m4a", 44100, "-c:a aac -movflags frag_keyframe+delay_moov "
	    "-frag_duration 500000", 0, 0, 0 },
	{ "video.mp4", 44100, VIDEO "-c:v mpeg4 -c:a aac", 0, 1, 0 },
	{ "aac.mov", 44100, "-c:a aac", 0, 1, 0 },
	{ "aac.aac", 44100, "-c:a aac", 0, 0, 0 },
	{ "aac.ts", 48000, "-c:a aac", 0, 0, 0 },
	{ "aac.mkv", 44100, "-c:a aac", 0, 0, 0 },
	{ "aac.flv", 44100, "-c:a aac", 0, 0, 0 },
	{ "vorbis.ogg", 44100, "-c:a libvorbis", 0, 1, 0 },
	{ "vorbis.webm", 44100, "-c:a libvorbis", 0, 0, 0 },
	{ "opus.opus", 48000, "-c:a libopus -b:a 64k", 0, 1, 0 },
	{ "opus24.ogg", 24000, "-c:a libopus -b:a 32k -ac 2", 0, 1, 0 },
	{ "opus.webm", 48000, "-c:a libopus -b:a 64k", 0, 1, 0 },
	{ "opus.mp4", 48000, "-c:a libopus", 0, 1, 0 },
	{ "opus.ts", 48000, "-c:a libopus", 0, 0, 0 },
	{ "video.webm", 48000, VIDEO "-c:v libvpx -c:a libopus", 0, 1, 0 },
	{ "ac3.ac3", 48000, "-c:a ac3", 0, 0, 0 },
	{ "ac3.mp4", 48000, "-c:a ac3", 0, 0, 0 },
	{ "eac3.eac3", 48000, "-c:a eac3", 0, 0, 0 },
	{ "dts.dts", 48000, "-c:a dca -strict -2", 0, 0, 0 },
	{ "wmav2.wma", 44100, "-c:a wmav2", 0, 0, -WMA_FRAME },
	{ "wmav1.wma", 44100, "-c:a wmav1", 0, 0, -WMA_FRAME },
	{ "speex.spx", 16000, "-c:a libspeex", 0, 0, 0 },
	{ "mulaw.wav", 8000, "-c:a pcm_mulaw", 0, 1, 0 },
	{ "alaw.wav", 8000, "-c:a pcm_alaw", 0, 1, 0 },
	{ "ms.wav", 22050, "-c:a adpcm_ms", 0, 0, 0 },
	{ "ima.wav", 22050, "-c:a adpcm_ima_wav", 0, 0, 0 },
	{ "swf.flv", 22050, "-c:a adpcm_swf", 0, 0, 0 },
	{ "gsm.wav", 8000, "-c:a libgsm_ms", 0, 0, 0 },
	{ "g722.wav", 16000, "-c:a g722", 0, 0, 0 },
	{ "g726.wav", 8000, "-c:a g726 -b:a 32k", 0, 0, 0 },
	{ "nelly.flv", 22050, "-c:a nellymoser", 0, 0, 0 },
};

/* Check one kind; true when it is as it should be. */
static bool
check(const struct kind *k, bool wants_table)
{
	struct error err = { ERROR_NONE, "" };
	char in[256], out[256];
	struct decoder_facts facts;
	size_t n_in, n, first = (size_t)(CHIRP_SEC * k->rate_hz);
	size_t n_chirp;
	float *x = make_sound(k->rate_hz, &n_in), *y;
	double worst_sec = 0.0;
	/* Pulses lie between samples. */
	double limit_sec = k->n_bits > 0 ? 1.0 / k->rate_hz : 0.001;
	double difference = 0.0;
	long lag, n_off;
	bool is_good;

	assert_int_equal(clip_write(path_of("in.wav", in), CLIP_WAV_FLOAT,
	    k->rate_hz, x, n_in, &err), 0);
	if (encoding_make(in, k->words, path_of(k->name, out), &err) != 0)
		fail_msg("%s", err.text);
	y = decode(out, k->rate_hz, &n, &facts, &err);
	if (y == NULL)
		fail_msg("%s: %s", k->name, err.text);
	for (size_t p = 0; p < N_PULSES; p++) {
		double e = pulse_error(y, n, k->rate_hz, pulse_sec[p] +
		    (double)k->n_known / k->rate_hz);

		worst_sec = fabs(e) > fabs(worst_sec) ? e : worst_sec;
	}
	n_chirp = (n < n_in ? n : n_in) - first;
	lag = signal_best_lag(x + first, y + first,
	    n_chirp < MAX_CHIRP ? n_chirp : MAX_CHIRP, MAX_LAG);
	n_off = (long)n - (long)n_in;
	if (k->n_bits > 0 && n >= n_in)
		difference = signal_max_difference(x, y, n_in);
	is_good = fabs(worst_sec) <= limit_sec + 1e-9 &&
	    labs(lag - k->n_known) <= (long)(limit_sec * k->rate_hz) &&
	    (!k->carries_length || labs(n_off) <=
	    (long)(limit_sec * k->rate_hz)) &&
	    (k->n_bits == 0 || (n >= n_in &&
	    difference <= ldexp(1.0, 1 - (int)k->n_bits)));
	if (wants_table || !is_good)
		print_message("%-14s %-13s %6u Hz  pulses %+7.3f ms  chirp "
		    "%+5ld samples  length %+6ld samples  delay %5llu "
		    "padding %5llu%s%s\n", k->name, facts.source.codec,
		    k->rate_hz, 1e3 * worst_sec, lag, n_off,
		    (unsigned long long)facts.source.n_delay,
		    (unsigned long long)facts.source.n_padding,
		    facts.source.n_assumed_delay > 0 ? " (assumed)" : "",
		    is_good ? "" : "  WRONG");
	free(x);
	free(y);
	return is_good;
}

static void
test_codecs(void **state)
{
	int n_bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		n_bad += !check(&kinds[i], getenv("TABLE") != NULL);
	assert_int_equal(n_bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codecs),
	};

	return cmocka_run_group_tests(tests, temp_folder_set_up,
	    temp_folder_tear_down);
}
