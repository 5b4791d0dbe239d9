/*
 * LAPACK sees the rows of C as columns; of a symmetric matrix that is the
 * same, but for the halves: its upper one is our lower one.
 */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include <cblas.h>

#include "base/memory.h"

#include "nn/lapack.h"

/*
 * OpenBLAS has these without a header that could be included by itself.  The
 * last argument is the length of the text, as Fortran hands it over.
 */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
    int *info, size_t n_uplo);
void dpotrs_(const char *uplo, const int *n, const int *nrhs,
    const double *a, const int *lda, double *b, const int *ldb, int *info,
    size_t n_uplo);
void dpocon_(const char *uplo, const int *n, const double *a, const int *lda,
    const double *anorm, double *rcond, double *work, int *iwork, int *info,
    size_t n_uplo);
void dpstrf_(const char *uplo, const int *n, double *a, const int *lda,
    int *piv, int *rank, const double *tol, double *work, int *info,
    size_t n_uplo);
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a,
    const int *lda, double *w, double *work, const int *lwork, int *info,
    size_t n_jobz, size_t n_uplo);

#define HALF "U"		/* that of LAPACK's which is taken apart */

/* The largest sum of magnitudes of a row, or one that is not finite. */
static double
norm_of(const double *matrix, size_t n)
{
	double norm = 0.0;

	for (size_t i = 0; i < n; i++) {
		double sum = 0.0;

		for (size_t j = 0; j < n; j++)
			sum += fabs(matrix[i * n + j]);
		if (!isfinite(sum))
			return sum;
		norm = fmax(norm, sum);
	}
	return norm;
}

/* Put back what Cholesky has overwritten from the other half. */
static void
restore(double *matrix, const double *diagonal, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		matrix[i * n + i] = diagonal[i];
		for (size_t j = 0; j < i; j++)
			matrix[i * n + j] = matrix[j * n + i];
	}
}

/* 1 when the matrix has been taken apart, 0 when it must be pivoted. */
static int
factor_plainly(struct lapack_factor *f, double *work, struct error *err)
{
	const double norm = norm_of(f->matrix, f->n);
	const int n = (int)f->n;
	double reciprocal = 0.0;
	int *counts;
	int info = 0;

	if (!isfinite(norm))
		return error_set(err, ERROR_FORMAT,
		    "a matrix of %zu equations is not finite", f->n);
	dpotrf_(HALF, &n, f->matrix, &n, &info, 1);
	if (info != 0)
		return 0;
	counts = memory_new(f->n, sizeof(*counts), "equations", err);
	if (counts == NULL)
		return -1;
	dpocon_(HALF, &n, f->matrix, &n, &norm, &reciprocal, work, counts,
	    &info, 1);
	memory_free(counts);
	return info == 0 && reciprocal > (double)n * DBL_EPSILON;
}

static int
factor_pivoted(struct lapack_factor *f, double *work, struct error *err)
{
	const double least = -1.0;	/* n * epsilon * largest diagonal */
	const int n = (int)f->n;
	int rank = 0, info = 0;

	f->order = memory_new(f->n, sizeof(*f->order), "equations", err);
	if (f->order == NULL)
		return -1;
	dpstrf_(HALF, &n, f->matrix, &n, f->order, &rank, &least, work, &info,
	    1);
	if (info < 0 || rank < 0 || rank > n)
		return error_set(err, ERROR_BUG,
		    "LAPACK refuses a matrix of %d equations", n);
	f->rank = (size_t)rank;
	for (size_t i = 0; i < f->n; i++)
		f->order[i]--;		/* Fortran counts from 1 */
	return 0;
}

int
lapack_factor_init(struct lapack_factor *f, double *matrix, size_t n,
    struct error *err)
{
	double *diagonal = NULL, *work = NULL;
	int status = -1;

	*f = (struct lapack_factor){ .matrix = matrix, .n = n, .rank = n };
	if (n < 1 || n > LAPACK_MAX_EQUATIONS) {
		error_set(err, ERROR_LIMIT, "%zu equations: expected 1 to %d",
		    n, LAPACK_MAX_EQUATIONS);
		goto out;
	}
	diagonal = memory_new(n, sizeof(*diagonal), "equations", err);
	work = memory_new(3 * n, sizeof(*work), "equations", err);
	if (diagonal == NULL || work == NULL)
		goto out;
	for (size_t i = 0; i < n; i++)
		diagonal[i] = matrix[i * n + i];
	/* The number of threads is kept per calling thread with OpenMP. */
	openblas_set_num_threads(1);
	status = factor_plainly(f, work, err);
	if (status == 0) {
		restore(matrix, diagonal, n);
		status = factor_pivoted(f, work, err);
	} else if (status > 0)
		status = 0;
out:
	memory_free(work);
	memory_free(diagonal);
	if (status != 0)
		lapack_factor_release(f);
	return status;
}

void
lapack_factor_release(struct lapack_factor *f)
{
	memory_free(f->matrix);
	memory_free(f->order);
	*f = (struct lapack_factor){ .matrix = NULL };
}

/* One right side of a singular matrix; work [n]. */
static void
solve_pivoted(const struct lapack_factor *f, double *side, double *work)
{
	const int n = (int)f->n, rank = (int)f->rank, one = 1;
	int info = 0;

	for (size_t i = 0; i < f->rank; i++)
		work[i] = side[f->order[i]];
	if (rank > 0)
		dpotrs_(HALF, &rank, &one, f->matrix, &n, work, &n, &info, 1);
	memset(side, 0, f->n * sizeof(*side));
	for (size_t i = 0; i < f->rank; i++)
		side[f->order[i]] = work[i];
}

int
lapack_factor_solve(const struct lapack_factor *f, double *sides,
    size_t n_sides, struct error *err)
{
	const int n = (int)f->n, count = (int)n_sides;
	double *work;
	int info = 0;

	if (n_sides > INT_MAX)
		return error_set(err, ERROR_LIMIT, "%zu right sides",
		    n_sides);
	openblas_set_num_threads(1);
	if (f->order == NULL) {
		dpotrs_(HALF, &n, &count, f->matrix, &n, sides, &n, &info, 1);
		return info == 0 ? 0 : error_set(err, ERROR_BUG,
		    "LAPACK refuses %d right sides", count);
	}
	work = memory_new(f->n, sizeof(*work), "equations", err);
	if (work == NULL)
		return -1;
	for (size_t i = 0; i < n_sides; i++)
		solve_pivoted(f, sides + i * f->n, work);
	memory_free(work);
	return 0;
}

/* Turn the rows round, so that the largest comes first, and fix their signs. */
static void
order_vectors(double *matrix, size_t n, double *values)
{
	for (size_t i = 0; i < n / 2; i++) {
		const size_t k = n - 1 - i;
		const double value = values[i];

		values[i] = values[k];
		values[k] = value;
		for (size_t j = 0; j < n; j++) {
			const double kept = matrix[i * n + j];

			matrix[i * n + j] = matrix[k * n + j];
			matrix[k * n + j] = kept;
		}
	}
	for (size_t i = 0; i < n; i++) {
		double *row = matrix + i * n;
		size_t most = 0;

		for (size_t j = 1; j < n; j++)
			if (fabs(row[j]) > fabs(row[most]) * (1 + 1e-9))
				most = j;
		if (row[most] < 0.0)
			for (size_t j = 0; j < n; j++)
				row[j] = -row[j];
	}
}

int
lapack_eigen(double *matrix, size_t n, double *values, struct error *err)
{
	const int size = (int)n, n_work = 34 * (int)n;
	double *work;
	int info = 0;

	if (n < 1 || n > LAPACK_MAX_EQUATIONS)
		return error_set(err, ERROR_LIMIT, "eigenvectors of a matrix "
		    "of %zu rows: expected 1 to %d", n, LAPACK_MAX_EQUATIONS);
	work = memory_new((size_t)n_work, sizeof(*work), "eigenvectors", err);
	if (work == NULL)
		return -1;
	openblas_set_num_threads(1);
	dsyev_("V", HALF, &size, matrix, &size, values, work, &n_work, &info,
	    1, 1);
	memory_free(work);
	if (info != 0)
		return error_set(err, ERROR_LIMIT,
		    "the eigenvectors could not be found");
	order_vectors(matrix, n, values);
	return 0;
}
