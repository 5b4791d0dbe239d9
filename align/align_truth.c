#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "manifests/record.h"

#include "align/align_truth.h"

#define MAX_SEC 1e6

static bool
is_time(double sec)
{
	return sec >= 0.0 && sec <= MAX_SEC;
}

static int
load_segment(const struct json *segment, struct arena *a,
    struct align_truth_segment *s, struct error *err)
{
	const struct json *points = json_at(segment, "points");
	size_t i;

	s->n_points = json_count(points);
	if (points == NULL || s->n_points < 2)
		return error_set(err, ERROR_FORMAT,
		    "a segment has fewer than two points");
	s->original_sec = arena_need(a, s->n_points, sizeof(double),
	    "points", err);
	s->cover_sec = arena_need(a, s->n_points, sizeof(double), "points",
	    err);
	if (s->original_sec == NULL || s->cover_sec == NULL)
		return -1;
	for (i = 0; i < s->n_points; i++) {
		const struct json *point = json_item(points, i);

		if (json_want_number(point, "0", &s->original_sec[i],
		    err) != 0 ||
		    json_want_number(point, "1", &s->cover_sec[i], err) != 0)
			return -1;
		if (!is_time(s->original_sec[i]) || !is_time(s->cover_sec[i]))
			return error_set(err, ERROR_LIMIT, "the times of a "
			    "segment must lie within 0 and %g s", MAX_SEC);
		if (i > 0 && (s->original_sec[i] <= s->original_sec[i - 1] ||
		    s->cover_sec[i] <= s->cover_sec[i - 1]))
			return error_set(err, ERROR_FORMAT,
			    "the times of a segment do not rise");
	}
	return 0;
}

static int
load_cover(const struct json *rec, struct arena *a,
    struct align_truth_cover *c, struct error *err)
{
	const struct json *segments = json_at(rec, "truth.segments");
	size_t i;

	c->id = record_id(rec);
	if (json_want_string(rec, "truth.original_id", &c->original_id,
	    err) != 0 ||
	    json_get_string(rec, "group_id", "", &c->group_id, err) != 0 ||
	    json_get_bool(rec, "truth.partial", false, &c->is_partial,
	    err) != 0)
		return -1;
	if (segments == NULL || !json_is_array(segments))
		return error_set(err, ERROR_FORMAT,
		    "\"truth.segments\" is not a list");
	c->n_segments = json_count(segments);
	c->segments = arena_need(a, c->n_segments, sizeof(*c->segments),
	    "segments", err);
	if (c->segments == NULL)
		return -1;
	for (i = 0; i < c->n_segments; i++) {
		if (load_segment(json_item(segments, i), a, &c->segments[i],
		    err) != 0)
			return -1;
	}
	return 0;
}

static int
compare_covers(const void *pa, const void *pb)
{
	const struct align_truth_cover *a = pa, *b = pb;

	return strcmp(a->id, b->id);
}

int
align_truth_load(const struct json *const *records, size_t n_records,
    struct arena *a, struct align_truth *t, struct error *err)
{
	size_t i;

	t->n_covers = 0;
	t->covers = arena_need(a, n_records, sizeof(*t->covers), "records",
	    err);
	if (t->covers == NULL)
		return -1;
	for (i = 0; i < n_records; i++) {
		if (record_has_failed(records[i]) ||
		    !json_has(records[i], "truth.original_id"))
			continue;
		if (load_cover(records[i], a, &t->covers[t->n_covers],
		    err) != 0)
			return error_add(err, "truth of \"%s\"",
			    record_id(records[i]));
		t->n_covers++;
	}
	qsort(t->covers, t->n_covers, sizeof(*t->covers), compare_covers);
	for (i = 1; i < t->n_covers; i++) {
		if (strcmp(t->covers[i - 1].id, t->covers[i].id) == 0)
			return error_set(err, ERROR_FORMAT,
			    "the id \"%s\" is there twice", t->covers[i].id);
	}
	return 0;
}

const struct align_truth_cover *
align_truth_find(const struct align_truth *t, const char *id)
{
	const struct align_truth_cover wanted = { .id = id };

	if (t->n_covers == 0)
		return NULL;
	return bsearch(&wanted, t->covers, t->n_covers, sizeof(*t->covers),
	    compare_covers);
}

/* The share of from_sec..to_sec of one recording that lies in segments. */
static double
share_inside(const struct align_truth_cover *c, bool is_cover,
    double from_sec, double to_sec)
{
	double sum_sec = 0.0;
	size_t i;

	for (i = 0; i < c->n_segments; i++) {
		const struct align_truth_segment *s = &c->segments[i];
		const double *sec = is_cover ? s->cover_sec : s->original_sec;

		sum_sec += fmax(0.0, fmin(to_sec, sec[s->n_points - 1]) -
		    fmax(from_sec, sec[0]));
	}
	return sum_sec / (to_sec - from_sec);
}

bool
align_truth_knows(const struct align_truth_cover *c, double from_sec,
    double to_sec, double cover_from_sec, double cover_to_sec)
{
	return !c->is_partial || c->n_segments == 0 ||
	    share_inside(c, false, from_sec, to_sec) >= 0.5 ||
	    share_inside(c, true, cover_from_sec, cover_to_sec) >= 0.5;
}

bool
align_truth_narrow(const struct align_truth_cover *c, double *from_sec,
    double *to_sec)
{
	double first = HUGE_VAL, last = -HUGE_VAL;
	size_t i;

	for (i = 0; i < c->n_segments; i++) {
		const struct align_truth_segment *s = &c->segments[i];
		const double from = fmax(*from_sec, s->original_sec[0]);
		const double to = fmin(*to_sec,
		    s->original_sec[s->n_points - 1]);

		if (from < to) {
			first = fmin(first, from);
			last = fmax(last, to);
		}
	}
	if (first >= last)
		return false;
	*from_sec = first;
	*to_sec = last;
	return true;
}

double
align_truth_map(const struct align_truth_segment *s, double t_sec)
{
	size_t low = 0, high = s->n_points - 1;
	double part;

	/* The last point at or before t_sec, but never the last of all. */
	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (s->original_sec[middle] <= t_sec)
			low = middle;
		else
			high = middle;
	}
	part = (t_sec - s->original_sec[low]) /
	    (s->original_sec[low + 1] - s->original_sec[low]);
	return s->cover_sec[low] +
	    part * (s->cover_sec[low + 1] - s->cover_sec[low]);
}

double
align_truth_error(const struct align_truth_cover *c, double original_sec,
    double cover_sec, double tempo_ratio, double free_sec)
{
	double best = HUGE_VAL;
	size_t i;

	for (i = 0; i < c->n_segments; i++) {
		const struct align_truth_segment *s = &c->segments[i];
		const double inside = fmin(fmax(original_sec,
		    s->original_sec[0]), s->original_sec[s->n_points - 1]);
		const double beyond = original_sec - inside;
		const double off = cover_sec - tempo_ratio * beyond -
		    align_truth_map(s, inside);

		best = fmin(best, fabs(beyond) <= free_sec ? fabs(off) :
		    fmax(fabs(beyond), fabs(off)));
	}
	return best;
}
