/*
 * media_state -- what a media reader holds, shared by the files that make it.
 * Private to audio/.
 */
#ifndef AUDIO_MEDIA_STATE_H
#define AUDIO_MEDIA_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "audio/media.h"
#include "audio/media_mix.h"
#include "audio/media_trim.h"
#include "audio/resampler.h"
#include "audio/sound_file.h"

struct media {
	FILE *file;
	int64_t n_bytes;
	AVIOContext *io;
	AVFormatContext *container;
	AVStream *stream;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *frame;
	bool has_frame;			/* decoded, and not yet given */
	struct media_mix mix;
	size_t n_channels;		/* wanted */
	float *source;			/* [n_source], of all channels */
	size_t n_source;
	float *samples;			/* [capacity], of all channels */
	size_t capacity;
	int last_hz, last_channels;	/* of the frame before; 0: none */
	struct resampler *changed;	/* from the rate that it changed to */
	unsigned changed_hz;
	struct resampler *ended;	/* holds the last block of that rate */
	uint64_t n_given;		/* samples, in blocks */
	int64_t origin_pts;		/* ticks of the file's clock, there */
	bool has_origin;
	struct media_facts facts;
	struct media_trim trim;
	unsigned n_read_errors;		/* in a row */
	bool is_draining;		/* the decoder was told of the end */
	char label[SOUND_FILE_LABEL_BYTES];
};

/*
 * For the whole process: what FFmpeg has to say goes into our own messages,
 * not to the terminal, and no number in a file makes it take all memory.
 */
void media_tame(void);

/* Read the next packet of the stream.  *is_end at the end of the file. */
int media_read_packet(struct media *m, bool *is_end, struct error *err)
    MUST_CHECK;

/* Decode the next frame into m->frame.  *is_end when there is none. */
int media_next_frame(struct media *m, bool *is_end, struct error *err)
    MUST_CHECK;

/*
 * Ticks of the stream's clock in a sample of the file's rate; 0 when that is
 * no whole number.
 */
int64_t media_ticks_per_sample(const struct media *m);

#endif
