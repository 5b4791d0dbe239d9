/*
 * Works and their versions in JSON:
 *
 * Da-TACOS (Yesiler et al., ISMIR 2019; the metadata files of MTG/da-tacos):
 * {"W_...": {"P_...": {"perf_title", "perf_artist", "work_title", ...}}}.
 *
 * Discogs-VI (Araz, Serra and Bogdanov, ISMIR 2024; the files of 2024-07-01):
 * JSON Lines {"clique_id", "versions": [{"version_id", "tracks",
 * "youtube_video"}]}, and the light files {"CLIQUE": [{"version_id",
 * "youtube_id"}]}.
 *
 * A version is a record; all that is said of it is kept as "da_tacos" or
 * "discogs_vi".  Neither says which version is the original.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/format_list.h"
#include "formats/intake.h"
#include "manifests/record.h"

bool
cliques_fits_da_tacos(const char *path, const char *text, size_t n_bytes)
{
	(void)path;
	return n_bytes > 0 && text[strspn(text, " \t\r\n")] == '{' &&
	    strstr(text, "\"perf_id\"") != NULL;
}

bool
cliques_fits_discogs(const char *path, const char *text, size_t n_bytes)
{
	(void)path;
	return n_bytes > 0 && text[strspn(text, " \t\r\n")] == '{' &&
	    strstr(text, "\"version_id\"") != NULL;
}

/* Hand on the record of a version, or what stands for one that is none. */
static int
take(const struct format_input *in, struct json *rec, int result,
    struct error *why, const struct json *version, size_t line,
    struct error *err)
{
	if (result == 0 && record_check(rec, why) == 0)
		return in->take(in->shared, rec, err);
	return intake_bad_json(in, line, version, why, err);
}

static int
fill_da_tacos(const struct format_input *in, struct json *rec,
    const char *work, const char *id, const struct json *version,
    struct error *err)
{
	const char *stem = arena_printf(in->a, "%s/%s", work, id);

	if (stem == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (json_put_string(rec, "id", id, err) != 0 ||
	    json_put_string(rec, "group_id", work, err) != 0)
		return -1;
	if (!json_is_object(version))
		return error_set(err, ERROR_FORMAT, "%s is no object", id);
	if (intake_copy(rec, "title", version, "perf_title", err) != 0 ||
	    intake_copy(rec, "artist", version, "perf_artist", err) != 0 ||
	    json_put(rec, "da_tacos", version, err) != 0 ||
	    intake_find_sound(in, rec, stem, err) != 0)
		return -1;
	return json_has(rec, "audio_filepath") ? 0 :
	    intake_find_sound(in, rec, id, err);
}

static int
take_work(void *context, const char *key, struct json *value, size_t line,
    struct error *err)
{
	const struct format_input *in = context;
	struct error bad = { ERROR_NONE, "" };
	int result = 0;

	if (key == NULL || !json_is_object(value)) {
		error_set(&bad, ERROR_FORMAT, "%.80s: a work such as \"W_22\""
		    ": {\"P_22\": {...}} is wanted", key != NULL ? key :
		    "no name");
		return intake_bad_json(in, line, value, &bad, err);
	}
	for (size_t i = 0; i < json_count(value) && result == 0; i++) {
		struct error why = { ERROR_NONE, "" };
		struct json *rec = json_new_object(err);

		if (rec == NULL)
			return -1;
		result = take(in, rec, fill_da_tacos(in, rec, key,
		    json_member_name(value, i), json_item(value, i), &why),
		    &why, json_item(value, i), line, err);
		json_free(rec);
	}
	return result;
}

int
cliques_read_da_tacos(const struct format_input *in, struct error *err)
{
	struct format_input copy = *in;

	return intake_pieces(in, true, take_work, &copy, err);
}

/* The video of a version: youtube_id, or the first of youtube_video. */
static int
put_video(struct json *rec, const struct json *version, struct error *err)
{
	static const char *const members[] = { "youtube_id",
		"youtube_video.0", "youtube_video.0.id",
		"youtube_video.0.youtube_id", "youtube_video" };
	char id[12];

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *text;

		if (!json_is_string(json_at(version, members[i])) ||
		    json_want_string(version, members[i], &text, NULL) != 0 ||
		    text[0] == '\0')
			continue;
		return json_put_string(rec, "youtube_id",
		    intake_youtube_id(text, id) ? id : text, err);
	}
	return 0;
}

static int
fill_discogs(const struct format_input *in, struct json *rec,
    const char *clique, const struct json *version, struct error *err)
{
	const char *id, *video;

	if (!json_is_object(version))
		return error_set(err, ERROR_FORMAT, "a version is no object");
	if (json_want_string(version, "version_id", &id, err) != 0 ||
	    json_put_string(rec, "id", id, err) != 0 ||
	    json_put_string(rec, "group_id", clique, err) != 0 ||
	    intake_copy(rec, "title", version, "tracks.0.track_title",
	    err) != 0 || put_video(rec, version, err) != 0 ||
	    json_put(rec, "discogs_vi", version, err) != 0 ||
	    intake_find_sound(in, rec, id, err) != 0)
		return -1;
	if (json_has(rec, "audio_filepath") || !json_has(rec, "youtube_id"))
		return 0;
	/* Its downloader's tree: the first two letters of the video. */
	if (json_want_string(rec, "youtube_id", &video, err) != 0 ||
	    intake_find_sound(in, rec, video, err) != 0)
		return -1;
	video = json_has(rec, "audio_filepath") ? "" : arena_printf(in->a,
	    "%.2s/%s", video, video);
	return video == NULL ? error_set(err, ERROR_NOMEM, "out of memory") :
	    intake_find_sound(in, rec, video, err);
}

static int
take_clique(void *context, const char *key, struct json *value, size_t line,
    struct error *err)
{
	const struct format_input *in = context;
	const struct json *versions = key != NULL && json_is_array(value) ?
	    value : json_at(value, "versions");
	struct error bad = { ERROR_NONE, "" };
	int result = 0;

	if (!json_is_array(versions) || (key == NULL &&
	    json_want_string(value, "clique_id", &key, NULL) != 0)) {
		error_set(&bad, ERROR_FORMAT, "a clique is wanted: "
		    "{\"clique_id\": ..., \"versions\": [...]} or \"C-1\": "
		    "[...]");
		return intake_bad_json(in, line, value, &bad, err);
	}
	for (size_t i = 0; i < json_count(versions) && result == 0; i++) {
		struct error why = { ERROR_NONE, "" };
		struct json *rec = json_new_object(err);

		if (rec == NULL)
			return -1;
		result = take(in, rec, fill_discogs(in, rec, key,
		    json_item(versions, i), &why), &why, json_item(versions, i),
		    line, err);
		json_free(rec);
	}
	return result;
}

int
cliques_read_discogs(const struct format_input *in, struct error *err)
{
	struct format_input copy = *in;
	const char *first = in->text + strspn(in->text, " \t\r\n{");

	/* A light file is one object of cliques, the other kind one a line. */
	return intake_pieces(in, strncmp(first, "\"clique_id\"", 11) != 0 &&
	    strncmp(first, "\"versions\"", 10) != 0, take_clique, &copy, err);
}

/* A record by its work, and the works by where they come first. */
struct item {
	const char *work;
	const struct json *rec;
	size_t place, first;
};

static int
compare_works(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	const int by_work = strcmp(x->work, y->work);

	if (by_work != 0)
		return by_work;
	return (x->place > y->place) - (x->place < y->place);
}

static int
compare_places(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->first != y->first)
		return x->first > y->first ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

static int
compare_ids(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	const int by_work = strcmp(x->work, y->work);

	const int by_id = by_work != 0 ? by_work : strcmp(record_id(x->rec),
	    record_id(y->rec));

	return by_id != 0 ? by_id : (x->place > y->place) -
	    (x->place < y->place);
}

/* A name that comes twice in an object would be no JSON that reads back. */
static int
leave_out_twice(const struct format_output *out, struct item *items,
    size_t *n, struct error *err)
{
	size_t n_kept = 1;

	qsort(items, *n, sizeof(*items), compare_ids);
	for (size_t i = 1; i < *n; i++) {
		struct error why = { ERROR_NONE, "" };

		if (strcmp(items[n_kept - 1].work, items[i].work) != 0 ||
		    strcmp(record_id(items[n_kept - 1].rec),
		    record_id(items[i].rec)) != 0) {
			items[n_kept++] = items[i];
			continue;
		}
		error_set(&why, ERROR_FORMAT, "it comes twice in %s",
		    items[i].work);
		if (format_leave_out(out, items[i].place, &why, err) != 0)
			return -1;
	}
	*n = n_kept;
	return 0;
}

/* The records work after work; NULL with an error. */
static struct item *
sort_works(const struct format_output *out, bool are_unique, size_t *n,
    struct error *err)
{
	struct item *items = arena_need(out->a, out->n_records,
	    sizeof(*items), "records", err);

	*n = 0;
	for (size_t i = 0; i < out->n_records && items != NULL; i++) {
		const struct json *rec = out->records[i];
		struct error why = { ERROR_NONE, "" };
		const char *work;

		if (record_has_failed(rec))
			continue;
		if (json_want_string(rec, "group_id", &work, &why) == 0)
			items[(*n)++] = (struct item){ work, rec, i, i };
		else if (format_leave_out(out, i, &why, err) != 0)
			return NULL;
	}
	if (items == NULL || *n == 0)
		return items;
	if (are_unique && leave_out_twice(out, items, n, err) != 0)
		return NULL;
	qsort(items, *n, sizeof(*items), compare_works);
	for (size_t i = 1; i < *n; i++)
		if (strcmp(items[i - 1].work, items[i].work) == 0)
			items[i].first = items[i - 1].first;
	qsort(items, *n, sizeof(*items), compare_places);
	return items;
}

/* The version's object: what was read, and what may have changed since. */
static struct json *
version_of(const struct json *rec, bool is_discogs, struct error *err)
{
	const struct json *kept = json_at(rec, is_discogs ? "discogs_vi" :
	    "da_tacos");
	struct json *version = json_is_object(kept) ? json_clone(kept, err) :
	    json_new_object(err);
	int result;

	if (version == NULL)
		return NULL;
	if (is_discogs)
		result = json_put_string(version, "version_id",
		    record_id(rec), err) != 0 || intake_copy(version,
		    "youtube_id", rec, "youtube_id", err) != 0;
	else
		result = intake_copy(version, "perf_title", rec, "title",
		    err) != 0 || intake_copy(version, "perf_artist", rec,
		    "artist", err) != 0 || intake_copy(version, "work_id", rec,
		    "group_id", err) != 0 || json_put_string(version,
		    "perf_id", record_id(rec), err) != 0;
	if (result == 0)
		return version;
	json_free(version);
	return NULL;
}

static int
write_version(FILE *f, const struct json *rec, bool is_discogs,
    struct arena *a, struct error *err)
{
	struct json *version = version_of(rec, is_discogs, err);
	const char *text = version == NULL ? NULL : json_text(version, a,
	    err);
	const char *id = json_is_string(json_at(rec, "id")) ?
	    json_text(json_at(rec, "id"), a, err) : "\"\"";
	int result = text == NULL || id == NULL ? -1 : 0;

	if (result == 0 && fprintf(f, "%s%s%s", is_discogs ? "" : id,
	    is_discogs ? "" : ":", text) < 0)
		result = error_set_errno(err, "cannot write the versions");
	json_free(version);
	return result;
}

static int
write_works(const struct format_output *out, bool is_discogs,
    struct error *err)
{
	struct arena *a = arena_new();
	struct item *items;
	int result = 0;
	size_t n;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if ((items = sort_works(out, !is_discogs, &n, err)) == NULL)
		result = -1;
	for (size_t i = 0; i < n && result == 0; i++) {
		const bool is_new = i == 0 || items[i].first !=
		    items[i - 1].first;
		const char *work = json_text(json_at(items[i].rec,
		    "group_id"), a, err);

		if (work == NULL)
			result = -1;
		else if (is_new && fprintf(out->out, "%s%s:%s", i == 0 ? "{" :
		    is_discogs ? "],\n" : "},\n", work, is_discogs ? "[" :
		    "{") < 0)
			result = error_set_errno(err, "cannot write the works");
		else if (!is_new && putc(',', out->out) == EOF)
			result = error_set_errno(err, "cannot write the works");
		else
			result = write_version(out->out, items[i].rec,
			    is_discogs, a, err);
		arena_reset(a);
	}
	if (result == 0 && fputs(n == 0 ? "{}\n" : is_discogs ? "]}\n" :
	    "}}\n", out->out) == EOF)
		result = error_set_errno(err, "cannot write the works");
	arena_free(a);
	return result;
}

int
cliques_write_da_tacos(const struct format_output *out, struct error *err)
{
	return write_works(out, false, err);
}

int
cliques_write_discogs(const struct format_output *out, struct error *err)
{
	return write_works(out, true, err);
}
