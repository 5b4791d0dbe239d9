/*
 * index_writer -- writing the file of embed/index_file.h, section by section;
 * it appears, whole, when committed.
 */
#ifndef EMBED_INDEX_WRITER_H
#define EMBED_INDEX_WRITER_H

#include <stddef.h>

#include "base/error.h"

#include "embed/index_file.h"

struct index_writer;

struct index_writer *index_writer_open(const char *path, struct error *err)
    MUST_CHECK;

/*
 * The sections in any order, each begun once and its bytes put in pieces.
 * Those never begun are empty.
 */
int index_writer_begin(struct index_writer *w, enum index_section section,
    struct error *err) MUST_CHECK;
int index_writer_put(struct index_writer *w, const void *bytes,
    size_t n_bytes, struct error *err) MUST_CHECK;

/* A section of facts, and one of songs from their parts. */
int index_writer_put_facts(struct index_writer *w,
    const struct index_facts *facts, struct error *err) MUST_CHECK;
int index_writer_put_song(struct index_writer *w,
    const struct index_song *song, size_t first_pitch, size_t first_name,
    struct error *err) MUST_CHECK;

/*
 * Have all that was put on disk; *path is where it is now, *offset where the
 * section begins there.
 */
int index_writer_flush(struct index_writer *w, enum index_section section,
    const char **path, size_t *offset, struct error *err) MUST_CHECK;

/* Both free the writer. */
int index_writer_commit(struct index_writer *w, size_t n_threads,
    struct error *err) MUST_CHECK;
void index_writer_abandon(struct index_writer *w);

#endif
