#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <libavutil/frame.h>
#include <libavutil/samplefmt.h>

#include "audio/media_mono.h"
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

int
media_mono(const AVFrame *frame, float *samples, uint64_t *n_nonfinite,
    struct error *err)
{
	enum AVSampleFormat format =
	    av_get_packed_sample_fmt((enum AVSampleFormat)frame->format);
	int is_planar = av_sample_fmt_is_planar(
	    (enum AVSampleFormat)frame->format);
	size_t n_channels = (size_t)frame->ch_layout.nb_channels;

	if (format == AV_SAMPLE_FMT_NONE)
		return error_set(err, ERROR_FORMAT,
		    "its samples are of an unknown format");
	for (size_t i = 0; i < (size_t)frame->nb_samples; i++) {
		double sum = 0.0;

		for (size_t c = 0; c < n_channels; c++) {
			double x = is_planar ?
			    value_at(frame->extended_data[c], format, i) :
			    value_at(frame->extended_data[0], format,
			        i * n_channels + c);

			if (isfinite(x))
				sum += sound_file_limit(x);
			else
				++*n_nonfinite;
		}
		samples[i] = (float)(sum / (double)n_channels);
	}
	return 0;
}
