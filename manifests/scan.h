/*
 * scan -- folders of recordings become records.
 *
 * A folder that holds sounds is a work: its group_id is its path below the
 * folder that is scanned (or that folder's own name), and the id of a sound is
 * GROUP/NAME without the extension.  Of sounds that differ in the extension
 * alone the id keeps it.  audio_type follows from the first word of the name:
 * "original" is an original, "hum" and "humming" are humming, everything else
 * is a cover.
 *
 * With a pattern (manifests/scan_pattern.h) the path below the folder says what
 * members there are; what it leaves open, and only that, follows as above,
 * except that the id is the whole path without the extension.  Sounds of
 * another form are left out.
 *
 * The order is that of the bytes of the names.  A folder that contains itself
 * through a symbolic link is entered once.
 */
#ifndef MANIFESTS_SCAN_H
#define MANIFESTS_SCAN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"

/* What scan_folder calls, with "shared". */
struct scan_calls {
	/* A sound's record, borrowed.  -1 ends the scan. */
	int (*take)(void *shared, struct json *rec, struct error *err);
	/*
	 * A file or folder that gave none, and why; is_failure when it may
	 * well be a sound.  Dot files are passed over in silence.
	 */
	void (*leave_out)(void *shared, const char *path, const char *why,
	    bool is_failure);
	void *shared;
	const char *pattern;	/* or NULL */
};

/* -1 when the folder cannot be read, memory is out, or "take" said so. */
int scan_folder(const char *folder, const struct scan_calls *calls,
    struct error *err) MUST_CHECK;

#endif
