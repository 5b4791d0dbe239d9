/*
 * media_trim -- what an encoder put before and behind a recording, by what
 * the file says.  Private to audio/; audio/media.h says what is removed.
 *
 * libavcodec removes what packets say themselves (LAME tags, edit lists, Opus
 * pre-skip); this counts it, and removes what it does not see: the usual
 * delay where a file says nothing, the end in MP4, and what Apple's comment
 * "iTunSMPB" says (delay, padding and length, as hexadecimal numbers).
 */
#ifndef AUDIO_MEDIA_TRIM_H
#define AUDIO_MEDIA_TRIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>

/* Zeros to begin with. */
struct media_trim {
	uint64_t n_delay, n_padding;	/* removed, so far */
	size_t n_assumed;		/* of n_delay: without a word */
	size_t n_to_skip;		/* still to be removed in front */
	uint64_t n_left;		/* samples until the end, by iTunSMPB */
	bool has_length;		/* n_left means something */
};

/* Called with each packet before it is decoded. */
void media_trim_packet(struct media_trim *t, AVFormatContext *container,
    const AVStream *stream, const AVPacket *packet, bool is_first);

/*
 * How many of the n samples of a frame belong to the recording; *n_skip of
 * those in front of them do not.
 */
size_t media_trim_frame(struct media_trim *t, const AVFormatContext *container,
    AVStream *stream, const AVFrame *frame, size_t *n_skip);

/* n samples of the recording are passed over without being decoded. */
void media_trim_pass(struct media_trim *t, uint64_t n);

#endif
