/*
 * media -- the sound in any file that FFmpeg reads, as blocks of mono samples
 * at the file's own rate.
 *
 * The first audio stream that FFmpeg calls the best is taken.  Channels are
 * averaged with equal weights: the mean cannot clip, and what stands in
 * opposite phase on two channels is lost.  Samples beyond 24 dB over full
 * scale are cut to it; NaN and infinity become 0 and are counted.
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
	size_t n_channels;
	const char *codec;		/* "mp3"; lives as long as the media */
	double stated_sec;		/* length the header gives; 0: none */
	bool states_exactly;		/* stated_sec is right to the sample */
	size_t n_assumed_delay;		/* removed without the file's word */
	uint64_t n_packets;		/* read so far */
	uint64_t n_errors;		/* packets that could not be decoded */
	uint64_t n_nonfinite;		/* samples that became 0 */
};

struct media_block {
	const float *samples;		/* [n_samples], until the next call */
	size_t n_samples;		/* 0 only at the end */
	bool has_time;
	double time_sec;		/* of the first sample, by the file */
};

/* Messages name the file.  NULL with an error. */
struct media *media_open(const char *path, struct error *err) MUST_CHECK;
void media_close(struct media *m);

/* The next block. */
int media_get(struct media *m, struct media_block *block, struct error *err)
    MUST_CHECK;

const struct media_facts *media_facts(const struct media *m);

#endif
