/*
 * failure -- why an address could not be fetched, in the few classes that
 * decide what helps.
 */
#ifndef FETCH_FAILURE_H
#define FETCH_FAILURE_H

#include <stdbool.h>

#include "base/error.h"

enum failure {
	FAILURE_NONE = 0,
	FAILURE_GONE,		/* it is not there any more */
	FAILURE_REFUSED,	/* there, or not, but not for us, or no file */
	FAILURE_THROTTLED,	/* the server asks for fewer requests */
	FAILURE_NETWORK,	/* a fault on the way or of the server */
	FAILURE_CORRUPT,	/* what came is not what it should be */
	FAILURE_TOO_LARGE,
	FAILURE_LOCAL		/* of this computer: disk, memory, locks */
};

/* "gone", "refused", ... as they stand in records. */
const char *failure_name(enum failure f);

/* Whether trying again later can help. */
bool failure_may_pass(enum failure f);

/* The class of a server's status of 400 and more. */
enum failure failure_of_status(long status);

/* The error code that goes with it. */
enum error_code failure_code(enum failure f);

#endif
