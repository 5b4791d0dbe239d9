/*
 * CHAD's dataset.csv (columns and tree of the repository amanteur/CHAD as of
 * 2023; store/chad_table.h) and the fragments and full recordings that its
 * downloader writes below one folder:
 *
 *	GROUP/FRAGMENT/ID.EXTENSION	a fragment
 *	YOUTUBE_ID.EXTENSION		a full recording: offset is interval's
 */
/* memmem is not in POSIX.1-2008. */
#define _GNU_SOURCE

#include <string.h>

#include "base/cli.h"
#include "base/csv_rows.h"
#include "base/memory.h"

#include "formats/format_list.h"
#include "formats/intake.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "store/chad_table.h"

bool
chad_csv_fits(const char *path, const char *text, size_t n_bytes)
{
	const char *end = memchr(text, '\n', n_bytes);
	const size_t n = end != NULL ? (size_t)(end - text) : n_bytes;

	(void)path;
	return text[0] != '{' && memmem(text, n, "fragment_id", 11) != NULL &&
	    memmem(text, n, ",", 1) != NULL;
}

/* The part of a full recording, where there is one. */
static int
find_full(const struct format_input *in, struct json *rec, const char *id,
    struct error *err)
{
	double start, end;

	if (intake_find_sound(in, rec, id, err) != 0)
		return -1;
	if (!json_has(rec, "audio_filepath") ||
	    json_want_number(rec, "interval.0", &start, NULL) != 0 ||
	    json_want_number(rec, "interval.1", &end, NULL) != 0 ||
	    start < 0.0 || end <= start)
		return 0;
	if (json_put_number(rec, "offset", start, err) != 0)
		return -1;
	return json_has(rec, "duration") ? 0 :
	    json_put_number(rec, "duration", end - start, err);
}

static int
find_sound(const struct format_input *in, struct json *rec,
    struct error *err)
{
	const char *group, *fragment, *id, *youtube_id, *stem;

	if (json_get_string(rec, "group_id", "", &group, err) != 0 ||
	    json_get_string(rec, "fragment_id", "", &fragment, err) != 0 ||
	    json_get_string(rec, "id", "", &id, err) != 0 ||
	    json_get_string(rec, "youtube_id", "", &youtube_id, err) != 0)
		return -1;
	stem = arena_printf(in->a, "%s/%s/%s", group, fragment, id);
	if (stem == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (intake_find_sound(in, rec, stem, err) != 0)
		return -1;
	if (json_has(rec, "audio_filepath") || youtube_id[0] == '\0')
		return 0;
	return find_full(in, rec, youtube_id, err);
}

static int
take_row(void *context, struct json *rec, struct error *err)
{
	const struct format_input *in = context;
	struct error why = { ERROR_FORMAT, "" };
	const char *text;

	if (record_has_failed(rec)) {
		if (json_want_string(rec, "error", &text, err) != 0)
			return -1;
		error_set(&why, ERROR_FORMAT, "%s", text);
		if (record_line_mark(rec, cli_tool_name(), &why, err) != 0)
			return -1;
	} else if (in->audio != NULL && find_sound(in, rec, err) != 0) {
		return -1;
	}
	return in->take(in->shared, rec, err);
}

int
chad_csv_read(const struct format_input *in, struct error *err)
{
	struct format_input copy = *in;

	return chad_table_read(in->text, in->n_bytes, take_row, &copy, err);
}

/* The names below "extra" of all records, and "title" and "url". */
struct names {
	const char **paths;
	size_t n, capacity;
};

static int
add_name(struct names *names, const char *path, struct arena *a,
    struct error *err)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->paths[i], path) == 0)
			return 0;
	if (names->n == CSV_ROWS_MAX_FIELDS / 2)
		return error_set(err, ERROR_LIMIT, "more than %d extra columns",
		    CSV_ROWS_MAX_FIELDS / 2);
	if (memory_grow(&names->paths, &names->capacity, names->n + 1,
	    sizeof(names->paths[0]), "columns", err) != 0)
		return -1;
	names->paths[names->n] = arena_strdup(a, path);
	if (names->paths[names->n] == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	names->n++;
	return 0;
}

/* Names with a dot have become objects within each other. */
static int
add_names(struct names *names, const struct json *extra, const char *path,
    struct arena *a, struct error *err)
{
	if (extra == NULL || json_is_string(extra))
		return extra == NULL ? 0 : add_name(names, path, a, err);
	for (size_t i = 0; i < json_count(extra); i++) {
		const char *below = json_is_object(extra) ? arena_printf(a,
		    "%s.%s", path, json_member_name(extra, i)) : NULL;

		if (below != NULL && add_names(names, json_item(extra, i),
		    below, a, err) != 0)
			return -1;
	}
	return 0;
}

/* A row that was not right is given back; a broken line of JSON is no row. */
static int
write_bad(FILE *out, const struct json *rec, struct error *err)
{
	const char *line;

	if (json_want_string(rec, "line", &line, err) != 0)
		return -1;
	if (line[0] != '{' && fprintf(out, "%s\n", line) < 0)
		return error_set_errno(err, "writing the table");
	return 0;
}

static int
write_rows(const struct format_output *out,
    const struct chad_table_extra *extra, struct error *err)
{
	struct arena *a = arena_new();
	int result = a == NULL ? error_set(err, ERROR_NOMEM, "out of memory") :
	    chad_table_write_header(out->out, extra, err);

	for (size_t i = 0; i < out->n_records && result == 0; i++) {
		const struct json *rec = out->records[i];
		struct error why = { ERROR_NONE, "" };

		if (record_has_failed(rec) && json_has(rec, "line")) {
			result = write_bad(out->out, rec, err);
		} else if (chad_table_write_row(out->out, rec, extra, a,
		    &why) != 0) {
			result = why.code == ERROR_FORMAT ?
			    format_leave_out(out, i, &why, err) :
			    error_set(err, why.code, "%s", why.text);
		}
		arena_reset(a);
	}
	arena_free(a);
	return result;
}

int
chad_csv_write(const struct format_output *out, struct error *err)
{
	static const char *const known[] = { "title", "url" };
	struct names names = { .paths = NULL };
	struct chad_table_extra extra = { .n_names = 0 };
	int result = 0;

	for (size_t i = 0; i < out->n_records && result == 0; i++) {
		const struct json *rec = out->records[i];

		for (size_t k = 0; k < 2 && result == 0; k++)
			if (json_is_string(json_at(rec, known[k])))
				result = add_name(&names, known[k], out->a,
				    err);
		if (result == 0)
			result = add_names(&names, json_at(rec, "extra"),
			    "extra", out->a, err);
	}
	extra.names = arena_need(out->a, names.n, sizeof(extra.names[0]),
	    "columns", err);
	if (extra.names == NULL)
		result = -1;
	for (size_t i = 0; i < names.n && result == 0; i++)
		extra.names[i] = strncmp(names.paths[i], "extra.", 6) == 0 ?
		    names.paths[i] + 6 : names.paths[i];
	extra.paths = names.paths;
	extra.n_names = names.n;
	if (result == 0)
		result = write_rows(out, &extra, err);
	memory_free(names.paths);
	return result;
}
