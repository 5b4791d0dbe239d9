/*
 * download -- one address into one file, with limits, resumed where it was
 * broken off (libcurl behind it).
 *
 * http, https and file addresses.  Up to 10 redirects are followed, to http
 * and https alone, and from https only to https; certificates are verified; a
 * proxy is taken from the environment as by curl.  What is slower than 1 kB/s
 * is given up, what is longer than stated is cut off.
 *
 * The file is meant to be a partial one, apart from where the result will lie:
 * bytes that are in it already are kept and the rest is asked for (RFC 9110,
 * section 14).  When they turn out to be of something else, by the hash or by
 * what the server says, all is fetched again, once.
 */
#ifndef FETCH_DOWNLOAD_H
#define FETCH_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/hash.h"

#define DOWNLOAD_MIN_PIN 8	/* hex digits that are worth comparing */

struct download {
	const char *url;
	const char *path;	/* made with its folder when missing */
	/*
	 * The SHA-256 that the whole must have: DOWNLOAD_MIN_PIN to 64 hex
	 * digits, the first ones; or NULL, when it is not known.
	 */
	const char *sha256;
	size_t n_bytes;		/* of the whole; 0: not known */
	size_t max_bytes;	/* more is cut off; at least n_bytes */
	size_t stall_sec;	/* no answer, or too slow, for so long: over */
	const char *progress;	/* name shown on a terminal; NULL: none */
};

/*
 * 0 when the file holds all of it and has the hash, which "sha256" tells in
 * full.  -1 otherwise: what was not what it should be is removed (ERROR_FORMAT,
 * ERROR_LIMIT); what was broken off lies there, unless it is empty, for the
 * next call to go on with (ERROR_BUSY when the fault may pass, as a connection
 * lost, a server that is overloaded or another program at the same file; else
 * ERROR_IO or ERROR_OUTPUT).  One call at a time.
 */
int download_file(const struct download *d, char sha256[HASH_HEX_BYTES],
    struct error *err) MUST_CHECK;

/* Is it 8 to 64 hex digits? */
bool download_is_pin(const char *sha256);

#endif
