/*
 * Frames of 20 ms go through libopus and into FFmpeg's Ogg muxer, which writes
 * to memory.  The encoder is never told of the end: it is given the samples
 * behind it for as long as frames of the file need them, and the last frame
 * says how much of it counts.  So the sound is coded as if it went on, and no
 * noise of a break lies before the end.
 */
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>

#include "audio/media_state.h"
#include "audio/opus_file.h"

#define MIN_BITS_PER_SEC 6000
#define MAX_BITS_PER_SEC 256000

/* What is open while a file is made; zeros to begin with. */
struct work {
	const struct opus_file *file;
	AVCodecContext *codec;
	AVFormatContext *container;
	AVStream *stream;
	AVFrame *frame;
	AVPacket *packet;
};

/* A mistake of FFmpeg in words. */
static int
say(struct error *err, int code, const char *what)
{
	char reason[AV_ERROR_MAX_STRING_SIZE];

	if (code == AVERROR(ENOMEM))
		return error_set(err, ERROR_NOMEM, "out of memory for %s",
		    what);
	av_strerror(code, reason, sizeof(reason));
	return error_set(err, ERROR_BUG, "%s failed: %s", what, reason);
}

static int
check(const struct opus_file *f, struct error *err)
{
	if (f->n_samples < 1 || f->n_samples > OPUS_FILE_MAX_SAMPLES)
		return error_set(err, ERROR_LIMIT, "an Opus file of %zu "
		    "samples; 1 to %zu are possible", f->n_samples,
		    OPUS_FILE_MAX_SAMPLES);
	if (f->bits_per_sec < MIN_BITS_PER_SEC ||
	    f->bits_per_sec > MAX_BITS_PER_SEC || f->serial > INT_MAX)
		return error_set(err, ERROR_LIMIT, "an Opus file of %u bits a "
		    "second; %d to %d are possible", f->bits_per_sec,
		    MIN_BITS_PER_SEC, MAX_BITS_PER_SEC);
	return 0;
}

static int
open_codec(struct work *w, struct error *err)
{
	const AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
	const AVCodec *codec = avcodec_find_encoder_by_name("libopus");
	int code;

	if (codec == NULL)
		return error_set(err, ERROR_BUG, "this FFmpeg was built "
		    "without libopus: install the distribution's");
	if ((w->codec = avcodec_alloc_context3(codec)) == NULL)
		return say(err, AVERROR(ENOMEM), "an Opus encoder");
	w->codec->sample_rate = OPUS_FILE_RATE_HZ;
	w->codec->ch_layout = mono;
	w->codec->sample_fmt = AV_SAMPLE_FMT_FLT;
	w->codec->bit_rate = (int64_t)w->file->bits_per_sec;
	w->codec->time_base = (AVRational){ 1, OPUS_FILE_RATE_HZ };
	w->codec->flags |= AV_CODEC_FLAG_BITEXACT |
	    AV_CODEC_FLAG_GLOBAL_HEADER;
	w->codec->thread_count = 1;
	code = avcodec_open2(w->codec, codec, NULL);
	return code < 0 ? say(err, code, "opening the Opus encoder") : 0;
}

static int
open_container(struct work *w, struct error *err)
{
	AVDictionary *options = NULL;
	int code = avformat_alloc_output_context2(&w->container, NULL, "ogg",
	    NULL);

	if (code < 0)
		return say(err, code, "making an Ogg file");
	if ((w->stream = avformat_new_stream(w->container, NULL)) == NULL)
		return say(err, AVERROR(ENOMEM), "an Ogg file");
	w->stream->time_base = w->codec->time_base;
	code = avcodec_parameters_from_context(w->stream->codecpar, w->codec);
	if (code >= 0)
		code = avio_open_dyn_buf(&w->container->pb);
	if (code < 0)
		return say(err, code, "making an Ogg file");
	/* Else the serial number is drawn, and the version written. */
	w->container->flags |= AVFMT_FLAG_BITEXACT;
	code = av_dict_set_int(&options, "serial_offset",
	    (int64_t)w->file->serial, 0);
	if (code >= 0)
		code = avformat_write_header(w->container, &options);
	av_dict_free(&options);
	return code < 0 ? say(err, code, "making an Ogg file") : 0;
}

static int
open_frame(struct work *w, struct error *err)
{
	int code;

	w->packet = av_packet_alloc();
	w->frame = av_frame_alloc();
	if (w->packet == NULL || w->frame == NULL)
		return say(err, AVERROR(ENOMEM), "an Opus encoder");
	w->frame->format = AV_SAMPLE_FMT_FLT;
	w->frame->sample_rate = OPUS_FILE_RATE_HZ;
	w->frame->ch_layout = w->codec->ch_layout;
	w->frame->nb_samples = w->codec->frame_size;
	code = av_frame_get_buffer(w->frame, 0);
	return code < 0 ? say(err, code, "a frame of samples") : 0;
}

/* Encode the frame from sample "first" on; zeros follow what is known. */
static int
encode_frame(struct work *w, size_t first, struct error *err)
{
	const size_t n_known = w->file->n_samples + w->file->n_behind;
	const size_t n_frame = (size_t)w->codec->frame_size;
	size_t n = first < n_known ? n_known - first : 0;
	float *samples;
	int code = av_frame_make_writable(w->frame);

	if (code < 0)
		return say(err, code, "a frame of samples");
	n = n < n_frame ? n : n_frame;
	samples = (float *)(void *)w->frame->data[0];
	memset(samples, 0, n_frame * sizeof(*samples));
	if (n > 0)
		memcpy(samples, w->file->samples + first,
		    n * sizeof(*samples));
	w->frame->pts = (int64_t)first;
	if ((code = avcodec_send_frame(w->codec, w->frame)) < 0 ||
	    (code = avcodec_receive_packet(w->codec, w->packet)) < 0)
		return say(err, code, "encoding Opus");
	return 0;
}

/*
 * The decoder gives the first codec->initial_padding samples before the
 * recording, so this many more are needed for its end.
 */
static int
encode(struct work *w, struct error *err)
{
	const int64_t n = (int64_t)w->file->n_samples;
	const int64_t delay = w->codec->initial_padding;
	const int64_t n_frame = w->codec->frame_size;
	int code;

	for (int64_t first = 0; first < n + delay; first += n_frame) {
		const int64_t n_left = n + delay - first;

		if (encode_frame(w, (size_t)first, err) != 0)
			return -1;
		w->packet->stream_index = w->stream->index;
		w->packet->pts = w->packet->dts = first - delay;
		/* The last page tells how many samples there are. */
		w->packet->duration = n_left < n_frame ? n_left : n_frame;
		av_packet_rescale_ts(w->packet, w->codec->time_base,
		    w->stream->time_base);
		code = av_write_frame(w->container, w->packet);
		av_packet_unref(w->packet);
		if (code < 0)
			return say(err, code, "making an Ogg file");
	}
	code = av_write_trailer(w->container);
	return code < 0 ? say(err, code, "making an Ogg file") : 0;
}

/* The bytes that were written; closes the buffer. */
static const void *
take_bytes(struct work *w, struct arena *a, size_t *n_bytes,
    struct error *err)
{
	uint8_t *bytes = NULL;
	int n = avio_close_dyn_buf(w->container->pb, &bytes);
	void *copy;

	w->container->pb = NULL;
	copy = arena_need(a, (size_t)n, 1, "bytes of an Ogg file", err);
	if (copy != NULL)
		memcpy(copy, bytes, (size_t)n);
	av_free(bytes);
	*n_bytes = (size_t)n;
	return copy;
}

static void
release(struct work *w)
{
	uint8_t *bytes = NULL;

	if (w->container != NULL && w->container->pb != NULL) {
		(void)avio_close_dyn_buf(w->container->pb, &bytes);
		av_free(bytes);
	}
	avformat_free_context(w->container);
	avcodec_free_context(&w->codec);
	av_frame_free(&w->frame);
	av_packet_free(&w->packet);
}

const void *
opus_file_encode(const struct opus_file *f, struct arena *a,
    size_t *n_bytes, struct error *err)
{
	struct work w = { .file = f };
	const void *bytes = NULL;

	if (check(f, err) != 0)
		return NULL;
	media_tame();
	if (open_codec(&w, err) == 0 && open_container(&w, err) == 0 &&
	    open_frame(&w, err) == 0 && encode(&w, err) == 0)
		bytes = take_bytes(&w, a, n_bytes, err);
	release(&w);
	return bytes;
}
