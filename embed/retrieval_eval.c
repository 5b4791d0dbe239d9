#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"

#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/record.h"

#include "embed/query.h"

#include "embed/retrieval_eval.h"

#define N_RESCORED 300
#define N_WARPED 40

/* What the threads share while they search. */
struct job {
	const struct retrieval *db;
	const struct stream_list *queries;
	const struct retrieval_eval_options *o;
	const char *model_sha256;	/* of the database */
	struct retrieval_eval_hum *hums;
};

/* The arrays of one record of chad-embed. */
struct embedded {
	float *fingerprints;
	size_t n_windows, dimension;
	double hop_sec;
	const char *model_sha256;
	struct melody_line line;
};

void
retrieval_eval_options_init(struct retrieval_eval_options *o)
{
	memset(o, 0, sizeof(*o));
	o->n_threads = 1;
	o->seed = 1;
}

void
retrieval_eval_options_rescore(struct retrieval_eval_options *o)
{
	o->search.n_rescored = N_RESCORED;
	o->search.n_warped = N_WARPED;
}

static int
load_line(const struct json *rec, const char *folder, bool is_hum,
    struct arena *a, struct melody_line *line, struct error *err)
{
	const char *path;
	struct track t;

	memset(line, 0, sizeof(*line));
	if (!json_has(rec, "f0.path"))
		return error_set(err, ERROR_FORMAT, "comparing by pitch needs "
		    "\"f0.path\": run chad-f0 first, or use --no-rescore");
	if ((path = record_path(rec, "f0.path", folder, a, err)) == NULL ||
	    track_read(path, a, &t, err) != 0)
		return -1;
	return melody_line_make(&t, is_hum, a, line, err);
}

static int
load_embedded(const struct json *rec, const char *folder, bool is_hum,
    bool wants_line, struct arena *a, struct embedded *e, struct error *err)
{
	const char *path = record_path(rec, "embed.path", folder, a, err);

	if (path == NULL)
		return error_add(err, "run chad-embed first");
	if (json_want_number(rec, "embed.hop_sec", &e->hop_sec, err) != 0 ||
	    json_get_string(rec, "embed.model_sha256", "", &e->model_sha256,
	    err) != 0 ||
	    npy_read(path, a, &e->fingerprints, &e->n_windows, &e->dimension,
	    err) != 0)
		return -1;
	memset(&e->line, 0, sizeof(e->line));
	return wants_line ? load_line(rec, folder, is_hum, a, &e->line,
	    err) : 0;
}

static int
want_group(const struct json *rec, const char **group_id, struct error *err)
{
	return json_want_string(rec, "group_id", group_id, err);
}

static int
add_song(struct retrieval *db, const struct json *rec, const char *folder,
    bool wants_line, const char **model_sha256, struct error *err)
{
	struct arena *a = arena_new();
	struct retrieval_song song;
	struct embedded e;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (want_group(rec, &song.work, err) != 0 ||
	    load_embedded(rec, folder, false, wants_line, a, &e, err) != 0)
		goto out;
	if (*model_sha256 != NULL && strcmp(*model_sha256,
	    e.model_sha256) != 0) {
		error_set(err, ERROR_FORMAT, "its fingerprints are of another "
		    "model than those before it");
		goto out;
	}
	*model_sha256 = e.model_sha256;
	song.fingerprints = e.fingerprints;
	song.n_windows = e.n_windows;
	song.dimension = e.dimension;
	song.hop_sec = e.hop_sec;
	song.line = e.line;
	status = retrieval_add(db, &song, err);
out:
	arena_free(a);
	return status;
}

/* Songs that failed before are left out: they cannot be found. */
static int
load_database(const struct stream_list *list, bool wants_lines,
    struct retrieval *db, const char **model_sha256, size_t *n_songs,
    struct error *err)
{
	*model_sha256 = NULL;
	*n_songs = 0;
	for (size_t i = 0; i < list->n_records; i++) {
		const struct json *rec = list->records[i];

		if (record_has_failed(rec))
			continue;
		if (add_song(db, rec, list->folder, wants_lines, model_sha256,
		    err) != 0)
			return error_add(err, "song \"%.80s\"",
			    record_id(rec));
		(*n_songs)++;
	}
	if (*n_songs == 0)
		return error_set(err, ERROR_FORMAT,
		    "the database holds no song");
	return 0;
}

static int
search(const struct job *job, const struct json *rec, struct arena *a,
    struct retrieval_eval_hum *hum, struct error *err)
{
	struct query_view from[QUERY_N_SCALES];
	struct retrieval_view views[QUERY_N_SCALES];
	struct retrieval_query query = { .views = views };
	struct retrieval_answer *answers;
	struct embedded e;

	if (load_embedded(rec, job->queries->folder, true,
	    job->o->search.n_rescored > 0, a, &e, err) != 0 ||
	    query_views_read(rec, e.n_windows, from, &query.n_views,
	    err) != 0)
		return -1;
	if (strcmp(e.model_sha256, job->model_sha256) != 0)
		return error_set(err, ERROR_FORMAT, "its fingerprints are of "
		    "another model than the database's");
	for (size_t i = 0; i < query.n_views; i++)
		views[i] = (struct retrieval_view){ from[i].time_scale,
		    e.fingerprints + from[i].first_window * e.dimension,
		    from[i].n_windows };
	query.dimension = e.dimension;
	query.hop_sec = e.hop_sec;
	query.line = e.line;
	if (retrieval_search(job->db, &query, &job->o->search, a, &answers,
	    err) != 0)
		return -1;
	for (size_t i = 0; i < retrieval_n_works(job->db); i++) {
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
retrieval_eval_run(const struct stream_list *database,
    const struct stream_list *queries, const struct retrieval_eval_options *o,
    struct arena *a, struct retrieval_eval_result *result, struct error *err)
{
	struct retrieval *db = retrieval_new(err);
	struct job job = { .db = db, .queries = queries, .o = o };
	int status = -1;

	memset(result, 0, sizeof(*result));
	if (db == NULL)
		return -1;
	result->n_hums = queries->n_records;
	job.hums = result->hums = arena_need(a, result->n_hums,
	    sizeof(*result->hums), "hums", err);
	if (result->hums == NULL || load_database(database,
	    o->search.n_rescored > 0, db, &job.model_sha256,
	    &result->n_songs, err) != 0)
		goto out;
	if (result->n_hums == 0) {
		error_set(err, ERROR_FORMAT, "there are no hums to search for");
		goto out;
	}
	result->n_works = retrieval_n_works(db);
	if (pool_run_arenas(o->n_threads, queries->n_records, search_task,
	    &job, err) != 0)
		goto out;
	for (size_t i = 0; i < result->n_hums; i++) {
		struct retrieval_eval_hum *hum = &result->hums[i];

		result->n_failed += hum->has_failed;
		/* The database goes, the name stays. */
		if ((hum->best = arena_strdup(a, hum->best)) == NULL) {
			error_set(err, ERROR_NOMEM, "out of memory");
			goto out;
		}
	}
	status = take_means(queries, o->seed, a, result, err);
out:
	retrieval_free(db);
	return status;
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
