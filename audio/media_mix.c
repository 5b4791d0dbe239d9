#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>

#include "audio/media_mix.h"
#include "audio/sound_file.h"

/* Values that cannot be used as they are: rare, so this may be slow. */
static float
clean(double x, uint64_t *n_nonfinite)
{
	if (isfinite(x))
		return (float)sound_file_limit(x);
	++*n_nonfinite;
	return 0.0f;
}

/*
 * n values that lie next to each other, of which full scale is 1, to every
 * "step"th place of "to".
 */
#define TAKE(name, type, expression) \
static void \
name(const void *values, size_t n, float *to, size_t step, \
    uint64_t *n_nonfinite) \
{ \
	const type *v = values; \
\
	(void)n_nonfinite; \
	for (size_t i = 0; i < n; i++) \
		to[i * step] = (float)(expression); \
}

TAKE(take_u8, uint8_t, (v[i] - 128) / 128.0f)
TAKE(take_s16, int16_t, v[i] / 32768.0f)
TAKE(take_s32, int32_t, v[i] / 2147483648.0)
TAKE(take_s64, int64_t, (double)v[i] / 9223372036854775808.0)
TAKE(take_flt, float, fabsf(v[i]) <= 1.0f ? v[i] :
    clean((double)v[i], n_nonfinite))
TAKE(take_dbl, double, fabs(v[i]) <= 1.0 ? (float)v[i] :
    clean(v[i], n_nonfinite))

typedef void take_function(const void *values, size_t n, float *to,
    size_t step, uint64_t *n_nonfinite);

/* What takes values of a format, or NULL. */
static take_function *
taker(enum AVSampleFormat packed)
{
	switch (packed) {
	case AV_SAMPLE_FMT_U8:
		return take_u8;
	case AV_SAMPLE_FMT_S16:
		return take_s16;
	case AV_SAMPLE_FMT_S32:
		return take_s32;
	case AV_SAMPLE_FMT_S64:
		return take_s64;
	case AV_SAMPLE_FMT_FLT:
		return take_flt;
	case AV_SAMPLE_FMT_DBL:
		return take_dbl;
	default:
		return NULL;
	}
}

int
media_mix_take(const AVFrame *frame, float *source, uint64_t *n_nonfinite,
    struct error *err)
{
	enum AVSampleFormat format = (enum AVSampleFormat)frame->format;
	take_function *take = taker(av_get_packed_sample_fmt(format));
	size_t n = (size_t)frame->nb_samples;
	size_t n_channels = (size_t)frame->ch_layout.nb_channels;

	if (take == NULL)
		return error_set(err, ERROR_FORMAT,
		    "its samples are of an unknown format");
	if (!av_sample_fmt_is_planar(format))
		take(frame->extended_data[0], n * n_channels, source, 1,
		    n_nonfinite);
	else
		for (size_t c = 0; c < n_channels; c++)
			take(frame->extended_data[c], n, source + c,
			    n_channels, n_nonfinite);
	return 0;
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
	for (int c = 0; c < mix->layout.nb_channels; c++)
		mix->mono[c] = (mix->weights[0][c] + mix->weights[1][c]) / 2.0;
	return 0;
}

static float
weighted(const double *weights, const float *values, size_t n)
{
	double sum = 0.0;

	for (size_t c = 0; c < n; c++)
		sum += weights[c] * (double)values[c];
	return (float)sum;
}

int
media_mix_run(struct media_mix *mix, const AVFrame *frame,
    const float *source, size_t n_channels, float *samples, struct error *err)
{
	size_t n = (size_t)frame->nb_samples;
	size_t n_from = (size_t)frame->ch_layout.nb_channels;

	if (n_from == n_channels) {
		memcpy(samples, source, n * n_channels * sizeof *samples);
		return 0;
	}
	if (n_from == 2) {	/* nearly every file */
		for (size_t i = 0; i < n; i++)
			samples[i] = 0.5f * (source[2 * i] +
			    source[2 * i + 1]);
		return 0;
	}
	if (prepare(mix, frame, err) != 0)
		return -1;
	for (size_t k = 0; k < n_channels; k++) {
		const double *weights = n_channels == 1 ? mix->mono :
		    mix->weights[k];

		for (size_t i = 0; i < n; i++)
			samples[i * n_channels + k] = weighted(weights,
			    source + i * n_from, n_from);
	}
	return 0;
}

void
media_mix_places(const AVChannelLayout *layout,
    enum media_place places[MEDIA_MAX_CHANNELS])
{
	AVChannelLayout usual = { 0 };
	bool has_sides;

	if (layout->order == AV_CHANNEL_ORDER_UNSPEC) {
		av_channel_layout_default(&usual, layout->nb_channels);
		layout = &usual;
	}
	has_sides = av_channel_layout_index_from_channel(layout,
	    AV_CHAN_SIDE_LEFT) >= 0;
	for (unsigned c = 0; c < (unsigned)layout->nb_channels; c++)
		switch (av_channel_layout_channel_from_index(layout, c)) {
		case AV_CHAN_LOW_FREQUENCY:
		case AV_CHAN_LOW_FREQUENCY_2:
			places[c] = MEDIA_LOW;
			break;
		case AV_CHAN_SIDE_LEFT:
		case AV_CHAN_SIDE_RIGHT:
			places[c] = MEDIA_SIDE;
			break;
		case AV_CHAN_BACK_LEFT:
		case AV_CHAN_BACK_RIGHT:
			places[c] = has_sides ? MEDIA_FRONT : MEDIA_SIDE;
			break;
		default:
			places[c] = MEDIA_FRONT;
		}
}

void
media_mix_release(struct media_mix *mix)
{
	av_channel_layout_uninit(&mix->layout);
}
