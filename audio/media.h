/*
 * media -- the sound in any file that FFmpeg reads, as blocks of samples of
 * one channel or two at the file's own rate.
 *
 * The first audio stream that FFmpeg calls the best is taken.  Samples beyond
 * 24 dB over full scale are cut to it; NaN and infinity become 0 and are
 * counted.
 *
 * To one channel, channels are averaged with equal weights: the mean cannot
 * clip, and what stands in opposite phase on two channels is lost.
 *
 * To two channels, two pass unchanged, the first being left, and one becomes
 * two that are equal to it.  More are mixed by the weights of ITU-R BS.775 in
 * libswresample: the centre and the channels behind and at the sides with
 * sqrt(1/2) each, the low-frequency channel not at all, and then all weights
 * divided by one number such that their sum cannot clip.  For 5.1 that is
 * 1 + sqrt(2), so the front channels come out 7.7 dB lower than they were.
 * Where a file of more than two channels does not say where each belongs, the
 * usual order of that number is taken; where there is none, or left and right
 * have not the same loudspeakers, both channels are the mean of all.
 *
 * What the encoder put before and behind the recording is removed as the file
 * says: LAME tags, edit lists, Opus pre-skip, Vorbis granules, the padding in
 * Matroska.  An MP3 that says nothing loses the 1105 samples that LAME and
 * every decoder put in front (576 + 529); AAC outside MP4 says nothing and
 * loses one frame, the overlap of the transform.  Both are noted in
 * n_assumed_delay.
 *
 * The file is read through this process's own file handle: play lists and
 * other files that name further files or addresses open none of them.
 */
#ifndef AUDIO_MEDIA_H
#define AUDIO_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct media;

#define MEDIA_MIN_RATE_HZ 2000
#define MEDIA_MAX_RATE_HZ 768000
#define MEDIA_MAX_CHANNELS 64

struct media_facts {
	unsigned rate_hz;
	size_t n_channels;		/* of the file */
	const char *codec;		/* "mp3"; lives as long as the media */
	double stated_sec;		/* length the header gives; 0: none */
	bool states_exactly;		/* stated_sec is right to the sample */
	size_t n_assumed_delay;		/* removed without the file's word */
	uint64_t n_packets;		/* read so far */
	uint64_t n_errors;		/* packets that could not be decoded */
	uint64_t n_nonfinite;		/* values that became 0 */
};

struct media_block {
	/* [n_samples][n_channels], until the next call. */
	const float *samples;
	size_t n_samples;		/* 0 only at the end */
	bool has_time;
	double time_sec;		/* of the first sample, by the file */
};

/* n_channels is 1 or 2.  Messages name the file.  NULL with an error. */
struct media *media_open(const char *path, size_t n_channels,
    struct error *err) MUST_CHECK;
void media_close(struct media *m);

/* The next block. */
int media_get(struct media *m, struct media_block *block, struct error *err)
    MUST_CHECK;

const struct media_facts *media_facts(const struct media *m);

/*
 * Call with each tag of the file, then of the stream: a name as FFmpeg has it
 * and the text, both borrowed.  A call that gives -1 ends it, and is returned.
 */
int media_each_tag(const struct media *m,
    int (*call)(void *shared, const char *name, const char *text,
    struct error *err), void *shared, struct error *err) MUST_CHECK;

#endif
