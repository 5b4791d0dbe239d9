/*
 * http_range -- which bytes of a file are asked for, and whether they are
 * needed at all (RFC 9110, sections 13 and 14).
 */
#ifndef REVIEW_HTTP_RANGE_H
#define REVIEW_HTTP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

enum http_range {
	HTTP_RANGE_WHOLE,	/* 200: no range, or none to be heeded */
	HTTP_RANGE_PART,	/* 206: *first..*last */
	HTTP_RANGE_NOWHERE	/* 416: begins behind the end */
};

/*
 * Read the header Range (or NULL) for a file of n_bytes: "bytes=0-99",
 * "bytes=100-", "bytes=-100".  Several ranges, other units and what is no
 * range give the whole file, as section 14.2 allows.  *first <= *last <
 * n_bytes when it is a part.
 */
enum http_range http_range_parse(const char *range, uint64_t n_bytes,
    uint64_t *first, uint64_t *last);

/* Does If-Range (NULL: yes) name this version?  Dates and weak tags do not. */
bool http_range_is_same(const char *if_range, const char *etag);

/* Does If-None-Match (NULL: no), a list of tags or "*", name this version? */
bool http_range_is_known(const char *if_none_match, const char *etag);

#endif
