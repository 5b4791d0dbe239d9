/*
 * explain -- how a transfer of libcurl's ended, in our words.
 */
#ifndef FETCH_EXPLAIN_H
#define FETCH_EXPLAIN_H

#include "fetch/transfers.h"

/*
 * curl_code is a CURLcode other than CURLE_OK; curl_text, what libcurl says
 * besides, may be "".  Sets t->failure and a sentence; n_bytes is what came.
 */
void explain_end(struct transfer *t, int curl_code, const char *curl_text,
    size_t n_bytes, struct error *err);

#define EXPLAIN_MAX_REDIRECTS 10L
#define EXPLAIN_SLOW_BYTES_PER_SEC 1000L

#endif
