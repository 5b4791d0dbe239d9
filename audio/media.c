#include <assert.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>

#include "base/memory.h"

#include "audio/media.h"
#include "audio/media_mix.h"
#include "audio/sound_file.h"
#include "audio/wav_length.h"

#define IO_BYTES 65536

/* Reading errors in a row after which the rest of a file is given up. */
#define MAX_READ_ERRORS 50

/*
 * LAME 3.x puts 576 samples in front; the synthesis filter bank of every
 * decoder delays by 528 + 1 (LAME's technical FAQ).
 */
#define MP3_USUAL_DELAY (576 + 529)

/* The transform's overlap: the least that any AAC encoder puts in front. */
#define AAC_FRAME 1024

struct media {
	FILE *file;
	int64_t n_bytes;
	AVIOContext *io;
	AVFormatContext *container;
	const AVStream *stream;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *frame;
	struct media_mix mix;
	size_t n_channels;		/* wanted */
	float *samples;			/* [capacity], of all channels */
	size_t capacity;
	struct media_facts facts;
	size_t n_to_skip;		/* of the assumed delay */
	unsigned n_read_errors;		/* in a row */
	bool is_draining;		/* the decoder was told of the end */
	char label[SOUND_FILE_LABEL_BYTES];
};

/* A mistake of FFmpeg in words: "opening x.mp3: Invalid data ...". */
static int
say(struct error *err, int code, const char *what, const char *label)
{
	char reason[AV_ERROR_MAX_STRING_SIZE];

	if (code == AVERROR(ENOMEM))
		return error_set(err, ERROR_NOMEM, "out of memory for %s",
		    label);
	av_strerror(code, reason, sizeof reason);
	return error_set(err, ERROR_FORMAT, "%s %s: %s", what, label, reason);
}

static int
io_read(void *context, uint8_t *bytes, int n_bytes)
{
	struct media *m = context;
	size_t n = fread(bytes, 1, (size_t)n_bytes, m->file);

	if (n > 0)
		return (int)n;
	return ferror(m->file) ? AVERROR(EIO) : AVERROR_EOF;
}

static int64_t
io_seek(void *context, int64_t offset, int whence)
{
	struct media *m = context;

	if (whence & AVSEEK_SIZE)
		return m->n_bytes;
	if (fseeko(m->file, (off_t)offset, whence & ~AVSEEK_FORCE) != 0)
		return AVERROR(errno);
	return (int64_t)ftello(m->file);
}

/* Play lists may not open what they name. */
static int
refuse_to_open(struct AVFormatContext *container, AVIOContext **io,
    const char *url, int flags, AVDictionary **options)
{
	(void)container;
	(void)url;
	(void)flags;
	(void)options;
	*io = NULL;
	return AVERROR(EPERM);
}

/* What FFmpeg has to say goes into our own messages, not to the terminal. */
static void
silence_log(void)
{
	av_log_set_level(AV_LOG_QUIET);
}

static int
open_container(struct media *m, struct error *err)
{
	unsigned char *buffer = av_malloc(IO_BYTES);
	AVDictionary *options = NULL;
	int code;

	if (buffer == NULL)
		return say(err, AVERROR(ENOMEM), "opening", m->label);
	m->io = avio_alloc_context(buffer, IO_BYTES, 0, m, io_read, NULL,
	    io_seek);
	if (m->io == NULL) {
		av_free(buffer);
		return say(err, AVERROR(ENOMEM), "opening", m->label);
	}
	if ((m->container = avformat_alloc_context()) == NULL)
		return say(err, AVERROR(ENOMEM), "opening", m->label);
	m->container->pb = m->io;
	m->container->flags |= AVFMT_FLAG_CUSTOM_IO;
	m->container->io_open = refuse_to_open;
	/* Formats that go round io_open are held by a list of no protocol. */
	av_dict_set(&options, "protocol_whitelist", "none", 0);
	code = avformat_open_input(&m->container, NULL, NULL, &options);
	av_dict_free(&options);
	if (code == AVERROR_INVALIDDATA)
		return error_set(err, ERROR_FORMAT,
		    "%s is not a sound or video file that can be read",
		    m->label);
	if (code < 0)
		return say(err, code, "opening", m->label);
	return 0;
}

/*
 * The length that the header states, before anything is estimated; of the
 * first audio stream, whose number is returned.  -1 when there is none yet.
 */
static int
note_stated_length(struct media *m)
{
	const AVFormatContext *container = m->container;

	for (unsigned k = 0; k < container->nb_streams; k++) {
		const AVStream *st = container->streams[k];

		if (st->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
			continue;
		if (st->duration != AV_NOPTS_VALUE)
			m->facts.stated_sec = (double)st->duration *
			    av_q2d(st->time_base);
		else if (container->nb_streams == 1)
			m->facts.stated_sec = (double)container->duration /
			    AV_TIME_BASE;
		return (int)k;
	}
	return -1;
}

static int
find_stream(struct media *m, const AVCodec **codec, struct error *err)
{
	AVFormatContext *container = m->container;
	int measured = note_stated_length(m);
	int i, code;

	for (unsigned k = 0; k < container->nb_streams; k++)
		if (container->streams[k]->codecpar->codec_type !=
		    AVMEDIA_TYPE_AUDIO)
			container->streams[k]->discard = AVDISCARD_ALL;
	code = avformat_find_stream_info(container, NULL);
	if (code < 0)
		return say(err, code, "reading", m->label);
	i = av_find_best_stream(container, AVMEDIA_TYPE_AUDIO, -1, -1,
	    codec, 0);
	if (i == AVERROR_DECODER_NOT_FOUND)
		return error_set(err, ERROR_FORMAT,
		    "there is no decoder for the sound of %s", m->label);
	if (i < 0)
		return error_set(err, ERROR_FORMAT, "%s has no sound in it "
		    "(it looks like %s)", m->label,
		    container->iformat->long_name);
	for (unsigned k = 0; k < container->nb_streams; k++)
		container->streams[k]->discard = (int)k == i ?
		    AVDISCARD_DEFAULT : AVDISCARD_ALL;
	m->stream = container->streams[i];
	if (i != measured)
		m->facts.stated_sec = 0.0;
	if (strcmp(container->iformat->name, "wav") == 0)
		m->facts.stated_sec = wav_length_sec(m->file,
		    m->n_bytes);
	m->facts.states_exactly =
	    strcmp(container->iformat->name, "flac") == 0;
	return 0;
}

static int
check_parameters(struct media *m, struct error *err)
{
	int rate_hz = m->stream->codecpar->sample_rate;
	int n_channels = m->stream->codecpar->ch_layout.nb_channels;

	if (rate_hz < MEDIA_MIN_RATE_HZ || rate_hz > MEDIA_MAX_RATE_HZ)
		return error_set(err, ERROR_FORMAT,
		    "%s says it has %d samples a second; %d to %d can be read",
		    m->label, rate_hz, MEDIA_MIN_RATE_HZ, MEDIA_MAX_RATE_HZ);
	if (n_channels < 1 || n_channels > MEDIA_MAX_CHANNELS)
		return error_set(err, ERROR_FORMAT,
		    "%s says it has %d channels; 1 to %d can be read",
		    m->label, n_channels, MEDIA_MAX_CHANNELS);
	m->facts.rate_hz = (unsigned)rate_hz;
	m->facts.n_channels = (size_t)n_channels;
	return 0;
}

static int
open_codec(struct media *m, const AVCodec *codec, struct error *err)
{
	int code;

	if ((m->codec = avcodec_alloc_context3(codec)) == NULL ||
	    (m->packet = av_packet_alloc()) == NULL ||
	    (m->frame = av_frame_alloc()) == NULL)
		return say(err, AVERROR(ENOMEM), "opening", m->label);
	code = avcodec_parameters_to_context(m->codec, m->stream->codecpar);
	if (code < 0)
		return say(err, code, "opening the decoder of", m->label);
	m->codec->thread_count = 1;
	/* Needed for skipping the delay by the packets' side data. */
	m->codec->pkt_timebase = m->stream->time_base;
	/* A lossless file is right or it is not: hold it to its checksums. */
	if (codec->id == AV_CODEC_ID_FLAC)
		m->codec->err_recognition |= AV_EF_CRCCHECK | AV_EF_EXPLODE;
	code = avcodec_open2(m->codec, codec, NULL);
	if (code < 0)
		return say(err, code, "opening the decoder of", m->label);
	m->facts.codec = avcodec_get_name(codec->id);
	return 0;
}

struct media *
media_open(const char *path, size_t n_channels, struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const AVCodec *codec = NULL;
	struct media *m;

	assert(n_channels == 1 || n_channels == 2);
	pthread_once(&once, silence_log);
	if ((m = memory_new(1, sizeof *m, "media reader", err)) == NULL)
		return NULL;
	m->n_channels = n_channels;
	sound_file_label(path, m->label);
	m->file = sound_file_open(path, &m->n_bytes, err);
	if (m->file == NULL || open_container(m, err) != 0 ||
	    find_stream(m, &codec, err) != 0 ||
	    check_parameters(m, err) != 0 ||
	    open_codec(m, codec, err) != 0) {
		media_close(m);
		return NULL;
	}
	return m;
}

void
media_close(struct media *m)
{
	if (m == NULL)
		return;
	av_frame_free(&m->frame);
	av_packet_free(&m->packet);
	avcodec_free_context(&m->codec);
	avformat_close_input(&m->container);
	if (m->io != NULL)
		av_freep(&m->io->buffer);
	avio_context_free(&m->io);
	if (m->file != NULL)
		fclose(m->file);
	media_mix_release(&m->mix);
	memory_free(m->samples);
	memory_free(m);
}

const struct media_facts *
media_facts(const struct media *m)
{
	return &m->facts;
}

/*
 * A first packet without a count of samples to skip means that the file does
 * not say what its encoder put in front.
 */
static void
assume_delay(struct media *m)
{
	const char *format = m->container->iformat->name;
	enum AVCodecID codec = m->stream->codecpar->codec_id;

	if (av_packet_get_side_data(m->packet, AV_PKT_DATA_SKIP_SAMPLES,
	    NULL) != NULL)
		return;
	if (codec == AV_CODEC_ID_MP3 && strcmp(format, "mp3") == 0)
		m->facts.n_assumed_delay = MP3_USUAL_DELAY;
	/* MP4 has edit lists: without one, nothing is to be removed. */
	if (codec == AV_CODEC_ID_AAC && strstr(format, "mp4") == NULL)
		m->facts.n_assumed_delay =
		    m->stream->codecpar->frame_size > 0 ?
		    (size_t)m->stream->codecpar->frame_size : AAC_FRAME;
	m->n_to_skip = m->facts.n_assumed_delay;
}

/* Read the next packet of our stream.  *is_end at the end of the file. */
static int
read_packet(struct media *m, bool *is_end, struct error *err)
{
	*is_end = false;
	for (;;) {
		int code = av_read_frame(m->container, m->packet);

		if (code == 0 && m->packet->stream_index == m->stream->index) {
			m->n_read_errors = 0;
			if (m->facts.n_packets++ == 0)
				assume_delay(m);
			return 0;
		}
		if (code == 0) {
			av_packet_unref(m->packet);
			continue;
		}
		if (ferror(m->file))
			return error_set(err, ERROR_IO,
			    "reading %s: the disk or network failed",
			    m->label);
		if (code == AVERROR(ENOMEM))
			return say(err, code, "reading", m->label);
		if (code != AVERROR_EOF) {
			m->facts.n_packets++;
			m->facts.n_errors++;
		}
		if (code == AVERROR_EOF ||
		    ++m->n_read_errors >= MAX_READ_ERRORS) {
			*is_end = true;
			return 0;
		}
	}
}

/* Give the decoder a packet, or the news that there are no more. */
static int
feed(struct media *m, struct error *err)
{
	bool is_end;
	int code;

	if (read_packet(m, &is_end, err) != 0)
		return -1;
	if (is_end) {
		m->is_draining = true;
		code = avcodec_send_packet(m->codec, NULL);
	} else {
		code = avcodec_send_packet(m->codec, m->packet);
		av_packet_unref(m->packet);
	}
	if (code == AVERROR(ENOMEM))
		return say(err, code, "decoding", m->label);
	if (code < 0 && code != AVERROR_EOF)
		m->facts.n_errors++;
	return 0;
}

/* Decode the next frame into m->frame.  *is_end when there is none. */
static int
next_frame(struct media *m, bool *is_end, struct error *err)
{
	*is_end = false;
	for (;;) {
		int code = avcodec_receive_frame(m->codec, m->frame);

		if (code == 0 && m->frame->nb_samples > 0)
			return 0;
		if (code == AVERROR_EOF ||
		    (code == AVERROR(EAGAIN) && m->is_draining)) {
			*is_end = true;
			return 0;
		}
		if (code == AVERROR(ENOMEM))
			return say(err, code, "decoding", m->label);
		if (code < 0 && code != AVERROR(EAGAIN)) {
			m->facts.n_errors++;
			/* A decoder may fail for ever at its end. */
			if (m->is_draining) {
				*is_end = true;
				return 0;
			}
		}
		if (code == AVERROR(EAGAIN) && feed(m, err) != 0)
			return -1;
	}
}

/* Refuse frames that are not of the kind the stream began with. */
static int
check_frame(const struct media *m, struct error *err)
{
	const AVFrame *f = m->frame;

	if (f->sample_rate != (int)m->facts.rate_hz)
		return error_set(err, ERROR_FORMAT,
		    "%s changes from %u to %d samples a second on the way",
		    m->label, m->facts.rate_hz, f->sample_rate);
	if (f->ch_layout.nb_channels < 1 ||
	    f->ch_layout.nb_channels > MEDIA_MAX_CHANNELS)
		return error_set(err, ERROR_FORMAT,
		    "%s changes to %d channels on the way", m->label,
		    f->ch_layout.nb_channels);
	return 0;
}

/*
 * Samples of the frame that belong to the recording.  MP4 shortens the last
 * packet's duration by the encoder's padding.
 */
static size_t
frame_length(const struct media *m)
{
	const AVRational per_sample = { 1, (int)m->facts.rate_hz };
	size_t n = (size_t)m->frame->nb_samples;
	int64_t n_stated;

	if (strstr(m->container->iformat->name, "mp4") == NULL ||
	    m->frame->pkt_duration <= 0)
		return n;
	n_stated = av_rescale_q(m->frame->pkt_duration, m->stream->time_base,
	    per_sample);
	return n_stated > 0 && (uint64_t)n_stated < n ? (size_t)n_stated : n;
}

int
media_get(struct media *m, struct media_block *block, struct error *err)
{
	double rate_hz = m->facts.rate_hz;
	size_t n, n_skip;
	bool is_end;

	do {
		memset(block, 0, sizeof *block);
		if (next_frame(m, &is_end, err) != 0)
			return -1;
		if (is_end)
			return 0;
		if (check_frame(m, err) != 0)
			return -1;
		if (memory_grow(&m->samples, &m->capacity,
		    (size_t)m->frame->nb_samples * m->n_channels,
		    sizeof *m->samples, "samples", err) != 0)
			return -1;
		if (media_mix_run(&m->mix, m->frame, m->n_channels,
		    m->samples, &m->facts.n_nonfinite, err) != 0)
			return error_add(err, "decoding %s", m->label);
		n = frame_length(m);
		n_skip = n < m->n_to_skip ? n : m->n_to_skip;
		m->n_to_skip -= n_skip;
		block->samples = m->samples + n_skip * m->n_channels;
		block->n_samples = n - n_skip;
	} while (block->n_samples == 0);

	if (m->frame->pts != AV_NOPTS_VALUE) {
		block->has_time = true;
		block->time_sec = (double)m->frame->pts *
		    av_q2d(m->stream->time_base) + (double)n_skip / rate_hz;
	}
	return 0;
}

int
media_each_tag(const struct media *m,
    int (*call)(void *shared, const char *name, const char *text,
    struct error *err), void *shared, struct error *err)
{
	const AVDictionary *const lists[] = { m->container->metadata,
		m->stream->metadata };

	for (size_t i = 0; i < 2; i++) {
		const AVDictionaryEntry *tag = NULL;

		while ((tag = av_dict_get(lists[i], "", tag,
		    AV_DICT_IGNORE_SUFFIX)) != NULL)
			if (call(shared, tag->key, tag->value, err) != 0)
				return -1;
	}
	return 0;
}
