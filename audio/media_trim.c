#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/dict.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mathematics.h>

#include "audio/media_trim.h"

/*
 * What is taken for granted where a file says nothing: the delay of the
 * codec's filters and transform, encoding and decoding together, and of the
 * encoder that nearly all files are from.  LAME 3.x puts 576 samples in front,
 * the synthesis filter bank of every decoder delays by 528 + 1 (LAME's
 * technical FAQ); libopus looks ahead 312 samples of 48 kHz; AAC overlaps by a
 * frame, of which the stream may state another length.
 */
#define MP3_DECODER_DELAY 529
static const struct {
	enum AVCodecID codec;
	int rate_hz;		/* 0: any */
	size_t n_samples;
} usual_delays[] = {
	{ AV_CODEC_ID_MP3, 0, 576 + MP3_DECODER_DELAY },
	{ AV_CODEC_ID_MP2, 0, 481 },
	{ AV_CODEC_ID_AAC, 0, 1024 },
	{ AV_CODEC_ID_AC3, 0, 256 },
	{ AV_CODEC_ID_EAC3, 0, 256 },
	{ AV_CODEC_ID_DTS, 0, 512 },
	{ AV_CODEC_ID_ADPCM_G722, 0, 22 },
	{ AV_CODEC_ID_NELLYMOSER, 0, 128 },
	{ AV_CODEC_ID_SPEEX, 8000, 80 },
	{ AV_CODEC_ID_SPEEX, 16000, 223 },
	{ AV_CODEC_ID_SPEEX, 32000, 507 },
};
#define OPUS_DELAY 312
#define N_DELAYS (sizeof usual_delays / sizeof usual_delays[0])

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

/* The delay of a stream that does not tell its own; 0 for most. */
static size_t
usual_delay(const AVFormatContext *container, const AVStream *stream)
{
	const AVCodecParameters *p = stream->codecpar;

	if (p->codec_id == AV_CODEC_ID_OPUS)	/* the others have a header */
		return strcmp(container->iformat->name, "mpegts") == 0 ?
		    OPUS_DELAY : 0;
	if (p->codec_id == AV_CODEC_ID_AAC && p->frame_size > 0)
		return (size_t)p->frame_size;
	for (size_t i = 0; i < N_DELAYS; i++)
		if (usual_delays[i].codec == p->codec_id &&
		    (usual_delays[i].rate_hz == 0 ||
		    usual_delays[i].rate_hz == p->sample_rate))
			return usual_delays[i].n_samples;
	return 0;
}

/* The first packet: does the file say what its encoder put in front? */
static void
begin(struct media_trim *t, const AVFormatContext *container,
    const AVStream *stream, bool is_said, int64_t first_pts)
{
	enum AVCodecID codec = stream->codecpar->codec_id;
	size_t n_usual = usual_delay(container, stream);
	uint64_t n_delay, n_padding, n_total;

	/* A LAME tag says all.  In MP4 the comment is read by FFmpeg too. */
	if (((codec == AV_CODEC_ID_MP3 || codec == AV_CODEC_ID_AAC) &&
	    !is_said) || is_mp4(container))
		t->has_length = read_comment(container, stream, &n_delay,
		    &n_padding, &n_total);
	if (t->has_length)
		t->n_left = n_total;
	if (is_said)
		return;
	/*
	 * MP4 has edit lists: without one, nothing is to be removed.  In
	 * fragments FFmpeg sets the clock back instead of skipping.
	 */
	if (is_mp4(container))
		t->n_to_skip = first_pts >= 0 ? 0 :
		    (size_t)av_rescale_q(-first_pts, stream->time_base,
		    (AVRational){ 1, stream->codecpar->sample_rate });
	else if (t->has_length)
		t->n_to_skip = (size_t)n_delay +
		    (codec == AV_CODEC_ID_MP3 ? MP3_DECODER_DELAY : 0);
	else if (n_usual > 0 && stream->codecpar->initial_padding > 0)
		t->n_to_skip = (size_t)stream->codecpar->initial_padding;
	else
		t->n_to_skip = t->n_assumed = n_usual;
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
		begin(t, container, stream, skip != NULL,
		    packet->pts == AV_NOPTS_VALUE ? 0 : packet->pts);
}

/* Whether none of the packets that the header lists comes behind the frame. */
static bool
is_last(AVStream *stream, const AVFrame *frame)
{
	const AVIndexEntry *e = avformat_index_get_entry(stream,
	    avformat_index_get_entries_count(stream) - 1);

	return e == NULL || frame->pts == AV_NOPTS_VALUE ||
	    frame->pts >= e->timestamp;
}

/*
 * MP4 shortens the last packet's duration by the encoder's padding.  Others are
 * only shorter where a muxer rounded its times: their sound is all there.
 */
static size_t
length_in_mp4(AVStream *stream, const AVFrame *frame)
{
	const AVRational per_sample = { 1, frame->sample_rate };
	size_t n = (size_t)frame->nb_samples;
	int64_t n_stated;

	if (frame->pkt_duration <= 0 || !is_last(stream, frame))
		return n;
	n_stated = av_rescale_q(frame->pkt_duration, stream->time_base,
	    per_sample);
	return n_stated > 0 && (uint64_t)n_stated < n ? (size_t)n_stated : n;
}

size_t
media_trim_frame(struct media_trim *t, const AVFormatContext *container,
    AVStream *stream, const AVFrame *frame, size_t *n_skip)
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
