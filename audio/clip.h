/*
 * clip -- samples of a sound file, whole or in blocks (libsndfile).
 *
 * This reads what chad-decode writes and any other WAV or FLAC that already
 * has the wanted rate; another rate is refused in words ("run chad-decode
 * first"), unless CLIP_ANY_RATE is wanted, which takes all up to 768000 Hz.
 * Several channels are averaged, unless they are asked for (..._channels).
 * Samples that are NaN or infinite become 0, those beyond 24 dB over full
 * scale are cut to it (-16..16).  Nothing here resamples.
 *
 * With several channels a count of samples is one of moments: n samples are
 * n * n_channels values, [n][n_channels].
 */
#ifndef AUDIO_CLIP_H
#define AUDIO_CLIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define CLIP_ANY_RATE 0		/* for rate_hz: whatever the file has */

struct clip {
	float *samples;		/* [n_samples], full scale is -1..1 */
	size_t n_samples;
	size_t n_channels;	/* of the file */
	unsigned rate_hz;
};

/*
 * Load a whole file, or the part of it from offset_sec of duration_sec
 * (duration_sec 0: to the end).  At most 4 hours.
 */
int clip_load(const char *path, unsigned rate_hz, double offset_sec,
    double duration_sec, struct arena *a, struct clip *clip,
    struct error *err) MUST_CHECK;

/* Reading in blocks, for files of any length. */
struct clip_reader;
struct clip_reader *clip_reader_open(const char *path, unsigned rate_hz,
    struct error *err) MUST_CHECK;
/* Any rate, up to 64 channels, all of which are kept. */
struct clip_reader *clip_reader_open_channels(const char *path,
    struct error *err) MUST_CHECK;
unsigned clip_reader_rate_hz(const struct clip_reader *r);
/* What clip_reader_get gives: 1 when they are averaged. */
size_t clip_reader_n_channels(const struct clip_reader *r);
/* Samples in the file, as its header says and reading will deliver. */
uint64_t clip_reader_n_samples(const struct clip_reader *r);
/*
 * Read up to n_max samples into [n_max][n_channels]; *n_read < n_max only at
 * the end.
 */
int clip_reader_get(struct clip_reader *r, float *samples, size_t n_max,
    size_t *n_read, struct error *err) MUST_CHECK;
void clip_reader_close(struct clip_reader *r);

/* Writing in blocks; the file appears when committed. */
#define CLIP_MAX_WRITTEN_CHANNELS 8	/* what FLAC has room for */
enum clip_format { CLIP_FLAC16, CLIP_WAV16, CLIP_WAV_FLOAT };
/*
 * Refuse rates that the format has no room for: FLAC takes no more than
 * 655350 and, above 65535, multiples of 10 only.
 */
int clip_format_check(enum clip_format format, unsigned rate_hz,
    struct error *err) MUST_CHECK;

struct clip_writer;
struct clip_writer *clip_writer_open(const char *path,
    enum clip_format format, unsigned rate_hz, struct error *err) MUST_CHECK;
/* n_channels of 1..CLIP_MAX_WRITTEN_CHANNELS; clip_writer_open has one. */
struct clip_writer *clip_writer_open_channels(const char *path,
    enum clip_format format, unsigned rate_hz, size_t n_channels,
    struct error *err) MUST_CHECK;
/*
 * Append n samples, [n][n_channels].  Values outside -1..1 are clipped by the
 * integer formats.
 */
int clip_writer_put(struct clip_writer *w, const float *samples, size_t n,
    struct error *err) MUST_CHECK;
int clip_writer_commit(struct clip_writer *w, struct error *err) MUST_CHECK;
void clip_writer_abandon(struct clip_writer *w);

/* Open, put and commit in one, of one channel. */
int clip_write(const char *path, enum clip_format format, unsigned rate_hz,
    const float *samples, size_t n, struct error *err) MUST_CHECK;

#endif
