/*
 * request -- what libcurl is to be told of a transfer.  For fetch/ alone.
 */
#ifndef FETCH_REQUEST_H
#define FETCH_REQUEST_H

#include <stdbool.h>

#include <curl/curl.h>

#include "fetch/transfers.h"

/*
 * A handle for the transfer, which starts at now_sec, without its functions;
 * free with curl_easy_cleanup.  *headers starts as NULL and gets the request's
 * own ones, to be freed after the handle, also when this fails: NULL is
 * returned when memory is out or a header too long.
 */
CURL *request_new(const struct transfer *t, double now_sec,
    struct curl_slist **headers);

bool request_is_http(const char *url);

/*
 * The address in its parts, spaces in it (lists of files are full of them)
 * encoded; free with curl_url_cleanup.  NULL: it is none, or memory is out.
 */
CURLU *request_address(const char *url);

#endif
