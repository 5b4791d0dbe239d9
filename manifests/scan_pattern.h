/*
 * scan_pattern -- what the path of a sound says of it: "{group_id}/{id}.*".
 *
 * A pattern is compared with the whole path below the folder that is scanned:
 *
 *	{NAME}	one byte or more but "/", put as the text member NAME
 *	*	any bytes but "/"
 *	**	any bytes
 *	?	one byte but "/"
 *	others	themselves
 *
 * A NAME takes as much as it can, from the left, so that "{id}.*" leaves only
 * the extension.  It is made of letters, digits, "_" and "."; one that comes
 * twice must be the same text.
 */
#ifndef MANIFESTS_SCAN_PATTERN_H
#define MANIFESTS_SCAN_PATTERN_H

#include "base/error.h"
#include "base/json.h"

#define SCAN_PATTERN_MAX_NAMES 16
#define SCAN_PATTERN_MAX_BYTES 1024

/* Refuse what is no pattern, with a sentence. */
int scan_pattern_check(const char *pattern, struct error *err) MUST_CHECK;

/*
 * Put what the pattern names onto the record.  1; 0 and nothing put when the
 * path is of another form; -1 with an error.  The pattern has been checked.
 */
int scan_pattern_put(const char *pattern, const char *path, struct json *rec,
    struct error *err) MUST_CHECK;

#endif
