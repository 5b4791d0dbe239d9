/*
 * Packets are read and thrown away until shortly before the wanted sample.
 * Reading is far quicker than decoding, and sees every packet: where one of
 * them does not follow the one before to the tick, nothing is skipped.
 */
#include <stdbool.h>
#include <stdint.h>

#include "audio/media.h"
#include "audio/media_state.h"

/*
 * What a decoder needs before it is as if it had seen all: an overlap for
 * Vorbis and AAC, at most half a second of MP3's bit reservoir, and 80 ms for
 * Opus (RFC 7845, section 4.6), whose filters and predictors take some 500 ms
 * to come within a rounding error.
 */
#define RECOVERY_SEC 1.0

/* Codecs that recover; others may remember anything. */
static bool
recovers(enum AVCodecID codec)
{
	switch (codec) {
	case AV_CODEC_ID_AAC:
	case AV_CODEC_ID_ALAC:
	case AV_CODEC_ID_FLAC:
	case AV_CODEC_ID_MP3:
	case AV_CODEC_ID_OPUS:
	case AV_CODEC_ID_VORBIS:
	case AV_CODEC_ID_WAVPACK:
		return true;
	default:
		return av_get_exact_bits_per_sample(codec) > 0;
	}
}

int64_t
media_ticks_per_sample(const struct media *m)
{
	const AVRational base = m->stream->time_base;
	const int64_t n = (int64_t)base.num * m->facts.rate_hz;

	return n > 0 && base.den % n == 0 ? base.den / n : 0;
}

/*
 * Packets are all of one length; where their durations are not, they tell of
 * rounded times.  Only Vorbis has two.
 */
static bool
has_one_length(const AVCodecContext *codec)
{
	return codec->frame_size > 0 || codec->codec_id == AV_CODEC_ID_OPUS;
}

/*
 * Throw packets away until one that begins at or after "until".  False when
 * they are not as they should be, or at the end.
 */
static int
pass_packets(struct media *m, int64_t until, bool *is_there,
    struct error *err)
{
	const int64_t tick = media_ticks_per_sample(m);
	int64_t expected = AV_NOPTS_VALUE, first_duration = 0;

	*is_there = false;
	for (;;) {
		const AVPacket *p = m->packet;
		bool is_end;

		if (media_read_packet(m, &is_end, err) != 0)
			return -1;
		if (is_end)
			return 0;
		if (first_duration == 0)
			first_duration = p->duration;
		if (m->facts.n_errors > 0 || p->pts == AV_NOPTS_VALUE ||
		    p->duration <= 0 || p->duration % tick != 0 ||
		    (expected != AV_NOPTS_VALUE && p->pts != expected) ||
		    (has_one_length(m->codec) &&
		    p->duration != first_duration))
			return 0;
		if (p->pts >= until)
			break;
		expected = p->pts + p->duration;
		av_packet_unref(m->packet);
	}
	*is_there = true;
	return 0;
}

/* Decode until the frame that holds the time "to" or comes after it. */
static int
recover(struct media *m, int64_t to, bool *is_there, struct error *err)
{
	const int64_t tick = media_ticks_per_sample(m);
	bool is_end;

	*is_there = false;
	do {
		if (media_next_frame(m, &is_end, err) != 0)
			return -1;
		if (is_end || m->frame->pts == AV_NOPTS_VALUE ||
		    (m->frame->pts - m->origin_pts) % tick != 0 ||
		    m->frame->sample_rate != (int)m->facts.rate_hz)
			return 0;
	} while (m->frame->pts + m->frame->nb_samples * tick <= to);
	*is_there = m->frame->pts <= to;
	return 0;
}

int
media_skip(struct media *m, uint64_t to, uint64_t *at, struct error *err)
{
	const int64_t tick = media_ticks_per_sample(m);
	const uint64_t recovery = (uint64_t)(RECOVERY_SEC * m->facts.rate_hz);
	int64_t to_pts;
	bool is_there;

	*at = m->n_given;
	if (to < m->n_given + 2 * recovery)	/* nothing to gain */
		return 0;
	if (tick == 0 || !m->has_origin || m->has_frame ||
	    m->trim.n_to_skip > 0 || !recovers(m->codec->codec_id) ||
	    to > (uint64_t)INT64_MAX / 4 / (uint64_t)tick) {
		*at = UINT64_MAX;
		return 0;
	}
	to_pts = m->origin_pts + (int64_t)to * tick;
	if (pass_packets(m, to_pts - (int64_t)recovery * tick, &is_there,
	    err) != 0)
		return -1;
	if (is_there) {
		avcodec_flush_buffers(m->codec);
		if (avcodec_send_packet(m->codec, m->packet) < 0)
			is_there = false;
		av_packet_unref(m->packet);
	}
	if (is_there && recover(m, to_pts, &is_there, err) != 0)
		return -1;
	if (!is_there) {
		*at = UINT64_MAX;
		return 0;
	}
	m->has_frame = true;
	/* A decoder that lacks what was before may complain of it. */
	m->facts.n_errors = 0;
	*at = (uint64_t)((m->frame->pts - m->origin_pts) / tick);
	media_trim_pass(&m->trim, *at - m->n_given);
	m->n_given = *at;
	return 0;
}
