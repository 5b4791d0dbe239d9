#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/dict.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mathematics.h>

#include "audio/media_trim.h"

/*
 * LAME 3.x puts 576 samples in front; the synthesis filter bank of every
 * decoder delays by 528 + 1 (LAME's technical FAQ).
 */
#define MP3_LAME_DELAY 576
#define MP3_DECODER_DELAY 529

/* The transform's overlap: the least that any AAC encoder puts in front. */
#define AAC_FRAME 1024

/* What a packet's side data tells to skip: 4 bytes in front, 4 behind. */
#define SKIP_BYTES 10

/* A comment that is not of this sound states another length. */
#define MAX_DISAGREEMENT_SEC 0.5

static bool
is_mp4(const AVFormatContext *container)
{
	return strstr(container->iformat->name, "mp4") != NULL;
}

/* What "iTunSMPB" says; false when there is none or it makes no sense. */
static bool
read_comment(const AVFormatContext *container, const AVStream *stream,
    uint64_t *n_delay, uint64_t *n_padding, uint64_t *n_total)
{
	const AVDictionaryEntry *e = av_dict_get(container->metadata,
	    "iTunSMPB", NULL, 0);
	double stated_sec = (double)container->duration / AV_TIME_BASE;
	double total_sec;
	uint64_t n_frame = (uint64_t)stream->codecpar->frame_size;

	if (e == NULL || n_frame == 0 || sscanf(e->value,
	    "%*x %8" SCNx64 " %8" SCNx64 " %16" SCNx64, n_delay,
	    n_padding, n_total) != 3)
		return false;
	if (*n_delay > 8 * n_frame || *n_padding > 8 * n_frame ||
	    *n_total == 0 || *n_total > INT64_MAX / 2 ||
	    (*n_delay + *n_padding + *n_total) % n_frame != 0)
		return false;
	total_sec = (double)*n_total / stream->codecpar->sample_rate;
	return total_sec > stated_sec - MAX_DISAGREEMENT_SEC &&
	    total_sec < stated_sec + MAX_DISAGREEMENT_SEC;
}

/* The first packet: does the file say what its encoder put in front? */
static void
begin(struct media_trim *t, const AVFormatContext *container,
    const AVStream *stream, bool is_said)
{
	const char *format = container->iformat->name;
	enum AVCodecID codec = stream->codecpar->codec_id;
	bool is_mp3 = codec == AV_CODEC_ID_MP3 && strcmp(format, "mp3") == 0;
	uint64_t n_delay, n_padding, n_total;

	/* A LAME tag says all.  In MP4 the comment is read by FFmpeg too. */
	if (((is_mp3 || codec == AV_CODEC_ID_AAC) && !is_said) ||
	    is_mp4(container))
		t->has_length = read_comment(container, stream, &n_delay,
		    &n_padding, &n_total);
	if (t->has_length)
		t->n_left = n_total;
	if (is_said)
		return;
	if (t->has_length)
		t->n_to_skip = (size_t)n_delay +
		    (is_mp3 ? MP3_DECODER_DELAY : 0);
	else if (is_mp3)
		t->n_assumed = MP3_LAME_DELAY + MP3_DECODER_DELAY;
	/* MP4 has edit lists: without one, nothing is to be removed. */
	else if (codec == AV_CODEC_ID_AAC && !is_mp4(container))
		t->n_assumed = stream->codecpar->frame_size > 0 ?
		    (size_t)stream->codecpar->frame_size : AAC_FRAME;
	if (t->n_assumed > 0)
		t->n_to_skip = t->n_assumed;
}

void
media_trim_packet(struct media_trim *t, AVFormatContext *container,
    const AVStream *stream, const AVPacket *packet, bool is_first)
{
	size_t n_bytes = 0;
	const uint8_t *skip = av_packet_get_side_data(packet,
	    AV_PKT_DATA_SKIP_SAMPLES, &n_bytes);

	if (skip != NULL && n_bytes >= SKIP_BYTES) {
		t->n_delay += AV_RL32(skip);
		t->n_padding += AV_RL32(skip + 4);
	}
	if (is_first)
		begin(t, container, stream, skip != NULL);
}

/* MP4 shortens the last packet's duration by the encoder's padding. */
static size_t
length_in_mp4(const AVStream *stream, const AVFrame *frame)
{
	const AVRational per_sample = { 1, frame->sample_rate };
	size_t n = (size_t)frame->nb_samples;
	int64_t n_stated;

	if (frame->pkt_duration <= 0)
		return n;
	n_stated = av_rescale_q(frame->pkt_duration, stream->time_base,
	    per_sample);
	return n_stated > 0 && (uint64_t)n_stated < n ? (size_t)n_stated : n;
}

size_t
media_trim_frame(struct media_trim *t, const AVFormatContext *container,
    const AVStream *stream, const AVFrame *frame, size_t *n_skip)
{
	size_t n_all = (size_t)frame->nb_samples;
	size_t n = is_mp4(container) ? length_in_mp4(stream, frame) : n_all;

	*n_skip = n < t->n_to_skip ? n : t->n_to_skip;
	t->n_to_skip -= *n_skip;
	t->n_delay += *n_skip;
	n -= *n_skip;
	if (t->has_length) {
		if (n > t->n_left)
			n = (size_t)t->n_left;
		t->n_left -= n;
	}
	t->n_padding += n_all - *n_skip - n;
	return n;
}

void
media_trim_pass(struct media_trim *t, uint64_t n)
{
	t->n_left -= n < t->n_left ? n : t->n_left;
}
