#include <math.h>

#include "base/memory.h"

#include "nn/simd.h"

#include "nn/spectral_fft.h"

#define MAX_STAGES 8
#define PI 3.14159265358979323846
#define LANES SPECTRAL_FFT_LANES

/*
 * One stage of n complex values in "stride" interleaved sequences: parts of
 * m = n / radix values are combined by transforms of "radix" values and
 * turned by w[p][j] = exp(-2 pi i p (j + 1) / n).
 */
struct stage {
	size_t radix, m, stride;
	float *w;	/* [m][radix - 1][2] */
};

struct spectral_fft {
	size_t n_bins;		/* n / 2 complex values */
	size_t n_stages;
	struct stage stages[MAX_STAGES];
	float *turn;		/* [n / 4 + 1][2], exp(-2 pi i k / n) */
};

static int
add_stage(struct spectral_fft *f, size_t n, size_t radix, size_t stride,
    struct error *err)
{
	struct stage *s = &f->stages[f->n_stages];

	*s = (struct stage){ radix, n / radix, stride, NULL };
	s->w = memory_new(s->m * (radix - 1) * 2, sizeof(*s->w), "turns",
	    err);
	if (s->w == NULL)
		return -1;
	f->n_stages++;
	for (size_t p = 0; p < s->m; p++) {
		for (size_t j = 1; j < radix; j++) {
			const double angle = -2.0 * PI * (double)(p * j) /
			    (double)n;
			float *w = s->w + (p * (radix - 1) + j - 1) * 2;

			w[0] = (float)cos(angle);
			w[1] = (float)sin(angle);
		}
	}
	return 0;
}

struct spectral_fft *
spectral_fft_new(size_t n, struct error *err)
{
	struct spectral_fft *f;
	size_t left = n / 2, stride = 1;

	if (n < 4 || n > SPECTRAL_FFT_MAX || n % 2 != 0) {
		error_set(err, ERROR_BUG, "a transform of %zu values", n);
		return NULL;
	}
	f = memory_new(1, sizeof(*f), "transform", err);
	if (f == NULL)
		return NULL;
	f->n_bins = n / 2;
	f->turn = memory_new((n / 4 + 1) * 2, sizeof(*f->turn), "turns", err);
	if (f->turn == NULL)
		goto fail;
	for (size_t k = 0; k <= n / 4; k++) {
		const double angle = -2.0 * PI * (double)k / (double)n;

		f->turn[2 * k] = (float)cos(angle);
		f->turn[2 * k + 1] = (float)sin(angle);
	}
	while (left > 1) {
		const size_t radix = left % 5 == 0 ? 5 : left % 4 == 0 ? 4 : 2;

		if (left % radix != 0) {
			error_set(err, ERROR_BUG, "a transform of %zu values",
			    n);
			goto fail;
		}
		if (add_stage(f, left, radix, stride, err) != 0)
			goto fail;
		left /= radix;
		stride *= radix;
	}
	return f;
fail:
	spectral_fft_free(f);
	return NULL;
}

void
spectral_fft_free(struct spectral_fft *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n_stages; i++)
		memory_free(f->stages[i].w);
	memory_free(f->turn);
	memory_free(f);
}

/*
 * The passes: a pass turns m parts by the same w at all "stride" places and
 * in all lanes, so that its inner loop runs over stride * LANES floats that
 * lie side by side, in vectors of whatever width the processor has.
 */
SIMD static void
pass_2(const struct stage *s, const float *restrict xr,
    const float *restrict xi, float *restrict yr, float *restrict yi)
{
	const size_t n = s->stride * LANES, far = s->m * n;

	for (size_t p = 0; p < s->m; p++) {
		const float wr = s->w[2 * p], wi = s->w[2 * p + 1];
		const float *ar = xr + p * n, *ai = xi + p * n;
		float *restrict br = yr + 2 * p * n;
		float *restrict bi = yi + 2 * p * n;

		SPECTRAL_FFT_ALONE
		for (size_t i = 0; i < n; i++) {
			const float dr = ar[i] - ar[i + far];
			const float di = ai[i] - ai[i + far];

			br[i] = ar[i] + ar[i + far];
			bi[i] = ai[i] + ai[i + far];
			br[i + n] = dr * wr - di * wi;
			bi[i + n] = dr * wi + di * wr;
		}
	}
}

SIMD static void
pass_4(const struct stage *s, const float *restrict xr,
    const float *restrict xi, float *restrict yr, float *restrict yi)
{
	const size_t n = s->stride * LANES, far = s->m * n;

	for (size_t p = 0; p < s->m; p++) {
		const float *w = s->w + p * 6;
		const float *ar = xr + p * n, *ai = xi + p * n;
		float *restrict br = yr + 4 * p * n;
		float *restrict bi = yi + 4 * p * n;

		SPECTRAL_FFT_ALONE
		for (size_t i = 0; i < n; i++) {
			const float s0r = ar[i] + ar[i + 2 * far];
			const float s0i = ai[i] + ai[i + 2 * far];
			const float d0r = ar[i] - ar[i + 2 * far];
			const float d0i = ai[i] - ai[i + 2 * far];
			const float s1r = ar[i + far] + ar[i + 3 * far];
			const float s1i = ai[i + far] + ai[i + 3 * far];
			/* times -i */
			const float d1r = ai[i + far] - ai[i + 3 * far];
			const float d1i = ar[i + 3 * far] - ar[i + far];
			const float t1r = d0r + d1r, t1i = d0i + d1i;
			const float t2r = s0r - s1r, t2i = s0i - s1i;
			const float t3r = d0r - d1r, t3i = d0i - d1i;

			br[i] = s0r + s1r;
			bi[i] = s0i + s1i;
			br[i + n] = t1r * w[0] - t1i * w[1];
			bi[i + n] = t1r * w[1] + t1i * w[0];
			br[i + 2 * n] = t2r * w[2] - t2i * w[3];
			bi[i + 2 * n] = t2r * w[3] + t2i * w[2];
			br[i + 3 * n] = t3r * w[4] - t3i * w[5];
			bi[i + 3 * n] = t3r * w[5] + t3i * w[4];
		}
	}
}

SIMD static void
pass_5(const struct stage *s, const float *restrict xr,
    const float *restrict xi, float *restrict yr, float *restrict yi)
{
	/* Cosine and sine of 1/5 and 2/5 of a turn. */
	const float c1 = 0.30901699437494742f, c2 = -0.80901699437494742f;
	const float s1 = 0.95105651629515357f, s2 = 0.58778525229247313f;
	const size_t n = s->stride * LANES, far = s->m * n;

	for (size_t p = 0; p < s->m; p++) {
		const float *w = s->w + p * 8;
		const float *ar = xr + p * n, *ai = xi + p * n;
		float *restrict br = yr + 5 * p * n;
		float *restrict bi = yi + 5 * p * n;

		SPECTRAL_FFT_ALONE
		for (size_t i = 0; i < n; i++) {
			const float p1r = ar[i + far] + ar[i + 4 * far];
			const float p1i = ai[i + far] + ai[i + 4 * far];
			const float m1r = ar[i + far] - ar[i + 4 * far];
			const float m1i = ai[i + far] - ai[i + 4 * far];
			const float p2r = ar[i + 2 * far] + ar[i + 3 * far];
			const float p2i = ai[i + 2 * far] + ai[i + 3 * far];
			const float m2r = ar[i + 2 * far] - ar[i + 3 * far];
			const float m2i = ai[i + 2 * far] - ai[i + 3 * far];
			const float ur = ar[i] + c1 * p1r + c2 * p2r;
			const float ui = ai[i] + c1 * p1i + c2 * p2i;
			const float vr = ar[i] + c2 * p1r + c1 * p2r;
			const float vi = ai[i] + c2 * p1i + c1 * p2i;
			const float er = s1 * m1i + s2 * m2i;
			const float ei = s1 * m1r + s2 * m2r;
			const float gr = s2 * m1i - s1 * m2i;
			const float gi = s2 * m1r - s1 * m2r;
			const float y1r = ur + er, y1i = ui - ei;
			const float y2r = vr + gr, y2i = vi - gi;
			const float y3r = vr - gr, y3i = vi + gi;
			const float y4r = ur - er, y4i = ui + ei;

			br[i] = ar[i] + p1r + p2r;
			bi[i] = ai[i] + p1i + p2i;
			br[i + n] = y1r * w[0] - y1i * w[1];
			bi[i + n] = y1r * w[1] + y1i * w[0];
			br[i + 2 * n] = y2r * w[2] - y2i * w[3];
			bi[i + 2 * n] = y2r * w[3] + y2i * w[2];
			br[i + 3 * n] = y3r * w[4] - y3i * w[5];
			bi[i + 3 * n] = y3r * w[5] + y3i * w[4];
			br[i + 4 * n] = y4r * w[6] - y4i * w[7];
			bi[i + 4 * n] = y4r * w[7] + y4i * w[6];
		}
	}
}

/*
 * All stages.  "real" says which half of the buffers holds real parts: with
 * the halves swapped, the same stages transform backward.
 */
static float *
run_stages(const struct spectral_fft *f, size_t real, float *a, float *b)
{
	const size_t half = f->n_bins * LANES;
	const size_t re = real * half, im = half - re;

	for (size_t i = 0; i < f->n_stages; i++) {
		const struct stage *s = &f->stages[i];
		float *const from = a;

		(s->radix == 5 ? pass_5 : s->radix == 4 ? pass_4 : pass_2)(s,
		    from + re, from + im, b + re, b + im);
		a = b;
		b = from;
	}
	return a;
}

/*
 * From the transform Z of pairs to twice the spectrum of the values, or back:
 * with Y = conj(Z[n/2 - k]) both are Z + Y -+ i turn (Z - Y), the turn
 * conjugate on the way back; "sign" is 1 or -1.
 */
SIMD static void
turn_pairs(const struct spectral_fft *f, float sign, float *restrict zr,
    float *restrict zi)
{
	const float scale = sign > 0.0f ? 2.0f : 1.0f;

	SPECTRAL_FFT_ALONE
	for (size_t i = 0; i < LANES; i++) {
		const float first = zr[i], last = zi[i];

		zr[i] = scale * (first + last);
		zi[i] = scale * (first - last);
	}
	for (size_t k = 1; k <= f->n_bins / 2; k++) {
		const float wr = sign * f->turn[2 * k];
		const float wi = f->turn[2 * k + 1];
		float *ar = zr + k * LANES, *ai = zi + k * LANES;
		float *br = zr + (f->n_bins - k) * LANES;
		float *bi = zi + (f->n_bins - k) * LANES;

		/* In the middle both are one place, and so are the results. */
		SPECTRAL_FFT_ALONE
		for (size_t i = 0; i < LANES; i++) {
			const float sr = ar[i] + br[i], si = ai[i] - bi[i];
			const float mr = ar[i] - br[i], mi = ai[i] + bi[i];
			/* -i w (Z - Y) */
			const float dr = wr * mi + wi * mr;
			const float di = wi * mi - wr * mr;

			ar[i] = sr + dr;
			ai[i] = si + di;
			br[i] = sr - dr;
			bi[i] = di - si;
		}
	}
}

float *
spectral_fft_forward(const struct spectral_fft *f, float *a, float *b)
{
	float *const z = run_stages(f, 0, a, b);

	turn_pairs(f, 1.0f, z, z + f->n_bins * LANES);
	return z;
}

float *
spectral_fft_backward(const struct spectral_fft *f, float *a, float *b)
{
	turn_pairs(f, -1.0f, a, a + f->n_bins * LANES);
	return run_stages(f, 1, a, b);
}
