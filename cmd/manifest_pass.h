/*
 * manifest_pass -- the actions of chad-manifest that pass records on: join,
 * filter, shard, split and merge.
 *
 * Each is the "run" of an entry of base/cli_kinds.h.
 */
#ifndef CMD_MANIFEST_PASS_H
#define CMD_MANIFEST_PASS_H

#include "base/arena.h"
#include "base/error.h"

#include "manifests/stream.h"

/* Entries of the tables of options of all actions. */
#define MANIFEST_OUTPUT_OPTION(path) \
	{ CLI_STRING, "output", &(path), 0, 0, "FILE", \
	    "write this file (.gz, .zst: packed), not standard output" }
#define MANIFEST_END_OPTIONS { CLI_END, NULL, NULL, 0, 0, NULL, NULL }

#define MANIFEST_MAX_MESSAGES 20	/* of a kind */

int manifest_pass_join(int argc, char *argv[], struct arena *a,
    struct error *err) MUST_CHECK;
int manifest_pass_filter(int argc, char *argv[], struct arena *a,
    struct error *err) MUST_CHECK;
int manifest_pass_shard(int argc, char *argv[], struct arena *a,
    struct error *err) MUST_CHECK;
int manifest_pass_split(int argc, char *argv[], struct arena *a,
    struct error *err) MUST_CHECK;
int manifest_pass_merge(int argc, char *argv[], struct arena *a,
    struct error *err) MUST_CHECK;

/* Read the manifests argv[first] on, or standard input without any. */
int manifest_pass_each(struct stream_each *each, int argc, char *argv[],
    int first, struct error *err) MUST_CHECK;

/* The exit status after so many broken lines, which are told. */
int manifest_pass_status(size_t n_broken) MUST_CHECK;

#endif
