/*
 * media -- the sound in any file that FFmpeg reads, as blocks of samples of
 * one channel or two at the file's own rate.
 *
 * One audio stream is taken: the one asked for, or else the one marked as
 * default, then the one of the highest bit rate, then the first, as FFmpeg's
 * av_find_best_stream has it.  Pictures, texts and chapters are no sound and
 * are passed over.  Samples beyond 24 dB over full scale are cut to it; NaN
 * and infinity become 0 and are counted.
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
 * One channel is the mean of these two, which is the mono mix of BS.775 but
 * for the level, and what "ffmpeg -ac 1" makes.  It cannot clip, and what
 * stands in opposite phase on left and right is lost.
 *
 * What the encoder put before and behind the recording is removed as the file
 * says: LAME tags, edit lists, Apple's iTunSMPB, Opus pre-skip, Vorbis
 * granules, delay and padding in Matroska.  What says nothing loses what nearly
 * all files of its codec have in front: an MP3 the 1105 samples of LAME and
 * every decoder (576 + 529), AAC outside MP4 one frame, the overlap of the
 * transform, and MP2, AC-3, DTS, G.722, Nellymoser and Speex the delay of
 * their filters.  This is noted in n_assumed_delay.
 *
 * A stretch of another rate in the middle of a file is resampled to the rate
 * the file began with; channels may change in number.
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
#define MEDIA_MAX_CHAPTERS 1000		/* further ones are left out */

/* Where a channel is heard from, as far as its loudness depends on it. */
enum media_place { MEDIA_FRONT, MEDIA_SIDE, MEDIA_LOW };

struct media_facts {
	unsigned rate_hz;
	size_t n_channels;		/* of the file, at its beginning */
	enum media_place places[MEDIA_MAX_CHANNELS];
	const char *container;		/* "mov,mp4,m4a,3gp,3g2,mj2" */
	const char *codec;		/* "mp3"; both live with the media */
	char decoder[64];		/* "mp3float, libavcodec 59.37.100" */
	size_t n_streams, stream;	/* of sound; the one taken, from 1 */
	size_t n_chapters;
	double stated_sec;		/* length the header gives; 0: none */
	bool states_exactly;		/* stated_sec is right to the sample */
	/* stated_sec; of a WAV that is whole, what its size gives. */
	double length_sec;
	/* So far: */
	uint64_t n_delay, n_padding;	/* samples removed in front, behind */
	size_t n_assumed_delay;		/* of n_delay: without a word */
	uint64_t n_changes;		/* of rate or channels on the way */
	uint64_t n_packets;		/* read */
	uint64_t n_errors;		/* packets that could not be decoded */
	uint64_t n_nonfinite;		/* values that became 0 */
};

struct media_chapter {
	double start_sec, end_sec;	/* by the file's clock */
	const char *title;		/* "" when it has none */
};

struct media_block {
	/* [n_samples][n_channels], until the next call. */
	const float *samples;
	size_t n_samples;		/* 0 only at the end */
	/*
	 * The same before mixing, [n_samples][facts.n_channels]; NULL where
	 * the format is not the one that the file began with.
	 */
	const float *source;
	bool has_time;
	double time_sec;		/* of the first sample, by the file */
};

/*
 * n_channels is 1 or 2; stream is counted from 1, 0 leaves the choice.
 * Messages name the file.  NULL with an error.
 */
struct media *media_open(const char *path, size_t n_channels, size_t stream,
    struct error *err) MUST_CHECK;
void media_close(struct media *m);

/* The next block. */
int media_get(struct media *m, struct media_block *block, struct error *err)
    MUST_CHECK;

/*
 * After one block or more: go on shortly before sample "to" (that of the
 * first block is 0) without decoding what lies between.  The decoder is given
 * a second to recover, so what follows is what it would have been; the noise
 * that AAC puts in place of sound (perceptual noise substitution) is other
 * noise.  *at is the sample that the next block begins with.
 *
 * Only done where the packets' times are exact to the sample and without
 * gaps, and for codecs that recover: *at is UINT64_MAX when that turns out
 * not to be so.  The media is then of no more use, and has to be opened again
 * and read from its start.
 */
int media_skip(struct media *m, uint64_t to, uint64_t *at, struct error *err)
    MUST_CHECK;

const struct media_facts *media_facts(const struct media *m);

/*
 * Call with each tag of the file, then of the stream: a name as FFmpeg has it
 * and the text, both borrowed.  A call that gives -1 ends it, and is returned.
 */
int media_each_tag(const struct media *m,
    int (*call)(void *shared, const char *name, const char *text,
    struct error *err), void *shared, struct error *err) MUST_CHECK;

/* Chapter k < n_chapters; the title lives as long as the media. */
void media_chapter(const struct media *m, size_t k,
    struct media_chapter *chapter);

#endif
