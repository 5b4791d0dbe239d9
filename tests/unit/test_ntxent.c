#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

#include "embed/embed_loss.h"

#define N 9
#define D 5

/* Three groups of 2, one of 3; groups 0 and 1 are of one work. */
static const size_t group[N] = { 0, 1, 2, 3, 0, 1, 2, 3, 3 };
static const size_t work[N] = { 7, 7, 8, 9, 7, 7, 8, 9, 9 };

static void
draw(float z[N * D], uint64_t seed)
{
	struct random r;

	random_init(&r, seed);
	for (size_t i = 0; i < N; i++) {
		double norm = 0;

		for (size_t d = 0; d < D; d++) {
			z[i * D + d] = (float)random_normal(&r);
			norm += (double)(z[i * D + d] * z[i * D + d]);
		}
		for (size_t d = 0; d < D; d++)
			z[i * D + d] /= (float)sqrt(norm);
	}
}

static int
ntxent_loss(const float *z, size_t n, size_t dimension, const size_t *groups,
    const size_t *works, const struct ntxent_options *o, float *gradients,
    double *loss, struct error *err)
{
	const struct embed_loss l = { .kind = EMBED_LOSS_NTXENT,
	    .ntxent = *o };
	const struct embed_loss_items items = { n, groups, works, NULL };

	return embed_loss_run(&l, z, dimension, &items, gradients, loss, err);
}

static double
dot(const float *z, size_t a, size_t b)
{
	double sum = 0;

	for (size_t d = 0; d < D; d++)
		sum += (double)z[a * D + d] * (double)z[b * D + d];
	return sum;
}

/* The formula of the header, written down without thought for speed. */
static double
plain_loss(const float *z, double temperature)
{
	double sum = 0;
	size_t n_pairs = 0;

	for (size_t a = 0; a < N; a++) {
		for (size_t p = 0; p < N; p++) {
			const double e = exp(dot(z, a, p) / temperature);
			double others = 0;

			if (p == a || group[p] != group[a])
				continue;
			for (size_t n = 0; n < N; n++)
				if (work[n] != work[a])
					others += exp(dot(z, a, n) /
					    temperature);
			sum -= log(e / (e + others));
			n_pairs++;
		}
	}
	return sum / (double)n_pairs;
}

static void
test_equals_formula(void **state)
{
	const struct ntxent_options o = { 0.3, -1 };
	float z[N * D], gradients[N * D];
	struct error err;
	double loss;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		draw(z, seed);
		assert_int_equal(ntxent_loss(z, N, D, group, work, &o,
		    gradients, &loss, &err), 0);
		/* Similarities are float: 1e-7 over a temperature of .3. */
		assert_true(fabs(loss - plain_loss(z, 0.3)) < 3e-6);
	}
}

/*
 * Central differences.  Step 2^-7: the error of float similarities, 1e-7 / .3,
 * over twice the step is 2e-5; the third derivative adds about step^2.
 */
static void
check_gradient(double epsilon, uint64_t seed)
{
	const struct ntxent_options o = { 0.3, epsilon };
	const float step = 0.0078125f;
	float z[N * D], gradients[N * D], other[N * D];
	struct error err;
	double loss, up, down;

	draw(z, seed);
	assert_int_equal(ntxent_loss(z, N, D, group, work, &o, gradients,
	    &loss, &err), 0);
	for (size_t i = 0; i < N * D; i++) {
		const float kept = z[i];

		z[i] = kept + step;
		assert_int_equal(ntxent_loss(z, N, D, group, work, &o, other,
		    &up, &err), 0);
		z[i] = kept - step;
		assert_int_equal(ntxent_loss(z, N, D, group, work, &o, other,
		    &down, &err), 0);
		z[i] = kept;
		assert_true(fabs((up - down) / (2 * (double)step) -
		    (double)gradients[i]) < 2e-3);
	}
}

static void
test_gradient(void **state)
{
	(void)state;
	check_gradient(-1, 1);
	check_gradient(-1, 2);
	/* So wide a miner keeps everything, yet runs its code. */
	check_gradient(10, 3);
}

/* With a far negative and a close positive the miner keeps nothing. */
static void
test_miner_drops_easy(void **state)
{
	const float z[] = { 1, 0, 1, 0, -1, 0, -1, 0 };
	const size_t pairs[] = { 0, 0, 1, 1 };
	const struct ntxent_options with = { 0.1, 0.1 };
	const struct ntxent_options without = { 0.1, -1 };
	float gradients[8];
	struct error err;
	double loss;

	(void)state;
	assert_int_equal(ntxent_loss(z, 4, 2, pairs, pairs, &with, gradients,
	    &loss, &err), 0);
	assert_true(loss == 0);
	for (size_t i = 0; i < 8; i++)
		assert_true(gradients[i] == 0);
	assert_int_equal(ntxent_loss(z, 4, 2, pairs, pairs, &without,
	    gradients, &loss, &err), 0);
	assert_true(loss > 0);
}

/* The windows of one work do not push each other away. */
static void
test_one_work_no_loss(void **state)
{
	const struct ntxent_options o = { 0.1, -1 };
	const size_t one_work[N] = { 0 };
	float z[N * D], gradients[N * D];
	struct error err;
	double loss;

	(void)state;
	draw(z, 5);
	assert_int_equal(ntxent_loss(z, N, D, group, one_work, &o, gradients,
	    &loss, &err), 0);
	assert_true(loss == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equals_formula),
		cmocka_unit_test(test_gradient),
		cmocka_unit_test(test_miner_drops_easy),
		cmocka_unit_test(test_one_work_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
