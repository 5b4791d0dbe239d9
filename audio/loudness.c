#include <math.h>

/* The library calls an enum what we call a struct. */
#define error ebur128_error
#include <ebur128.h>
#undef error

#include "base/memory.h"

#include "audio/loudness.h"
#include "audio/true_peak.h"

struct loudness {
	ebur128_state *state;
	struct true_peak *peak;
};

struct loudness *
loudness_new(unsigned rate_hz, const enum media_place *places,
    size_t n_channels, struct error *err)
{
	static const int kinds[] = { [MEDIA_FRONT] = EBUR128_LEFT,
	    [MEDIA_SIDE] = EBUR128_LEFT_SURROUND,
	    [MEDIA_LOW] = EBUR128_UNUSED };
	struct loudness *l = memory_new(1, sizeof *l, "loudness", err);

	if (l == NULL)
		return NULL;
	/* A histogram, so that memory does not grow with the length. */
	l->state = ebur128_init((unsigned)n_channels, rate_hz,
	    EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_HISTOGRAM);
	l->peak = true_peak_new(rate_hz, n_channels, err);
	if (l->state == NULL || l->peak == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory for loudness");
		loudness_free(l);
		return NULL;
	}
	for (unsigned c = 0; c < n_channels; c++)
		(void)ebur128_set_channel(l->state, c, kinds[places[c]]);
	return l;
}

void
loudness_free(struct loudness *l)
{
	if (l == NULL)
		return;
	if (l->state != NULL)
		ebur128_destroy(&l->state);
	true_peak_free(l->peak);
	memory_free(l);
}

int
loudness_put(struct loudness *l, const float *samples, size_t n,
    struct error *err)
{
	if (ebur128_add_frames_float(l->state, samples, n) != EBUR128_SUCCESS)
		return error_set(err, ERROR_NOMEM,
		    "out of memory for loudness");
	true_peak_put(l->peak, samples, n);
	return 0;
}

struct loudness_result
loudness_get(const struct loudness *l)
{
	struct loudness_result r = { .is_known = false };
	double peak = true_peak_get(l->peak);

	if (ebur128_loudness_global(l->state, &r.integrated_lufs) !=
	    EBUR128_SUCCESS || !isfinite(r.integrated_lufs) ||
	    ebur128_loudness_range(l->state, &r.range_lu) != EBUR128_SUCCESS)
		return r;
	r.is_known = peak > 0.0;
	r.true_peak_dbtp = r.is_known ? 20.0 * log10(peak) : 0.0;
	return r;
}
