#include "base/bootstrap.h"
#include "base/table.h"

#include "separate/separation_eval.h"

#define N_DECIMALS 4

static const char *const targets[SEPARATION_EVAL_TARGETS] = { "voice",
	"accompaniment" };

static const char *const names[SEPARATION_EVAL_N_SCORES] = { "si_sdr_db",
	"sdr_db", "sir_db", "sar_db", "nsdr_db", "frame_sdr_db",
	"frame_isr_db", "frame_sir_db", "frame_sar_db" };

/* A column of the table: which score of which recordings, and its weight. */
struct column {
	const char *name;
	enum separation_eval_score score;
	bool is_weighted, is_of_frames;
};

static const struct column columns[] = {
	{ "si_sdr_db", SEPARATION_EVAL_SI_SDR, false, false },
	{ "sdr_db", SEPARATION_EVAL_SDR, false, false },
	{ "sir_db", SEPARATION_EVAL_SIR, false, false },
	{ "sar_db", SEPARATION_EVAL_SAR, false, false },
	{ "gnsdr_db", SEPARATION_EVAL_NSDR, true, false },
	{ "gsir_db", SEPARATION_EVAL_SIR, true, false },
	{ "gsar_db", SEPARATION_EVAL_SAR, true, false },
	{ "frame_sdr_db", SEPARATION_EVAL_FRAME_SDR, false, true },
	{ "frame_isr_db", SEPARATION_EVAL_FRAME_ISR, false, true },
	{ "frame_sir_db", SEPARATION_EVAL_FRAME_SIR, false, true },
	{ "frame_sar_db", SEPARATION_EVAL_FRAME_SAR, false, true },
};

/* What the bootstrap is given, [n_recordings] each. */
struct values {
	double *values, *weights;
	size_t *groups;
	size_t n, n_groups;
};

static void
gather(const struct separation_eval_result *result, size_t target,
    const struct column *column, struct values *v)
{
	v->n = 0;
	for (size_t i = 0; i < result->n_recordings; i++) {
		const struct separation_eval_recording *r =
		    &result->recordings[i];

		if (r->reason != NULL ||
		    (column->is_of_frames && r->n_frames == 0))
			continue;
		v->values[v->n] = r->values[target][column->score];
		v->weights[v->n] = column->is_weighted ?
		    (double)r->n_samples : 1.0;
		v->groups[v->n++] = r->group;
	}
}

static int
put_column(const struct values *v, const char *name, uint64_t seed,
    struct json *row, struct error *err)
{
	struct bootstrap_interval interval;

	if (v->n == 0)
		return json_put_string(row, name, "-", err);
	if (bootstrap_weighted_mean(v->values, v->weights, v->groups, v->n,
	    v->n_groups, BOOTSTRAP_N_RESAMPLES, seed, &interval, err) != 0)
		return -1;
	return table_put_interval(row, name, &interval, err);
}

static int
put_row(const struct separation_eval_result *result, size_t target,
    uint64_t seed, struct values *v, struct json *rows, struct error *err)
{
	struct json *row = json_new_object(err);
	size_t n_frames = 0;
	int status = -1;

	if (row == NULL)
		return -1;
	for (size_t i = 0; i < result->n_recordings; i++)
		n_frames += result->recordings[i].n_frames;
	if (json_put_string(row, "of", targets[target], err) != 0 ||
	    json_put_size(row, "n", result->n_scored, err) != 0 ||
	    json_put_size(row, "n_silent", result->n_recordings -
	    result->n_scored, err) != 0 ||
	    json_put_size(row, "n_frames", n_frames, err) != 0)
		goto out;
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		gather(result, target, &columns[i], v);
		if (put_column(v, columns[i].name, seed, row, err) != 0)
			goto out;
	}
	status = json_append(rows, "", row, err);
out:
	json_free(row);
	return status;
}

int
separation_eval_put_rows(const struct separation_eval_result *result,
    uint64_t seed, struct json *rows, struct error *err)
{
	struct arena *a = arena_new();
	const size_t n = result->n_recordings;
	struct values v = { .n = 0 };
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	v.values = arena_need(a, n, sizeof(*v.values), "scores", err);
	v.weights = arena_need(a, n, sizeof(*v.weights), "scores", err);
	v.groups = arena_need(a, n, sizeof(*v.groups), "scores", err);
	if (v.values != NULL && v.weights != NULL && v.groups != NULL) {
		for (size_t i = 0; i < n; i++)
			if (result->recordings[i].group >= v.n_groups)
				v.n_groups = result->recordings[i].group + 1;
		status = 0;
	}
	for (size_t t = 0; status == 0 && t < SEPARATION_EVAL_TARGETS; t++)
		status = put_row(result, t, seed, &v, rows, err);
	arena_free(a);
	return status;
}

static int
put_target(const struct separation_eval_recording *r, size_t target,
    struct json *recording, struct error *err)
{
	struct json *scores = json_new_object(err);
	int status = scores == NULL ? -1 : 0;

	for (size_t k = 0; status == 0 && k < SEPARATION_EVAL_N_SCORES; k++) {
		if (k >= SEPARATION_EVAL_FRAME_SDR && r->n_frames == 0)
			break;
		status = json_put_rounded(scores, names[k],
		    r->values[target][k], N_DECIMALS, err);
	}
	if (status == 0)
		status = json_put(recording, targets[target], scores, err);
	json_free(scores);
	return status;
}

static int
put_recording(const struct separation_eval_recording *r,
    struct json *recordings, struct error *err)
{
	struct json *recording = json_new_object(err);
	int status = -1;

	if (recording == NULL ||
	    json_put_string(recording, "id", r->id, err) != 0 ||
	    json_put_size(recording, "bootstrap_group", r->group, err) != 0)
		goto out;
	if (r->reason != NULL)
		status = json_put_string(recording, "reason", r->reason, err);
	else if (json_put_size(recording, "n_samples", r->n_samples,
	    err) == 0 &&
	    json_put_size(recording, "n_frames", r->n_frames, err) == 0)
		status = 0;
	for (size_t t = 0; status == 0 && r->reason == NULL &&
	    t < SEPARATION_EVAL_TARGETS; t++)
		status = put_target(r, t, recording, err);
	if (status == 0)
		status = json_append(recordings, "", recording, err);
out:
	json_free(recording);
	return status;
}

int
separation_eval_put_recordings(const struct separation_eval_result *result,
    struct json *recordings, struct error *err)
{
	for (size_t i = 0; i < result->n_recordings; i++)
		if (put_recording(&result->recordings[i], recordings,
		    err) != 0)
			return -1;
	return 0;
}
