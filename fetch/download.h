/*
 * download -- one address into one file, with limits, resumed where it was
 * broken off.
 *
 * Addresses of fetch/transfers.h, and s3:// (fetch/s3_address.h).  What is
 * slower than 1 kB/s is given up, what is longer than may be is cut off, as
 * soon as the server says so.
 *
 * The file is meant to be a partial one, apart from where the result will lie
 * (fetch/part.h): bytes that are in it already are kept and the rest is asked
 * for (RFC 9110, section 14), on the condition that the version is still the
 * same (If-Range).  Without a word of the server that tells versions apart,
 * only what has a known hash is gone on with.  When bytes turn out to be of
 * something else, by the hash or by what the server says, all is fetched
 * again, once.
 */
#ifndef FETCH_DOWNLOAD_H
#define FETCH_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/hash.h"

#include "fetch/transfers.h"

#define DOWNLOAD_MIN_PIN 8	/* hex digits that are worth comparing */

struct download {
	const char *url;
	const char *path;	/* made with its folder when missing */
	const char *final_path;	/* renamed to this when whole; NULL: not */
	/*
	 * The SHA-256 that the whole must have: DOWNLOAD_MIN_PIN to 64 hex
	 * digits, the first ones; or NULL, when it is not known.
	 */
	const char *sha256;
	size_t n_bytes;		/* of the whole; 0: not known */
	size_t max_bytes;	/* more is cut off; at least n_bytes */
	size_t stall_sec;	/* no answer, or too slow, for so long: over */
	double max_sec;		/* of all tries and waits; 0: any */
	/*
	 * Tries in a row without progress, where trying again can help; 0: 1.
	 */
	size_t n_tries;
	bool refuse_pages;	/* HTML is no file, but somebody's excuse */
	const char *progress;	/* name shown on a terminal; NULL: none */
	struct transfers *transfers;	/* NULL: one of its own */
};

struct download_result {
	char sha256[HASH_HEX_BYTES];	/* of the whole, in full */
	size_t n_bytes;
	size_t n_requests;	/* that were made; 0: all was there */
	enum failure failure;	/* NONE after a success and when stopped */
	bool is_stopped;
	/* Of the last request. */
	struct answer answer;
	char last_url[TRANSFERS_URL_BYTES];	/* after redirects, or "" */
};

/*
 * 0 when the file holds all of it and has the hash.  -1 otherwise: what was not
 * what it should be is removed (ERROR_FORMAT, ERROR_LIMIT); what was broken off
 * lies there, unless it is empty, for the next call to go on with (ERROR_BUSY
 * when the fault may pass, as a connection lost, a server that is overloaded or
 * another program at the same file; else ERROR_IO or ERROR_OUTPUT).  Within one
 * process no two calls may have one path.
 */
int download_file(const struct download *d, struct download_result *result,
    struct error *err) MUST_CHECK;

/* Is it 8 to 64 hex digits? */
bool download_is_pin(const char *sha256);

#endif
