#include <string.h>

#include "base/file.h"

#include "fetch/facts.h"

#define MAX_SUFFIX_BYTES 5

const char *
facts_suffix(const char *name, struct arena *a, struct error *err)
{
	const size_t n = strcspn(name, "?#");
	size_t n_suffix = 0;
	char *suffix;

	while (n_suffix < n && strchr("./", name[n - n_suffix - 1]) == NULL)
		n_suffix++;
	if (n_suffix == 0 || n_suffix > MAX_SUFFIX_BYTES || n_suffix == n ||
	    name[n - n_suffix - 1] != '.')
		return "bin";
	suffix = arena_printf(a, "%.*s", (int)n_suffix, name + n - n_suffix);
	if (suffix == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory for a name");
		return NULL;
	}
	for (char *p = suffix; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
			return "bin";
	}
	return strcmp(suffix, "json") == 0 || strcmp(suffix, "part") == 0 ?
	    "bin" : suffix;
}

int
facts_put_answer(struct json *facts, const struct answer *answer,
    struct error *err)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "etag", answer->etag },
		{ "last_modified", answer->last_modified },
		{ "content_type", answer->content_type },
		{ "date", answer->date },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].text[0] != '\0' && json_put_string(facts,
		    texts[i].name, texts[i].text, err) != 0)
			return -1;
	return 0;
}

/* The text of a member, "" when there is none. */
static const char *
text_of(const struct json *j, const char *name)
{
	const char *text;

	return json_get_string(j, name, "", &text, NULL) == 0 ? text : "";
}

/* Both are known and not the same. */
static bool
are_other_texts(const char *x, const char *y)
{
	return x[0] != '\0' && y[0] != '\0' && strcmp(x, y) != 0;
}

static const char *
without_weak(const char *etag)
{
	return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

bool
facts_differ(const struct json *before, const struct json *now)
{
	const char *x = without_weak(text_of(before, "etag"));
	const char *y = without_weak(text_of(now, "etag"));
	size_t n_before, n_now;

	if (x[0] != '\0' && y[0] != '\0')
		return strcmp(x, y) != 0;
	if (are_other_texts(text_of(before, "last_modified"),
	    text_of(now, "last_modified")))
		return true;
	return json_want_size(before, "n_bytes", &n_before, NULL) == 0 &&
	    json_want_size(now, "n_bytes", &n_now, NULL) == 0 &&
	    n_before != n_now;
}

int
facts_save(const char *path, const struct json *facts, struct arena *a,
    struct error *err)
{
	const char *text = json_text(facts, a, err);

	return text == NULL ? -1 :
	    file_write_soon(path, text, strlen(text), err);
}
