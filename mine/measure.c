#include <string.h>

#include "base/memory.h"
#include "manifests/stream.h"
#include "store/recordings.h"

#include "mine/measure.h"

/* Add a score; those over the limit are not kept. */
static void
add_score(struct measure *m, enum measure_subject subject, const char *name,
    double value, size_t n)
{
	if (m->n_scores == MEASURE_MAX_SCORES)
		return;
	m->scores[m->n_scores].subject = subject;
	m->scores[m->n_scores].score = (struct rounds_score) {
	    .measure = name, .value = value, .n = n };
	m->n_scores++;
}

/* Add the interval {mean, low, high} at "column" of a row of chad-eval. */
static int
add_interval(struct measure *m, enum measure_subject subject,
    const struct json *row, const char *column, const char *name,
    struct error *err)
{
	const struct json *at = json_at(row, column);
	struct rounds_score *score;
	double mean, low, high;
	size_t n;

	if (at == NULL || json_want_number(at, "mean", &mean, err) != 0 ||
	    json_want_number(at, "low", &low, err) != 0 ||
	    json_want_number(at, "high", &high, err) != 0 ||
	    json_want_size(row, "n", &n, err) != 0)
		return error_add(err, "chad-eval's \"%s\"", column);
	add_score(m, subject, name, mean, n);
	score = &m->scores[m->n_scores - 1].score;
	score->has_interval = true;
	score->low = low;
	score->high = high;
	return 0;
}

/* The ranks of the held-out hums by one model. */
struct ranks {
	double *hits;		/* [n]: 1 when the rank is at most "top" */
	size_t *group;		/* [n]: hums that are drawn together */
	size_t n;
};

static int
read_hits(const struct json *result, size_t top, struct ranks *r,
    struct arena *a, struct error *err)
{
	const struct json *queries = json_at(result, "queries");

	if (!json_is_array(queries))
		return error_set(err, ERROR_BUG,
		    "chad-eval gave no list of queries");
	r->n = json_count(queries);
	r->hits = arena_need(a, r->n, sizeof(*r->hits), "queries", err);
	r->group = arena_need(a, r->n, sizeof(*r->group), "queries", err);
	if (r->hits == NULL || r->group == NULL)
		return -1;
	for (size_t i = 0; i < r->n; i++) {
		size_t rank;

		/* Rank 0: the song is not in the list at all. */
		if (json_want_size(json_item(queries, i), "rank", &rank,
		    err) != 0 ||
		    json_want_size(json_item(queries, i), "bootstrap_group",
		    &r->group[i], err) != 0)
			return -1;
		r->hits[i] = rank >= 1 && rank <= top ? 1 : 0;
	}
	return 0;
}

/* Let a model answer the hums: its scores, and which hums it found. */
static int
measure_model(const struct steps *s, const struct measure_inputs *in,
    const struct steps_file *hums, const struct steps_file *songs,
    const struct stages_model *model, enum measure_subject subject,
    struct measure *m, struct ranks *ranks, struct error *err)
{
	static const char *const measures[] = { "top1", "top10", "mrr" };
	const bool is_old = subject == MEASURE_OLD;
	struct steps_file queries, database, found;
	struct json *result;
	const struct json *row;
	int status = 0;

	if (stages_embed(s, is_old ? "embed-hums-old" : "embed-hums-new",
	    model, hums, true, &queries, err) != 0 ||
	    stages_embed(s, is_old ? "embed-songs-old" : "embed-songs-new",
	    model, songs, false, &database, err) != 0 ||
	    stages_search(s, in->o, is_old ? "search-old" : "search-new",
	    &queries, &database, &found, err) != 0)
		return -1;
	if ((result = json_load(found.path, err)) == NULL)
		return -1;
	if ((row = json_at(result, "rows.0")) == NULL)
		status = error_set(err, ERROR_BUG, "chad-eval gave no row");
	for (size_t i = 0; i < 3 && status == 0; i++)
		status = add_interval(m, subject, row, measures[i],
		    measures[i], err);
	if (status == 0)
		status = read_hits(result, in->o->top, ranks, s->a, err);
	json_free(result);
	return status;
}

int
measure_models(const struct steps *s, const struct measure_inputs *in,
    const struct stages_model *old, const struct stages_model *fresh,
    struct measure *m, struct error *err)
{
	struct ranks before = { .n = 0 }, after = { .n = 0 };
	struct steps_file hums, songs;

	m->n_scores = 0;
	if (in->held_out->path != NULL && in->database->path != NULL) {
		if (stages_analyse(s, in->o, "analyse-held-out",
		    in->held_out, &hums, err) != 0 ||
		    stages_analyse(s, in->o, "analyse-songs", in->database,
		    &songs, err) != 0 ||
		    measure_model(s, in, &hums, &songs, old, MEASURE_OLD, m,
		    &before, err) != 0 ||
		    measure_model(s, in, &hums, &songs, fresh, MEASURE_NEW,
		    m, &after, err) != 0)
			return -1;
		if (before.n != after.n)
			return error_set(err, ERROR_BUG, "chad-eval gave %zu "
			    "and %zu queries for the same hums", before.n,
			    after.n);
	}
	return promote_decide(before.hits, after.hits, after.group, before.n,
	    in->o->top, in->o->seed, &m->promote, err);
}

/* Recordings, how many failed or were put aside, and hours of sound. */
static int
count_recordings(const struct steps *s, const struct steps_file *recordings,
    struct measure *m, bool *has_truth, struct error *err)
{
	struct stream_list list;
	size_t n_all, n_failed, n_quarantined;
	double duration_sec, sum_sec = 0;

	if (stream_list_load(&list, recordings->path, err) != 0)
		return -1;
	*has_truth = false;
	for (size_t i = 0; i < list.n_records; i++) {
		if (json_get_number(list.records[i], "decode.duration_sec",
		    0, &duration_sec, NULL) == 0)
			sum_sec += duration_sec;
		if (json_has(list.records[i], "truth.original_id"))
			*has_truth = true;
	}
	stream_list_release(&list);
	if (recordings_count(s->catalogue, &n_all, &n_failed, &n_quarantined,
	    err) != 0)
		return -1;
	add_score(m, MEASURE_CORPUS, "recordings", (double)n_all, n_all);
	add_score(m, MEASURE_CORPUS, "failed", (double)n_failed, n_all);
	add_score(m, MEASURE_CORPUS, "quarantined", (double)n_quarantined,
	    n_all);
	add_score(m, MEASURE_CORPUS, "hours", sum_sec / 3600, n_all);
	return 0;
}

static int
count_fragments(const struct steps *s, struct measure *m, struct error *err)
{
	static const char *const words[] = { "keep", "flag", "drop" };

	for (size_t i = 0; i < 3; i++) {
		size_t n;

		if (rounds_count_fragments(s->catalogue, s->round_key,
		    words[i], &n, err) != 0)
			return -1;
		add_score(m, MEASURE_FRAGMENTS, words[i], (double)n, n);
	}
	return 0;
}

/* There is no precision when nothing was kept. */
static int
read_kept(const struct json *row, struct measure *m, struct error *err)
{
	if (json_has(row, "precision.mean") && add_interval(m,
	    MEASURE_FRAGMENTS, row, "precision", "precision", err) != 0)
		return -1;
	if (!json_has(row, "recall.mean"))
		return 0;
	return add_interval(m, MEASURE_FRAGMENTS, row, "recall", "recall",
	    err);
}

/* Precision and recall of the kept fragments at 0.5 s. */
static int
read_score(const struct steps_file *f, struct measure *m, struct error *err)
{
	struct json *result = json_load(f->path, err);
	const struct json *rows;
	bool found = false;
	int status = 0;

	if (result == NULL)
		return -1;
	rows = json_at(result, "rows");
	for (size_t i = 0; rows != NULL && i < json_count(rows) && !found &&
	    status == 0; i++) {
		const struct json *row = json_item(rows, i);
		const char *which;
		double tolerance_sec;

		if (json_want_string(row, "fragments", &which, err) != 0 ||
		    json_want_number(row, "tolerance_sec", &tolerance_sec,
		    err) != 0) {
			status = -1;
		} else if (strcmp(which, "kept") == 0 &&
		    tolerance_sec <= 0.5) {
			found = true;
			status = read_kept(row, m, err);
		}
	}
	json_free(result);
	if (status == 0 && !found)
		return error_set(err, ERROR_BUG,
		    "chad-eval gave no row of kept fragments");
	return status;
}

int
measure_fragments(const struct steps *s, const struct measure_inputs *in,
    const struct lists_file *fragments, const struct steps_file *recordings,
    struct measure *m, struct error *err)
{
	struct lists_file truth = { .path = recordings->path };
	struct steps_file f;
	bool has_truth;

	if (count_recordings(s, recordings, m, &has_truth, err) != 0 ||
	    count_fragments(s, m, err) != 0)
		return -1;
	if (!has_truth)
		return 0;
	memcpy(truth.sha256, recordings->sha256, sizeof(truth.sha256));
	if (stages_score(s, in->o, fragments, &truth, &f, err) != 0)
		return -1;
	return read_score(&f, m, err);
}

void
measure_thresholds(struct measure *m, const struct thresholds *t)
{
	const struct calibrate_result *r = &t->result;

	if (!t->is_calibrated)
		return;
	add_score(m, MEASURE_THRESHOLDS, "min_agreement", r->threshold,
	    r->n_above);
	add_score(m, MEASURE_THRESHOLDS, "precision", r->precision,
	    r->n_above);
	add_score(m, MEASURE_THRESHOLDS, "recall", r->recall, r->n_above);
}

int
measure_store(const struct steps *s, const struct measure *m,
    const char *old_sha256, const char *new_sha256, struct error *err)
{
	const char *const subjects[] = {
		[MEASURE_OLD] = old_sha256, [MEASURE_NEW] = new_sha256,
		[MEASURE_FRAGMENTS] = "fragments",
		[MEASURE_CORPUS] = "corpus",
		[MEASURE_THRESHOLDS] = "thresholds",
	};

	for (size_t i = 0; i < m->n_scores; i++) {
		struct rounds_score score = m->scores[i].score;

		score.subject = subjects[m->scores[i].subject];
		if (rounds_put_score(s->catalogue, s->round_key, &score,
		    err) != 0)
			return -1;
	}
	return 0;
}
