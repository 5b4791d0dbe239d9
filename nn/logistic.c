#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "nn/lapack.h"
#include "nn/logistic.h"

#define MAX_STEPS 100
#define MAX_HALVINGS 30
/* A step that gains less than this, of the sum over all points, is the last. */
#define MIN_GAIN 1e-12
#define N_MAX (LOGISTIC_MAX_FEATURES + 1)

/* The points, standardised, behind a 1 for the bias. */
struct fit {
	const double *z;	/* [n][n_columns] */
	const bool *is_yes;
	size_t n, n_columns;
	double l2;
};

static double
sigmoid(double x)
{
	return x >= 0.0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x));
}

static double
dot(const double *a, const double *b, size_t n)
{
	double sum = 0.0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* What is minimised: minus the log likelihood, and the penalty. */
static double
loss(const struct fit *f, const double *w)
{
	double sum = 0.5 * f->l2 * dot(w + 1, w + 1, f->n_columns - 1);
	size_t i;

	for (i = 0; i < f->n; i++) {
		const double x = dot(f->z + i * f->n_columns, w,
		    f->n_columns);
		const double wrong = f->is_yes[i] ? -x : x;

		/* log(1 + exp(wrong)) without overflow */
		sum += wrong > 0.0 ? wrong + log1p(exp(-wrong)) :
		    log1p(exp(wrong));
	}
	return sum;
}

/* The slope and the curvature of the loss. */
static void
slopes(const struct fit *f, const double *w, double *slope, double *matrix)
{
	const size_t m = f->n_columns;
	size_t i, j, k;

	memset(matrix, 0, m * m * sizeof(*matrix));
	for (j = 0; j < m; j++) {
		slope[j] = j == 0 ? 0.0 : f->l2 * w[j];
		matrix[j * m + j] = j == 0 ? 0.0 : f->l2;
	}
	for (i = 0; i < f->n; i++) {
		const double *z = f->z + i * m;
		const double p = sigmoid(dot(z, w, m));

		for (j = 0; j < m; j++) {
			slope[j] += (p - (f->is_yes[i] ? 1.0 : 0.0)) * z[j];
			for (k = 0; k < m; k++)
				matrix[j * m + k] += p * (1.0 - p) * z[j] *
				    z[k];
		}
	}
}

/* One step; *gain is what it gained. */
static int
newton_step(const struct fit *f, double *w, double *gain, struct error *err)
{
	const size_t m = f->n_columns;
	const double before = loss(f, w);
	double step[N_MAX], at[N_MAX], part = 1.0;
	double *matrix = memory_new(m * m, sizeof(*matrix), "features", err);
	struct lapack_factor factor;
	int i, status;
	size_t j;

	*gain = 0.0;
	if (matrix == NULL)
		return -1;
	slopes(f, w, step, matrix);
	if (lapack_factor_init(&factor, matrix, m, err) != 0)
		return -1;
	status = lapack_factor_solve(&factor, step, 1, err);
	lapack_factor_release(&factor);
	if (status != 0)
		return -1;
	for (i = 0; i < MAX_HALVINGS; i++, part /= 2.0) {
		for (j = 0; j < m; j++)
			at[j] = w[j] - part * step[j];
		*gain = before - loss(f, at);
		if (*gain > 0.0) {
			memcpy(w, at, m * sizeof(*w));
			return 0;
		}
	}
	return 0;
}

/* Mean and spread of each feature, and the points that follow from them. */
static void
standardise(struct logistic *m, const double *x, size_t n, double *z)
{
	const size_t d = m->n_features;
	size_t i, j;

	for (j = 0; j < d; j++) {
		double sum = 0.0, squares = 0.0;

		for (i = 0; i < n; i++)
			sum += x[i * d + j];
		m->mean[j] = sum / (double)n;
		for (i = 0; i < n; i++)
			squares += (x[i * d + j] - m->mean[j]) *
			    (x[i * d + j] - m->mean[j]);
		m->scale[j] = sqrt(squares / (double)n);
		/* What is always the same says nothing. */
		if (m->scale[j] < 1e-9)
			m->scale[j] = 1.0;
	}
	for (i = 0; i < n; i++) {
		z[i * (d + 1)] = 1.0;
		for (j = 0; j < d; j++)
			z[i * (d + 1) + 1 + j] = (x[i * d + j] - m->mean[j]) /
			    m->scale[j];
	}
}

int
logistic_fit(struct logistic *m, const double *x, const bool *is_yes,
    size_t n, size_t n_features, double l2, struct error *err)
{
	double w[N_MAX] = { 0 }, *z, gain = HUGE_VAL;
	struct fit f = { .is_yes = is_yes, .n = n, .n_columns = n_features + 1,
	    .l2 = l2 };
	size_t i, n_yes = 0;
	int status = 0;

	for (i = 0; i < n; i++)
		n_yes += is_yes[i];
	if (n_yes == 0 || n_yes == n)
		return error_set(err, ERROR_LIMIT, "all %zu cases are %s: a "
		    "probability needs cases of both kinds", n,
		    n_yes == 0 ? "wrong" : "right");
	memset(m, 0, sizeof(*m));
	m->n_features = n_features;
	z = memory_new(n * f.n_columns, sizeof(*z), "cases", err);
	if (z == NULL)
		return -1;
	standardise(m, x, n, z);
	f.z = z;
	for (i = 0; i < MAX_STEPS && gain > MIN_GAIN && status == 0; i++)
		status = newton_step(&f, w, &gain, err);
	m->bias = w[0];
	memcpy(m->weights, w + 1, n_features * sizeof(*w));
	memory_free(z);
	return status;
}

double
logistic_probability(const struct logistic *m, const double *x)
{
	double sum = m->bias;
	size_t j;

	for (j = 0; j < m->n_features; j++)
		sum += m->weights[j] * (x[j] - m->mean[j]) / m->scale[j];
	return sigmoid(sum);
}

struct case_of {
	double p;
	size_t i;
};

static int
compare_cases(const void *pa, const void *pb)
{
	const struct case_of *a = pa, *b = pb;

	if (a->p != b->p)
		return a->p < b->p ? -1 : 1;
	return (a->i > b->i) - (a->i < b->i);
}

int
logistic_judge(const double *p, const bool *is_yes, size_t n,
    struct logistic_score *score, struct error *err)
{
	struct case_of *cases = memory_new(n, sizeof(*cases), "cases", err);
	size_t i, bin;

	score->brier = score->ece = 0.0;
	if (cases == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		const double off = p[i] - (is_yes[i] ? 1.0 : 0.0);

		score->brier += off * off / (double)n;
		cases[i].p = p[i];
		cases[i].i = i;
	}
	qsort(cases, n, sizeof(*cases), compare_cases);
	for (bin = 0; bin < LOGISTIC_N_BINS; bin++) {
		const size_t end = n * (bin + 1) / LOGISTIC_N_BINS;
		double off = 0.0;

		for (i = n * bin / LOGISTIC_N_BINS; i < end; i++)
			off += cases[i].p - (is_yes[cases[i].i] ? 1.0 : 0.0);
		score->ece += fabs(off) / (double)n;
	}
	memory_free(cases);
	return 0;
}
