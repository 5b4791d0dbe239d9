#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"

#include "manifests/record.h"

#include "embed/retrieval_eval.h"

/* What the threads share while they search. */
struct job {
	const struct song_search *songs;
	const struct stream_list *queries;
	const struct retrieval_eval_options *o;
	struct retrieval_eval_hum *hums;
};

static int
want_group(const struct json *rec, const char **group_id, struct error *err)
{
	return json_want_string(rec, "group_id", group_id, err);
}

static int
search(const struct job *job, const struct json *rec, struct arena *a,
    struct retrieval_eval_hum *hum, struct error *err)
{
	struct retrieval_answer *answers;
	struct embedded_hum from;

	if (embedded_read_hum(rec, job->queries->folder,
	    job->o->search.retrieval.n_rescored > 0, a, &from, err) != 0 ||
	    song_search_run(job->songs, &from, &job->o->search, a, &answers,
	    err) != 0)
		return -1;
	for (size_t i = 0; i < song_search_n_works(job->songs); i++) {
		if (i == 0)
			hum->best = answers[i].work;
		if (strcmp(answers[i].work, hum->group_id) != 0)
			continue;
		hum->rank = i + 1;
		hum->offset_sec = answers[i].offset_sec;
		break;
	}
	return 0;
}

static int
search_task(void *shared, size_t task, struct arena *a, struct error *err)
{
	const struct job *job = shared;
	const struct json *rec = job->queries->records[task];
	struct retrieval_eval_hum *hum = &job->hums[task];
	int status;

	hum->id = record_id(rec);
	hum->best = hum->group_id = "";
	hum->has_failed = record_has_failed(rec);
	if (hum->has_failed)
		return json_get_string(rec, "group_id", "", &hum->group_id,
		    err);
	if (want_group(rec, &hum->group_id, err) != 0)
		return error_add(err, "hum \"%.80s\"", hum->id);
	status = search(job, rec, a, hum, err);
	return status == 0 ? 0 : error_add(err, "hum \"%.80s\"", hum->id);
}

/* Number the singers, or works where hums name none. */
static int
group_hums(const struct stream_list *queries,
    struct retrieval_eval_hum *hums, size_t *n_groups, struct arena *a,
    struct error *err)
{
	const size_t n = queries->n_records;
	uint64_t *hashes = arena_need(a, n, sizeof(*hashes), "singers", err);

	if (hashes == NULL)
		return -1;
	*n_groups = 0;
	for (size_t i = 0; i < n; i++) {
		const char *name;
		size_t g = 0;

		if (json_get_string(queries->records[i], "singer",
		    hums[i].group_id, &name, err) != 0)
			return -1;
		hashes[i] = hash_text64(name);
		while (hashes[g] != hashes[i])
			g++;
		hums[i].bootstrap_group = g < i ? hums[g].bootstrap_group :
		    (*n_groups)++;
	}
	return 0;
}

static int
take_means(const struct stream_list *queries, uint64_t seed, struct arena *a,
    struct retrieval_eval_result *result, struct error *err)
{
	struct bootstrap_interval *const intervals[] = { &result->top1,
	    &result->top10, &result->mrr };
	const size_t n = result->n_hums;
	double *values = arena_need(a, n, sizeof(*values), "hums", err);
	size_t *group = arena_need(a, n, sizeof(*group), "hums", err);
	size_t n_groups;

	if (values == NULL || group == NULL ||
	    group_hums(queries, result->hums, &n_groups, a, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		group[i] = result->hums[i].bootstrap_group;
	for (size_t m = 0; m < 3; m++) {
		for (size_t i = 0; i < n; i++) {
			const size_t rank = result->hums[i].rank;

			values[i] = rank == 0 ? 0 : m == 0 ? rank == 1 :
			    m == 1 ? rank <= 10 : 1 / (double)rank;
		}
		if (bootstrap_grouped_mean(values, group, n, n_groups,
		    BOOTSTRAP_N_RESAMPLES, seed, intervals[m], err) != 0)
			return -1;
	}
	return 0;
}

int
retrieval_eval_run(const struct song_search *songs,
    const struct stream_list *queries, const struct retrieval_eval_options *o,
    struct arena *a, struct retrieval_eval_result *result, struct error *err)
{
	struct job job = { .songs = songs, .queries = queries, .o = o };

	memset(result, 0, sizeof(*result));
	result->n_hums = queries->n_records;
	result->n_songs = song_search_n_songs(songs);
	result->n_works = song_search_n_works(songs);
	if (result->n_hums == 0)
		return error_set(err, ERROR_FORMAT,
		    "there are no hums to search for");
	job.hums = result->hums = arena_need(a, result->n_hums,
	    sizeof(*result->hums), "hums", err);
	if (result->hums == NULL || pool_run_arenas(o->n_threads,
	    queries->n_records, search_task, &job, err) != 0)
		return -1;
	for (size_t i = 0; i < result->n_hums; i++)
		result->n_failed += result->hums[i].has_failed;
	return take_means(queries, o->seed, a, result, err);
}

int
retrieval_eval_put_row(const struct retrieval_eval_result *result,
    struct json *rows, struct error *err)
{
	struct json *row = json_new_object(err);
	int status = -1;

	if (row == NULL)
		return -1;
	if (json_put_size(row, "n", result->n_hums, err) == 0 &&
	    json_put_size(row, "failed", result->n_failed, err) == 0 &&
	    json_put_size(row, "songs", result->n_songs, err) == 0 &&
	    table_put_interval(row, "top1", &result->top1, err) == 0 &&
	    table_put_interval(row, "top10", &result->top10,
	    err) == 0 &&
	    table_put_interval(row, "mrr", &result->mrr, err) == 0)
		status = json_append(rows, "", row, err);
	json_free(row);
	return status;
}

int
retrieval_eval_put_hums(const struct retrieval_eval_result *result,
    struct json *list, struct error *err)
{
	for (size_t i = 0; i < result->n_hums; i++) {
		const struct retrieval_eval_hum *hum = &result->hums[i];
		struct json *j = json_new_object(err);
		int status = -1;

		if (j == NULL)
			return -1;
		if (json_put_string(j, "id", hum->id, err) == 0 &&
		    json_put_string(j, "group_id", hum->group_id, err) == 0 &&
		    json_put_size(j, "rank", hum->rank, err) == 0 &&
		    json_put_string(j, "best", hum->best, err) == 0 &&
		    json_put_size(j, "bootstrap_group",
		    hum->bootstrap_group, err) == 0 &&
		    json_put_rounded(j, "offset_sec", hum->offset_sec, 2,
		    err) == 0)
			status = json_append(list, "", j, err);
		json_free(j);
		if (status != 0)
			return -1;
	}
	return 0;
}
