#include <stdbool.h>
#include <string.h>

#include "base/table.h"

#include "manifests/record.h"
#include "nn/logistic.h"

#include "align/align_score.h"
#include "align/align_table.h"
#include "align/calibration.h"

#define N_DECIMALS 4

/* What the rows are made of. */
struct table {
	const struct json *const *records;
	size_t n;
	const struct align_truth *truth;
	uint64_t seed;
	bool has_probabilities, has_pairs;
	double *p;		/* [n] scratch */
	bool *is_right;		/* [n] scratch */
	struct arena *arena;
};

static bool
is_kind(const struct json *rec, enum calibration_kind kind)
{
	return !record_has_failed(rec) && calibration_kind_of(rec) == kind;
}

/* An interval, or "-" when there was nothing to take the mean of. */
static int
put_interval(struct json *row, const char *column, bool is_known,
    const struct bootstrap_interval *interval, struct error *err)
{
	if (!is_known)
		return json_put_string(row, column, "-", err);
	return table_put_interval(row, column, interval, err);
}

/* Judge the first n probabilities of the scratch. */
static int
put_judgement(const struct table *t, size_t n, struct json *row,
    struct error *err)
{
	struct logistic_score score;

	if (n == 0) {
		if (json_put_string(row, "brier", "-", err) != 0)
			return -1;
		return json_put_string(row, "ece", "-", err);
	}
	if (logistic_judge(t->p, t->is_right, n, &score, err) != 0 ||
	    json_put_rounded(row, "brier", score.brier, N_DECIMALS,
	    err) != 0)
		return -1;
	return json_put_rounded(row, "ece", score.ece, N_DECIMALS, err);
}

/* The same of the fragments of a level that have a probability and a truth. */
static int
judge_fragments(const struct table *t, enum align_score_level level,
    double tolerance_sec, struct json *row, struct error *err)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++) {
		const struct json *rec = t->records[i];
		bool is_known, has_level;

		if (!is_kind(rec, CALIBRATION_FRAGMENT) ||
		    !json_has(rec, "probability"))
			continue;
		if (json_want_number(rec, "probability", &t->p[n],
		    err) != 0 ||
		    align_score_has_level(rec, level, &has_level,
		    err) != 0 ||
		    align_score_check(rec, t->truth, tolerance_sec, &is_known,
		    &t->is_right[n], err) != 0)
			return error_add(err, "\"%s\"", record_id(rec));
		n += is_known && has_level;
	}
	return put_judgement(t, n, row, err);
}

static int
append_row(const struct table *t, enum align_score_level level,
    double tolerance_sec, struct json *rows, struct error *err)
{
	static const char *const names[] = { "kept", "kept+flagged", "all" };
	struct align_score score;
	struct json *row;
	int status = -1;

	if (align_score_run(t->records, t->n, t->truth, level, tolerance_sec,
	    t->seed, t->arena, &score, err) != 0)
		return -1;
	row = json_new_object(err);
	if (row == NULL)
		return -1;
	if (json_put_string(row, "fragments", names[level], err) == 0 &&
	    json_put_number(row, "tolerance_sec", tolerance_sec, err) == 0 &&
	    json_put_size(row, "n", score.n_fragments, err) == 0 &&
	    json_put_size(row, "n_right", score.n_right, err) == 0 &&
	    json_put_size(row, "n_wrong_song", score.n_wrong_song,
	    err) == 0 &&
	    json_put_size(row, "n_no_truth", score.n_unknown, err) == 0 &&
	    put_interval(row, "precision", score.n_fragments > 0,
	    &score.precision, err) == 0 &&
	    put_interval(row, "recall", score.shared_sec > 0.0,
	    &score.recall, err) == 0 &&
	    json_put_rounded(row, "median_error_sec", score.median_error_sec,
	    N_DECIMALS, err) == 0 &&
	    json_put_rounded(row, "shared_sec", score.shared_sec, 1,
	    err) == 0 &&
	    (!t->has_probabilities || judge_fragments(t, level, tolerance_sec,
	    row, err) == 0))
		status = json_append(rows, "", row, err);
	json_free(row);
	return status;
}

/* Columns that mean nothing for pairs. */
static int
put_dashes(struct json *row, const char *const *names, struct error *err)
{
	for (; *names != NULL; names++)
		if (json_put_string(row, *names, "-", err) != 0)
			return -1;
	return 0;
}

/* The row of the pairs: how many share a work, and how well that is told. */
static int
append_pairs(const struct table *t, struct json *rows, struct error *err)
{
	static const char *const before[] = { "n_wrong_song", NULL };
	static const char *const after[] = { "precision", "recall",
	    "median_error_sec", "shared_sec", NULL };
	struct json *row = json_new_object(err);
	size_t i, n = 0, n_known = 0, n_right = 0, n_unknown = 0;
	int status = -1;

	if (row == NULL)
		return -1;
	for (i = 0; i < t->n; i++) {
		const struct json *rec = t->records[i];
		bool is_known;

		if (!is_kind(rec, CALIBRATION_PAIR))
			continue;
		if (calibration_check(rec, t->truth, &is_known,
		    &t->is_right[n], err) != 0 ||
		    json_get_number(rec, "probability", 0.0, &t->p[n],
		    err) != 0)
			goto out;
		n_known += is_known;
		n_unknown += !is_known;
		n_right += is_known && t->is_right[n];
		n += is_known && json_has(rec, "probability");
	}
	if (json_put_string(row, "fragments", "pairs", err) == 0 &&
	    json_put_string(row, "tolerance_sec", "-", err) == 0 &&
	    json_put_size(row, "n", n_known, err) == 0 &&
	    json_put_size(row, "n_right", n_right, err) == 0 &&
	    put_dashes(row, before, err) == 0 &&
	    json_put_size(row, "n_no_truth", n_unknown, err) == 0 &&
	    put_dashes(row, after, err) == 0 &&
	    (!t->has_probabilities || put_judgement(t, n, row, err) == 0))
		status = json_append(rows, "", row, err);
out:
	json_free(row);
	return status;
}

int
align_table_fill(const struct json *const *records, size_t n,
    const struct align_truth *truth, uint64_t seed, struct json *rows,
    struct arena *a, struct error *err)
{
	static const double tolerances_sec[] = { ALIGN_TABLE_RIGHT_SEC, 1.0 };
	struct table t = { .records = records, .n = n, .truth = truth,
	    .seed = seed, .arena = a };
	size_t i;
	int level;

	t.p = arena_need(a, n, sizeof(*t.p), "fragments", err);
	t.is_right = arena_need(a, n, sizeof(*t.is_right), "fragments", err);
	if (t.p == NULL || t.is_right == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		t.has_probabilities |= json_has(records[i], "probability");
		t.has_pairs |= is_kind(records[i], CALIBRATION_PAIR);
	}
	for (i = 0; i < 2; i++)
		for (level = ALIGN_SCORE_KEPT; level <= ALIGN_SCORE_ALL;
		    level++)
			if (append_row(&t, (enum align_score_level)level,
			    tolerances_sec[i], rows, err) != 0)
				return -1;
	return t.has_pairs ? append_pairs(&t, rows, err) : 0;
}
