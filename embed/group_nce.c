#include <math.h>
#include <stdbool.h>

#include "embed/group_nce.h"

/* The positives or the negatives of one anchor. */
struct side {
	bool (*has)(const struct batch_pairs *p, size_t anchor, size_t other);
	double top, sum;	/* largest exponent; sum of exp(x - top) */
};

static void
measure(struct side *s, double k, const struct batch_pairs *p, size_t a)
{
	const float *similarity = p->similarity + a * p->n;

	s->top = -HUGE_VAL;
	s->sum = 0;
	for (size_t i = 0; i < p->n; i++)
		if (s->has(p, a, i))
			s->top = fmax(s->top, (double)similarity[i] * k);
	for (size_t i = 0; i < p->n; i++)
		if (s->has(p, a, i))
			s->sum += exp((double)similarity[i] * k - s->top);
}

/* Add factor times the derivatives of the logarithm of the side's sum. */
static void
add_slopes(const struct side *s, double k, double factor,
    struct batch_pairs *p, size_t a)
{
	const float *similarity = p->similarity + a * p->n;

	for (size_t i = 0; i < p->n; i++)
		if (s->has(p, a, i))
			p->slopes[a * p->n + i] += (float)(factor * k *
			    exp((double)similarity[i] * k - s->top) / s->sum);
}

size_t
group_nce_add(double temperature, struct batch_pairs *p, double *sum)
{
	const double k = 1 / temperature;
	size_t n_anchors = 0;

	for (size_t a = 0; a < p->n; a++) {
		struct side positives = { .has = batch_pairs_is_positive };
		struct side negatives = { .has = batch_pairs_is_negative };
		double lead, share;

		measure(&positives, k, p, a);
		measure(&negatives, k, p, a);
		if (!(positives.sum > 0) || !(negatives.sum > 0))
			continue;
		/* The loss is log(1 + exp(lead)), its slope the share. */
		lead = negatives.top + log(negatives.sum) - positives.top -
		    log(positives.sum);
		share = 1 / (1 + exp(-lead));
		*sum += fmax(lead, 0) + log1p(exp(-fabs(lead)));
		add_slopes(&positives, k, -share, p, a);
		add_slopes(&negatives, k, share, p, a);
		n_anchors++;
	}
	return n_anchors;
}
