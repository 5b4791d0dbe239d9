#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

#include "manifests/record.h"

#include "align/align_score.h"
#include "align/calibration.h"

#define FORMAT "chad-calibration 1"
#define L2 1.0
#define TOLERANCE_SEC 0.5
/* Voiced seconds from which a logarithm is taken. */
#define VOICED_FLOOR_SEC 0.5
/* Numbers beyond this, and scales below its inverse, are no measurements. */
#define MAX_NUMBER 1e9

static const char *const kind_names[] = { "fragment", "pair" };

/* How a member becomes a feature. */
enum shape { SHAPE_PLAIN, SHAPE_LOG, SHAPE_FLAG, SHAPE_LENGTH };

struct feature {
	const char *name;	/* of the member, but for SHAPE_LENGTH */
	enum shape shape;
	double add;		/* before the logarithm */
};

#define N_FEATURES 6

static const struct feature features[][N_FEATURES + 1] = {
	{ { "correlation", SHAPE_PLAIN, 0 }, { "agreement", SHAPE_PLAIN, 0 },
	  { "margin", SHAPE_PLAIN, 0 }, { "is_repeat", SHAPE_FLAG, 0 },
	  { "original_interval", SHAPE_LENGTH, 0 },
	  { "voiced_sec", SHAPE_LOG, VOICED_FLOOR_SEC },
	  { NULL, SHAPE_PLAIN, 0 } },
	{ { "pair.correlation", SHAPE_PLAIN, 0 },
	  { "pair.agreement", SHAPE_PLAIN, 0 },
	  { "pair.evidence_sec", SHAPE_LOG, 1 },
	  { "pair.covered_share", SHAPE_PLAIN, 0 },
	  { "pair.n_fragments", SHAPE_LOG, 1 }, { NULL, SHAPE_PLAIN, 0 } },
};

static size_t
n_features(enum calibration_kind kind)
{
	size_t n = 0;

	while (features[kind][n].name != NULL)
		n++;
	return n;
}

enum calibration_kind
calibration_kind_of(const struct json *rec)
{
	return json_has(rec, "pair") ? CALIBRATION_PAIR :
	    CALIBRATION_FRAGMENT;
}

static int
read_feature(const struct json *rec, const struct feature *f, double *value,
    struct error *err)
{
	double from, to;
	bool is_set;

	switch (f->shape) {
	case SHAPE_FLAG:
		if (json_get_bool(rec, f->name, false, &is_set, err) != 0)
			return -1;
		*value = is_set ? 1.0 : 0.0;
		return 0;
	case SHAPE_LENGTH:
		if (json_want_number(rec, "original_interval.0", &from,
		    err) != 0 ||
		    json_want_number(rec, "original_interval.1", &to,
		    err) != 0)
			return -1;
		*value = to - from;
		break;
	case SHAPE_PLAIN:
	case SHAPE_LOG:
		if (json_want_number(rec, f->name, value, err) != 0)
			return -1;
	}
	if (fabs(*value) > MAX_NUMBER)
		return error_set(err, ERROR_FORMAT, "\"%s\" is %g", f->name,
		    *value);
	if (f->shape == SHAPE_PLAIN)
		return 0;
	if (!(*value + f->add > 0.0))
		return error_set(err, ERROR_FORMAT, "\"%s\" is %g", f->name,
		    *value);
	*value = log(*value + f->add);
	return 0;
}

static int
read_features(const struct json *rec, enum calibration_kind kind, double *x,
    struct error *err)
{
	size_t i;

	for (i = 0; features[kind][i].name != NULL; i++)
		if (read_feature(rec, &features[kind][i], &x[i], err) != 0)
			return -1;
	return 0;
}

/* ---- reading and writing ---- */

/* What a feature is called in a calibration: a member without its parent. */
static const char *
feature_name(const struct feature *f)
{
	const char *dot = strrchr(f->name, '.');

	return dot == NULL ? f->name : dot + 1;
}

static int
read_model(const struct json *j, enum calibration_kind kind,
    struct logistic *m, struct error *err)
{
	const struct json *all = json_at(j, "features");
	size_t i;

	m->n_features = n_features(kind);
	if (all == NULL || json_count(all) != m->n_features)
		return error_set(err, ERROR_FORMAT, "\"features\" are not "
		    "those of this version: fit it again");
	for (i = 0; i < m->n_features; i++) {
		const char *name = feature_name(&features[kind][i]);
		const struct json *f = json_at(all, name);

		if (f == NULL)
			return error_set(err, ERROR_FORMAT, "there is no "
			    "feature \"%s\": fit it again", name);
		if (json_want_number(f, "mean", &m->mean[i], err) != 0 ||
		    json_want_number(f, "scale", &m->scale[i], err) != 0 ||
		    json_want_number(f, "weight", &m->weights[i], err) != 0)
			return error_add(err, "\"%s\"", name);
		if (!(m->scale[i] >= 1.0 / MAX_NUMBER))
			return error_set(err, ERROR_FORMAT,
			    "\"%s\": a scale of %g", name, m->scale[i]);
		if (fabs(m->mean[i]) > MAX_NUMBER ||
		    fabs(m->weights[i]) > MAX_NUMBER)
			return error_set(err, ERROR_FORMAT, "\"%s\": a mean "
			    "of %g and a weight of %g", name, m->mean[i],
			    m->weights[i]);
	}
	if (json_want_number(j, "bias", &m->bias, err) != 0)
		return -1;
	return fabs(m->bias) <= MAX_NUMBER ? 0 : error_set(err, ERROR_FORMAT,
	    "a bias of %g", m->bias);
}

/* The model whose fingerprints it is for, if it says so. */
static int
read_model_sha256(const struct json *j, struct calibration *c,
    struct error *err)
{
	const char *hex;

	if (json_get_string(j, "model_sha256", "", &hex, err) != 0)
		return -1;
	if (hex[0] != '\0' && (strlen(hex) != HASH_HEX_BYTES - 1 ||
	    strspn(hex, "0123456789abcdef") != HASH_HEX_BYTES - 1))
		return error_set(err, ERROR_FORMAT, "\"model_sha256\" is no "
		    "SHA-256");
	memcpy(c->model_sha256, hex, strlen(hex) + 1);
	return 0;
}

int
calibration_read(const struct json *j, struct calibration *c,
    struct error *err)
{
	struct arena *a;
	const char *format, *text;
	int kind;

	memset(c, 0, sizeof(*c));
	if (json_get_string(j, "format", "", &format, err) != 0)
		return -1;
	if (strcmp(format, FORMAT) != 0)
		return error_set(err, ERROR_FORMAT, "not a calibration: its "
		    "\"format\" is \"%s\" and not \"" FORMAT "\"", format);
	if (read_model_sha256(j, c, err) != 0)
		return -1;
	for (kind = 0; kind < CALIBRATION_N_KINDS; kind++) {
		const struct json *part = json_at(j, kind_names[kind]);

		c->has[kind] = part != NULL;
		if (part != NULL && read_model(part,
		    (enum calibration_kind)kind, &c->model[kind], err) != 0)
			return error_add(err, "\"%s\"", kind_names[kind]);
	}
	if ((a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	text = json_text(j, a, err);
	if (text != NULL)
		hash_texts(c->sha256, text, (const char *)NULL);
	arena_free(a);
	return text == NULL ? -1 : 0;
}

int
calibration_load(const char *path, struct calibration *c, struct error *err)
{
	struct json *file = json_load(path, err);
	int status;

	if (file == NULL)
		return -1;
	status = calibration_read(file, c, err);
	if (status != 0)
		(void)error_add(err, "%s", path);
	json_free(file);
	return status;
}

bool
calibration_is_for(const struct calibration *c, const char *model_sha256)
{
	return c->model_sha256[0] == '\0' ||
	    strcmp(c->model_sha256, model_sha256) == 0;
}

int
calibration_probability(const struct calibration *c, const struct json *rec,
    bool *is_known, double *probability, struct error *err)
{
	const enum calibration_kind kind = calibration_kind_of(rec);
	double x[N_FEATURES];

	*is_known = c->has[kind];
	*probability = 0.0;
	if (!*is_known)
		return 0;
	if (read_features(rec, kind, x, err) != 0)
		return -1;
	*probability = logistic_probability(&c->model[kind], x);
	return 0;
}

int
calibration_put(const struct calibration *c, struct json *rec,
    const char *model_sha256, struct error *err)
{
	bool is_known;
	double p;

	if (!calibration_is_for(c, model_sha256))
		return 0;
	if (calibration_probability(c, rec, &is_known, &p, err) != 0)
		return -1;
	if (!is_known)
		return 0;
	if (json_put_rounded(rec, "probability", p, 4, err) != 0)
		return -1;
	return json_put_string(rec, "calibration", c->sha256, err);
}

/* ---- fitting ---- */

int
calibration_check(const struct json *rec, const struct align_truth *truth,
    bool *is_known, bool *is_right, struct error *err)
{
	const struct align_truth_cover *cover;
	const char *original_id;

	if (calibration_kind_of(rec) == CALIBRATION_FRAGMENT)
		return align_score_check(rec, truth, TOLERANCE_SEC, is_known,
		    is_right, err);
	if (json_want_string(rec, "original_id", &original_id, err) != 0)
		return -1;
	cover = align_truth_find(truth, record_id(rec));
	*is_known = cover != NULL;
	*is_right = cover != NULL && cover->n_segments > 0 &&
	    strcmp(cover->original_id, original_id) == 0;
	return 0;
}

/* The cases of one kind. */
struct cases {
	double *x;		/* [n][n_features] */
	bool *is_right;		/* [n] */
	size_t n, n_right;
};

static int
take_cases(const struct json *const *records, size_t n,
    const struct align_truth *truth, enum calibration_kind kind,
    struct cases *c, struct error *err)
{
	size_t i;

	c->n = c->n_right = 0;
	c->x = memory_new(n * n_features(kind), sizeof(*c->x), "cases", err);
	c->is_right = memory_new(n, sizeof(*c->is_right), "cases", err);
	if (c->x == NULL || c->is_right == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		bool is_known, is_right;

		if (record_has_failed(records[i]) ||
		    calibration_kind_of(records[i]) != kind)
			continue;
		if (calibration_check(records[i], truth, &is_known, &is_right,
		    err) != 0 || (is_known && read_features(records[i], kind,
		    c->x + c->n * n_features(kind), err) != 0))
			return error_add(err, "record %zu", i + 1);
		if (!is_known)
			continue;
		c->n_right += is_right;
		c->is_right[c->n++] = is_right;
	}
	return 0;
}

static int
put_features(struct json *all, const struct logistic *m,
    enum calibration_kind kind, struct error *err)
{
	size_t i;

	for (i = 0; i < m->n_features; i++) {
		struct json *f = json_new_object(err);
		int status = -1;

		if (f != NULL &&
		    json_put_number(f, "mean", m->mean[i], err) == 0 &&
		    json_put_number(f, "scale", m->scale[i], err) == 0 &&
		    json_put_number(f, "weight", m->weights[i], err) == 0)
			status = json_put(all,
			    feature_name(&features[kind][i]), f, err);
		json_free(f);
		if (status != 0)
			return -1;
	}
	return 0;
}

static struct json *
model_object(const struct logistic *m, enum calibration_kind kind,
    const struct cases *c, struct error *err)
{
	struct json *j = json_new_object(err), *all = json_new_object(err);
	const bool is_done = j != NULL && all != NULL &&
	    put_features(all, m, kind, err) == 0 &&
	    json_put(j, "features", all, err) == 0 &&
	    json_put_number(j, "bias", m->bias, err) == 0 &&
	    json_put_number(j, "l2", L2, err) == 0 &&
	    json_put_size(j, "n", c->n, err) == 0 &&
	    json_put_size(j, "n_right", c->n_right, err) == 0;

	json_free(all);
	if (is_done)
		return j;
	json_free(j);
	return NULL;
}

/* Fit one kind and put it on the object, unless there are no such cases. */
static int
fit_kind(struct json *result, const struct json *const *records, size_t n,
    const struct align_truth *truth, enum calibration_kind kind,
    size_t *n_fitted, struct error *err)
{
	struct cases c = { NULL, NULL, 0, 0 };
	struct json *part = NULL;
	struct logistic m;
	int status = -1;

	if (take_cases(records, n, truth, kind, &c, err) != 0)
		goto out;
	if (c.n_right == 0 || c.n_right == c.n) {
		status = 0;
		goto out;
	}
	if (logistic_fit(&m, c.x, c.is_right, c.n, n_features(kind), L2,
	    err) != 0)
		goto out;
	part = model_object(&m, kind, &c, err);
	if (part == NULL)
		goto out;
	++*n_fitted;
	status = json_put(result, kind_names[kind], part, err);
out:
	json_free(part);
	memory_free(c.x);
	memory_free(c.is_right);
	return status;
}

/* Note whose fingerprints the records were aligned by, as they tell. */
static int
put_model_sha256(struct json *result, const struct json *const *records,
    size_t n, struct error *err)
{
	const char *first = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct json *history = json_at(records[i], "history");
		const struct json *last = history == NULL ||
		    json_count(history) == 0 ? NULL :
		    json_item(history, json_count(history) - 1);
		const char *model;

		if (last == NULL || record_has_failed(records[i]))
			continue;
		if (json_get_string(last, "model", NULL, &model, err) != 0)
			return error_add(err, "record %zu", i + 1);
		if (model == NULL)
			continue;
		if (first != NULL && strcmp(first, model) != 0)
			return error_set(err, ERROR_FORMAT, "record %zu: the "
			    "fingerprints are of another model (%.12s) than "
			    "those before (%.12s): fit to one model's",
			    i + 1, model, first);
		first = model;
	}
	return first == NULL ? 0 :
	    json_put_string(result, "model_sha256", first, err);
}

struct json *
calibration_fit(const struct json *const *records, size_t n,
    const struct align_truth *truth, const char *data, struct error *err)
{
	struct json *result = json_new_object(err);
	size_t n_fitted = 0;

	if (result == NULL)
		return NULL;
	if (json_put_string(result, "format", FORMAT, err) != 0 ||
	    fit_kind(result, records, n, truth, CALIBRATION_FRAGMENT,
	    &n_fitted, err) != 0 ||
	    fit_kind(result, records, n, truth, CALIBRATION_PAIR, &n_fitted,
	    err) != 0 || put_model_sha256(result, records, n, err) != 0 ||
	    json_put_string(result, "data", data, err) != 0)
		goto fail;
	if (n_fitted == 0) {
		error_set(err, ERROR_LIMIT, "a calibration needs cases of "
		    "known truth, right ones and wrong ones");
		goto fail;
	}
	return result;
fail:
	json_free(result);
	return NULL;
}
