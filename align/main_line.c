#include <stdint.h>

#include "align/main_line.h"

/* Strangers agree as much as this. */
#define CHANCE 0.35
/* Pieces of one path may overlap as much as this at their ends. */
#define OVERLAP_SEC 0.5

#define NONE SIZE_MAX

/* The heaviest line that ends with a fragment. */
struct ending {
	double weight;
	size_t before;		/* the fragment before it, or NONE */
};

double
main_line_weight(const struct aligner_fragment *f)
{
	const double excess = f->agreement - CHANCE;

	return excess <= 0.0 ? 0.0 :
	    excess * (f->original_to_sec - f->original_from_sec);
}

/* True when b may follow a on the line. */
static int
may_follow(const struct aligner_fragment *a, const struct aligner_fragment *b)
{
	return a->original_to_sec <= b->original_from_sec + OVERLAP_SEC &&
	    a->to_sec <= b->from_sec + OVERLAP_SEC;
}

int
main_line_mark(struct aligner_fragment *fragments, size_t n,
    struct arena *a, struct error *err)
{
	struct ending *endings = arena_need(a, n, sizeof(*endings),
	    "fragments", err);
	size_t i, k, best = NONE;

	if (endings == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		const double own = main_line_weight(&fragments[i]);

		fragments[i].is_repeat = true;
		endings[i].weight = own;
		endings[i].before = NONE;
		for (k = 0; k < i; k++) {
			if (may_follow(&fragments[k], &fragments[i]) &&
			    endings[k].weight + own > endings[i].weight) {
				endings[i].weight = endings[k].weight + own;
				endings[i].before = k;
			}
		}
		if (best == NONE || endings[i].weight > endings[best].weight)
			best = i;
	}
	for (; best != NONE; best = endings[best].before)
		fragments[best].is_repeat = false;
	return 0;
}
