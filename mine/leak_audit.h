/*
 * leak_audit -- was a model trained on a work that it is measured on?
 *
 * The model's list of works (manifests/trained_on.h) against the records of an
 * evaluation set: by group_id, by source video, by normalised title, and by
 * titles that are alike (store/title.h).
 */
#ifndef MINE_LEAK_AUDIT_H
#define MINE_LEAK_AUDIT_H

#include <stddef.h>

#include "base/error.h"
#include "manifests/stream.h"

struct leak_audit {
	size_t n_works, n_titles, n_videos;	/* that the model has seen */
	size_t n_records;	/* of the evaluation set */
	size_t n_leaks;		/* of these that it has seen */
	size_t n_alike;		/* others whose title is like one it has */
	size_t n_untitled;	/* records with no title and no video */
};

/*
 * found(context, sentence) is called for each record that is a leak, or
 * perhaps one.  manifest_path: of what the model was trained on, to be used
 * when its SHA-256 is the one that the model names, in place of the list; NULL:
 * the list.  ERROR_FORMAT when it cannot be told: the model has no list, or
 * the list or the manifest is not the model's.
 */
int leak_audit_run(const char *model_path, const char *manifest_path,
    const struct stream_list *set,
    void (*found)(void *context, const char *sentence), void *context,
    struct leak_audit *result, struct error *err) MUST_CHECK;

#endif
