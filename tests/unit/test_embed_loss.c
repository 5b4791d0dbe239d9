/*
 * The losses of the encoder against their formulas, written down plainly and
 * in double, and their gradients against central differences of those.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/random.h"

#include "embed/embed_loss.h"

#define N 20
#define D 24			/* at least N */
#define STEP 1e-6

/* Five groups of two sides of two windows; 0 and 3 are of one work. */
static const size_t group[N] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3,
    3, 4, 4, 4, 4 };
static const size_t work[N] = { 7, 7, 7, 7, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7,
    7, 9, 9, 9, 9 };
static const size_t bag[N] = { 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7,
    8, 8, 9, 9 };
static const struct embed_loss_items items = { N, group, work, bag };

static const char *const recipes[] = {
	"{\"loss\": {\"temperature\": 0.3}}",
	"{\"loss\": {\"kind\": \"triplet\", \"margin\": 0.4}}",
	"{\"loss\": {\"kind\": \"triplet\", \"margin\": 0.4, "
	    "\"negatives\": \"hardest\"}}",
	"{\"loss\": {\"kind\": \"group-infonce\"}}",
	"{\"loss\": {\"kind\": \"segment\", \"temperature\": 0.3}}",
};
#define N_RECIPES (sizeof(recipes) / sizeof(recipes[0]))

static struct embed_loss
loss_of(const char *recipe)
{
	struct embed_loss l;
	struct error err;
	struct json *j = json_parse(recipe, strlen(recipe), &err);

	assert_non_null(j);
	assert_int_equal(embed_loss_read(j, &l, &err), 0);
	json_free(j);
	return l;
}

static void
draw(double z[N * D], uint64_t seed)
{
	struct random r;

	random_init(&r, seed);
	for (size_t i = 0; i < N; i++) {
		double norm = 0;

		for (size_t d = 0; d < D; d++) {
			z[i * D + d] = random_normal(&r);
			norm += z[i * D + d] * z[i * D + d];
		}
		for (size_t d = 0; d < D; d++)
			z[i * D + d] = (double)(float)(z[i * D + d] /
			    sqrt(norm));
	}
}

static double
dot(const double *z, size_t a, size_t b)
{
	double sum = 0;

	for (size_t d = 0; d < D; d++)
		sum += z[a * D + d] * z[b * D + d];
	return sum;
}

static double
plain_ntxent(const double *z, double temperature)
{
	double sum = 0, n_pairs = 0;

	for (size_t a = 0; a < N; a++)
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
	return sum / n_pairs;
}

/* All triplets of the anchor, the worst one; every anchor has some here. */
static double
plain_hardest(const double *z, double margin)
{
	double sum = 0;

	for (size_t a = 0; a < N; a++) {
		double worst = -HUGE_VAL;

		for (size_t p = 0; p < N; p++)
			for (size_t n = 0; n < N; n++)
				if (p != a && group[p] == group[a] &&
				    work[n] != work[a])
					worst = fmax(worst, dot(z, a, n) -
					    dot(z, a, p));
		sum += fmax(0, margin + worst);
	}
	return sum / N;
}

static double
plain_semi_hard(const double *z, double margin)
{
	double sum = 0, n_pairs = 0;

	for (size_t a = 0; a < N; a++)
		for (size_t p = 0; p < N; p++) {
			double under = -HUGE_VAL, least = HUGE_VAL;

			if (p == a || group[p] != group[a])
				continue;
			for (size_t n = 0; n < N; n++) {
				const double s = dot(z, a, n);

				if (work[n] == work[a])
					continue;
				least = fmin(least, s);
				if (s < dot(z, a, p))
					under = fmax(under, s);
			}
			sum += fmax(0, margin - dot(z, a, p) +
			    (isfinite(under) ? under : least));
			n_pairs++;
		}
	return sum / n_pairs;
}

static double
plain_group_nce(const double *z, double temperature)
{
	double sum = 0;

	for (size_t a = 0; a < N; a++) {
		double positives = 0, negatives = 0;

		for (size_t i = 0; i < N; i++) {
			const double e = exp(dot(z, a, i) / temperature);

			if (i != a && group[i] == group[a])
				positives += e;
			if (work[i] != work[a])
				negatives += e;
		}
		sum -= log(positives / (positives + negatives));
	}
	return sum / N;
}

static double
bag_similarity(const double *z, size_t a, size_t b)
{
	double best = -2;

	for (size_t i = 2 * a; i < 2 * a + 2; i++)
		for (size_t k = 2 * b; k < 2 * b + 2; k++)
			best = fmax(best, dot(z, i, k));
	return best;
}

static double
plain_segment(const double *z, double temperature)
{
	double sum = 0;

	for (size_t a = 0; a < N / 2; a++) {
		const double s = bag_similarity(z, a, a ^ 1);
		const double e = exp(s / temperature);
		double others = 0;

		for (size_t b = 0; b < N / 2; b++)
			if (work[2 * b] != work[2 * a])
				others += exp(bag_similarity(z, a, b) /
				    temperature);
		sum -= log(e / (e + others));
	}
	return sum / (N / 2);
}

static double
plain(size_t recipe, const double *z)
{
	switch (recipe) {
	case 0:
		return plain_ntxent(z, 0.3);
	case 1:
		return plain_semi_hard(z, 0.4);
	case 2:
		return plain_hardest(z, 0.4);
	case 3:
		return plain_group_nce(z, 0.2);
	default:
		return plain_segment(z, 0.3);
	}
}

static double
run(const struct embed_loss *l, const double *z, float *gradients)
{
	float rounded[N * D];
	struct error err;
	double loss;

	for (size_t i = 0; i < N * D; i++)
		rounded[i] = (float)z[i];
	assert_int_equal(embed_loss_run(l, rounded, D, &items, gradients,
	    &loss, &err), 0);
	return loss;
}

/*
 * Values and gradients.  Similarities are float: 1e-7 over a temperature of
 * .2.  The double differences are good to 1e-9, and no maximum changes hands
 * within a step of 1e-6 for these seeds.
 */
static void
test_formulas(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_RECIPES; k++) {
		const struct embed_loss l = loss_of(recipes[k]);

		for (uint64_t seed = 1; seed <= 4; seed++) {
			double z[N * D], largest = 0;
			float gradients[N * D];

			draw(z, seed);
			assert_true(fabs(run(&l, z, gradients) -
			    plain(k, z)) < 3e-6);
			for (size_t i = 0; i < N * D; i++) {
				const double kept = z[i];
				double slope;

				z[i] = kept + STEP;
				slope = plain(k, z);
				z[i] = kept - STEP;
				slope -= plain(k, z);
				z[i] = kept;
				slope /= 2 * STEP;
				largest = fmax(largest, fabs(slope));
				assert_true(fabs(slope -
				    (double)gradients[i]) < 1e-5);
			}
			assert_true(largest > 0.01);
		}
	}
}

/*
 * With z_i the unit vectors, value i of the gradient of item a is the slope of
 * the pair (a, i).  One work never pushes apart, another always does
 * or not at all, a positive pulls.
 */
static void
test_who_is_pushed(void **state)
{
	double z[N * D] = { 0 };
	float gradients[N * D];

	(void)state;
	for (size_t i = 0; i < N; i++)
		z[i * D + i] = 1;
	for (size_t k = 0; k < N_RECIPES; k++) {
		const struct embed_loss l = loss_of(recipes[k]);
		size_t n_pushed = 0, n_pulled = 0;

		run(&l, z, gradients);
		for (size_t a = 0; a < N; a++)
			for (size_t i = 0; i < N; i++) {
				const float slope = gradients[a * D + i];

				if (group[a] == group[i])
					assert_true(slope <= 0);
				else if (work[a] == work[i])
					assert_true(slope == 0);
				else
					assert_true(slope >= 0);
				n_pushed += slope > 0;
				n_pulled += slope < 0;
			}
		assert_true(n_pushed >= N / 2 && n_pulled >= N / 2);
	}
}

/* One work alone, or groups of one: nothing to learn, and no NaN. */
static void
test_nothing_to_learn(void **state)
{
	static const size_t same[N] = { 0 };
	size_t alone[N];
	float z[N * D] = { 0 }, gradients[N * D];
	struct error err;
	double loss = 1;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		alone[i] = i;
		z[i * D] = 1;
	}
	for (size_t k = 0; k < N_RECIPES; k++) {
		const struct embed_loss l = loss_of(recipes[k]);
		const struct embed_loss_items one_work = { N, group, same,
		    bag };
		const struct embed_loss_items singles = { N, alone, alone,
		    alone };

		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(embed_loss_run(&l, z, D,
			    i == 0 ? &one_work : &singles, gradients, &loss,
			    &err), 0);
			assert_true(loss == 0);
			for (size_t v = 0; v < N * D; v++)
				assert_true(gradients[v] == 0);
		}
	}
}

/* The farthest positives and closest negatives at the lowest temperature. */
static void
test_extremes(void **state)
{
	const size_t pairs[] = { 0, 0, 1, 1 };
	const struct embed_loss_items four = { 4, pairs, pairs, NULL };
	const float z[] = { 1, 0, -1, 0, 1, 0, -1, 0 };
	struct embed_loss l = loss_of("{\"loss\": {\"kind\": "
	    "\"group-infonce\", \"temperature\": 0.001}}");
	float gradients[8];
	struct error err;
	double loss;

	(void)state;
	assert_int_equal(embed_loss_run(&l, z, 2, &four, gradients, &loss,
	    &err), 0);
	/* Positives at -1, one negative at 1: 2 / temperature. */
	assert_true(fabs(loss - 2000) < 1e-6);
	for (size_t i = 0; i < 8; i++)
		assert_true(isfinite(gradients[i]));
}

static void
test_refusals(void **state)
{
	static const char *const bad[] = {
		"{\"loss\": {\"kind\": \"nt\"}}",
		"{\"loss\": {\"temperature\": 0}}",
		"{\"loss\": {\"kind\": \"triplet\", \"margin\": -1}}",
		"{\"loss\": {\"kind\": \"triplet\", \"negatives\": \"x\"}}",
	};
	struct embed_loss l;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct json *j = json_parse(bad[i], strlen(bad[i]), &err);

		assert_non_null(j);
		assert_int_equal(embed_loss_read(j, &l, &err), -1);
		assert_non_null(strstr(err.text, "expected"));
		json_free(j);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formulas),
		cmocka_unit_test(test_who_is_pushed),
		cmocka_unit_test(test_nothing_to_learn),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
