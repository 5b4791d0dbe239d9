#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "review/http_address.h"
#include "review/http_cookie.h"
#include "review/http_path.h"
#include "review/http_visit.h"

/* Headers that we heed: each may come once. */
enum {
	HOST, LENGTH, CODING, ORIGIN, SITE, MODE, DEST, FORWARDED, COOKIE,
	CSRF, TYPE, RANGE, IF_RANGE, IF_NONE_MATCH, N_HEADERS
};

static const char *const names[N_HEADERS] = {
	[HOST] = "Host", [LENGTH] = "Content-Length",
	[CODING] = "Transfer-Encoding", [ORIGIN] = "Origin",
	[SITE] = "Sec-Fetch-Site", [MODE] = "Sec-Fetch-Mode",
	[DEST] = "Sec-Fetch-Dest", [FORWARDED] = "X-Forwarded-For",
	[COOKIE] = "Cookie", [CSRF] = "X-Csrf", [TYPE] = "Content-Type",
	[RANGE] = "Range", [IF_RANGE] = "If-Range",
	[IF_NONE_MATCH] = "If-None-Match"
};

struct headers {
	const char *values[N_HEADERS];	/* NULL: not there */
	bool is_bad;
};

static enum MHD_Result
take_header(void *shared, enum MHD_ValueKind kind, const char *name,
    size_t n_name, const char *value, size_t n_value)
{
	struct headers *h = shared;

	(void)kind;
	if (value == NULL)
		value = "";
	/* RFC 9110, section 5.1: a token. */
	if (n_name == 0 || strspn(name, "!#$%&'*+-.^_`|~0123456789"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != n_name)
		h->is_bad = true;
	for (size_t i = 0; i < n_value; i++)
		if (value[i] == 127 || (value[i] >= 0 && value[i] < 32 &&
		    value[i] != '\t'))
			h->is_bad = true;
	for (size_t i = 0; i < N_HEADERS; i++) {
		if (strcasecmp(name, names[i]) != 0)
			continue;
		if (h->values[i] != NULL)
			h->is_bad = true;
		h->values[i] = value;
	}
	return MHD_YES;
}

static void
refuse(struct http_visit *v, unsigned status, const char *why)
{
	if (v->refused != 0)
		return;
	v->refused = status;
	v->why = why;
}

static void
refuse_frame(struct http_visit *v, unsigned status, const char *why)
{
	refuse(v, status, why);
	v->is_unframed = true;
}

/* Where the header and the body end. */
static void
check_frame(struct http_visit *v, struct MHD_Connection *connection,
    const struct headers *h, const char *target, const char *version)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	const char *length = h->values[LENGTH], *coding = h->values[CODING];
	const bool has_body = coding != NULL ||
	    (length != NULL && strcmp(length, "0") != 0);

	if (strcmp(version, "HTTP/1.1") != 0 &&
	    strcmp(version, "HTTP/1.0") != 0)
		refuse_frame(v, 505, "this is no HTTP/1.1");
	if (target == NULL)
		refuse_frame(v, 414, "the address is too long");
	if (h->is_bad)
		refuse_frame(v, 400, "a header is broken or comes twice");
	if (info == NULL || info->header_size > HTTP_VISIT_HEADER_BYTES +
	    (target == NULL ? 0 : strlen(target)))
		refuse_frame(v, 431, "the header is too long");
	if (coding != NULL && (length != NULL ||
	    strcasecmp(coding, "chunked") != 0 ||
	    strcmp(version, "HTTP/1.1") != 0))
		refuse_frame(v, 400, "the length of the body is in doubt");
	if (length != NULL && (*length == '\0' ||
	    length[strspn(length, "0123456789")] != '\0'))
		refuse_frame(v, 400, "the length of the body is in doubt");
	else if (length != NULL && (strlen(length) > 9 ||
	    strtoul(length, NULL, 10) > HTTP_VISIT_BODY_BYTES))
		refuse_frame(v, 413, "the body is over 64 KiB");
	if (has_body && v->request.method == HTTP_GET)
		refuse_frame(v, 400, "GET and HEAD have no body");
}

/* To which of our names it comes, and from where. */
static void
check_origin(struct http_visit *v, const struct headers *h,
    const struct http_visit_host *host)
{
	const struct http_origin_headers told = { h->values[ORIGIN],
		h->values[SITE], h->values[MODE], h->values[DEST] };
	const bool is_post = v->request.method == HTTP_POST;
	bool is_ours = false, is_allowed = false;

	if (h->values[HOST] == NULL) {
		refuse(v, 400, "no host is named");
		return;
	}
	for (size_t i = 0; i < host->n_origins && !is_allowed; i++) {
		const struct http_origin *o = &host->origins[i];

		if (!http_origin_is_host(o, h->values[HOST]))
			continue;
		is_ours = true;
		is_allowed = http_origin_allows(o, is_post, &told);
		v->request.is_tls = o->is_tls;
	}
	if (!is_ours)
		refuse(v, 421, "the host named is not this one: see "
		    "--origin");
	else if (!is_allowed)
		refuse(v, 403, "the request is from a page elsewhere");
}

static void
decode_target(struct http_visit *v, const char *target, struct arena *a)
{
	const size_t n_path = strcspn(target, "?");
	struct error err = { ERROR_NONE, "" };
	struct http_request *r = &v->request;
	const char *path, *why;
	const struct http_query *query = NULL;

	path = http_path_decode(target, n_path, a, &err);
	if (path != NULL)
		query = http_query_parse(target[n_path] == '?' ?
		    target + n_path + 1 : NULL, a, &err);
	if (query != NULL) {
		r->path = path;
		r->query = query;
		return;
	}
	why = arena_strdup(a, err.text);
	refuse(v, err.code == ERROR_NOMEM ? 503 : 400,
	    why == NULL ? "the address is not in order" : why);
}

void
http_visit_read(struct http_visit *v, struct MHD_Connection *connection,
    const struct http_visit_host *host, const char *method,
    const char *target, const char *version, const char *peer,
    struct arena *a)
{
	struct headers h = { { NULL }, false };
	struct http_request *r = &v->request;
	const char *forwarded;
	char *address = arena_alloc(a, HTTP_ADDRESS_BYTES, 1);

	memset(v, 0, sizeof(*v));
	r->a = a;
	r->path = "/";
	r->method = strcmp(method, "POST") == 0 ? HTTP_POST : HTTP_GET;
	r->address = peer;
	(void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND,
	    take_header, &h);
	if (r->method == HTTP_GET && strcmp(method, "GET") != 0 &&
	    strcmp(method, "HEAD") != 0)
		refuse(v, 405, "only GET, HEAD and POST are known here");
	check_frame(v, connection, &h, target, version);
	if (!v->is_unframed)
		check_origin(v, &h, host);
	if (v->refused == 0)
		decode_target(v, target, a);
	forwarded = h.values[FORWARDED];
	if (forwarded != NULL && host->has_proxy && address != NULL &&
	    http_address_is_loopback(peer) &&
	    http_address_forwarded(forwarded, address))
		r->address = address;
	r->cookie = h.values[COOKIE] == NULL ? NULL :
	    http_cookie_find(h.values[COOKIE], HTTP_REQUEST_COOKIE, a);
	r->csrf = h.values[CSRF];
	r->content_type = h.values[TYPE];
	v->wish.range = h.values[RANGE];
	v->wish.if_range = h.values[IF_RANGE];
	v->wish.if_none_match = h.values[IF_NONE_MATCH];
}
