#include <string.h>

#include "embed/batch_pairs.h"
#include "embed/group_nce.h"
#include "embed/segment_nce.h"

#include "embed/embed_loss.h"

static const char *const kinds[] = {
	"ntxent", "triplet", "group-infonce", "segment"
};

static int
read_number(const struct json *recipe, const char *path, double fallback,
    double low, double high, double *value, struct error *err)
{
	if (json_get_number(recipe, path, fallback, value, err) != 0)
		return -1;
	if (!(*value >= low && *value <= high))
		return error_set(err, ERROR_LIMIT,
		    "%s is %g: expected %g to %g", path, *value, low, high);
	return 0;
}

static int
read_kind(const struct json *recipe, struct embed_loss *l, struct error *err)
{
	const char *name;

	if (json_get_string(recipe, "loss.kind", kinds[0], &name, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(name, kinds[i]) != 0)
			continue;
		l->kind = (enum embed_loss_kind)i;
		return 0;
	}
	return error_set(err, ERROR_FORMAT, "loss.kind is \"%.40s\": expected "
	    "ntxent, triplet, group-infonce or segment", name);
}

static int
read_triplet(const struct json *recipe, struct triplet_options *o,
    struct error *err)
{
	const char *name;

	if (read_number(recipe, "loss.margin", 0.2, 0.001, 2, &o->margin,
	    err) != 0 ||
	    json_get_string(recipe, "loss.negatives", "semi-hard", &name,
	    err) != 0)
		return -1;
	o->is_semi_hard = strcmp(name, "semi-hard") == 0;
	if (!o->is_semi_hard && strcmp(name, "hardest") != 0)
		return error_set(err, ERROR_FORMAT, "loss.negatives is "
		    "\"%.40s\": expected hardest or semi-hard", name);
	return 0;
}

int
embed_loss_read(const struct json *recipe, struct embed_loss *l,
    struct error *err)
{
	memset(l, 0, sizeof(*l));
	if (read_kind(recipe, l, err) != 0 ||
	    read_number(recipe, "loss.temperature",
	    l->kind == EMBED_LOSS_GROUP_NCE ? 0.2 : 0.05, 0.001, 10,
	    &l->temperature, err) != 0 ||
	    json_get_number(recipe, "loss.miner_epsilon", -1,
	    &l->ntxent.miner_epsilon, err) != 0)
		return -1;
	l->ntxent.temperature = l->temperature;
	return read_triplet(recipe, &l->triplet, err);
}

/* Sum and slopes of the kind, and how many losses were summed. */
static int
add(const struct embed_loss *l, const size_t *bag, struct batch_pairs *p,
    double *sum, size_t *n, struct error *err)
{
	switch (l->kind) {
	case EMBED_LOSS_TRIPLET:
		*n = triplet_add(&l->triplet, p, sum);
		return 0;
	case EMBED_LOSS_GROUP_NCE:
		*n = group_nce_add(l->temperature, p, sum);
		return 0;
	case EMBED_LOSS_SEGMENT:
		return segment_nce_add(&l->ntxent, bag, p, sum, n, err);
	default:
		*n = ntxent_add(&l->ntxent, p, sum);
		return 0;
	}
}

int
embed_loss_run(const struct embed_loss *l, const float *z, size_t dimension,
    const struct embed_loss_items *items, float *gradients, double *loss,
    struct error *err)
{
	struct batch_pairs p;
	double sum = 0;
	size_t n = 0;
	int status = -1;

	if (batch_pairs_init(&p, z, items->n, dimension, items->group,
	    items->work, err) == 0 &&
	    add(l, items->bag, &p, &sum, &n, err) == 0) {
		*loss = n == 0 ? 0 : sum / (double)n;
		status = batch_pairs_gradients(&p, n == 0 ? 0 : 1 / (float)n,
		    z, dimension, gradients, err);
	}
	batch_pairs_release(&p);
	return status;
}
