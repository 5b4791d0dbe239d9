#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>

#include "base/memory.h"

#include "audio/resampler.h"

#define MIN_RATE_HZ 1000
#define MAX_RATE_HZ 768000
#define MAX_CHANNELS 8
#define MAX_BLOCK ((size_t)1 << 24)

/* libswresample's defaults. */
#define FILTER_TAPS 32
#define CUTOFF 0.97

struct resampler {
	struct SwrContext *swr;		/* NULL: equal rates */
	unsigned from_hz, to_hz;
	size_t n_channels;
	uint64_t n_in, n_out;		/* so far */
	float *out;			/* [capacity], of all channels */
	size_t capacity;
};

size_t
resampler_reach(unsigned from_hz, unsigned to_hz)
{
	double stretch = from_hz / (CUTOFF * to_hz);

	if (from_hz == to_hz)
		return 0;
	return (size_t)ceil(FILTER_TAPS * fmax(1.0, stretch)) + 1;
}

struct resampler *
resampler_new(unsigned from_hz, unsigned to_hz, size_t n_channels,
    struct error *err)
{
	AVChannelLayout layout;
	struct resampler *r;

	assert(n_channels >= 1 && n_channels <= MAX_CHANNELS);
	if (from_hz < MIN_RATE_HZ || from_hz > MAX_RATE_HZ ||
	    to_hz < MIN_RATE_HZ || to_hz > MAX_RATE_HZ) {
		error_set(err, ERROR_LIMIT,
		    "%u samples a second cannot be made into %u", from_hz,
		    to_hz);
		return NULL;
	}
	if ((r = memory_new(1, sizeof *r, "resampler", err)) == NULL)
		return NULL;
	r->from_hz = from_hz;
	r->to_hz = to_hz;
	r->n_channels = n_channels;
	if (from_hz == to_hz)
		return r;
	av_channel_layout_default(&layout, (int)n_channels);
	if (swr_alloc_set_opts2(&r->swr, &layout, AV_SAMPLE_FMT_FLT,
	    (int)to_hz, &layout, AV_SAMPLE_FMT_FLT, (int)from_hz, 0,
	    NULL) < 0 || swr_init(r->swr) < 0) {
		error_set(err, ERROR_NOMEM, "out of memory for a resampler");
		resampler_free(r);
		return NULL;
	}
	return r;
}

void
resampler_free(struct resampler *r)
{
	if (r == NULL)
		return;
	swr_free(&r->swr);
	memory_free(r->out);
	memory_free(r);
}

/* How many samples there must be out for n in. */
static uint64_t
exact_length(const struct resampler *r, uint64_t n)
{
	uint64_t whole = n / r->from_hz;
	uint64_t rest = n % r->from_hz;

	return whole * r->to_hz +
	    (rest * r->to_hz + r->from_hz / 2) / r->from_hz;
}

/* Let the filter run; at the end, cut or fill with zeros to the length. */
static int
convert(struct resampler *r, const float *samples, size_t n, size_t *n_out,
    struct error *err)
{
	const uint8_t *in[1] = { (const uint8_t *)samples };
	uint64_t n_exact = exact_length(r, r->n_in);
	uint64_t n_left = n_exact > r->n_out ? n_exact - r->n_out : 0;
	uint8_t *out[1];
	int room = swr_get_out_samples(r->swr, (int)n);
	int got;

	if (room < 0)
		return error_set(err, ERROR_BUG, "the resampler failed");
	if (n == 0 && n_left > (uint64_t)room)
		room = (int)n_left;
	if (memory_grow(&r->out, &r->capacity,
	    ((size_t)room + 1) * r->n_channels, sizeof *r->out, "samples",
	    err) != 0)
		return -1;
	out[0] = (uint8_t *)r->out;
	got = swr_convert(r->swr, out, room, n == 0 ? NULL : in, (int)n);
	if (got < 0)
		return error_set(err, ERROR_BUG, "the resampler failed");
	*n_out = (size_t)got;
	if (n == 0) {
		if (*n_out < n_left)
			memset(r->out + *n_out * r->n_channels, 0,
			    (n_left - *n_out) * r->n_channels *
			    sizeof *r->out);
		*n_out = (size_t)n_left;
	}
	return 0;
}

int
resampler_put(struct resampler *r, const float *samples, size_t n,
    const float **out, size_t *n_out, struct error *err)
{
	if (n > MAX_BLOCK)
		return error_set(err, ERROR_LIMIT,
		    "%zu samples at once are too many to resample", n);
	r->n_in += n;
	if (r->swr == NULL) {
		*out = samples;
		*n_out = n;
	} else {
		if (convert(r, samples, n, n_out, err) != 0)
			return -1;
		*out = r->out;
	}
	r->n_out += *n_out;
	return 0;
}
