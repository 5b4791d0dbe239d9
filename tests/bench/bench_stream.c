/*
 * What the loop of all commands costs: records a second through stream_run
 * with work that does next to nothing, and JSON alone.  Median of five runs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "manifests/stream.h"

#define N_RECORDS 20000
#define N_RUNS 5

static const char record[] = "{\"id\":\"song/cover-1\",\"group_id\":\"song\","
    "\"audio_type\":\"cover\",\"audio_filepath\":\"covers/song/cover-1.mp3\","
    "\"duration\":211.5,\"decode\":{\"path\":\"work/chad-decode/00/0.flac\","
    "\"rate_hz\":16000,\"n_samples\":3384000,\"duration_sec\":211.5}}\n";

static double
now_sec(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
add_member(const void *shared, void *local, struct json *rec,
    struct arena *scratch, struct error *err)
{
	(void)shared;
	(void)local;
	(void)scratch;
	return json_put_number(rec, "test.x", 0.1, err);
}

/* Parse and write all records; the reference that the rest is held against. */
static int
run_json(struct error *err)
{
	struct arena *a = arena_new();
	int result = a == NULL ? -1 : 0;

	for (size_t i = 0; i < N_RECORDS && result == 0; i++) {
		struct json *j = json_parse(record, strlen(record), err);

		if (j == NULL || json_text(j, a, err) == NULL)
			result = -1;
		json_free(j);
		arena_reset(a);
	}
	arena_free(a);
	return result;
}

static int
run_stream(const char *path, size_t n_threads, struct error *err)
{
	const struct stream_stage stage = { "bench", NULL, NULL, NULL, NULL,
		add_member };
	const struct stream_options options = { n_threads, NULL, path, "" };
	struct stream_result result;
	FILE *out = fopen("/dev/null", "w");
	int status;

	if (out == NULL)
		return error_set_errno(err, "cannot open /dev/null");
	status = stream_run(&stage, &options, out, &result, err);
	(void)fclose(out);
	return status;
}

/* n_threads 0: JSON alone. */
static int
measure(const char *name, const char *path, size_t n_threads,
    struct error *err)
{
	double sec[N_RUNS];

	for (size_t i = 0; i < N_RUNS; i++) {
		const double started = now_sec();

		if ((n_threads == 0 ? run_json(err) :
		    run_stream(path, n_threads, err)) != 0)
			return -1;
		sec[i] = now_sec() - started;
	}
	qsort(sec, N_RUNS, sizeof(sec[0]), compare_doubles);
	(void)printf("%s %.0f records/s\n", name, N_RECORDS / sec[N_RUNS / 2]);
	return 0;
}

static int
write_manifest(const char *path, struct error *err)
{
	struct file_new *f = file_create(path, err);

	if (f == NULL)
		return -1;
	for (size_t i = 0; i < N_RECORDS; i++)
		(void)fputs(record, file_stream(f));
	return file_commit(f, err);
}

int
main(void)
{
	struct error err = { ERROR_NONE, "" };
	char path[64];
	int status = 1;

	(void)snprintf(path, sizeof(path), "/tmp/bench_stream.%ld",
	    (long)getpid());
	if (write_manifest(path, &err) == 0 &&
	    measure("json", path, 0, &err) == 0 &&
	    measure("stream_1_thread", path, 1, &err) == 0 &&
	    measure("stream_2_threads", path, 2, &err) == 0 &&
	    measure("stream_8_threads", path, 8, &err) == 0)
		status = 0;
	else
		(void)fprintf(stderr, "%s\n", err.text);
	(void)unlink(path);
	return status;
}
