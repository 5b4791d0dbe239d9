#include "base/memory.h"
#include "manifests/stream.h"

#include "mine/probabilities.h"
#include "mine/thresholds.h"

/*
 * The fragments that the correlation alone would keep, and whether they are
 * right.  Without is_right nothing is known of a fragment; repeats have a
 * threshold of their own.
 */
static int
read_points(const struct stream_list *list, double keep,
    struct calibrate_point *points, size_t *n_points, struct error *err)
{
	*n_points = 0;
	for (size_t i = 0; i < list->n_records; i++) {
		const struct json *rec = list->records[i];
		struct calibrate_point *p = &points[*n_points];
		double correlation;
		bool is_repeat;

		if (json_has(rec, "error") || !json_has(rec, "is_right"))
			continue;
		if (json_want_number(rec, "correlation", &correlation,
		    err) != 0 ||
		    json_want_number(rec, "agreement", &p->score,
		    err) != 0 ||
		    json_get_bool(rec, "is_repeat", false, &is_repeat,
		    err) != 0 ||
		    json_get_bool(rec, "is_right", false, &p->is_right,
		    err) != 0)
			return error_add(err, "fragment %zu", i + 1);
		if (correlation >= keep && !is_repeat)
			++*n_points;
	}
	return 0;
}

static int
calibrate(const struct steps_file *checked, const struct round_options *o,
    struct calibrate_result *result, struct error *err)
{
	struct calibrate_point *points = NULL;
	struct stream_list list;
	size_t n_points;
	int status = -1;

	if (stream_list_load(&list, checked->path, err) != 0)
		return -1;
	points = memory_new(list.n_records, sizeof(*points), "fragments",
	    err);
	if (points != NULL && read_points(&list, o->thresholds.keep, points,
	    &n_points, err) == 0)
		status = calibrate_threshold(points, n_points, o->precision,
		    result, err);
	memory_free(points);
	stream_list_release(&list);
	return status;
}

/* The covers of known truth, as far as they were brought. */
struct known {
	struct steps_file analysed, embedded, aligned, checked;
};

/* Align the covers of known truth and see which fragments are right. */
static int
check_truth(const struct steps *s, const struct round_options *o,
    const struct lists_file *truth, const struct stages_model *model,
    struct known *k, struct error *err)
{
	static const struct round_thresholds all = { 0 };
	const struct stages_calibration given = { o->calibration_path,
	    o->calibration_sha256 };

	if (stages_analyse(s, o, "analyse-truth", truth, &k->analysed,
	    err) != 0 ||
	    stages_embed(s, "embed-truth", model, &k->analysed, false,
	    &k->embedded, err) != 0 ||
	    stages_align(s, "align-truth", &all, &given, &k->embedded,
	    &k->aligned, err) != 0)
		return -1;
	return stages_check(s, "check-truth", &k->aligned, &k->analysed,
	    &k->checked, err);
}

/* The calibration that fits the truth, where there is enough of it. */
static int
find_calibration(const struct steps *s, const struct known *k,
    struct thresholds *t, struct error *err)
{
	bool fitted;

	if (probabilities_fit(s, &k->embedded, &k->aligned, &k->checked,
	    &fitted, &t->fitted, err) != 0)
		return -1;
	if (fitted) {
		t->calibration.path = t->fitted.path;
		t->calibration.sha256 = t->fitted.sha256;
	}
	return 0;
}

int
thresholds_find(const struct steps *s, const struct round_options *o,
    const struct lists_file *truth, const struct stages_model *model,
    struct thresholds *t, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	struct known k;

	t->used = o->thresholds;
	t->is_calibrated = false;
	t->calibration.path = o->calibration_path;
	t->calibration.sha256 = o->calibration_sha256;
	if (truth->path == NULL)
		return 0;
	if (check_truth(s, o, truth, model, &k, err) != 0 ||
	    find_calibration(s, &k, t, err) != 0)
		return -1;
	if (calibrate(&k.checked, o, &t->result, &why) == 0) {
		t->is_calibrated = true;
		t->used.min_agreement = t->result.threshold;
		return 0;
	}
	if (why.code != ERROR_LIMIT) {
		*err = why;
		return -1;
	}
	if (s->note != NULL)
		s->note(s->context, why.text);
	return 0;
}
