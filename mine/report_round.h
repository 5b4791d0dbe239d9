/*
 * report_round -- a finished round as the report needs it: what the catalogue
 * says of it, and the files that its steps left.
 */
#ifndef MINE_REPORT_ROUND_H
#define MINE_REPORT_ROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "manifests/stream.h"
#include "store/catalogue.h"
#include "store/rounds.h"

#include "mine/recording_index.h"

struct report_round {
	size_t number;
	struct rounds_result result;
	struct json *settings;
	/* Paths of steps, NULL where there is none or the file is gone. */
	const char *analysed_path, *embedded_path, *model_path;
	const char *fragments_path;
	struct stream_list recordings, fragments;	/* of those, or empty */
	struct recording_index *index;		/* of the recordings */
	bool has_truth;		/* fragments say whether they are right */
};

/*
 * Load round "number"; *found is false when it is not done.  Where recordings
 * have truth, chad-eval says of each fragment whether it is right, in a file
 * beside the report: FOLDER/fragments.jsonl, which holds the decided fragments
 * in any case; with folder NULL nothing is written and nobody asked.  Texts
 * are arena memory; release the rest with report_round_release, whatever comes
 * of it.
 */
int report_round_load(struct catalogue *c, size_t number, const char *folder,
    struct arena *a, struct report_round *r, bool *found, struct error *err)
    MUST_CHECK;
void report_round_release(struct report_round *r);

/* Is the record a fragment that was decided so?  NULL: any decision. */
bool report_round_is(const struct json *fragment, const char *decision);

/* Seconds of the fragment in the cover. */
double report_round_seconds(const struct json *fragment);

#endif
