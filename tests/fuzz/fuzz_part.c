/*
 * Texts of strangers behind an address: the state of a partial file, what
 * yt-dlp says, keys of S3.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "fetch/facts.h"
#include "fetch/part.h"
#include "fetch/s3_address.h"
#include "fetch/video.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only letters that need no encoding are in the address behind a key. */
static void
check_s3(const char *key, struct arena *a)
{
	const struct s3_access access = { .region = "r",
		.endpoint = "http://h" };
	const char *url = arena_printf(a, "s3://bucket/%s", key);
	const char *http;

	if (url == NULL)
		return;
	http = s3_address_http(url, &access, a, NULL);
	if (http != NULL && (strncmp(http, "http://h/bucket/", 16) != 0 ||
	    http[strspn(http, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
	    "stuvwxyz0123456789-._~/:?&=%")] != '\0'))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct part_state st;
	const char *suffix;
	char said[50];
	char *text;

	if (a == NULL)
		return 0;
	if (part_read_state((const char *)data, size, "u", &st))
		for (size_t i = 0; st.validator[i] != '\0'; i++)
			if (st.validator[i] < 32 || st.validator[i] > 126)
				abort();
	text = arena_alloc(a, size + 1, 1);
	if (text != NULL) {
		memcpy(text, data, size);
		(void)video_classify(1, text, said, sizeof(said));
		if (strlen(said) >= sizeof(said))
			abort();
		(void)video_is_page(text, "youtube.com,youtu.be");
		suffix = facts_suffix(text, a, NULL);
		if (suffix != NULL && suffix[strspn(suffix, "abcdefghijklmno"
		    "pqrstuvwxyz0123456789")] != '\0')
			abort();
		check_s3(text, a);
	}
	arena_free(a);
	return 0;
}
