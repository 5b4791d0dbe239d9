/*
 * projection -- vectors of many dimensions as points of a plane, to look at.
 *
 * By principal components: the two directions along which the vectors differ
 * most (Pearson 1901), from the eigenvectors of their covariance.
 *
 * By t-SNE: van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9
 * (2008), algorithm 1 with all pairs: Gaussian neighbourhoods of one perplexity
 * in the vectors' space (section 2, by bisection), Student-t ones in the plane
 * (section 3.3), momentum, gains and early exaggeration (section 3.4), the
 * last two with the constants of Belkina et al., Nature Communications 10
 * (2019): 12 times in the first 250 steps, step size n / 48.  Which vectors are
 * near each other is kept; distances between far groups mean nothing.
 */
#ifndef NN_PROJECTION_H
#define NN_PROJECTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PROJECTION_MAX_DIMENSIONS 4096
#define PROJECTION_MAX_TSNE 5000	/* vectors: time and memory of pairs */
#define PROJECTION_TSNE_STEPS 1000

/* Both are of vectors [n][n_dims], n >= 2, which have to be finite. */

/*
 * x, y [n]: the places along the two components; share [2]: the part of the
 * variance that each has (0 when all vectors are equal).
 */
int projection_pca(const float *vectors, size_t n, size_t n_dims, double *x,
    double *y, double share[2], struct error *err) MUST_CHECK;

/*
 * perplexity is above 1 and below n / 3; the seed draws the places at the
 * start, and the same seed gives the same bytes.  ERROR_LIMIT for more than
 * PROJECTION_MAX_TSNE vectors.  *divergence (may be NULL) is the
 * Kullback-Leibler divergence that is left.
 */
int projection_tsne(const float *vectors, size_t n, size_t n_dims,
    double perplexity, uint64_t seed, double *x, double *y,
    double *divergence, struct error *err) MUST_CHECK;

/*
 * The two halves of it, for tests.  Neighbourhoods: p [n][n], symmetric, with
 * the sum 1 and zeros on its diagonal.  Gradient of the divergence by places
 * [n][2]; "kernel" [n][n] is scratch; returns the divergence.
 */
int projection_neighbours(const float *vectors, size_t n, size_t n_dims,
    double perplexity, float *p, struct error *err) MUST_CHECK;
double projection_gradient(const float *p, size_t n, const double *places,
    double exaggeration, float *kernel, double *gradient);

#endif
