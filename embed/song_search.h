/*
 * song_search -- hums searched for in songs, of an index or of a manifest.
 *
 * In an index with lists (embed/index_file.h) the windows most like each window
 * of a hum's views are looked up (ann/neighbours.h), and each votes with its
 * likeness for a song, a view and the place where the hum would begin.  The
 * songs with the best places are then searched as embed/retrieval.h does,
 * exactly; so a lookup can lose a song, but never changes its score.  A small
 * index, a manifest, and is_exact search all songs like that.
 */
#ifndef EMBED_SONG_SEARCH_H
#define EMBED_SONG_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "embed/embedded.h"
#include "embed/index_file.h"
#include "embed/retrieval.h"

struct song_search_options {
	struct retrieval_options retrieval;
	bool is_exact;
	size_t n_candidates;	/* songs searched after the lookup */
	size_t n_probed;	/* lists looked through; 0: by their number */
	size_t n_found;		/* windows for each window of a hum */
};

/*
 * The defaults; with rescoring 2000 works are compared by pitch, 400 of them by
 * warping.
 */
void song_search_options_init(struct song_search_options *o,
    bool wants_rescore);

struct song_search;

/* Either returns what song_search_free frees. */
struct song_search *song_search_open(const char *index_path,
    size_t n_threads, struct error *err) MUST_CHECK;
/*
 * All records of a manifest of chad-embed in memory, but those with "error";
 * there must be one.  wants_lines: of their pitch too.
 */
struct song_search *song_search_load(const char *manifest_path,
    bool wants_lines, struct error *err) MUST_CHECK;
void song_search_free(struct song_search *s);

size_t song_search_n_songs(const struct song_search *s);
size_t song_search_n_works(const struct song_search *s);
/* Of an index: what it says of itself; else NULL. */
const struct index_facts *song_search_facts(const struct song_search *s);
/* The line of the song of an answer; n 0 for SIZE_MAX. */
void song_search_line(const struct song_search *s, size_t song,
    struct melody_line *line);

/*
 * As retrieval_search: (*answers)[song_search_n_works] in arena memory.  A hum
 * of another model is refused.  May be called by several threads at once.
 */
int song_search_run(const struct song_search *s,
    const struct embedded_hum *hum, const struct song_search_options *o,
    struct arena *a, struct retrieval_answer **answers, struct error *err)
    MUST_CHECK;

#endif
