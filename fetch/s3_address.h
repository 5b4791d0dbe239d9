/*
 * s3_address -- s3://BUCKET/KEY as an address that curl can sign and fetch.
 *
 * Requests are signed with AWS Signature Version 4 by libcurl.  What the
 * libcurl of Debian 12 leaves to its caller is done here: the path and the
 * query are encoded as RFC 3986 has it, byte by byte, the parameters are
 * sorted, and the header of the payload's hash is given.
 */
#ifndef FETCH_S3_ADDRESS_H
#define FETCH_S3_ADDRESS_H

#include "base/arena.h"
#include "base/error.h"

/* Who asks, from the environment. */
struct s3_access {
	const char *key_id;	/* AWS_ACCESS_KEY_ID; NULL: not signed */
	const char *secret;	/* AWS_SECRET_ACCESS_KEY */
	const char *token;	/* AWS_SESSION_TOKEN, or NULL */
	const char *region;	/* AWS_REGION, AWS_DEFAULT_REGION, us-east-1 */
	/* AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; NULL: Amazon's. */
	const char *endpoint;
};

/* SHA-256 of nothing, which is what a GET sends. */
extern const char s3_address_no_payload[];

/* Texts are borrowed from the environment.  -1: a key without its secret. */
int s3_address_access(struct s3_access *access, struct error *err) MUST_CHECK;

/*
 * ENDPOINT/BUCKET/KEY, or https://BUCKET.s3.REGION.amazonaws.com/KEY, where
 * REGION is that of the bucket, in arena memory.  KEY is taken byte by byte as
 * the object is named, "%" included; from the first "?" on it is a query, as
 * "?versionId=x".  NULL with an error when there is no bucket or no key.
 */
const char *s3_address_http(const char *url, const struct s3_access *access,
    struct arena *a, struct error *err) MUST_CHECK;

/*
 * What to ask for an address of any kind: *http is url itself and *signer NULL
 * for all but s3://, where "access" is filled in and *signer points to it.
 */
int s3_address_find(const char *url, struct s3_access *access,
    const char **http, const struct s3_access **signer, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
