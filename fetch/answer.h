/*
 * answer -- what the header of a server's answer says (RFC 9110), as far as
 * it matters to fetching a file whole.
 *
 * Lines come from strangers: what is malformed or too long counts as not said.
 */
#ifndef FETCH_ANSWER_H
#define FETCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#define ANSWER_TEXT_BYTES 256
#define ANSWER_MAX_WAIT_SEC 1e7	/* more is cut to this */

struct answer {
	long status;		/* of HTTP; 0 before its first line */
	/* As sent, printable; "" where it was not. */
	char etag[ANSWER_TEXT_BYTES];
	char last_modified[ANSWER_TEXT_BYTES];
	char date[ANSWER_TEXT_BYTES];
	char content_type[ANSWER_TEXT_BYTES];
	char retry_after[ANSWER_TEXT_BYTES];
	bool has_length;
	size_t n_bytes;		/* of the body that follows */
	/* Of Content-Range; a 416 has the total alone. */
	bool has_range, has_total;
	size_t first, last;	/* both included, first <= last */
	size_t total;		/* > last */
};

/*
 * Take one line, with or without its end.  The first line of an answer sets
 * all anew, so that of several (redirects) the last remains.
 */
void answer_line(struct answer *a, const char *line, size_t n_bytes);

/*
 * What tells this version from others for If-Range: the ETag when it is a
 * strong one, else Last-Modified when it is at least a second before the date
 * of the answer (section 8.8.2.2); else "".
 */
const char *answer_validator(const struct answer *a);

/*
 * Seconds that Retry-After asks to wait, as a number or as a date, which is
 * measured from the answer's own Date when there is one (clocks differ), else
 * from now_sec, seconds since 1970.  Negative when it does not say.
 */
double answer_wait_sec(const struct answer *a, double now_sec);

#endif
