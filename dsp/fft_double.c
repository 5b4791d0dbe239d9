#include <pthread.h>
#include <stddef.h>

#include <fftw3.h>

#include "base/memory.h"

#include "dsp/fft_double.h"

#define MAX_SAMPLES ((size_t)1 << 22)

/*
 * FFTW makes and destroys plans through tables that are not safe for threads;
 * those for double are not those for float, so this lock is another.
 */
static pthread_mutex_t planner_lock = PTHREAD_MUTEX_INITIALIZER;

struct fft_double {
	size_t n;
	fftw_plan forward, backward;
};

/*
 * FFTW_ESTIMATE measures nothing, so a size has the same plan every time and
 * results are the same; FFTW_UNALIGNED lets any arrays be transformed.
 */
static void
make_plans(struct fft_double *f, double *samples, fftw_complex *spectrum)
{
	const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;

	pthread_mutex_lock(&planner_lock);
	f->forward = fftw_plan_dft_r2c_1d((int)f->n, samples, spectrum,
	    flags);
	f->backward = fftw_plan_dft_c2r_1d((int)f->n, spectrum, samples,
	    flags | FFTW_PRESERVE_INPUT);
	pthread_mutex_unlock(&planner_lock);
}

struct fft_double *
fft_double_new(size_t n, struct error *err)
{
	struct fft_double *f = NULL;
	double *samples = NULL;
	fftw_complex *spectrum = NULL;

	if (n < 2 || n > MAX_SAMPLES || n % 2 != 0) {
		error_set(err, ERROR_LIMIT,
		    "a transform of %zu samples: must be even, 2 to %zu", n,
		    MAX_SAMPLES);
		return NULL;
	}
	f = memory_new(1, sizeof *f, "transforms", err);
	samples = memory_new(n, sizeof *samples, "samples", err);
	spectrum = memory_new(n / 2 + 1, sizeof *spectrum, "bins", err);
	if (f == NULL || samples == NULL || spectrum == NULL)
		goto fail;
	f->n = n;
	make_plans(f, samples, spectrum);
	if (f->forward == NULL || f->backward == NULL) {
		error_set(err, ERROR_NOMEM,
		    "no plan for a transform of %zu samples", n);
		goto fail;
	}
	memory_free(samples);
	memory_free(spectrum);
	return f;

fail:
	memory_free(samples);
	memory_free(spectrum);
	fft_double_free(f);
	return NULL;
}

void
fft_double_free(struct fft_double *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&planner_lock);
	if (f->forward != NULL)
		fftw_destroy_plan(f->forward);
	if (f->backward != NULL)
		fftw_destroy_plan(f->backward);
	pthread_mutex_unlock(&planner_lock);
	memory_free(f);
}

/* FFTW's arguments lack const; with these plans inputs are not written. */
void
fft_double_forward(const struct fft_double *f, const double *samples,
    double *spectrum)
{
	union {
		const double *read_only;
		double *as_fftw_wants;
	} in = { samples };

	fftw_execute_dft_r2c(f->forward, in.as_fftw_wants,
	    (fftw_complex *)spectrum);
}

void
fft_double_backward(const struct fft_double *f, const double *spectrum,
    double *samples)
{
	const double scale = 1.0 / (double)f->n;
	union {
		const double *read_only;
		fftw_complex *as_fftw_wants;
	} in = { spectrum };

	fftw_execute_dft_c2r(f->backward, in.as_fftw_wants, samples);
	for (size_t i = 0; i < f->n; i++)
		samples[i] *= scale;
}
