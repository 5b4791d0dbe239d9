#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <libavutil/log.h>
#include <libavutil/mem.h>

#include "base/memory.h"

#include "audio/media.h"
#include "audio/media_state.h"
#include "audio/wav_length.h"

#define IO_BYTES 65536

/* Reading errors in a row after which the rest of a file is given up. */
#define MAX_READ_ERRORS 50

/* No block that FFmpeg takes for a file may be larger. */
#define MAX_FFMPEG_BLOCK ((size_t)128 << 20)

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

static void
tame(void)
{
	av_log_set_level(AV_LOG_QUIET);
	av_max_alloc(MAX_FFMPEG_BLOCK);
}

void
media_tame(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, tame);
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

/*
 * The stream's number for FFmpeg, of the audio stream "wanted", counted from
 * 1, or AVERROR_STREAM_NOT_FOUND; 0: -1, any.  Counts them, too.
 */
static int
count_streams(struct media *m, size_t wanted)
{
	const AVFormatContext *container = m->container;
	int found = wanted == 0 ? -1 : AVERROR_STREAM_NOT_FOUND;

	for (unsigned k = 0; k < container->nb_streams; k++)
		if (container->streams[k]->codecpar->codec_type ==
		    AVMEDIA_TYPE_AUDIO && ++m->facts.n_streams == wanted)
			found = (int)k;
	return found;
}

/* Which of the audio streams, from 1, FFmpeg's stream i is. */
static size_t
number_of(const AVFormatContext *container, int i)
{
	size_t n = 0;

	for (int k = 0; k <= i; k++)
		n += container->streams[k]->codecpar->codec_type ==
		    AVMEDIA_TYPE_AUDIO;
	return n;
}

static int
find_stream(struct media *m, size_t wanted, const AVCodec **codec,
    struct error *err)
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
	i = count_streams(m, wanted);
	if (i == AVERROR_STREAM_NOT_FOUND)
		return error_set(err, ERROR_FORMAT, "%s has no audio "
		    "stream %zu (--stream), it has %zu", m->label, wanted,
		    m->facts.n_streams);
	i = av_find_best_stream(container, AVMEDIA_TYPE_AUDIO, i, -1, codec,
	    0);
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
	m->facts.stream = number_of(container, i);
	m->facts.container = container->iformat->name;
	m->facts.n_chapters = container->nb_chapters < MEDIA_MAX_CHAPTERS ?
	    container->nb_chapters : MEDIA_MAX_CHAPTERS;
	if (i != measured)
		m->facts.stated_sec = 0.0;
	m->facts.length_sec = m->facts.stated_sec;
	if (strcmp(container->iformat->name, "wav") == 0) {
		m->facts.stated_sec = wav_length_sec(m->file, m->n_bytes);
		if (m->facts.stated_sec > 0.0)
			m->facts.length_sec = m->facts.stated_sec;
	}
	m->facts.states_exactly =
	    strcmp(container->iformat->name, "flac") == 0;
	return 0;
}

static int
take_parameters(struct media *m, int rate_hz, const AVChannelLayout *layout,
    struct error *err)
{
	int n_channels = layout->nb_channels;

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
	media_mix_places(layout, m->facts.places);
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
	(void)snprintf(m->facts.decoder, sizeof m->facts.decoder,
	    "%s, libavcodec %u.%u.%u", codec->name,
	    AV_VERSION_MAJOR(avcodec_version()),
	    AV_VERSION_MINOR(avcodec_version()),
	    AV_VERSION_MICRO(avcodec_version()));
	return 0;
}

/*
 * Decode the first frame, which is given later: in a file that changes on the
 * way FFmpeg may have noted what comes last.
 */
static int
begin(struct media *m, struct error *err)
{
	bool is_end;

	if (media_next_frame(m, &is_end, err) != 0)
		return -1;
	m->has_frame = !is_end;
	return is_end ? 0 : take_parameters(m, m->frame->sample_rate,
	    &m->frame->ch_layout, err);
}

struct media *
media_open(const char *path, size_t n_channels, size_t stream,
    struct error *err)
{
	const AVCodec *codec = NULL;
	struct media *m;

	assert(n_channels == 1 || n_channels == 2);
	media_tame();
	if ((m = memory_new(1, sizeof *m, "media reader", err)) == NULL)
		return NULL;
	m->n_channels = n_channels;
	sound_file_label(path, m->label);
	m->file = sound_file_open(path, &m->n_bytes, err);
	if (m->file == NULL || open_container(m, err) != 0 ||
	    find_stream(m, stream, &codec, err) != 0 ||
	    take_parameters(m, m->stream->codecpar->sample_rate,
	    &m->stream->codecpar->ch_layout, err) != 0 ||
	    open_codec(m, codec, err) != 0 || begin(m, err) != 0) {
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
	resampler_free(m->changed);
	resampler_free(m->ended);
	memory_free(m->source);
	memory_free(m->samples);
	memory_free(m);
}

const struct media_facts *
media_facts(const struct media *m)
{
	return &m->facts;
}

int
media_read_packet(struct media *m, bool *is_end, struct error *err)
{
	*is_end = false;
	for (;;) {
		int code = av_read_frame(m->container, m->packet);

		if (code == 0 && m->packet->stream_index == m->stream->index) {
			m->n_read_errors = 0;
			media_trim_packet(&m->trim, m->container, m->stream,
			    m->packet, m->facts.n_packets++ == 0);
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

	if (media_read_packet(m, &is_end, err) != 0)
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

int
media_next_frame(struct media *m, bool *is_end, struct error *err)
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

/* Refuse frames that cannot be what a file should hold. */
static int
check_frame(const struct media *m, struct error *err)
{
	const AVFrame *f = m->frame;

	if (f->sample_rate < MEDIA_MIN_RATE_HZ ||
	    f->sample_rate > MEDIA_MAX_RATE_HZ)
		return error_set(err, ERROR_FORMAT,
		    "%s changes to %d samples a second on the way", m->label,
		    f->sample_rate);
	if (f->ch_layout.nb_channels < 1 ||
	    f->ch_layout.nb_channels > MEDIA_MAX_CHANNELS)
		return error_set(err, ERROR_FORMAT,
		    "%s changes to %d channels on the way", m->label,
		    f->ch_layout.nb_channels);
	return 0;
}

/* The frame as a block, at the frame's own rate. */
static int
take_frame(struct media *m, struct media_block *block, struct error *err)
{
	size_t n = (size_t)m->frame->nb_samples;
	size_t n_from = (size_t)m->frame->ch_layout.nb_channels;
	size_t n_skip;

	if (memory_grow(&m->source, &m->n_source, n * n_from,
	    sizeof *m->source, "samples", err) != 0 ||
	    memory_grow(&m->samples, &m->capacity, n * m->n_channels,
	    sizeof *m->samples, "samples", err) != 0)
		return -1;
	if (media_mix_take(m->frame, m->source, &m->facts.n_nonfinite,
	    err) != 0 || media_mix_run(&m->mix, m->frame, m->source,
	    m->n_channels, m->samples, err) != 0)
		return error_add(err, "decoding %s", m->label);
	block->n_samples = media_trim_frame(&m->trim, m->container, m->stream,
	    m->frame, &n_skip);
	block->samples = m->samples + n_skip * m->n_channels;
	if (n_from == m->facts.n_channels)
		block->source = m->source + n_skip * n_from;
	if (m->frame->pts != AV_NOPTS_VALUE) {
		if (m->n_given == 0) {
			m->origin_pts = m->frame->pts +
			    (int64_t)n_skip * media_ticks_per_sample(m);
			m->has_origin = true;
		}
		block->has_time = true;
		block->time_sec = (double)m->frame->pts *
		    av_q2d(m->stream->time_base) +
		    (double)n_skip / m->frame->sample_rate;
	}
	return 0;
}

/*
 * A stretch of another rate becomes one of the file's first.  The filter
 * delays, so the block has no time.
 */
static int
convert(struct media *m, struct media_block *block, struct error *err)
{
	if (resampler_put(m->changed, block->samples, block->n_samples,
	    &block->samples, &block->n_samples, err) != 0)
		return error_add(err, "decoding %s", m->label);
	block->source = NULL;
	block->has_time = false;
	return 0;
}

/* The stretch of another rate ends; its last block lives until the next. */
static int
end_change(struct media *m, struct media_block *block, struct error *err)
{
	if (resampler_put(m->changed, NULL, 0, &block->samples,
	    &block->n_samples, err) != 0)
		return error_add(err, "decoding %s", m->label);
	m->ended = m->changed;
	m->changed = NULL;
	return 0;
}

/* Count changes of rate and channels. */
static void
note_change(struct media *m)
{
	const AVFrame *f = m->frame;

	if (m->last_hz != 0 && (f->sample_rate != m->last_hz ||
	    f->ch_layout.nb_channels != m->last_channels))
		m->facts.n_changes++;
	m->last_hz = f->sample_rate;
	m->last_channels = f->ch_layout.nb_channels;
}

/* The next block, which may be empty before the end. */
static int
next_block(struct media *m, struct media_block *block, bool *is_end,
    struct error *err)
{
	unsigned rate_hz;

	*is_end = false;
	memset(block, 0, sizeof *block);
	resampler_free(m->ended);
	m->ended = NULL;
	if (!m->has_frame && media_next_frame(m, is_end, err) != 0)
		return -1;
	m->has_frame = !*is_end;
	if (m->has_frame && check_frame(m, err) != 0)
		return -1;
	rate_hz = *is_end ? m->facts.rate_hz : (unsigned)m->frame->sample_rate;
	if (m->changed != NULL && rate_hz != m->changed_hz)
		return end_change(m, block, err);
	if (*is_end)
		return 0;
	m->has_frame = false;
	note_change(m);
	if (take_frame(m, block, err) != 0)
		return -1;
	if (rate_hz == m->facts.rate_hz)
		return 0;
	if (m->changed == NULL) {
		m->changed = resampler_new(rate_hz, m->facts.rate_hz,
		    m->n_channels, err);
		if (m->changed == NULL)
			return -1;
		m->changed_hz = rate_hz;
	}
	return block->n_samples == 0 ? 0 : convert(m, block, err);
}

int
media_get(struct media *m, struct media_block *block, struct error *err)
{
	bool is_end;

	do {
		if (next_block(m, block, &is_end, err) != 0)
			return -1;
	} while (block->n_samples == 0 && !is_end);
	m->facts.n_delay = m->trim.n_delay;
	m->facts.n_padding = m->trim.n_padding;
	m->facts.n_assumed_delay = m->trim.n_assumed;
	m->n_given += block->n_samples;
	return 0;
}
