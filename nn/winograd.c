#include <stdbool.h>

#include "nn/simd.h"
#include "nn/winograd.h"

#define LANES 8

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4),
    may_alias));

/* One axis: n_in values x, "step" apart, to n_out values y, as far apart. */
typedef void line_fn(const lanes *x, lanes *y, size_t step);

#define INLINE static inline __attribute__((always_inline))

INLINE void
input_line(const lanes *x, lanes *y, size_t step)
{
	const lanes x0 = x[0], x1 = x[step], x2 = x[2 * step];
	const lanes x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
	const lanes even = x4 - 4.0f * x2, odd = x3 - 4.0f * x1;
	const lanes narrow = x4 - x2, twice = 2.0f * (x3 - x1);

	y[0] = 4.0f * x0 - 5.0f * x2 + x4;
	y[step] = even + odd;
	y[2 * step] = even - odd;
	y[3 * step] = narrow + twice;
	y[4 * step] = narrow - twice;
	y[5 * step] = 4.0f * x1 - 5.0f * x3 + x5;
}

INLINE void
input_back_line(const lanes *x, lanes *y, size_t step)
{
	const lanes x0 = x[0], x1 = x[step], x2 = x[2 * step];
	const lanes x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
	const lanes sum = x1 + x2, difference = x1 - x2;
	const lanes outer = x3 + x4, across = 2.0f * (x3 - x4);

	y[0] = 4.0f * x0;
	y[step] = 4.0f * (x5 - difference) - across;
	y[2 * step] = -5.0f * x0 - 4.0f * sum - outer;
	y[3 * step] = difference + across - 5.0f * x5;
	y[4 * step] = x0 + sum + outer;
	y[5 * step] = x5;
}

INLINE void
output_line(const lanes *x, lanes *y, size_t step)
{
	const lanes x1 = x[step], x2 = x[2 * step];
	const lanes x3 = x[3 * step], x4 = x[4 * step];
	const lanes sum = x1 + x2, difference = x1 - x2;
	const lanes outer = x3 + x4, across = x3 - x4;
	const lanes first = x[0], last = x[5 * step];

	y[0] = first + sum + outer;
	y[step] = difference + 2.0f * across;
	y[2 * step] = sum + 4.0f * outer;
	y[3 * step] = difference + 8.0f * across + last;
}

INLINE void
output_back_line(const lanes *x, lanes *y, size_t step)
{
	const lanes x0 = x[0], x1 = x[step];
	const lanes x2 = x[2 * step], x3 = x[3 * step];
	const lanes even = x0 + x2, odd = x1 + x3;
	const lanes far = x0 + 4.0f * x2, wide = 2.0f * x1 + 8.0f * x3;

	y[0] = x0;
	y[step] = even + odd;
	y[2 * step] = even - odd;
	y[3 * step] = far + wide;
	y[4 * step] = far - wide;
	y[5 * step] = x3;
}

INLINE void
taps_line(const lanes *x, lanes *y, size_t step)
{
	const lanes x0 = x[0], x1 = x[step], x2 = x[2 * step];
	const lanes even = (x0 + x2) * (-1.0f / 6.0f);
	const lanes odd = x1 * (-1.0f / 6.0f);
	const lanes far = x0 * (1.0f / 24.0f) + x2 * (1.0f / 6.0f);
	const lanes wide = x1 * (1.0f / 12.0f);

	y[0] = x0 * 0.25f;
	y[step] = even + odd;
	y[2 * step] = even - odd;
	y[3 * step] = far + wide;
	y[4 * step] = far - wide;
	y[5 * step] = x2;
}

INLINE void
taps_back_line(const lanes *x, lanes *y, size_t step)
{
	const lanes x1 = x[step], x2 = x[2 * step];
	const lanes x3 = x[3 * step], x4 = x[4 * step];
	const lanes sum = (x1 + x2) * (1.0f / 6.0f);
	const lanes outer = x3 + x4;
	const lanes first = x[0], last = x[5 * step];

	y[0] = first * 0.25f - sum + outer * (1.0f / 24.0f);
	y[step] = (x2 - x1) * (1.0f / 6.0f) + (x3 - x4) * (1.0f / 12.0f);
	y[2 * step] = outer * (1.0f / 6.0f) - sum + last;
}

/* Along both axes, LANES channels at a time. */
INLINE void
transform(line_fn *line, size_t n_in, size_t n_out, bool is_more,
    const float *const *from, float *const *to, size_t n)
{
	for (size_t c = 0; c < n; c += LANES) {
		lanes x[WINOGRAD_N_IN], y[WINOGRAD_N_IN];

		for (size_t i = 0; i < n_in; i++)
			for (size_t k = 0; k < n_in; k++)
				x[i * WINOGRAD_IN + k] = *(const lanes *)
				    (from[i * n_in + k] + c);
		for (size_t k = 0; k < n_in; k++)
			line(x + k, y + k, WINOGRAD_IN);
		for (size_t i = 0; i < n_out; i++)
			line(y + i * WINOGRAD_IN, x + i * WINOGRAD_IN, 1);
		for (size_t i = 0; i < n_out; i++)
			for (size_t k = 0; k < n_out; k++) {
				lanes *at = (lanes *)(to[i * n_out + k] + c);
				const lanes sum = x[i * WINOGRAD_IN + k];

				if (is_more)
					*at += sum;
				else
					*at = sum;
			}
	}
}

SIMD void
winograd_input(const float *const *from, float *const *to, size_t n)
{
	transform(input_line, WINOGRAD_IN, WINOGRAD_IN, false, from, to, n);
}

SIMD void
winograd_input_back(const float *const *from, float *const *to, size_t n)
{
	transform(input_back_line, WINOGRAD_IN, WINOGRAD_IN, true, from, to,
	    n);
}

SIMD void
winograd_output(const float *const *from, float *const *to, size_t n)
{
	transform(output_line, WINOGRAD_IN, WINOGRAD_OUT, false, from, to, n);
}

SIMD void
winograd_output_back(const float *const *from, float *const *to, size_t n)
{
	transform(output_back_line, WINOGRAD_OUT, WINOGRAD_IN, false, from,
	    to, n);
}

SIMD void
winograd_taps(const float *const *from, float *const *to, size_t n)
{
	transform(taps_line, WINOGRAD_TAPS, WINOGRAD_IN, false, from, to, n);
}

SIMD void
winograd_taps_back(const float *const *from, float *const *to, size_t n)
{
	transform(taps_back_line, WINOGRAD_IN, WINOGRAD_TAPS, false, from, to,
	    n);
}
