/*
 * lapack -- systems of linear equations and eigenvectors in double (the LAPACK
 * in OpenBLAS).
 *
 * One thread a call and the same bytes with any number of them, as nn/blas.h.
 */
#ifndef NN_LAPACK_H
#define NN_LAPACK_H

#include <stddef.h>

#include "base/error.h"

#define LAPACK_MAX_EQUATIONS 16384

/*
 * A symmetric positive semidefinite matrix taken apart once for any number of
 * right sides.  May be used by any number of threads.
 */
struct lapack_factor {
	double *matrix;		/* [n][n] */
	int *order;		/* [n]; NULL: of full rank, as it was */
	size_t n, rank;
};

/*
 * *takes* the matrix [n][n], memory of memory_new, of which both halves are
 * given: it is freed by lapack_factor_release, and here on failure.  n is 1 to
 * LAPACK_MAX_EQUATIONS.
 *
 * Cholesky's factors; when these do not exist or tell nothing (a reciprocal
 * condition below n times the machine's epsilon), those with pivoting, which
 * leave out what depends on the rest (Higham, "Analysis of the Cholesky
 * decomposition of a semi-definite matrix", 1990).  Takes n^3 / 3
 * multiplications and additions, twice when the matrix is singular.
 */
int lapack_factor_init(struct lapack_factor *f, double *matrix, size_t n,
    struct error *err) MUST_CHECK;
void lapack_factor_release(struct lapack_factor *f);

/*
 * Replace "sides" [n_sides][n] by the solutions.  With a singular matrix these
 * are solutions with zeros for all that depends on the rest: of normal
 * equations, a least-squares solution, whose projection is that of all others.
 */
int lapack_factor_solve(const struct lapack_factor *f, double *sides,
    size_t n_sides, struct error *err) MUST_CHECK;

/*
 * Replace a symmetric matrix [n][n], of which both halves are given, by its
 * eigenvectors, one a row, of length 1, the first being that of the largest
 * eigenvalue; values [n] are the eigenvalues, falling.  The value of largest
 * magnitude of a vector is positive, the first of them where several are.  n is
 * 1 to LAPACK_MAX_EQUATIONS.
 */
int lapack_eigen(double *matrix, size_t n, double *values, struct error *err)
    MUST_CHECK;

#endif
