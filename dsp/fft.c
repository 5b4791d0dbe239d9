#include <pthread.h>
#include <stddef.h>

#include <fftw3.h>

#include "base/memory.h"

#include "dsp/fft.h"

#define MAX_SAMPLES ((size_t)1 << 22)

/*
 * FFTW makes and destroys plans through tables of its own that are not safe
 * for threads; this lock guards them.  It is the one piece of static state
 * here, and it is FFTW's rather than ours.
 */
static pthread_mutex_t planner_lock = PTHREAD_MUTEX_INITIALIZER;

struct fft {
	size_t n;
	fftwf_plan forward, backward;
};

/*
 * FFTW_ESTIMATE measures nothing, so a size has the same plan every time and
 * results are the same; FFTW_UNALIGNED lets any arrays be transformed.
 */
static void
make_plans(struct fft *f, float *samples, fftwf_complex *spectrum)
{
	const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;

	pthread_mutex_lock(&planner_lock);
	f->forward = fftwf_plan_dft_r2c_1d((int)f->n, samples, spectrum,
	    flags);
	f->backward = fftwf_plan_dft_c2r_1d((int)f->n, spectrum, samples,
	    flags | FFTW_PRESERVE_INPUT);
	pthread_mutex_unlock(&planner_lock);
}

struct fft *
fft_new(size_t n, struct error *err)
{
	struct fft *f = NULL;
	float *samples = NULL;
	fftwf_complex *spectrum = NULL;

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
	fft_free(f);
	return NULL;
}

void
fft_free(struct fft *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&planner_lock);
	if (f->forward != NULL)
		fftwf_destroy_plan(f->forward);
	if (f->backward != NULL)
		fftwf_destroy_plan(f->backward);
	pthread_mutex_unlock(&planner_lock);
	memory_free(f);
}

/* FFTW's arguments lack const; with these plans inputs are not written. */
void
fft_forward(const struct fft *f, const float *samples, float *spectrum)
{
	union {
		const float *read_only;
		float *as_fftw_wants;
	} in = { samples };

	fftwf_execute_dft_r2c(f->forward, in.as_fftw_wants,
	    (fftwf_complex *)spectrum);
}

void
fft_backward(const struct fft *f, const float *spectrum, float *samples)
{
	const float scale = 1.0f / (float)f->n;
	union {
		const float *read_only;
		fftwf_complex *as_fftw_wants;
	} in = { spectrum };

	fftwf_execute_dft_c2r(f->backward, in.as_fftw_wants, samples);
	for (size_t i = 0; i < f->n; i++)
		samples[i] *= scale;
}
