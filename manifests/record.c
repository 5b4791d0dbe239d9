#include <math.h>
#include <string.h>

#include "base/cli.h"

#include "manifests/record.h"

#define MAX_TEXT_BYTES 4096

static const char *const text_members[] = { "id", "group_id", "fragment_id",
	"audio_type", "audio_filepath" };
static const char *const second_members[] = { "offset", "duration" };

static int
check_text(const struct json *rec, const char *member, struct error *err)
{
	const char *text;

	if (json_get_string(rec, member, NULL, &text, err) != 0)
		return -1;
	if (text == NULL)
		return 0;
	if (strlen(text) > MAX_TEXT_BYTES)
		return error_set(err, ERROR_LIMIT,
		    "\"%s\" has %zu bytes; at most %d are allowed", member,
		    strlen(text), MAX_TEXT_BYTES);
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			return error_set(err, ERROR_FORMAT,
			    "\"%s\" holds a control character", member);
	return 0;
}

static int
check_seconds(const struct json *rec, const char *member, struct error *err)
{
	double sec;

	if (json_get_number(rec, member, 0.0, &sec, err) != 0)
		return -1;
	if (!isfinite(sec) || sec < 0.0)
		return error_set(err, ERROR_LIMIT,
		    "\"%s\" is %g; it must not be negative", member, sec);
	return 0;
}

int
record_check(const struct json *rec, struct error *err)
{
	const size_t n_texts = sizeof(text_members) / sizeof(text_members[0]);

	if (!json_is_object(rec))
		return error_set(err, ERROR_FORMAT, "not a JSON object");
	for (size_t i = 0; i < n_texts; i++)
		if (check_text(rec, text_members[i], err) != 0)
			return -1;
	for (size_t i = 0; i < 2; i++)
		if (check_seconds(rec, second_members[i], err) != 0)
			return -1;
	return 0;
}

const char *
record_id(const struct json *rec)
{
	const char *id;

	if (json_get_string(rec, "id", NULL, &id, NULL) == 0 && id != NULL)
		return id;
	if (json_get_string(rec, "audio_filepath", NULL, &id, NULL) == 0 &&
	    id != NULL)
		return id;
	return "";
}

bool
record_has_failed(const struct json *rec)
{
	return json_has(rec, "error");
}

/* Is the sound the one that chad-fetch put in the work folder? */
static bool
is_fetched(const struct json *rec)
{
	const char *sound, *fetched;

	return json_get_string(rec, "audio_filepath", NULL, &sound, NULL) == 0
	    && json_get_string(rec, "fetch.path", NULL, &fetched, NULL) == 0 &&
	    sound != NULL && fetched != NULL && strcmp(sound, fetched) == 0;
}

/* Whether relative paths of this member start at the manifest's folder. */
static bool
is_given_by_user(const struct json *rec, const char *member)
{
	if (strcmp(member, "audio_filepath") == 0)
		return !is_fetched(rec);
	return strcmp(member, "original_audio_filepath") == 0 ||
	    strncmp(member, "truth.", 6) == 0;
}

const char *
record_path(const struct json *rec, const char *member,
    const char *base_folder, struct arena *a, struct error *err)
{
	const char *path;
	char *joined;

	if (json_want_string(rec, member, &path, err) != 0)
		return NULL;
	if (path[0] == '\0') {
		error_set(err, ERROR_FORMAT, "\"%s\" is empty", member);
		return NULL;
	}
	if (path[0] == '/' || base_folder == NULL ||
	    strcmp(base_folder, ".") == 0 || !is_given_by_user(rec, member))
		joined = arena_strdup(a, path);
	else
		joined = arena_printf(a, "%s/%s", base_folder, path);
	if (joined == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a path");
	return joined;
}

const char *
record_sound_path(const struct json *rec, bool want_vocals,
    const char *base_folder, const char **member, struct arena *a,
    struct error *err)
{
	const char *taken = "audio_filepath";

	if (want_vocals && json_has(rec, "vocals_filepath"))
		taken = "vocals_filepath";
	else if (json_has(rec, "decode.path"))
		taken = "decode.path";
	if (member != NULL)
		*member = taken;
	return record_path(rec, taken, base_folder, a, err);
}

int
record_check_whole(const struct json *rec, const char *member,
    struct error *err)
{
	if (strcmp(member, "audio_filepath") == 0 &&
	    (json_has(rec, "offset") || json_has(rec, "duration")))
		return error_set(err, ERROR_FORMAT, "the record means a part "
		    "of its file; run chad-decode first");
	return 0;
}

static int
rebase_member(struct json *rec, const char *member, const char *folder,
    struct arena *a, struct error *err)
{
	const char *path;
	const char *joined;

	if (json_get_string(rec, member, NULL, &path, NULL) != 0 ||
	    path == NULL || path[0] == '/' || path[0] == '\0')
		return 0;
	joined = record_path(rec, member, folder, a, err);
	return joined == NULL ? -1 : json_put_string(rec, member, joined, err);
}

int
record_rebase(struct json *rec, const char *folder, struct error *err)
{
	static const char *const members[] = { "audio_filepath",
		"original_audio_filepath", "truth.f0_path",
		"truth.vocals_filepath", "truth.accompaniment_filepath" };
	struct arena *a;
	int result = 0;

	if (folder == NULL || strcmp(folder, ".") == 0)
		return 0;
	a = arena_new();
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a path");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) &&
	    result == 0; i++)
		result = rebase_member(rec, members[i], folder, a, err);
	arena_free(a);
	return result;
}

static int
fill_history_item(struct json *item, const char *tool, const char *options,
    const char *model_sha256, struct error *err)
{
	if (json_put_string(item, "tool", tool, err) != 0 ||
	    json_put_string(item, "version", CLI_VERSION, err) != 0 ||
	    json_put_bytes(item, "options", options, strlen(options),
	    err) != 0)
		return -1;
	if (model_sha256 == NULL)
		return 0;
	return json_put_string(item, "model", model_sha256, err);
}

int
record_add_history(struct json *rec, const char *tool, const char *options,
    const char *model_sha256, struct error *err)
{
	struct json *item = json_new_object(err);
	int result = -1;

	if (item == NULL)
		return -1;
	if (fill_history_item(item, tool, options, model_sha256, err) == 0)
		result = json_append(rec, "history", item, err);
	json_free(item);
	return result;
}
