#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>

#include "audio/media_mix.h"
#include "audio/sound_file.h"

/* Value i of one channel's run of samples, of which full scale is 1. */
static double
value_at(const void *values, enum AVSampleFormat format, size_t i)
{
	switch (format) {
	case AV_SAMPLE_FMT_U8:
		return (((const uint8_t *)values)[i] - 128) / 128.0;
	case AV_SAMPLE_FMT_S16:
		return ((const int16_t *)values)[i] / 32768.0;
	case AV_SAMPLE_FMT_S32:
		return ((const int32_t *)values)[i] / 2147483648.0;
	case AV_SAMPLE_FMT_S64:
		return (double)((const int64_t *)values)[i] /
		    9223372036854775808.0;
	case AV_SAMPLE_FMT_FLT:
		return (double)((const float *)values)[i];
	case AV_SAMPLE_FMT_DBL:
		return ((const double *)values)[i];
	default:
		return 0.0;
	}
}

/* Value i of each channel of a frame, cleaned. */
static void
take_values(const AVFrame *frame, enum AVSampleFormat packed, size_t i,
    double *values, uint64_t *n_nonfinite)
{
	int is_planar = packed != (enum AVSampleFormat)frame->format;
	size_t n = (size_t)frame->ch_layout.nb_channels;

	for (size_t c = 0; c < n; c++) {
		double x = is_planar ?
		    value_at(frame->extended_data[c], packed, i) :
		    value_at(frame->extended_data[0], packed, i * n + c);

		if (!isfinite(x))
			++*n_nonfinite;
		values[c] = isfinite(x) ? sound_file_limit(x) : 0.0;
	}
}

/*
 * Weights that make two channels of a layout.  libswresample knows where
 * loudspeakers stand; maxval 1 makes its weights small enough that their sum
 * cannot clip.
 */
static void
weigh(const AVChannelLayout *layout,
    double weights[MEDIA_MAX_CHANNELS][MEDIA_MAX_CHANNELS])
{
	const AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
	size_t n = (size_t)layout->nb_channels;
	AVChannelLayout usual = { 0 };

	if (n == 2) {
		weights[0][0] = weights[1][1] = 1.0;
		weights[0][1] = weights[1][0] = 0.0;
		return;
	}
	if (layout->order == AV_CHANNEL_ORDER_UNSPEC) {
		av_channel_layout_default(&usual, (int)n);
		layout = &usual;
	}
	if (n == 1 || layout->order != AV_CHANNEL_ORDER_NATIVE ||
	    swr_build_matrix2(layout, &stereo, M_SQRT1_2, M_SQRT1_2, 0.0, 1.0,
	    1.0, weights[0], MEDIA_MAX_CHANNELS, AV_MATRIX_ENCODING_NONE,
	    NULL) < 0)
		for (size_t k = 0; k < n; k++)
			weights[0][k] = weights[1][k] = 1.0 / (double)n;
}

/* Weights for this frame: the layout may change on the way. */
static int
prepare(struct media_mix *mix, const AVFrame *frame, struct error *err)
{
	if (av_channel_layout_compare(&mix->layout, &frame->ch_layout) == 0)
		return 0;
	if (av_channel_layout_copy(&mix->layout, &frame->ch_layout) < 0)
		return error_set(err, ERROR_NOMEM, "out of memory");
	weigh(&mix->layout, mix->weights);
	return 0;
}

static float
weighted(const double *weights, const double *values, size_t n)
{
	double sum = 0.0;

	for (size_t c = 0; c < n; c++)
		sum += weights[c] * values[c];
	return (float)sum;
}

static float
mean(const double *values, size_t n)
{
	double sum = 0.0;

	for (size_t c = 0; c < n; c++)
		sum += values[c];
	return (float)(sum / (double)n);
}

int
media_mix_run(struct media_mix *mix, const AVFrame *frame, size_t n_channels,
    float *samples, uint64_t *n_nonfinite, struct error *err)
{
	enum AVSampleFormat packed =
	    av_get_packed_sample_fmt((enum AVSampleFormat)frame->format);
	double values[MEDIA_MAX_CHANNELS];
	size_t n = (size_t)frame->ch_layout.nb_channels;

	if (packed == AV_SAMPLE_FMT_NONE)
		return error_set(err, ERROR_FORMAT,
		    "its samples are of an unknown format");
	if (n_channels == 2 && prepare(mix, frame, err) != 0)
		return -1;
	for (size_t i = 0; i < (size_t)frame->nb_samples; i++) {
		take_values(frame, packed, i, values, n_nonfinite);
		if (n_channels == 1) {
			samples[i] = mean(values, n);
			continue;
		}
		samples[2 * i] = weighted(mix->weights[0], values, n);
		samples[2 * i + 1] = weighted(mix->weights[1], values, n);
	}
	return 0;
}

void
media_mix_release(struct media_mix *mix)
{
	av_channel_layout_uninit(&mix->layout);
}
