#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

#include "nn/lapack.h"
#include "nn/projection.h"

#define EXAGGERATION 12.0
#define EXAGGERATED_STEPS 250
#define MIN_STEP_SIZE 50.0
#define START_DEVIATION 1e-4
#define MIN_GAIN 0.01
#define N_BISECTIONS 60
#define LEAST_P 1e-12

/* mean [n_dims] and covariance [n_dims][n_dims] of the vectors. */
static void
covariance(const float *vectors, size_t n, size_t n_dims, double *mean,
    double *matrix)
{
	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < n_dims; d++)
			mean[d] += (double)vectors[i * n_dims + d] /
			    (double)n;
	for (size_t i = 0; i < n; i++) {
		const float *v = vectors + i * n_dims;

		for (size_t d = 0; d < n_dims; d++) {
			const double by = ((double)v[d] - mean[d]) /
			    (double)n;

			for (size_t e = 0; e < n_dims; e++)
				matrix[d * n_dims + e] += by *
				    ((double)v[e] - mean[e]);
		}
	}
}

static double
place_along(const float *v, const double *mean, const double *direction,
    size_t n_dims)
{
	double sum = 0.0;

	for (size_t d = 0; d < n_dims; d++)
		sum += ((double)v[d] - mean[d]) * direction[d];
	return sum;
}

int
projection_pca(const float *vectors, size_t n, size_t n_dims, double *x,
    double *y, double share[2], struct error *err)
{
	double *matrix = NULL, *mean = NULL, *values = NULL, sum = 0.0;
	int status = -1;

	if (n < 2 || n_dims < 2 || n_dims > PROJECTION_MAX_DIMENSIONS)
		return error_set(err, ERROR_LIMIT, "%zu vectors of %zu "
		    "dimensions: a plane takes at least 2 of each", n, n_dims);
	matrix = memory_new(n_dims * n_dims, sizeof(*matrix), "dimensions",
	    err);
	mean = memory_new(n_dims, sizeof(*mean), "dimensions", err);
	values = memory_new(n_dims, sizeof(*values), "dimensions", err);
	if (matrix == NULL || mean == NULL || values == NULL)
		goto out;
	covariance(vectors, n, n_dims, mean, matrix);
	if (lapack_eigen(matrix, n_dims, values, err) != 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		x[i] = place_along(vectors + i * n_dims, mean, matrix,
		    n_dims);
		y[i] = place_along(vectors + i * n_dims, mean,
		    matrix + n_dims, n_dims);
	}
	for (size_t d = 0; d < n_dims; d++)
		sum += fmax(values[d], 0.0);
	for (size_t k = 0; k < 2; k++)
		share[k] = sum > 0.0 ? fmax(values[k], 0.0) / sum : 0.0;
	status = 0;
out:
	memory_free(matrix);
	memory_free(mean);
	memory_free(values);
	return status;
}

/* Squared distances of all pairs. */
static void
distances(const float *vectors, size_t n, size_t n_dims, float *square)
{
	for (size_t i = 0; i < n; i++) {
		square[i * n + i] = 0.0f;
		for (size_t j = 0; j < i; j++) {
			double sum = 0.0;

			for (size_t d = 0; d < n_dims; d++) {
				const double by =
				    (double)vectors[i * n_dims + d] -
				    (double)vectors[j * n_dims + d];

				sum += by * by;
			}
			square[i * n + j] = square[j * n + i] = (float)sum;
		}
	}
}

/*
 * Replace row i of squared distances by the chances of its neighbours, with
 * precision beta; returns their entropy in nats.  The nearest is taken as
 * distance 0, which changes no chance and keeps the sum from vanishing.
 */
static double
chances(const float *square, size_t n, size_t i, double beta, double *row)
{
	double nearest = HUGE_VAL, sum = 0.0, moment = 0.0;

	for (size_t j = 0; j < n; j++)
		if (j != i)
			nearest = fmin(nearest, (double)square[j]);
	for (size_t j = 0; j < n; j++) {
		const double d = (double)square[j] - nearest;

		row[j] = j == i ? 0.0 : exp(-beta * d);
		sum += row[j];
		moment += row[j] * d;
	}
	for (size_t j = 0; j < n; j++)
		row[j] /= sum;
	return log(sum) + beta * moment / sum;
}

/* The precision at which the row has the entropy that is wanted. */
static void
fit_row(const float *square, size_t n, size_t i, double entropy, double *row)
{
	double low = 0.0, high = HUGE_VAL, beta = 1.0;

	for (int k = 0; k < N_BISECTIONS; k++) {
		if (chances(square, n, i, beta, row) > entropy)
			low = beta;
		else
			high = beta;
		beta = high < HUGE_VAL ? (low + high) / 2.0 : 2.0 * beta;
	}
}

int
projection_neighbours(const float *vectors, size_t n, size_t n_dims,
    double perplexity, float *p, struct error *err)
{
	double *row = memory_new(n, sizeof(*row), "vectors", err);

	if (row == NULL)
		return -1;
	distances(vectors, n, n_dims, p);
	for (size_t i = 0; i < n; i++) {
		fit_row(p + i * n, n, i, log(perplexity), row);
		for (size_t j = 0; j < n; j++)
			p[i * n + j] = (float)row[j];
	}
	memory_free(row);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			p[i * n + j] = p[j * n + i] = (float)fmax(
			    ((double)p[i * n + j] + (double)p[j * n + i]) /
			    (2.0 * (double)n), LEAST_P);
	return 0;
}

double
projection_gradient(const float *p, size_t n, const double *places,
    double exaggeration, float *kernel, double *gradient)
{
	double sum = 0.0, divergence = 0.0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			const double dx = places[2 * i] - places[2 * j];
			const double dy = places[2 * i + 1] -
			    places[2 * j + 1];
			const double near = 1.0 / (1.0 + dx * dx + dy * dy);

			kernel[i * n + j] = (float)near;
			sum += 2.0 * near;
		}
	memset(gradient, 0, 2 * n * sizeof(*gradient));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++) {
			const double near = (double)kernel[i * n + j];
			const double want = (double)p[i * n + j];
			const double force = 4.0 * near *
			    (exaggeration * want - near / sum);
			const double dx = force *
			    (places[2 * i] - places[2 * j]);
			const double dy = force *
			    (places[2 * i + 1] - places[2 * j + 1]);

			gradient[2 * i] += dx;
			gradient[2 * i + 1] += dy;
			gradient[2 * j] -= dx;
			gradient[2 * j + 1] -= dy;
		}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (p[i * n + j] > 0.0f)
				divergence += 2.0 * (double)p[i * n + j] *
				    log((double)p[i * n + j] * sum /
				    (double)kernel[i * n + j]);
	return divergence;
}

/* Places, what they were moved by, and the gains: [3][n][2]. */
struct descent {
	double *places, *moves, *gains, *gradient;
};

/* One step; the places stay around 0. */
static void
step(const struct descent *d, size_t n, double momentum, double size)
{
	double mean[2] = { 0.0, 0.0 };

	for (size_t i = 0; i < 2 * n; i++) {
		const bool is_turning =
		    (d->gradient[i] > 0.0) == (d->moves[i] > 0.0);

		d->gains[i] = is_turning ? fmax(0.8 * d->gains[i], MIN_GAIN) :
		    d->gains[i] + 0.2;
		d->moves[i] = momentum * d->moves[i] -
		    size * d->gains[i] * d->gradient[i];
		d->places[i] += d->moves[i];
		mean[i % 2] += d->places[i] / (double)n;
	}
	for (size_t i = 0; i < 2 * n; i++)
		d->places[i] -= mean[i % 2];
}

static double
descend(const float *p, size_t n, uint64_t seed, const struct descent *d,
    float *kernel)
{
	const double size = fmax((double)n / (4.0 * EXAGGERATION),
	    MIN_STEP_SIZE);
	struct random r;

	random_init(&r, seed);
	for (size_t i = 0; i < 2 * n; i++) {
		d->places[i] = START_DEVIATION * random_normal(&r);
		d->gains[i] = 1.0;
	}
	for (int k = 0; k < PROJECTION_TSNE_STEPS; k++) {
		const bool is_early = k < EXAGGERATED_STEPS;

		(void)projection_gradient(p, n, d->places,
		    is_early ? EXAGGERATION : 1.0, kernel, d->gradient);
		step(d, n, is_early ? 0.5 : 0.8, size);
	}
	return projection_gradient(p, n, d->places, 1.0, kernel,
	    d->gradient);
}

int
projection_tsne(const float *vectors, size_t n, size_t n_dims,
    double perplexity, uint64_t seed, double *x, double *y,
    double *divergence, struct error *err)
{
	float *p = NULL, *kernel = NULL;
	double *memory = NULL, left;
	struct descent d;
	int status = -1;

	if (n < 2 || n > PROJECTION_MAX_TSNE)
		return error_set(err, ERROR_LIMIT, "t-SNE of %zu vectors: "
		    "expected 2 to %d", n, PROJECTION_MAX_TSNE);
	if (!(perplexity > 1.0 && perplexity < (double)n / 3.0))
		return error_set(err, ERROR_LIMIT, "a perplexity of %.4g for "
		    "%zu vectors: expected more than 1 and less than a third "
		    "of them", perplexity, n);
	p = memory_new(n * n, sizeof(*p), "pairs", err);
	kernel = memory_new(n * n, sizeof(*kernel), "pairs", err);
	memory = memory_new(8 * n, sizeof(*memory), "places", err);
	if (p == NULL || kernel == NULL || memory == NULL ||
	    projection_neighbours(vectors, n, n_dims, perplexity, p,
	    err) != 0)
		goto out;
	d = (struct descent){ memory, memory + 2 * n, memory + 4 * n,
	    memory + 6 * n };
	left = descend(p, n, seed, &d, kernel);
	if (divergence != NULL)
		*divergence = left;
	for (size_t i = 0; i < n; i++) {
		x[i] = d.places[2 * i];
		y[i] = d.places[2 * i + 1];
	}
	status = 0;
out:
	memory_free(p);
	memory_free(kernel);
	memory_free(memory);
	return status;
}
