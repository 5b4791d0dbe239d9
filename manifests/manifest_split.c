#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#include "manifests/manifest_split.h"

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

static int
bad_parts(const char *text, struct error *err)
{
	return error_set(err, ERROR_FORMAT, "parts \"%s\": must be like "
	    "train:0.8,test:0.2 with shares that add up to 1", text);
}

/* Read "NAME:SHARE"; *text is moved behind it.  The share, or 0 when bad. */
static double
take_part(struct manifest_split *s, const char **text)
{
	char *name = s->names[s->n_parts];
	const size_t n = strspn(*text, NAME_LETTERS);
	double share;
	char *end;

	if (n == 0 || n >= MANIFEST_SPLIT_NAME_BYTES || (*text)[n] != ':')
		return 0.0;
	memcpy(name, *text, n);
	name[n] = '\0';
	if (manifest_split_find(s, name) < s->n_parts)
		return 0.0;
	*text += n + 1;
	share = strtod(*text, &end);
	if (end == *text || !isfinite(share) || share <= 0.0 || share > 1.0)
		return 0.0;
	*text = end;
	return share;
}

int
manifest_split_parse(const char *text, struct manifest_split *s,
    struct error *err)
{
	const char *at = text;
	double sum = 0.0;

	memset(s, 0, sizeof(*s));
	do {
		double share;

		if (s->n_parts == MANIFEST_SPLIT_MAX_PARTS)
			return bad_parts(text, err);
		share = take_part(s, &at);
		if (share <= 0.0)
			return bad_parts(text, err);
		sum += share;
		s->ends[s->n_parts++] = sum;
	} while (*at++ == ',');
	/* Sixteen decimal shares may be off by their last bits. */
	if (at[-1] != '\0' || fabs(sum - 1.0) > 1e-9)
		return bad_parts(text, err);
	s->ends[s->n_parts - 1] = 1.0;
	return 0;
}

size_t
manifest_split_part(const struct manifest_split *s, const char *key,
    uint64_t seed)
{
	char seed_text[32], hex[HASH_HEX_BYTES];
	double at;

	(void)snprintf(seed_text, sizeof(seed_text), "%llu",
	    (unsigned long long)seed);
	hash_texts(hex, seed_text, key, (const char *)NULL);
	/* 52 bits, which a double holds exactly. */
	hex[13] = '\0';
	at = (double)strtoull(hex, NULL, 16) * 0x1p-52;
	for (size_t i = 0; i + 1 < s->n_parts; i++)
		if (at < s->ends[i])
			return i;
	return s->n_parts - 1;
}

size_t
manifest_split_find(const struct manifest_split *s, const char *name)
{
	for (size_t i = 0; i < s->n_parts; i++)
		if (strcmp(s->names[i], name) == 0)
			return i;
	return s->n_parts;
}
