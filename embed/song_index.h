/*
 * song_index -- songs put into an index and taken out again.
 *
 * The file (embed/index_file.h) is written anew at each change, beside the old
 * one, and takes its place when it is whole; so searches that have the old one
 * open go on with it, and what is removed takes no room.  Songs that stay keep
 * their lists; centres are trained again when the index has doubled or halved
 * since.  Whoever changes the file holds base/lock.h's lock, and others wait.
 *
 * What is small is searched faster without lists, and what is larger than
 * memory by codes; SONG_INDEX_CHOOSE chooses by the number of windows.
 */
#ifndef EMBED_SONG_INDEX_H
#define EMBED_SONG_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "manifests/stream.h"

#include "embed/index_file.h"

#define SONG_INDEX_CHOOSE SIZE_MAX
#define SONG_INDEX_MIN_LISTED 400000	/* windows */
#define SONG_INDEX_MIN_CODED 1000000

struct song_index_options {
	size_t n_lists, n_parts;	/* or SONG_INDEX_CHOOSE */
	size_t n_threads, wait_ms;
	uint64_t seed;			/* of the training */
};

/* Choose, one thread, no waiting, seed 1. */
void song_index_options_init(struct song_index_options *o);

/* What to do, first removing, then adding. */
struct song_index_change {
	bool is_new;			/* forget what the file holds */
	const char *const *removed;	/* ids */
	size_t n_removed;
	/* Records of chad-embed with "f0.path"; a known id is replaced. */
	const struct stream_list *added;
	size_t n_added;
	/* Told of each record or id that was left out; may be NULL. */
	void (*note)(void *context, const char *id, const struct error *why);
	void *context;
};

struct song_index_result {
	size_t n_added, n_replaced, n_removed, n_refused;
	bool is_trained;		/* its lists were made anew */
	struct index_facts facts;
};

/*
 * Records that cannot be read, are of another model, hop or dimension, or whose
 * id comes twice, are refused one by one, and so are ids that are not there to
 * be removed; a song whose new record is refused stays as it was.
 */
int song_index_change(const char *path, const struct song_index_change *c,
    const struct song_index_options *o, struct song_index_result *result,
    struct error *err) MUST_CHECK;

#endif
