#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "draw/histogram.h"
#include "manifests/record.h"

#include "align/score_picture.h"

/* Decisions in the order of their panels; the last is "none". */
static const char *const decisions[] = { "keep", "flag", "drop", "" };
static const struct histogram_class by_decision[] = {
	{ "kept", PALETTE_BLUE }, { "flagged", PALETTE_ORANGE },
	{ "dropped", PALETTE_SKY }, { "not decided", PALETTE_BLACK },
};
static const struct histogram_class by_truth[] = {
	{ "right", PALETTE_GREEN }, { "wrong", PALETTE_VERMILLION },
	{ "not known", PALETTE_SKY },
};

#define N_DECISIONS 4
#define N_TRUTHS 3

/* The values of the records, and what is known of each. */
struct values {
	double *value;
	size_t *decision, *truth;
	size_t n;
	bool has_truth;
};

static size_t
decision_of(const struct json *rec)
{
	const char *text;
	size_t i = 0;

	if (json_get_string(rec, "decision", "", &text, NULL) != 0)
		return N_DECISIONS - 1;
	while (i + 1 < N_DECISIONS && strcmp(text, decisions[i]) != 0)
		i++;
	return i;
}

static size_t
truth_of(const struct json *rec)
{
	bool is_right;

	if (!json_has(rec, "is_right") ||
	    json_get_bool(rec, "is_right", false, &is_right, NULL) != 0)
		return N_TRUTHS - 1;
	return is_right ? 0 : 1;
}

static int
gather(struct values *v, const char *member, const struct stream_list *list,
    struct arena *a, struct error *err)
{
	const size_t n = list->n_records;

	memset(v, 0, sizeof(*v));
	v->value = arena_need(a, n, sizeof(*v->value), "records", err);
	v->decision = arena_need(a, n, sizeof(*v->decision), "records", err);
	v->truth = arena_need(a, n, sizeof(*v->truth), "records", err);
	if (v->value == NULL || v->decision == NULL || v->truth == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct json *rec = list->records[i];

		if (record_has_failed(rec) || !json_has(rec, member))
			continue;
		if (json_want_number(rec, member, &v->value[v->n], err) != 0)
			return error_add(err, "record %zu", i + 1);
		v->decision[v->n] = decision_of(rec);
		v->truth[v->n] = truth_of(rec);
		v->has_truth = v->has_truth || v->truth[v->n] != N_TRUTHS - 1;
		v->n++;
	}
	return v->n > 0 ? 0 : error_set(err, ERROR_FORMAT,
	    "no record has the number \"%s\"", member);
}

/* Scores from 0 to 1 have the axis from 0 to 1. */
static struct axes_range
range_of(const struct values *v)
{
	struct axes_range range = { 0.0, 1.0 };

	for (size_t i = 0; i < v->n; i++)
		if (!(v->value[i] >= 0.0 && v->value[i] <= 1.0))
			return axes_range_of(v->value, v->n);
	return range;
}

/* One panel: the values of the decision, or of all with N_DECISIONS. */
static int
count(const struct values *v, const struct histogram *h, size_t decision,
    struct histogram_panel *panel, struct arena *a, struct error *err)
{
	size_t *counts = arena_need(a, h->n_classes * h->n_bins,
	    sizeof(*counts), "bins", err);
	size_t n = 0;

	if (counts == NULL)
		return -1;
	for (size_t i = 0; i < v->n; i++) {
		const size_t class = v->has_truth ? v->truth[i] :
		    v->decision[i];

		if (decision != N_DECISIONS && v->decision[i] != decision)
			continue;
		counts[class * h->n_bins + histogram_bin(&h->range,
		    h->n_bins, v->value[i])]++;
		n++;
	}
	panel->counts = counts;
	panel->title = decision == N_DECISIONS ? NULL : arena_printf(a,
	    "%s: %zu", by_decision[decision].name, n);
	return 0;
}

/* "Not known" is in the legend only where something is not. */
static size_t
count_truths(const struct values *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->truth[i] == N_TRUTHS - 1)
			return N_TRUTHS;
	return N_TRUTHS - 1;
}

static bool
has_decision(const struct values *v, size_t decision)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->decision[i] == decision)
			return true;
	return false;
}

int
score_picture_write(const char *path, const struct score_picture *p,
    const struct stream_list *list, struct arena *a, struct error *err)
{
	struct histogram h = { .x_label = p->member, .n_bins = p->n_bins,
	    .marks = p->marks, .n_marks = p->n_marks };
	struct histogram_panel panels[N_DECISIONS];
	struct values v;

	if (gather(&v, p->member, list, a, err) != 0)
		return -1;
	h.range = range_of(&v);
	h.classes = v.has_truth ? by_truth : by_decision;
	h.n_classes = v.has_truth ? count_truths(&v) : N_DECISIONS;
	h.panels = panels;
	h.title = arena_printf(a, "%s of %zu fragments", p->member, v.n);
	if (!v.has_truth) {
		h.n_panels = 1;
		if (count(&v, &h, N_DECISIONS, &panels[0], a, err) != 0)
			return -1;
		/* "Not decided" is in the legend only where there are any. */
		if (!has_decision(&v, N_DECISIONS - 1))
			h.n_classes--;
		return histogram_write(path, &h, err);
	}
	for (size_t i = 0; i < N_DECISIONS; i++)
		if (has_decision(&v, i) && count(&v, &h, i,
		    &panels[h.n_panels++], a, err) != 0)
			return -1;
	return histogram_write(path, &h, err);
}
