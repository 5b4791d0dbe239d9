/*
 * stream -- the loop that every command runs: read a record, work, write it.
 *
 * Records come as JSON Lines on a stream and leave in the same order,
 * whatever the number of threads.  For each record:
 *
 *   - a line that is no JSON object becomes {"error": "chad-x: line 7: ...",
 *     "line": "the text, at most 200 bytes"} and the run goes on; an object
 *     that record_check refuses keeps its members and gets "error";
 *   - a line whose record already has "error" is written as it came;
 *   - with --shard i/n only records whose hash falls to the shard are taken,
 *     the others are dropped (chad-manifest merge puts shards together); a
 *     broken line is sharded by its text;
 *   - otherwise stage->work is called with an arena of its own and may add
 *     members; then an item is added to "history";
 *   - when work fails, what it had added is dropped and "error" is put on the
 *     record: "chad-x: the message".  A record that would then be longer than
 *     RECORD_LINE_BYTES is cut as a broken line is, and keeps its id.
 *
 * Work that waits for others (transfers) need not finish what it has begun:
 * when stream_must_stop says so it may fail with ERROR_BUSY, and neither its
 * record nor those behind it are written.
 *
 * Failures are also printed on standard error, the first twenty as they are
 * written and a count at the end.  SIGTERM and SIGINT let the records that
 * workers have begun finish and be written, then the loop ends with "stopped";
 * a second signal ends the process.  A line longer than RECORD_LINE_BYTES is
 * skipped whole, as a line that is not a record.  Lines of white space are
 * skipped in silence.
 */
#ifndef MANIFESTS_STREAM_H
#define MANIFESTS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/* What a command does with each record. */
struct stream_stage {
	const char *name;		/* "chad-f0" */
	const char *model_sha256;	/* for the history, or NULL */
	const void *shared;		/* handed to all calls, not changed */
	/* One per thread; both NULL when no state is needed. */
	void *(*new_worker)(const void *shared, struct error *err);
	void (*free_worker)(void *local);
	int (*work)(const void *shared, void *local, struct json *rec,
	    struct arena *scratch, struct error *err);
};

/* The options that every command of this shape shares. */
struct stream_options {
	size_t n_threads;	/* --threads */
	const char *shard;	/* --shard "i/n", 1 <= i <= n, or NULL */
	const char *in_path;	/* operand: the manifest, or NULL for stdin */
	const char *work_folder;	/* --work, where artefacts go */
};

/*
 * Default options: one thread per core (at most 256), no shard, standard
 * input, and $CHAD_WORK or else "chad-work" as work folder.
 */
void stream_options_init(struct stream_options *o);

/*
 * Take argv[first], the only operand that may be there, as the manifest; -1
 * with a message when there are more.
 */
int stream_take_manifest(struct stream_options *o, int argc,
    char *const argv[], int first, struct error *err) MUST_CHECK;

/*
 * The entries for a command's option table, so that they are written once:
 *	{ ..., STREAM_OPTIONS(set.stream), { CLI_END } }
 */
#define STREAM_OPTIONS(o) \
	{ CLI_SIZE, "threads", &(o).n_threads, 1, 256, "N", \
	    "worker threads (default: one a core)" }, \
	STREAM_OPTIONS_BUT_THREADS(o)
#define STREAM_OPTIONS_BUT_THREADS(o) \
	{ CLI_STRING, "shard", &(o).shard, 0, 0, "I/N", \
	    "take only shard I of N" }, \
	{ CLI_STRING, "work", &(o).work_folder, 0, 0, "DIR", \
	    "folder of the artefacts (default: $CHAD_WORK or chad-work)" }

struct stream_result {
	size_t n_records;	/* written */
	size_t n_failed;	/* failed here */
	size_t n_failed_before;	/* came with "error" */
	bool stopped;		/* by a signal */
};

/*
 * Run the loop from options->in_path to "out".  0 when the input was read to
 * its end or a signal stopped it; -1 when the stream could not be read or
 * written or a worker could not be made.
 */
int stream_run(const struct stream_stage *stage,
    const struct stream_options *options, FILE *out,
    struct stream_result *result, struct error *err) MUST_CHECK;

/*
 * stream_run on standard output, with messages, and the exit status that
 * follows: CLI_OK, CLI_SOME_FAILED, CLI_FATAL or CLI_AGAIN.
 */
int stream_main(const struct stream_stage *stage,
    const struct stream_options *options);

/* Has a signal come since stream_run began? */
bool stream_must_stop(void);

/*
 * Reading a manifest record by record on one thread, for commands that write
 * some of them or count.  Broken lines become records with "error", as above.
 */
struct stream_each {
	const char *path;	/* NULL or "-": standard input */
	/*
	 * Called with each record and the manifest's folder (NULL: standard
	 * input); setting *rec to NULL takes it over.  -1 ends the reading.
	 */
	int (*take)(void *shared, struct json **rec, const char *folder,
	    struct error *err);
	void *shared;
	size_t n_broken;	/* lines that are no records, so far */
};

/* Messages about the input name it. */
int stream_each_run(struct stream_each *e, struct error *err) MUST_CHECK;

/*
 * Reading a whole manifest, for commands that need all records at once
 * (chad-align, chad-eval, chad-store, chad-train).  Broken lines become
 * records with "error", as above.
 */
struct stream_list {
	struct json **records;	/* [n_records] */
	size_t n_records;
	size_t n_broken;	/* of which were broken lines */
	char *folder;		/* of the manifest, or NULL for stdin */
};

/* path NULL or "-": standard input.  Release with stream_list_release. */
int stream_list_load(struct stream_list *list, const char *path,
    struct error *err) MUST_CHECK;
void stream_list_release(struct stream_list *list);

/*
 * The folder of a manifest, for record_path: heap memory in *folder, to be
 * freed with memory_free, or NULL when the path is NULL or "-".
 */
int stream_folder(const char *path, char **folder, struct error *err)
    MUST_CHECK;

/* Write one record as a line. */
int stream_write(FILE *out, const struct json *rec, struct arena *scratch,
    struct error *err) MUST_CHECK;

/* True when the id belongs to shard "i/n"; a bad text is an error. */
int stream_shard_has(const char *shard, const char *id, bool *has,
    struct error *err) MUST_CHECK;

#endif
