#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/packed.h"

#include "formats/format.h"
#include "formats/format_list.h"
#include "manifests/record.h"
#include "manifests/record_writer.h"

/* In the order in which a file is held against them. */
static const struct format formats[] = {
	{ "chad", "csv", false, false, chad_csv_fits, chad_csv_read,
	    chad_csv_write },
	{ "svl", "svl", false, true, svl_fits, svl_read, svl_write },
	{ "lhotse", "jsonl", false, false, lhotse_fits, lhotse_read,
	    lhotse_write_cuts },
	{ "lhotse-recordings", "jsonl", false, false, NULL, lhotse_read,
	    lhotse_write_recordings },
	{ "lhotse-supervisions", "jsonl", false, false, NULL, lhotse_read,
	    lhotse_write_supervisions },
	{ "lhotse-cuts", "jsonl", false, false, NULL, lhotse_read,
	    lhotse_write_cuts },
	{ "discogs-vi", "json", false, false, cliques_fits_discogs,
	    cliques_read_discogs, cliques_write_discogs },
	{ "da-tacos", "json", false, false, cliques_fits_da_tacos,
	    cliques_read_da_tacos, cliques_write_da_tacos },
	{ "nemo", "jsonl", false, false, nemo_fits, nemo_read, nemo_write },
	{ "audacity", "txt", false, true, audacity_fits, audacity_read,
	    audacity_write },
	{ "shs100k", "txt", false, false, shs100k_fits, shs100k_read,
	    shs100k_write },
	{ "jams", "jams", false, true, NULL, NULL, jams_write },
	{ "humtrans", NULL, true, false, NULL, corpora_read_humtrans, NULL },
	{ "qbsh", NULL, true, false, NULL, corpora_read_qbsh, NULL },
	{ "pop909", NULL, true, false, NULL, corpora_read_pop909, NULL },
	{ "midi", NULL, true, false, NULL, corpora_read_midi, NULL },
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct format *
format_find(const char *name, struct error *err)
{
	char names[ERROR_TEXT_BYTES / 2] = "";

	for (size_t i = 0; i < N_FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
		(void)strncat(names, i == 0 ? "" : ", ",
		    sizeof(names) - strlen(names) - 1);
		(void)strncat(names, formats[i].name,
		    sizeof(names) - strlen(names) - 1);
	}
	error_set(err, ERROR_FORMAT, "--format %s: must be one of %s", name,
	    names);
	return NULL;
}

/* What the file seems to be; folders cannot be told from each other. */
static const struct format *
guess(const struct format_input *in, bool is_folder, struct error *err)
{
	for (size_t i = 0; i < N_FORMATS && !is_folder; i++)
		if (formats[i].fits != NULL && formats[i].fits(in->path,
		    in->text, in->n_bytes))
			return &formats[i];
	error_set(err, ERROR_FORMAT, is_folder ? "it is a folder: say "
	    "--format humtrans, qbsh, pop909 or midi" :
	    "it looks like no format that is known; say --format NAME");
	return NULL;
}

/* "in" with what is needed from here on. */
static int
read_input(const struct format *format, struct format_input *in,
    struct error *err)
{
	const bool is_folder = in->path != NULL && folder_is_one(in->path);

	if (!is_folder && (format == NULL || !format->is_folder) &&
	    (in->text = packed_read(in->path, FORMAT_MAX_BYTES, in->a,
	    &in->n_bytes, err)) == NULL)
		return -1;
	if (format == NULL)
		format = guess(in, is_folder, err);
	if (format != NULL && format->read == NULL)
		error_set(err, ERROR_FORMAT, "%s is written, not read",
		    format->name);
	else if (format != NULL && format->is_folder != is_folder)
		error_set(err, ERROR_FORMAT, format->is_folder ?
		    "%s is read from a folder" : "%s is no folder",
		    format->name);
	else if (format != NULL && format->read(in, err) == 0)
		return 0;
	return error_add(err, "%s", in->path != NULL ? in->path :
	    "standard input");
}

int
format_import(const struct format *format, const struct format_input *in,
    struct error *err)
{
	struct format_input copy = *in;
	int result;

	if (copy.path != NULL && strcmp(copy.path, "-") == 0)
		copy.path = NULL;
	copy.a = arena_new();
	if (copy.a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	result = read_input(format, &copy, err);
	arena_free(copy.a);
	return result;
}

static const char *
recording_of(const struct json *rec)
{
	static const char *const members[] = { "audio_filepath", "recording" };
	const char *name;

	for (size_t i = 0; i < 2; i++)
		if (json_get_string(rec, members[i], "", &name, NULL) == 0 &&
		    name[0] != '\0')
			return name;
	return record_id(rec);
}

/* A record and its place, to be sorted by recording. */
struct item {
	const char *recording;
	struct json *rec;
	size_t place;
};

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	const int by_recording = strcmp(x->recording, y->recording);

	if (by_recording != 0)
		return by_recording;
	return (x->place > y->place) - (x->place < y->place);
}

/* The records sorted by recording, those that failed left out. */
static int
sort_records(const struct format_output *out, struct item **items,
    struct json ***records, size_t *n, struct error *err)
{
	*items = arena_need(out->a, out->n_records, sizeof(**items),
	    "records", err);
	*records = arena_need(out->a, out->n_records, sizeof(**records),
	    "records", err);
	if (*items == NULL || *records == NULL)
		return -1;
	*n = 0;
	for (size_t i = 0; i < out->n_records; i++)
		if (!record_has_failed(out->records[i])) {
			(*items)[*n] = (struct item){
				recording_of(out->records[i]),
				out->records[i], i };
			(*n)++;
		}
	if (*n > 0)
		qsort(*items, *n, sizeof(**items), compare_items);
	for (size_t i = 0; i < *n; i++)
		(*records)[i] = (*items)[i].rec;
	return 0;
}

/* "out" as it has to be for one file: the records of one recording alone. */
static int
check_recordings(const struct format *format, struct format_output *out,
    struct error *err)
{
	struct json **records;
	struct item *items;
	size_t n;

	if (sort_records(out, &items, &records, &n, err) != 0)
		return -1;
	for (size_t i = 1; i < n; i++)
		if (strcmp(items[0].recording, items[i].recording) != 0)
			return error_set(err, ERROR_FORMAT, "%s has a file for "
			    "each recording, and there are several: say --out "
			    "DIR", format->name);
	out->records = records;
	out->n_records = n;
	return 0;
}

int
format_leave_out(const struct format_output *out, size_t i,
    const struct error *why, struct error *err)
{
	if (why->code == ERROR_NOMEM || out->leave_out == NULL) {
		(void)error_set(err, why->code, "%s", why->text);
		return error_add(err, "record %zu", i + 1);
	}
	out->leave_out(out->shared, out->records[i], why);
	return 0;
}

int
format_export(const struct format *format, const struct format_output *out,
    const char *path, struct error *err)
{
	struct format_output copy = *out;
	struct record_writer *w;

	if (format->write == NULL)
		return error_set(err, ERROR_FORMAT, "%s is read, not written",
		    format->name);
	if (format->is_by_recording && check_recordings(format, &copy, err) !=
	    0)
		return -1;
	if ((w = record_writer_open(path, err)) == NULL)
		return -1;
	copy.out = record_writer_stream(w);
	copy.here = record_writer_here(w);
	return record_writer_end(w, format->write(&copy, err), err);
}

/* A name for the file: no folder of it leads upwards. */
static const char *
file_name_of(const struct json *rec, struct arena *a, struct error *err)
{
	const char *name = NULL;
	char *copy;

	if (json_get_string(rec, "recording", NULL, &name, err) != 0)
		return NULL;
	if (name == NULL && json_has(rec, "audio_filepath"))
		name = file_stem(recording_of(rec), a, err);
	else if (name == NULL)
		name = record_id(rec);
	copy = name == NULL ? NULL : arena_strdup(a, name);
	for (char *at = copy; at != NULL && *at != '\0'; at++)
		if (*at == '/')
			*at = '_';
	if (copy != NULL && (copy[0] == '\0' || copy[0] == '.'))
		copy = arena_printf(a, "_%s", copy);
	return copy;
}

static int
write_file(const struct format *format, const char *folder,
    const struct format_output *one, struct error *err)
{
	struct format_output out = *one;
	const char *name = file_name_of(one->records[0], one->a, err);
	const char *path = name == NULL ? NULL : arena_printf(one->a,
	    "%s/%s.%s", folder, name, format->suffix);
	struct file_new *f;

	if (path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if ((f = file_create(path, err)) == NULL)
		return -1;
	out.out = file_stream(f);
	if (format->write(&out, err) == 0)
		return file_commit(f, err);
	file_abandon(f);
	return error_add(err, "%s", path);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two recordings of one name would write over each other. */
static int
check_names(const struct item *items, size_t n, struct arena *a,
    struct error *err)
{
	const char **names = arena_need(a, n, sizeof(*names), "names", err);
	size_t n_names = 0;

	if (names == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((i == 0 || strcmp(items[i - 1].recording,
		    items[i].recording) != 0) && (names[n_names++] =
		    file_name_of(items[i].rec, a, err)) == NULL)
			return -1;
	if (n_names > 0)
		qsort(names, n_names, sizeof(*names), compare_names);
	for (size_t i = 1; i < n_names; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return error_set(err, ERROR_FORMAT, "two recordings "
			    "would both become the file %s; give them a member "
			    "\"recording\" that names them", names[i]);
	return 0;
}

int
format_export_files(const struct format *format, const char *folder,
    const struct format_output *out, size_t *n_files, struct error *err)
{
	struct json **records;
	struct item *items;
	size_t n, end;

	*n_files = 0;
	if (!format->is_by_recording)
		return error_set(err, ERROR_FORMAT, "--out goes with audacity, "
		    "svl and jams; %s is one file", format->name);
	if (sort_records(out, &items, &records, &n, err) != 0 ||
	    check_names(items, n, out->a, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i = end) {
		struct format_output one = *out;

		for (end = i + 1; end < n && strcmp(items[i].recording,
		    items[end].recording) == 0; end++)
			;
		one.records = records + i;
		one.n_records = end - i;
		if (write_file(format, folder, &one, err) != 0)
			return -1;
		(*n_files)++;
	}
	return 0;
}
