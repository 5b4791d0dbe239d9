/*
 * chad-duplicates -- find recordings that are the same under two ids.
 *
 * All records of a manifest are listened to (what chad-decode wrote where it
 * is there, else "audio_filepath") and compared by Chromaprint's fingerprints.
 * Each pair is written as a JSON object on a line of its own.
 *
 * Options: chad-duplicates.1.
 */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/pool.h"

#include "audio/duplicate.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#define MAX_MESSAGES 20

/* What the threads share: each task has its own record and print. */
struct work {
	const struct stream_list *list;
	struct duplicate_print *prints;	/* [n_records] */
	struct error *errors;		/* [n_records] */
};

/* The sound that the record means, which may be a part of its file. */
static int
print_record(const struct json *rec, const char *folder, struct arena *a,
    struct duplicate_print *print, struct error *err)
{
	const char *member, *path = record_sound_path(rec, false, folder,
	    &member, a, err);
	double offset_sec = 0.0, duration_sec = 0.0;

	if (path == NULL)
		return -1;
	if (strcmp(member, "audio_filepath") == 0 &&
	    (json_get_number(rec, "offset", 0.0, &offset_sec, err) != 0 ||
	    json_get_number(rec, "duration", 0.0, &duration_sec, err) != 0))
		return -1;
	return duplicate_print_file(path, offset_sec, duration_sec, print,
	    err);
}

/* A record that fails is like nothing; its message is told at the end. */
static int
listen(void *shared, size_t task, struct arena *a, struct error *err)
{
	struct work *w = shared;
	const struct json *rec = w->list->records[task];
	struct error *own = &w->errors[task];

	(void)err;
	if (json_has(rec, "error"))
		return 0;
	if (print_record(rec, w->list->folder, a, &w->prints[task], own) == 0)
		*own = (struct error){ ERROR_NONE, "" };
	return 0;
}

static size_t
tell_failures(const struct work *w)
{
	size_t n_failed = 0;

	for (size_t i = 0; i < w->list->n_records; i++)
		if (w->errors[i].code != ERROR_NONE &&
		    n_failed++ < MAX_MESSAGES)
			cli_warn(&w->errors[i], "%s",
			    record_id(w->list->records[i]));
	if (n_failed > 0)
		cli_warn(NULL, "%zu of %zu records failed", n_failed,
		    w->list->n_records);
	return n_failed;
}

static int
write_pair(const struct work *w, const struct duplicate_pair *p,
    struct error *err)
{
	struct json *j = json_new_object(err);
	struct arena *a = arena_new();
	int status = -1;

	if (j != NULL && a != NULL &&
	    json_put_string(j, "id", record_id(w->list->records[p->a]),
	    err) == 0 &&
	    json_put_string(j, "other_id", record_id(w->list->records[p->b]),
	    err) == 0 &&
	    json_put_rounded(j, "similarity", p->similarity, 3, err) == 0 &&
	    json_put_rounded(j, "offset_sec", p->offset_sec, 2, err) == 0)
		status = stream_write(stdout, j, a, err);
	arena_free(a);
	json_free(j);
	return status;
}

static int
compare(const struct work *w, struct error *err)
{
	struct duplicate_pair *pairs;
	size_t n_pairs;
	int status = 0;

	if (duplicate_find(w->prints, w->list->n_records, &pairs, &n_pairs,
	    err) != 0)
		return -1;
	for (size_t i = 0; i < n_pairs && status == 0; i++)
		status = write_pair(w, &pairs[i], err);
	if (status == 0)
		cli_note("%zu pairs among %zu records", n_pairs,
		    w->list->n_records);
	memory_free(pairs);
	return status;
}

static int
run(const struct stream_list *list, size_t n_threads)
{
	struct error err = { ERROR_NONE, "" };
	struct work w = { list, NULL, NULL };
	int status = CLI_FATAL;

	w.prints = memory_new(list->n_records, sizeof *w.prints, "prints",
	    &err);
	w.errors = memory_new(list->n_records, sizeof *w.errors, "messages",
	    &err);
	if (w.prints != NULL && w.errors != NULL &&
	    pool_run_arenas(n_threads, list->n_records, listen, &w,
	    &err) == 0 && compare(&w, &err) == 0)
		status = tell_failures(&w) + list->n_broken > 0 ?
		    CLI_SOME_FAILED : CLI_OK;
	else
		cli_warn(&err, "stopped");
	for (size_t i = 0; w.prints != NULL && i < list->n_records; i++)
		duplicate_print_release(&w.prints[i]);
	memory_free(w.prints);
	memory_free(w.errors);
	return status;
}

int
main(int argc, char *argv[])
{
	struct stream_options stream;
	const struct cli_option options[] = {
		{ CLI_SIZE, "threads", &stream.n_threads, 1, 256, "N",
		    "worker threads (default: one a core)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-duplicates",
	    "find recordings that are the same under two ids",
	    "[options] [manifest] > pairs", options };
	struct stream_list list;
	struct error err = { ERROR_NONE, "" };
	int i, status;

	stream_options_init(&stream);
	i = cli_parse(&tool, argc, argv);
	if (stream_take_manifest(&stream, argc, argv, i, &err) != 0 ||
	    stream_list_load(&list, stream.in_path, &err) != 0) {
		cli_warn(&err, "cannot start");
		return cli_finish(CLI_FATAL);
	}
	if (list.n_broken > 0)
		cli_warn(NULL, "lines that are no records: %zu",
		    list.n_broken);
	status = run(&list, stream.n_threads);
	stream_list_release(&list);
	return cli_finish(status);
}
