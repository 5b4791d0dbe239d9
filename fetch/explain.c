#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "fetch/explain.h"

/* Set the class, and the sentence behind the address. */
static void ERROR_PRINTF(4, 5)
say(struct transfer *t, enum failure f, struct error *err, const char *fmt,
    ...)
{
	char text[ERROR_TEXT_BYTES / 2];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	t->failure = f;
	error_set(err, failure_code(f), "%.*s: %s", TRANSFERS_URL_BYTES / 4,
	    t->url, text);
}

/* The server answered with an error. */
static void
explain_status(struct transfer *t, struct error *err)
{
	const long status = t->answer.status;
	const enum failure f = failure_of_status(status);

	if (status == 416 && t->first > 0)
		t->is_out_of_range = true;
	else if (status / 100 == 3 && t->s3 != NULL)
		say(t, f, err, "the server answers %ld: set AWS_REGION to the "
		    "bucket's", status);
	else if (failure_may_pass(f) && t->answer.retry_after[0] != '\0')
		say(t, f, err, "the server answers %ld (Retry-After: "
		    "%.60s): try again then", status,
		    t->answer.retry_after);
	else if (failure_may_pass(f))
		say(t, f, err, "the server answers %ld: try again later",
		    status);
	else
		say(t, f, err, "the server answers %ld: check the address",
		    status);
}

static void
explain_address(struct transfer *t, CURLcode code, struct error *err)
{
	switch (code) {
	case CURLE_LOGIN_DENIED:
		if (t->answer.status != 0) {
			say(t, FAILURE_REFUSED, err, "the server lets nobody "
			    "in without a name: check the address");
			break;
		}
		t->failure = FAILURE_REFUSED;
		/* The password must not come into a message. */
		error_set(err, ERROR_FORMAT, "an address with a user's name "
		    "in it is not fetched: give one without");
		break;
	case CURLE_FILE_COULDNT_READ_FILE:
		say(t, FAILURE_GONE, err, "cannot be read: check the address");
		break;
	case CURLE_REMOTE_FILE_NOT_FOUND:
	case CURLE_FTP_COULDNT_RETR_FILE:
	case CURLE_REMOTE_ACCESS_DENIED:
		/* RFC 959, 4.2.1: 4xx passes, the same may work later. */
		if (t->answer.status / 100 == 4)
			say(t, FAILURE_NETWORK, err, "the server answers "
			    "%ld: try again later", t->answer.status);
		else
			say(t, FAILURE_GONE, err, "the server does not give "
			    "it: check the address");
		break;
	case CURLE_TOO_MANY_REDIRECTS:
		say(t, FAILURE_REFUSED, err, "more than %ld redirects: check "
		    "the address", EXPLAIN_MAX_REDIRECTS);
		break;
	default:
		say(t, FAILURE_REFUSED, err, "not an address that begins with "
		    "https://, http://, ftp:// or file:// (nor leads to such "
		    "a one): give such a one");
	}
}

static void
explain_network(struct transfer *t, CURLcode code, size_t n_bytes,
    struct error *err)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		say(t, FAILURE_NETWORK, err, "no answer, or less than %ld "
		    "bytes a second, for %zu s: the same command goes on from "
		    "there", EXPLAIN_SLOW_BYTES_PER_SEC, t->stall_sec);
		break;
	case CURLE_PARTIAL_FILE:
		say(t, FAILURE_NETWORK, err, "the connection was lost after "
		    "%zu bytes: the same command goes on from there", n_bytes);
		break;
	default:
		say(t, FAILURE_NETWORK, err, "%s: try again when the network "
		    "is there", curl_easy_strerror(code));
	}
}

void
explain_end(struct transfer *t, int curl_code, const char *curl_text,
    size_t n_bytes, struct error *err)
{
	const CURLcode code = (CURLcode)curl_code;

	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL:
		/* Leftovers of an answer that was longer than it said. */
		if (strstr(curl_text, "HTTP/0.9") != NULL)
			explain_network(t, CURLE_RECV_ERROR, n_bytes, err);
		else
			explain_address(t, code, err);
		break;
	case CURLE_HTTP_RETURNED_ERROR:
	case CURLE_WRITE_ERROR:
		explain_status(t, err);
		break;
	case CURLE_LOGIN_DENIED:
	case CURLE_FILE_COULDNT_READ_FILE:
	case CURLE_REMOTE_FILE_NOT_FOUND:
	case CURLE_FTP_COULDNT_RETR_FILE:
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_URL_MALFORMAT:
		explain_address(t, code, err);
		break;
	case CURLE_BAD_DOWNLOAD_RESUME:
	case CURLE_RANGE_ERROR:
	case CURLE_FTP_COULDNT_USE_REST:
		t->is_out_of_range = t->first > 0;
		if (!t->is_out_of_range)
			say(t, FAILURE_NETWORK, err, "%s",
			    curl_easy_strerror(code));
		break;
	case CURLE_OUT_OF_MEMORY:
		say(t, FAILURE_LOCAL, err, "out of memory");
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		say(t, FAILURE_REFUSED, err, "%s", curl_text[0] != '\0' ?
		    curl_text : curl_easy_strerror(code));
		break;
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		explain_network(t, code, n_bytes, err);
		break;
	default:
		say(t, FAILURE_NETWORK, err, "%s", curl_text[0] != '\0' ?
		    curl_text : curl_easy_strerror(code));
	}
}
