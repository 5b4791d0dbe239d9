#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "audio/media.h"

#include "formats/sound_tags.h"

#define MAX_TAGS 64
#define MAX_NAME_BYTES 64
#define MAX_TEXT_BYTES 1000

struct taking {
	struct json *rec;
	size_t n_taken;
};

static int
take_tag(void *shared, const char *name, const char *text, struct error *err)
{
	struct taking *t = shared;
	char path[sizeof("tags.") + MAX_NAME_BYTES];
	size_t n = strlen(text), at;

	(void)snprintf(path, sizeof(path), "tags.%s", name);
	for (at = strlen("tags."); path[at] != '\0'; at++)
		path[at] = isalnum((unsigned char)path[at]) ?
		    (char)tolower((unsigned char)path[at]) : '_';
	if (at == strlen("tags.") || n == 0 || t->n_taken == MAX_TAGS ||
	    json_has(t->rec, path))
		return 0;
	t->n_taken++;
	return json_put_bytes(t->rec, path, text, n < MAX_TEXT_BYTES ? n :
	    MAX_TEXT_BYTES, err);
}

static int
put_facts(struct json *rec, const struct media_facts *f, struct error *err)
{
	if (json_put_string(rec, "tags.codec", f->codec, err) != 0 ||
	    json_put_size(rec, "tags.rate_hz", f->rate_hz, err) != 0 ||
	    json_put_size(rec, "tags.channels", f->n_channels, err) != 0)
		return -1;
	return f->length_sec > 0.0 ? json_put_rounded(rec,
	    "tags.duration_sec", f->length_sec, 6, err) : 0;
}

int
sound_tags_put(struct json *rec, const char *path, struct error *err)
{
	struct media *m = media_open(path, 1, 0, err);
	struct taking taking = { rec, 0 };
	const char *title;
	int result = -1;

	if (m == NULL)
		return -1;
	if (media_each_tag(m, take_tag, &taking, err) == 0)
		result = put_facts(rec, media_facts(m), err);
	media_close(m);
	if (result != 0 || json_has(rec, "title") ||
	    json_get_string(rec, "tags.title", NULL, &title, NULL) != 0 ||
	    title == NULL)
		return result;
	return json_put_string(rec, "title", title, err);
}
