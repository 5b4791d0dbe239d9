#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "manifests/record.h"

#include "align/align_score.h"
#include "align/fragment_record.h"
#include "align/time_line.h"

/* Half a pause between two segments that a fragment may bridge. */
#define GAP_SEC 1.0

/* What is scored of a fragment. */
struct claim {
	const struct align_truth_cover *cover;
	const char *original_id;
	struct time_line line;
	double from_sec, to_sec;	/* in the original */
	double judged_from_sec, judged_to_sec;	/* what the truth speaks of */
};

/* Ones and zeros with the work they belong to. */
struct votes {
	double *values;
	size_t *group;
	size_t n, capacity, group_capacity;
};

struct scoring {
	const struct align_truth *truth;
	double tolerance_sec;
	struct claim *claims;		/* ordered by cover */
	size_t n_claims;
	size_t *group_of;		/* [truth->n_covers] */
	size_t n_groups;
	struct votes precision, recall;
	struct align_score *score;
};

static int
vote(struct votes *v, bool is_one, size_t group, struct error *err)
{
	if (memory_grow(&v->values, &v->capacity, v->n + 1,
	    sizeof(*v->values), "votes", err) != 0 ||
	    memory_grow(&v->group, &v->group_capacity, v->n + 1,
	    sizeof(*v->group), "votes", err) != 0)
		return -1;
	v->values[v->n] = is_one ? 1.0 : 0.0;
	v->group[v->n++] = group;
	return 0;
}

static double
error_at(const struct claim *c, double t_sec)
{
	return align_truth_error(c->cover, t_sec,
	    time_line_cover(&c->line, t_sec), c->line.tempo_ratio, 0.0);
}

/* The same in the middle, which may fall between two segments. */
static double
error_in_middle(const struct claim *c)
{
	const double middle_sec = (c->judged_from_sec + c->judged_to_sec) / 2.0;

	return align_truth_error(c->cover, middle_sec,
	    time_line_cover(&c->line, middle_sec), c->line.tempo_ratio,
	    GAP_SEC);
}

static bool
is_wrong_song(const struct claim *c)
{
	return c->cover->n_segments == 0 ||
	    strcmp(c->original_id, c->cover->original_id) != 0;
}

static bool
is_right(const struct claim *c, double tolerance_sec)
{
	return !is_wrong_song(c) &&
	    error_at(c, c->judged_from_sec) <= tolerance_sec &&
	    error_in_middle(c) <= tolerance_sec &&
	    error_at(c, c->judged_to_sec) <= tolerance_sec;
}

int
align_score_has_level(const struct json *rec, enum align_score_level level,
    bool *has, struct error *err)
{
	const char *decision;

	if (json_want_string(rec, "decision", &decision, err) != 0)
		return -1;
	*has = level == ALIGN_SCORE_ALL || strcmp(decision, "keep") == 0 ||
	    (level == ALIGN_SCORE_KEPT_AND_FLAGGED &&
	    strcmp(decision, "flag") == 0);
	return 0;
}

/* cover: what is true of it, or NULL. */
static int
read_claim(const struct json *rec, const struct align_truth_cover *cover,
    struct claim *c, struct error *err)
{
	c->cover = cover;
	if (json_want_string(rec, "original_id", &c->original_id, err) != 0 ||
	    fragment_record_line(rec, &c->line, &c->from_sec, &c->to_sec,
	    err) != 0)
		return -1;
	c->judged_from_sec = c->from_sec;
	c->judged_to_sec = c->to_sec;
	/* Where nothing is known of the original, all of it is judged. */
	if (cover != NULL && cover->is_partial)
		(void)align_truth_narrow(cover, &c->judged_from_sec,
		    &c->judged_to_sec);
	return 0;
}

/* Whether the truth says anything of the claim. */
static bool
is_known(const struct claim *c)
{
	return align_truth_knows(c->cover, c->from_sec, c->to_sec,
	    time_line_cover(&c->line, c->from_sec),
	    time_line_cover(&c->line, c->to_sec));
}

int
align_score_check(const struct json *fragment,
    const struct align_truth *truth, double tolerance_sec, bool *known,
    bool *right, struct error *err)
{
	const struct align_truth_cover *cover;
	struct claim c;
	const char *id;

	if (json_want_string(fragment, "id", &id, err) != 0)
		return -1;
	cover = align_truth_find(truth, id);
	*known = *right = false;
	if (cover == NULL)
		return 0;
	if (read_claim(fragment, cover, &c, err) != 0)
		return -1;
	*known = is_known(&c);
	*right = is_right(&c, tolerance_sec);
	return 0;
}

static int
compare_claims(const void *pa, const void *pb)
{
	const struct claim *a = pa, *b = pb;

	return (a->cover > b->cover) - (a->cover < b->cover);
}

/* Read the fragments that are scored. */
static int
read_claims(struct scoring *s, const struct json *const *fragments, size_t n,
    enum align_score_level level, struct error *err)
{
	bool has;
	size_t i;

	for (i = 0; i < n; i++) {
		struct claim *c = &s->claims[s->n_claims];

		if (record_has_failed(fragments[i]) ||
		    json_has(fragments[i], "pair"))
			continue;
		if (align_score_has_level(fragments[i], level, &has,
		    err) != 0 ||
		    read_claim(fragments[i], align_truth_find(s->truth,
		    record_id(fragments[i])), c, err) != 0)
			return error_add(err, "fragment %zu", i + 1);
		if (!has)
			continue;
		if (c->cover == NULL || !is_known(c))
			s->score->n_unknown++;
		else
			s->n_claims++;
	}
	qsort(s->claims, s->n_claims, sizeof(*s->claims), compare_claims);
	return 0;
}

static int
compare_texts(const void *pa, const void *pb)
{
	const char *const *a = pa, *const *b = pb;

	return strcmp(*a, *b);
}

/* Number the works of the covers. */
static int
number_groups(struct scoring *s, struct arena *a, struct error *err)
{
	const size_t n = s->truth->n_covers;
	const char **names = arena_need(a, n, sizeof(*names), "works", err);
	size_t i;

	s->group_of = arena_need(a, n, sizeof(*s->group_of), "works", err);
	if (names == NULL || s->group_of == NULL)
		return -1;
	for (i = 0; i < n; i++)
		names[i] = s->truth->covers[i].group_id;
	if (n > 0)
		qsort(names, n, sizeof(*names), compare_texts);
	for (i = 0; i < n; i++) {
		if (i == 0 || strcmp(names[i], names[s->n_groups - 1]) != 0)
			names[s->n_groups++] = names[i];
	}
	for (i = 0; i < n; i++) {
		const char **at = bsearch(&s->truth->covers[i].group_id,
		    names, s->n_groups, sizeof(*names), compare_texts);

		s->group_of[i] = (size_t)(at - names);
	}
	return 0;
}

static size_t
group_of(const struct scoring *s, const struct align_truth_cover *c)
{
	return s->group_of[c - s->truth->covers];
}

static int
compare_doubles(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

static int
score_precision(struct scoring *s, struct arena *a, struct error *err)
{
	double *errors = arena_need(a, s->n_claims, sizeof(*errors),
	    "fragments", err);
	size_t i, n = 0;

	if (errors == NULL)
		return -1;
	for (i = 0; i < s->n_claims; i++) {
		const struct claim *c = &s->claims[i];
		const bool right = is_right(c, s->tolerance_sec);

		s->score->n_right += right;
		if (is_wrong_song(c))
			s->score->n_wrong_song++;
		else
			errors[n++] = error_in_middle(c);
		if (vote(&s->precision, right, group_of(s, c->cover),
		    err) != 0)
			return -1;
	}
	s->score->n_fragments = s->n_claims;
	if (n == 0)
		return 0;
	qsort(errors, n, sizeof(*errors), compare_doubles);
	s->score->median_error_sec = (errors[(n - 1) / 2] +
	    errors[n / 2]) / 2.0;
	return 0;
}

/* True when t_sec of the original lies in a segment. */
static bool
is_shared(const struct align_truth_cover *c, double t_sec)
{
	size_t i;

	for (i = 0; i < c->n_segments; i++) {
		const struct align_truth_segment *s = &c->segments[i];

		if (t_sec >= s->original_sec[0] &&
		    t_sec < s->original_sec[s->n_points - 1])
			return true;
	}
	return false;
}

/* True when one of the claims [first, end) maps t_sec well. */
static bool
is_found(const struct scoring *s, size_t first, size_t end, double t_sec)
{
	size_t i;

	for (i = first; i < end; i++) {
		const struct claim *c = &s->claims[i];

		if (!is_wrong_song(c) && t_sec >= c->from_sec &&
		    t_sec <= c->to_sec &&
		    error_at(c, t_sec) <= s->tolerance_sec)
			return true;
	}
	return false;
}

/* All steps of original time that the cover shares. */
static int
score_cover(struct scoring *s, const struct align_truth_cover *c,
    size_t first, size_t end, struct error *err)
{
	double last = 0.0;
	size_t i, n_steps;

	for (i = 0; i < c->n_segments; i++)
		last = fmax(last, c->segments[i].original_sec[
		    c->segments[i].n_points - 1]);
	n_steps = (size_t)(last / ALIGN_SCORE_STEP_SEC);
	for (i = 0; i < n_steps; i++) {
		const double t = ((double)i + 0.5) * ALIGN_SCORE_STEP_SEC;
		bool found;

		if (!is_shared(c, t))
			continue;
		found = is_found(s, first, end, t);
		s->score->shared_sec += ALIGN_SCORE_STEP_SEC;
		s->score->found_sec += found ? ALIGN_SCORE_STEP_SEC : 0.0;
		if (vote(&s->recall, found, group_of(s, c), err) != 0)
			return -1;
	}
	return 0;
}

static int
score_recall(struct scoring *s, struct error *err)
{
	size_t i, first, end = 0;

	for (i = 0; i < s->truth->n_covers; i++) {
		const struct align_truth_cover *c = &s->truth->covers[i];

		for (first = end; end < s->n_claims &&
		    s->claims[end].cover == c; end++)
			;
		if (score_cover(s, c, first, end, err) != 0)
			return -1;
	}
	return 0;
}

static int
interval_of(const struct scoring *s, const struct votes *v, uint64_t seed,
    struct bootstrap_interval *interval, struct error *err)
{
	if (v->n == 0)
		return 0;
	return bootstrap_grouped_mean(v->values, v->group, v->n, s->n_groups,
	    BOOTSTRAP_N_RESAMPLES, seed, interval, err);
}

int
align_score_run(const struct json *const *fragments, size_t n_fragments,
    const struct align_truth *truth, enum align_score_level level,
    double tolerance_sec, uint64_t seed, struct arena *a,
    struct align_score *score, struct error *err)
{
	struct scoring s = { .truth = truth, .tolerance_sec = tolerance_sec,
	    .score = score };
	int status = -1;

	memset(score, 0, sizeof(*score));
	s.claims = arena_need(a, n_fragments + 1, sizeof(*s.claims),
	    "fragments", err);
	if (s.claims != NULL && number_groups(&s, a, err) == 0 &&
	    read_claims(&s, fragments, n_fragments, level, err) == 0 &&
	    score_precision(&s, a, err) == 0 && score_recall(&s, err) == 0 &&
	    interval_of(&s, &s.precision, seed, &score->precision,
	    err) == 0 &&
	    interval_of(&s, &s.recall, seed, &score->recall, err) == 0)
		status = 0;
	memory_free(s.precision.values);
	memory_free(s.precision.group);
	memory_free(s.recall.values);
	memory_free(s.recall.group);
	return status;
}
