#include <complex.h>
#include <math.h>

#include "separate/wiener.h"

/* Added to a covariance so that it has an inverse, and to its weight. */
#define FLOOR 1e-5
#define WEIGHT_FLOOR 1e-10

/* Louder mixtures are made smaller, so that FLOOR means the same. */
#define MAX_SIZE 10.0

/* A Hermitian matrix of two channels: ((left, cross), (conj(cross), right)). */
struct covariance {
	double left, right;
	double complex cross;
};

/* Voice or accompaniment at one bin of a patch. */
struct source {
	struct covariance sum;
	double weight;
};

static double complex
value(const float *bins, size_t at)
{
	return CMPLX((double)bins[2 * at], (double)bins[2 * at + 1]);
}

static double
square(double complex x)
{
	return creal(x) * creal(x) + cimag(x) * cimag(x);
}

static double
variance(double complex left, double complex right)
{
	return 0.5 * (square(left) + square(right));
}

static void
add(struct source *s, double complex left, double complex right)
{
	s->sum.left += square(left);
	s->sum.right += square(right);
	s->sum.cross += left * conj(right);
	s->weight += variance(left, right);
}

static struct covariance
mean_of(const struct source *s)
{
	const double w = 1.0 / (WEIGHT_FLOOR + s->weight);

	return (struct covariance){ w * s->sum.left, w * s->sum.right,
	    w * s->sum.cross };
}

/* v R: the covariance of a source at one time. */
static struct covariance
scaled(const struct covariance *r, double v)
{
	return (struct covariance){ v * r->left, v * r->right, v * r->cross };
}

/* The voice's part of a mixture (x, y): its covariance by that of both. */
static void
filter(const struct covariance *v, const struct covariance *a,
    double complex x, double complex y, double complex out[2])
{
	const double left = v->left + a->left + FLOOR;
	const double right = v->right + a->right + FLOOR;
	const double complex cross = v->cross + a->cross;
	const double scale = 1.0 / (left * right - square(cross));
	const double complex p = scale * (right * x - cross * y);
	const double complex q = scale * (left * y - conj(cross) * x);

	out[0] = v->left * p + v->cross * q;
	out[1] = conj(v->cross) * p + v->right * q;
}

static void
put(float *bins, size_t at, double complex x)
{
	bins[2 * at] = (float)creal(x);
	bins[2 * at + 1] = (float)cimag(x);
}

/* One iteration for bin b; "scale" makes the mixture small enough. */
static void
refine(size_t n_frames, size_t n_bins, size_t b, double scale,
    const float *const mixture[2], float *const voice[2])
{
	struct source v = { .weight = 0.0 }, a = { .weight = 0.0 };
	struct covariance of_voice, of_rest;

	for (size_t i = 0, at = b; i < n_frames; i++, at += n_bins) {
		const double complex l = scale * value(voice[0], at);
		const double complex r = scale * value(voice[1], at);

		add(&v, l, r);
		add(&a, scale * value(mixture[0], at) - l,
		    scale * value(mixture[1], at) - r);
	}
	of_voice = mean_of(&v);
	of_rest = mean_of(&a);
	for (size_t i = 0, at = b; i < n_frames; i++, at += n_bins) {
		const double complex x = scale * value(mixture[0], at);
		const double complex y = scale * value(mixture[1], at);
		const double complex l = scale * value(voice[0], at);
		const double complex r = scale * value(voice[1], at);
		const struct covariance now = scaled(&of_voice,
		    variance(l, r));
		const struct covariance rest = scaled(&of_rest,
		    variance(x - l, y - r));
		double complex out[2];

		filter(&now, &rest, x, y, out);
		put(voice[0], at, out[0] / scale);
		put(voice[1], at, out[1] / scale);
	}
}

void
wiener_run(size_t n_iterations, size_t n_frames, size_t n_bins,
    const float *const mixture[2], float *const voice[2])
{
	double most = 0.0;

	for (size_t c = 0; c < 2; c++)
		for (size_t i = 0; i < n_frames * n_bins; i++)
			most = fmax(most, square(value(mixture[c], i)));
	most = fmax(1.0, sqrt(most) / MAX_SIZE);
	for (size_t n = 0; n < n_iterations; n++)
		for (size_t b = 0; b < n_bins; b++)
			refine(n_frames, n_bins, b, 1.0 / most, mixture,
			    voice);
}
