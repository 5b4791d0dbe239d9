/*
 * fragment_record -- a fragment as a record of a manifest.
 *
 * The members are those of "Fragments" in manifests/FORMAT.md.
 */
#ifndef ALIGN_FRAGMENT_RECORD_H
#define ALIGN_FRAGMENT_RECORD_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "align/aligner.h"
#include "align/time_line.h"

#define FRAGMENT_RECORD_RATE_HZ 16000

/*
 * What the records of the two recordings say of them, without a fragment yet;
 * free with json_free.  NULL with an error.
 */
struct json *fragment_record_new(const struct json *original,
    const struct json *cover, struct error *err) MUST_CHECK;

/* Put the fragment, undecided, on a record made as above from "cover". */
int fragment_record_put(struct json *rec, const struct json *cover,
    const struct aligner_fragment *f, struct arena *a, struct error *err)
    MUST_CHECK;

/* What is decided of it. */
int fragment_record_decide(struct json *rec, enum aligner_decision decision,
    struct error *err) MUST_CHECK;

/*
 * Where the fragment of a record lies: on a line, from *from_sec to *to_sec of
 * the original.
 */
int fragment_record_line(const struct json *rec, struct time_line *line,
    double *from_sec, double *to_sec, struct error *err) MUST_CHECK;

#endif
