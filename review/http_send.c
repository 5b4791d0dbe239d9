#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "review/http_range.h"
#include "review/http_send.h"

#define NAME_BYTES 256		/* of a name to save under, encoded */

static const char *const guards[][2] = {
	{ "Content-Security-Policy", "default-src 'none'; script-src 'self'; "
	    "style-src 'self'; img-src 'self' data: blob:; "
	    "connect-src 'self'; media-src 'self' blob:; form-action 'self'; "
	    "base-uri 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "X-Frame-Options", "DENY" },
	{ "Permissions-Policy", "microphone=(), camera=(), geolocation=()" }
};

/* NULL: nothing to say.  libmicrohttpd refuses line ends in a value. */
static bool
add(struct MHD_Response *r, const char *name, const char *value)
{
	return value == NULL || MHD_add_response_header(r, name, value) ==
	    MHD_YES;
}

/* The name by RFC 8187: all but letters, digits, "-", "_", "." encoded. */
static bool
add_download_name(struct MHD_Response *r, const char *name)
{
	char text[NAME_BYTES] = "attachment; filename*=UTF-8''";
	size_t n = strlen(text);

	if (name == NULL)
		return true;
	for (; *name != '\0' && n + 4 <= sizeof(text); name++) {
		const unsigned char c = (unsigned char)*name;
		const bool is_plain = c < 128 && (strchr("-_.", c) != NULL ||
		    (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z'));
		const int n_written = snprintf(text + n, sizeof(text) - n,
		    is_plain ? "%c" : "%%%02X", c);

		n += n_written < 0 ? 0 : (size_t)n_written;
	}
	return add(r, "Content-Disposition", text);
}

static bool
add_headers(struct MHD_Response *r, const struct http_answer *answer,
    unsigned status, bool must_close)
{
	char seconds[16];
	bool is_whole = add(r, "Content-Type", answer->type) &&
	    add(r, "ETag", answer->etag) &&
	    add(r, "Location", answer->location) &&
	    add(r, "Set-Cookie", answer->set_cookie) &&
	    add_download_name(r, answer->download_name) &&
	    add(r, "Cache-Control", answer->is_lasting ?
	    "private, max-age=31536000, immutable" : answer->is_public ?
	    "private, no-cache" : "no-store");

	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
		is_whole = is_whole && add(r, guards[i][0], guards[i][1]);
	if (answer->retry_after_sec > 0) {
		(void)snprintf(seconds, sizeof(seconds), "%u",
		    answer->retry_after_sec);
		is_whole = is_whole && add(r, "Retry-After", seconds);
	}
	if (status == 405)
		is_whole = is_whole && add(r, "Allow", answer->allow == NULL ?
		    "GET, HEAD, POST" : answer->allow);
	if (must_close)
		is_whole = is_whole && add(r, "Connection", "close");
	return is_whole;
}

static struct MHD_Response *
respond_memory(const void *body, size_t n_bytes, uint64_t *n_sent)
{
	/* libmicrohttpd reads, but has no type for what is only read. */
	union {
		const void *is;
		void *as;
	} bytes = { body };

	*n_sent = n_bytes;
	return MHD_create_response_from_buffer(n_bytes, bytes.as,
	    MHD_RESPMEM_PERSISTENT);
}

/* The file or the part of it that is wanted; takes the file. */
static struct MHD_Response *
respond_file(const struct http_answer *answer,
    const struct http_send_wish *wish, unsigned *status, uint64_t *n_sent)
{
	const uint64_t n = answer->n_file_bytes;
	const char *range = answer->status == 200 &&
	    http_range_is_same(wish->if_range, answer->etag) ? wish->range :
	    NULL;
	uint64_t first = 0, last = n == 0 ? 0 : n - 1;
	struct MHD_Response *r;
	char where[80] = "";

	switch (http_range_parse(range, n, &first, &last)) {
	case HTTP_RANGE_PART:
		*status = 206;
		(void)snprintf(where, sizeof(where), "bytes %" PRIu64 "-%"
		    PRIu64 "/%" PRIu64, first, last, n);
		break;
	case HTTP_RANGE_NOWHERE:
		*status = 416;
		(void)snprintf(where, sizeof(where), "bytes */%" PRIu64, n);
		break;
	case HTTP_RANGE_WHOLE:
		break;
	}
	if (n == 0 || *status == 416) {
		(void)close(answer->fd);
		r = respond_memory("", 0, n_sent);
	} else {
		*n_sent = last - first + 1;
		r = MHD_create_response_from_fd_at_offset64(*n_sent,
		    answer->fd, first);
		if (r == NULL)
			(void)close(answer->fd);
	}
	if (r != NULL && (!add(r, "Accept-Ranges", "bytes") ||
	    (where[0] != '\0' && !add(r, "Content-Range", where)))) {
		MHD_destroy_response(r);
		r = NULL;
	}
	return r;
}

enum MHD_Result
http_send(struct MHD_Connection *connection,
    const struct http_answer *answer, const struct http_send_wish *wish,
    bool must_close, uint64_t *n_bytes)
{
	static const struct http_answer failed = {
		.type = "application/json",
		.body = "{\"error\":\"the server has made a mistake\"}",
		.n_bytes = 41
	};
	unsigned status = answer->status;
	struct MHD_Response *r;
	enum MHD_Result result;

	if (status == 200 && http_range_is_known(wish->if_none_match,
	    answer->etag)) {
		if (answer->has_fd)
			(void)close(answer->fd);
		status = 304;
		r = respond_memory("", 0, n_bytes);
	} else if (answer->has_fd)
		r = respond_file(answer, wish, &status, n_bytes);
	else
		r = respond_memory(answer->body == NULL ? "" : answer->body,
		    answer->n_bytes, n_bytes);
	if (r == NULL)
		return MHD_NO;
	if (status < 200 || status > 599 ||
	    !add_headers(r, answer, status, must_close)) {
		MHD_destroy_response(r);
		status = 500;
		r = respond_memory(failed.body, failed.n_bytes, n_bytes);
		if (r == NULL || !add_headers(r, &failed, status,
		    must_close)) {
			if (r != NULL)
				MHD_destroy_response(r);
			return MHD_NO;
		}
	}
	result = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	return result;
}
