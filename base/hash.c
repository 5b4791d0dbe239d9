#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <nettle/sha2.h>

#include "base/hash.h"
#include "base/memory.h"

#define READ_BYTES ((size_t)1 << 16)

struct hash {
	struct sha256_ctx ctx;
};

static void
finish_hex(struct sha256_ctx *ctx, char hex[HASH_HEX_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[HASH_HEX_BYTES - 1] = '\0';
}

int
hash_file(const char *path, char hex[HASH_HEX_BYTES], struct error *err)
{
	struct sha256_ctx ctx;
	uint8_t *buffer = NULL;
	FILE *in;
	size_t n;
	int result = -1;

	sha256_init(&ctx);
	in = fopen(path, "rb");
	if (in == NULL)
		return error_set_errno(err, "cannot open %s", path);
	buffer = memory_new(READ_BYTES, 1, "bytes to read into", err);
	if (buffer == NULL)
		goto done;
	while ((n = fread(buffer, 1, READ_BYTES, in)) > 0)
		sha256_update(&ctx, n, buffer);
	if (ferror(in)) {
		error_set_errno(err, "cannot read %s", path);
		goto done;
	}
	finish_hex(&ctx, hex);
	result = 0;
done:
	memory_free(buffer);
	(void)fclose(in);
	return result;
}

struct hash *
hash_new(struct error *err)
{
	struct hash *h = memory_new(1, sizeof(*h), "hash", err);

	if (h != NULL)
		hash_restart(h);
	return h;
}

void
hash_free(struct hash *h)
{
	memory_free(h);
}

void
hash_restart(struct hash *h)
{
	sha256_init(&h->ctx);
}

void
hash_add(struct hash *h, const void *bytes, size_t n_bytes)
{
	sha256_update(&h->ctx, n_bytes, bytes);
}

void
hash_finish(struct hash *h, char hex[HASH_HEX_BYTES])
{
	finish_hex(&h->ctx, hex);
}

void
hash_bytes(const void *bytes, size_t n_bytes, char hex[HASH_HEX_BYTES])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, n_bytes, bytes);
	finish_hex(&ctx, hex);
}

static void
add_text(struct sha256_ctx *ctx, const char *text)
{
	const size_t n_bytes = strlen(text);
	uint8_t length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)n_bytes >> (8 * i));
	sha256_update(ctx, sizeof(length), length);
	sha256_update(ctx, n_bytes, (const uint8_t *)text);
}

void
hash_texts(char hex[HASH_HEX_BYTES], const char *first, ...)
{
	struct sha256_ctx ctx;
	va_list ap;

	sha256_init(&ctx);
	va_start(ap, first);
	for (const char *s = first; s != NULL; s = va_arg(ap, const char *))
		add_text(&ctx, s);
	va_end(ap);
	finish_hex(&ctx, hex);
}

uint64_t
hash_text64(const char *text)
{
	struct sha256_ctx ctx;
	uint8_t digest[SHA256_DIGEST_SIZE];
	uint64_t value = 0;

	sha256_init(&ctx);
	sha256_update(&ctx, strlen(text), (const uint8_t *)text);
	sha256_digest(&ctx, sizeof(digest), digest);
	for (int i = 0; i < 8; i++)
		value = value << 8 | digest[i];
	return value;
}
