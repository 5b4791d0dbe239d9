#include <string.h>

#include "base/memory.h"

#include "dsp/feature.h"

struct feature {
	struct feature_options o;
	struct cqt *cqt;
	size_t n_columns;
};

static const char *const names[] = { [FEATURE_CQT] = "cqt" };

const char *
feature_kind_name(enum feature_kind kind)
{
	return kind < FEATURE_N_KINDS ? names[kind] : NULL;
}

int
feature_kind_find(const char *name, enum feature_kind *kind,
    struct error *err)
{
	for (int i = 0; i < FEATURE_N_KINDS; i++)
		if (strcmp(name, names[i]) == 0) {
			*kind = (enum feature_kind)i;
			return 0;
		}
	return error_set(err, ERROR_FORMAT, "there is no feature \"%s\", but "
	    "cqt", name);
}

struct feature *
feature_new(const struct feature_options *o, double rate_hz,
    struct error *err)
{
	struct feature *f = memory_new(1, sizeof *f, "feature", err);

	if (f == NULL)
		return NULL;
	f->o = *o;
	f->n_columns = o->cqt.n_bins;
	f->cqt = cqt_new(&o->cqt, rate_hz, err);
	if (f->cqt == NULL) {
		feature_free(f);
		return NULL;
	}
	return f;
}

void
feature_free(struct feature *f)
{
	if (f == NULL)
		return;
	cqt_free(f->cqt);
	memory_free(f);
}

size_t
feature_n_columns(const struct feature *f)
{
	return f->n_columns;
}

void
feature_reset(struct feature *f)
{
	cqt_reset(f->cqt);
}

size_t
feature_put(struct feature *f, const float *samples, size_t n,
    const float **rows)
{
	return cqt_put(f->cqt, samples, n, rows);
}

size_t
feature_finish(struct feature *f, const float **rows)
{
	return cqt_finish(f->cqt, rows);
}
