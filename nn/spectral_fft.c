#include <math.h>

#include "base/memory.h"

#include "nn/simd.h"

#include "nn/spectral_fft.h"

#define MAX_STAGES 8
#define PI 3.14159265358979323846
#define LANES SPECTRAL_FFT_LANES
#define COMPLEX (2 * LANES)

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
 * The passes: a pass turns m parts by the same w at all "stride" places and in
 * all lanes.  Complex value p of a buffer is COMPLEX floats from p * COMPLEX
 * on: the lanes' real parts and then their imaginary parts.
 *
 * "swap" transforms backward: real parts taken for imaginary ones and the
 * other way round, on the way in and out.
 */
SIMD static void
pass_2(const struct stage *s, size_t swap, const float *restrict x,
    float *restrict y)
{
	const size_t step = s->stride * COMPLEX, far = s->m * step;
	const size_t re = swap * LANES, im = LANES - re;

	for (size_t p = 0; p < s->m; p++) {
		const float *w = s->w + p * 2;
		const float *ar = x + p * step + re, *ai = x + p * step + im;
		float *restrict br = y + 2 * p * step + re;
		float *restrict bi = y + 2 * p * step + im;

		for (size_t q = 0; q < s->stride; q++, ar += COMPLEX,
		    ai += COMPLEX, br += COMPLEX, bi += COMPLEX) {
			SPECTRAL_FFT_ALONE
			for (size_t i = 0; i < LANES; i++) {
				const float dr = ar[i] - ar[i + far];
				const float di = ai[i] - ai[i + far];

				br[i] = ar[i] + ar[i + far];
				bi[i] = ai[i] + ai[i + far];
				br[i + step] = dr * w[0] - di * w[1];
				bi[i + step] = dr * w[1] + di * w[0];
			}
		}
	}
}

SIMD static void
pass_4(const struct stage *s, size_t swap, const float *restrict x,
    float *restrict y)
{
	const size_t step = s->stride * COMPLEX, far = s->m * step;
	const size_t re = swap * LANES, im = LANES - re;

	for (size_t p = 0; p < s->m; p++) {
		const float *w = s->w + p * 6;
		const float *ar = x + p * step + re, *ai = x + p * step + im;
		float *restrict br = y + 4 * p * step + re;
		float *restrict bi = y + 4 * p * step + im;

		for (size_t q = 0; q < s->stride; q++, ar += COMPLEX,
		    ai += COMPLEX, br += COMPLEX, bi += COMPLEX) {
			SPECTRAL_FFT_ALONE
			for (size_t i = 0; i < LANES; i++) {
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
				br[i + step] = t1r * w[0] - t1i * w[1];
				bi[i + step] = t1r * w[1] + t1i * w[0];
				br[i + 2 * step] = t2r * w[2] - t2i * w[3];
				bi[i + 2 * step] = t2r * w[3] + t2i * w[2];
				br[i + 3 * step] = t3r * w[4] - t3i * w[5];
				bi[i + 3 * step] = t3r * w[5] + t3i * w[4];
			}
		}
	}
}

SIMD static void
pass_5(const struct stage *s, size_t swap, const float *restrict x,
    float *restrict y)
{
	/* Cosine and sine of 1/5 and 2/5 of a turn. */
	const float c1 = 0.30901699437494742f, c2 = -0.80901699437494742f;
	const float s1 = 0.95105651629515357f, s2 = 0.58778525229247313f;
	const size_t step = s->stride * COMPLEX, far = s->m * step;
	const size_t re = swap * LANES, im = LANES - re;

	for (size_t p = 0; p < s->m; p++) {
		const float *w = s->w + p * 8;
		const float *ar = x + p * step + re, *ai = x + p * step + im;
		float *restrict br = y + 5 * p * step + re;
		float *restrict bi = y + 5 * p * step + im;

		for (size_t q = 0; q < s->stride; q++, ar += COMPLEX,
		    ai += COMPLEX, br += COMPLEX, bi += COMPLEX) {
			SPECTRAL_FFT_ALONE
			for (size_t i = 0; i < LANES; i++) {
				const float p1r = ar[i + far] + ar[i + 4 * far];
				const float p1i = ai[i + far] + ai[i + 4 * far];
				const float m1r = ar[i + far] - ar[i + 4 * far];
				const float m1i = ai[i + far] - ai[i + 4 * far];
				const float p2r = ar[i + 2 * far] +
				    ar[i + 3 * far];
				const float p2i = ai[i + 2 * far] +
				    ai[i + 3 * far];
				const float m2r = ar[i + 2 * far] -
				    ar[i + 3 * far];
				const float m2i = ai[i + 2 * far] -
				    ai[i + 3 * far];
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
				br[i + step] = y1r * w[0] - y1i * w[1];
				bi[i + step] = y1r * w[1] + y1i * w[0];
				br[i + 2 * step] = y2r * w[2] - y2i * w[3];
				bi[i + 2 * step] = y2r * w[3] + y2i * w[2];
				br[i + 3 * step] = y3r * w[4] - y3i * w[5];
				bi[i + 3 * step] = y3r * w[5] + y3i * w[4];
				br[i + 4 * step] = y4r * w[6] - y4i * w[7];
				bi[i + 4 * step] = y4r * w[7] + y4i * w[6];
			}
		}
	}
}

static void
run_stage(const struct stage *s, size_t swap, const float *from, float *to)
{
	(s->radix == 5 ? pass_5 : s->radix == 4 ? pass_4 : pass_2)(s, swap,
	    from, to);
}

/*
 * From the transform Z of pairs to twice the spectrum of the values, or back:
 * with Y = conj(Z[n/2 - k]) both are Z + Y -+ i turn (Z - Y), the turn
 * conjugate on the way back; "sign" is 1 or -1.  x and y may be the same.
 */
SIMD static void
turn_pairs(const struct spectral_fft *f, float sign, const float *x, float *y)
{
	const float scale = sign > 0.0f ? 2.0f : 1.0f;

	SPECTRAL_FFT_ALONE
	for (size_t i = 0; i < LANES; i++) {
		const float first = x[i], last = x[i + LANES];

		y[i] = scale * (first + last);
		y[i + LANES] = scale * (first - last);
	}
	for (size_t k = 1; k <= f->n_bins / 2; k++) {
		const float wr = sign * f->turn[2 * k];
		const float wi = f->turn[2 * k + 1];
		const size_t a = k * COMPLEX, b = (f->n_bins - k) * COMPLEX;

		/* In the middle both are one place, and so are the results. */
		SPECTRAL_FFT_ALONE
		for (size_t i = 0; i < LANES; i++) {
			const float ar = x[a + i], ai = x[a + i + LANES];
			const float br = x[b + i], bi = x[b + i + LANES];
			const float sr = ar + br, si = ai - bi;
			const float mr = ar - br, mi = ai + bi;
			/* -i w (Z - Y) */
			const float dr = wr * mi + wi * mr;
			const float di = wi * mi - wr * mr;

			y[a + i] = sr + dr;
			y[a + i + LANES] = si + di;
			y[b + i] = sr - dr;
			y[b + i + LANES] = di - si;
		}
	}
}

void
spectral_fft_forward(const struct spectral_fft *f, const float *from,
    float *to, float *scratch)
{
	for (size_t i = 0; i < f->n_stages; i++) {
		float *next = (f->n_stages - i) % 2 == 1 ? to : scratch;

		run_stage(&f->stages[i], 0, from, next);
		from = next;
	}
	turn_pairs(f, 1.0f, to, to);
}

void
spectral_fft_backward(const struct spectral_fft *f, const float *from,
    float *to, float *scratch)
{
	float *now = f->n_stages % 2 == 0 ? to : scratch;

	turn_pairs(f, -1.0f, from, now);
	for (size_t i = 0; i < f->n_stages; i++) {
		float *next = now == to ? scratch : to;

		run_stage(&f->stages[i], 1, now, next);
		now = next;
	}
}
