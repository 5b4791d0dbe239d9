#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/s3_address.h"

#define SCHEME "s3://"
#define SCHEME_BYTES (sizeof(SCHEME) - 1)
#define MAX_PARAMETERS 64
#define MIN_BUCKET_BYTES 3
#define MAX_BUCKET_BYTES 63

const char s3_address_no_payload[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* The first of two variables that is set and not empty, or NULL. */
static const char *
variable(const char *name, const char *other)
{
	const char *value = getenv(name);

	if (value == NULL || value[0] == '\0')
		value = getenv(other);
	return value == NULL || value[0] == '\0' ? NULL : value;
}

int
s3_address_access(struct s3_access *access, struct error *err)
{
	const char *region = variable("AWS_REGION", "AWS_DEFAULT_REGION");

	*access = (struct s3_access){
		.key_id = variable("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"),
		.secret = variable("AWS_SECRET_ACCESS_KEY",
		    "AWS_SECRET_ACCESS_KEY"),
		.token = variable("AWS_SESSION_TOKEN", "AWS_SESSION_TOKEN"),
		.region = region != NULL ? region : "us-east-1",
		.endpoint = variable("AWS_ENDPOINT_URL_S3",
		    "AWS_ENDPOINT_URL")
	};
	if ((access->key_id == NULL) != (access->secret == NULL))
		return error_set(err, ERROR_FORMAT, "AWS_ACCESS_KEY_ID and "
		    "AWS_SECRET_ACCESS_KEY go together: set both, or neither "
		    "for objects that all may read");
	return 0;
}

/* Write n bytes, as %XX all but RFC 3986's unreserved ones and "kept". */
static char *
encode(char *out, const char *bytes, size_t n, char kept)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)bytes[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= '0' && c <= '9') || (c != '\0' &&
		    strchr("-._~", c) != NULL) || c == (unsigned char)kept) {
			*out++ = (char)c;
		} else {
			*out++ = '%';
			*out++ = digits[c >> 4];
			*out++ = digits[c & 15];
		}
	}
	return out;
}

/* By name, then by value: "a=2" is before "a-b=1", though "=" is after "-". */
static int
compare_parameters(const void *a, const void *b)
{
	const char *x = *(const char *const *)a;
	const char *y = *(const char *const *)b;

	while (*x == *y && *x != '\0' && *x != '=') {
		x++;
		y++;
	}
	if (*x == '=' || *y == '=')
		return *x == *y ? strcmp(x, y) : *x == '=' ? -1 : 1;
	return (unsigned char)*x - (unsigned char)*y;
}

/* "b=2&a" as "a=&b=2"; each encoded, then sorted.  NULL with an error. */
static const char *
query_text(const char *query, struct arena *a, struct error *err)
{
	const char *parameter[MAX_PARAMETERS];
	size_t n = 0, n_bytes = 1;
	char *text, *out;

	for (const char *at = query; at[0] != '\0'; at += at[0] == '&') {
		const size_t name = strcspn(at, "&=");
		const size_t all = strcspn(at, "&");

		if (n == MAX_PARAMETERS) {
			error_set(err, ERROR_LIMIT, "more than %d parameters",
			    MAX_PARAMETERS);
			return NULL;
		}
		out = text = arena_need(a, 3 * all + 2, 1, "bytes of a query",
		    err);
		if (text == NULL)
			return NULL;
		out = encode(out, at, name, '\0');
		*out++ = '=';
		if (name < all)
			out = encode(out, at + name + 1, all - name - 1, '\0');
		n_bytes += (size_t)(out - text) + 1;
		if (all > 0)
			parameter[n++] = text;
		at += all;
	}
	qsort(parameter, n, sizeof(parameter[0]), compare_parameters);
	out = text = arena_need(a, n_bytes, 1, "bytes of a query", err);
	for (size_t i = 0; text != NULL && i < n; i++) {
		*out++ = i == 0 ? '?' : '&';
		memcpy(out, parameter[i], strlen(parameter[i]));
		out += strlen(parameter[i]);
	}
	return text;
}

static bool
is_bucket(const char *name, size_t n)
{
	return n >= MIN_BUCKET_BYTES && n <= MAX_BUCKET_BYTES &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") >= n;
}

const char *
s3_address_http(const char *url, const struct s3_access *access,
    struct arena *a, struct error *err)
{
	const char *bucket = url + SCHEME_BYTES;
	const size_t n_bucket = strcspn(bucket, "/?");
	const char *key = bucket + n_bucket + 1;
	const char *query, *http;
	size_t n_key, n_end;
	char *path;

	if (!is_bucket(bucket, n_bucket) || bucket[n_bucket] != '/' ||
	    (n_key = strcspn(key, "?")) == 0) {
		error_set(err, ERROR_FORMAT, "%s: not s3://BUCKET/KEY", url);
		return NULL;
	}
	query = query_text(key[n_key] == '?' ? key + n_key + 1 : "", a, err);
	path = arena_need(a, 3 * n_key + 1, 1, "bytes of an address", err);
	if (query == NULL || path == NULL)
		return NULL;
	(void)encode(path, key, n_key, '/');
	if (access->endpoint == NULL) {
		http = arena_printf(a, "https://%.*s.s3.%s.amazonaws.com/%s%s",
		    (int)n_bucket, bucket, access->region, path, query);
	} else {
		n_end = strlen(access->endpoint);
		while (n_end > 0 && access->endpoint[n_end - 1] == '/')
			n_end--;
		http = arena_printf(a, "%.*s/%.*s/%s%s", (int)n_end,
		    access->endpoint, (int)n_bucket, bucket, path, query);
	}
	if (http == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for an address");
	return http;
}

int
s3_address_find(const char *url, struct s3_access *access, const char **http,
    const struct s3_access **signer, struct arena *a, struct error *err)
{
	*http = url;
	*signer = NULL;
	if (strncasecmp(url, SCHEME, SCHEME_BYTES) != 0)
		return 0;
	if (s3_address_access(access, err) != 0)
		return -1;
	*http = s3_address_http(url, access, a, err);
	*signer = access;
	return *http == NULL ? -1 : 0;
}
