#include "fetch/failure.h"

const char *
failure_name(enum failure f)
{
	static const char *const names[] = { "", "gone", "refused",
		"throttled", "network", "corrupt", "too-large", "local" };

	return names[f];
}

bool
failure_may_pass(enum failure f)
{
	return f == FAILURE_THROTTLED || f == FAILURE_NETWORK;
}

enum failure
failure_of_status(long status)
{
	if (status == 404 || status == 410)
		return FAILURE_GONE;
	if (status == 429 || status == 503)
		return FAILURE_THROTTLED;
	/* 501 and 505 will not pass: the server knows no better. */
	if (status == 408 || status == 425 ||
	    (status >= 500 && status != 501 && status != 505))
		return FAILURE_NETWORK;
	return FAILURE_REFUSED;
}

enum error_code
failure_code(enum failure f)
{
	switch (f) {
	case FAILURE_THROTTLED:
	case FAILURE_NETWORK:
		return ERROR_BUSY;
	case FAILURE_TOO_LARGE:
		return ERROR_LIMIT;
	case FAILURE_LOCAL:
		return ERROR_IO;
	default:
		return ERROR_FORMAT;
	}
}
