#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/explain.h"
#include "fetch/request.h"

#define BUFFER_BYTES (256L << 10)
#define HEADER_BYTES 4096

bool
request_is_http(const char *url)
{
	return strncasecmp(url, "http:", 5) == 0 ||
	    strncasecmp(url, "https:", 6) == 0;
}

CURLU *
request_address(const char *url)
{
	CURLU *u = curl_url();

	if (u != NULL && curl_url_set(u, CURLUPART_URL, url,
	    CURLU_ALLOW_SPACE | CURLU_URLENCODE) == CURLUE_OK)
		return u;
	curl_url_cleanup(u);
	return NULL;
}

/* One more header. */
static bool
add_header(struct curl_slist **headers, const char *name, const char *value)
{
	char text[HEADER_BYTES];
	struct curl_slist *more;

	if (snprintf(text, sizeof(text), "%s: %s", name, value) >=
	    HEADER_BYTES)
		return false;
	more = curl_slist_append(*headers, text);
	if (more != NULL)
		*headers = more;
	return more != NULL;
}

/* Sign the request. */
static bool
set_s3(CURL *c, const struct s3_access *s3, struct curl_slist **headers)
{
	char text[HEADER_BYTES];
	bool is_bad = false;

#define SET(option, value) \
	(is_bad |= curl_easy_setopt(c, (option), (value)) != CURLE_OK)
	/* Names are taken byte by byte. */
	SET(CURLOPT_PATH_AS_IS, 1L);
	if (s3->key_id == NULL)
		return !is_bad;
	(void)snprintf(text, sizeof(text), "aws:amz:%s:s3", s3->region);
	SET(CURLOPT_AWS_SIGV4, text);
	SET(CURLOPT_USERNAME, s3->key_id);
	SET(CURLOPT_PASSWORD, s3->secret);
#undef SET
	return !is_bad && add_header(headers, "x-amz-content-sha256",
	    s3_address_no_payload) && (s3->token == NULL ||
	    add_header(headers, "x-amz-security-token", s3->token));
}

/* Only what follows the bytes that are there, if that is of the same. */
static bool
set_range(CURL *c, const struct transfer *t, struct curl_slist **headers)
{
	char text[40];

	if (t->first == 0)
		return true;
	if (!request_is_http(t->url))
		return curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE,
		    (curl_off_t)t->first) == CURLE_OK;
	(void)snprintf(text, sizeof(text), "%zu-", t->first);
	return curl_easy_setopt(c, CURLOPT_RANGE, text) == CURLE_OK &&
	    (t->if_range == NULL ||
	    add_header(headers, "If-Range", t->if_range));
}

/* The address; one with spaces as servers want it. */
static bool
set_url(CURL *c, const char *url)
{
	CURLU *u = strchr(url, ' ') != NULL ? request_address(url) : NULL;
	char *encoded = NULL;
	bool is_good;

	if (u != NULL)
		(void)curl_url_get(u, CURLUPART_URL, &encoded, 0);
	is_good = curl_easy_setopt(c, CURLOPT_URL, encoded != NULL ? encoded :
	    url) == CURLE_OK;
	curl_free(encoded);
	curl_url_cleanup(u);
	return is_good;
}

/* What holds for all.  False when there is no memory. */
static bool
set_all(CURL *c, const struct transfer *t, double now_sec)
{
	const bool is_tls = strncasecmp(t->url, "https:", 6) == 0;
	const char *bundle = getenv("CURL_CA_BUNDLE");
	bool is_bad = false;

#define SET(option, value) \
	(is_bad |= curl_easy_setopt(c, (option), (value)) != CURLE_OK)
	is_bad |= !set_url(c, t->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https,ftp,file");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, is_tls ? "https" : "http,https");
	/* A signature is for one host. */
	SET(CURLOPT_FOLLOWLOCATION, t->s3 == NULL ? 1L : 0L);
	SET(CURLOPT_MAXREDIRS, EXPLAIN_MAX_REDIRECTS);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (bundle != NULL && bundle[0] != '\0')
		SET(CURLOPT_CAINFO, bundle);
	/* A password must not come into a card. */
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, (long)t->stall_sec);
	SET(CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)t->stall_sec);
	SET(CURLOPT_LOW_SPEED_LIMIT, EXPLAIN_SLOW_BYTES_PER_SEC);
	SET(CURLOPT_LOW_SPEED_TIME, (long)t->stall_sec);
	if (t->deadline_sec > 0.0)
		SET(CURLOPT_TIMEOUT_MS,
		    (long)fmax(1e3 * (t->deadline_sec - now_sec), 1.0));
	SET(CURLOPT_USERAGENT, "chad-tools");
	SET(CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	SET(CURLOPT_FILETIME, request_is_http(t->url) ? 0L : 1L);
	SET(CURLOPT_NOBODY, t->is_check ? 1L : 0L);
#undef SET
	return !is_bad;
}

CURL *
request_new(const struct transfer *t, double now_sec,
    struct curl_slist **headers)
{
	CURL *c = curl_easy_init();

	if (c != NULL && set_all(c, t, now_sec) &&
	    set_range(c, t, headers) &&
	    (t->s3 == NULL || set_s3(c, t->s3, headers)) &&
	    curl_easy_setopt(c, CURLOPT_HTTPHEADER, *headers) == CURLE_OK)
		return c;
	curl_easy_cleanup(c);
	return NULL;
}
