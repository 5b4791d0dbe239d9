#include <string.h>

#include "base/bootstrap.h"
#include "base/table.h"

#include "manifests/record.h"
#include "manifests/recording_scores.h"

/* What was measured: [n_scores][n_max] values and the group of each. */
struct measured {
	double *values;
	size_t *group;
	size_t n, n_max;
};

static int
measure_record(const struct recording_scores *kind, const struct json *rec,
    const char *folder, struct measured *found, struct arena *a,
    struct error *err)
{
	const char *paths[RECORDING_SCORES_MEMBERS] = { NULL };
	double values[RECORDING_SCORES_MAX];
	size_t i;

	for (i = 0; i < RECORDING_SCORES_MEMBERS &&
	    kind->members[i] != NULL; i++) {
		paths[i] = record_path(rec, kind->members[i], folder, a, err);
		if (paths[i] == NULL)
			return -1;
	}
	if (kind->run(kind->settings, rec, paths, values, a, err) != 0)
		return error_add(err, "\"%s\"", record_id(rec));
	for (i = 0; i < kind->n_scores; i++)
		found->values[i * found->n_max + found->n] = values[i];
	return 0;
}

/* Who sings, or which work it is where nobody is named; NULL: neither. */
static const char *
group_of(const struct json *rec)
{
	const char *name = NULL;

	if (json_get_string(rec, "singer", NULL, &name, NULL) == 0 &&
	    name != NULL)
		return name;
	return json_get_string(rec, "group_id", NULL, &name, NULL) == 0 ?
	    name : NULL;
}

size_t
recording_scores_group(const struct stream_list *list, size_t at)
{
	const char *wanted = group_of(list->records[at]);

	for (size_t i = 0; wanted != NULL && i < at; i++) {
		const char *name = group_of(list->records[i]);

		if (name != NULL && strcmp(name, wanted) == 0)
			return i;
	}
	return at;
}

static bool
has_members(const struct recording_scores *kind, const struct json *rec)
{
	size_t i;

	for (i = 0; i < RECORDING_SCORES_MEMBERS &&
	    kind->members[i] != NULL; i++)
		if (!json_has(rec, kind->members[i]))
			return false;
	return true;
}

static int
refuse_empty(const struct recording_scores *kind, struct error *err)
{
	if (kind->members[2] == NULL)
		return error_set(err, ERROR_FORMAT,
		    "no record has both \"%s\" and \"%s\"", kind->members[0],
		    kind->members[1]);
	return error_set(err, ERROR_FORMAT,
	    "no record has \"%s\", \"%s\" and \"%s\"", kind->members[0],
	    kind->members[1], kind->members[2]);
}

/* Measure the records that have all members. */
static int
measure_list(const struct recording_scores *kind,
    const struct stream_list *list, struct measured *found,
    struct error *err)
{
	struct arena *scratch = arena_new();
	size_t i;
	int status = 0;

	if (scratch == NULL)
		return error_set(err, ERROR_NOMEM, "scoring");
	for (i = 0; i < list->n_records && status == 0; i++) {
		const struct json *rec = list->records[i];

		if (record_has_failed(rec) || !has_members(kind, rec))
			continue;
		status = measure_record(kind, rec, list->folder, found, scratch,
		    err);
		found->group[found->n++] = recording_scores_group(list, i);
		arena_reset(scratch);
	}
	arena_free(scratch);
	if (status == 0 && found->n == 0)
		return refuse_empty(kind, err);
	return status;
}

/* One row: the mean of each measure. */
static int
measure_row(const struct recording_scores *kind, const struct measured *found,
    uint64_t seed, struct json *rows, struct error *err)
{
	struct json *row = json_new_object(err);
	struct bootstrap_interval interval;
	size_t i;
	int status = -1;

	if (row == NULL)
		return -1;
	if (json_put_size(row, "n", found->n, err) != 0)
		goto out;
	for (i = 0; i < kind->n_scores; i++) {
		if (bootstrap_grouped_mean(found->values + i * found->n_max,
		    found->group, found->n, found->n_max,
		    BOOTSTRAP_N_RESAMPLES, seed, &interval,
		    err) != 0 ||
		    table_put_interval(row, kind->names[i], &interval,
		    err) != 0)
			goto out;
	}
	status = json_append(rows, "", row, err);
out:
	json_free(row);
	return status;
}

int
recording_scores_run(const struct recording_scores *kind,
    const struct stream_list *list, uint64_t seed, struct arena *a,
    struct json *rows, struct error *err)
{
	struct measured found = { .n_max = list->n_records };

	found.values = arena_need(a, kind->n_scores * found.n_max,
	    sizeof(double), "scores", err);
	found.group = arena_need(a, found.n_max, sizeof(size_t), "scores",
	    err);
	if (found.values == NULL || found.group == NULL ||
	    measure_list(kind, list, &found, err) != 0)
		return -1;
	return measure_row(kind, &found, seed, rows, err);
}
