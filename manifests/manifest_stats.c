#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/table.h"

#include "manifests/manifest_stats.h"
#include "manifests/record.h"

#define MAX_ROWS 1000

/* One record: numbers, so that a million of them need little room. */
struct item {
	uint32_t row;
	float length_sec;	/* -1: unknown */
	uint64_t work, recording;	/* hashes; work 0: none */
};

struct manifest_stats {
	const char *by;
	struct arena *a;
	const char **rows;	/* [n_rows], values of the member */
	size_t n_rows, rows_capacity;
	struct item *items;
	size_t n_items, capacity;
	size_t n_failed;
};

struct manifest_stats *
manifest_stats_new(const char *by, struct error *err)
{
	struct manifest_stats *s = memory_new(1, sizeof(*s), "statistics",
	    err);

	if (s == NULL)
		return NULL;
	s->by = by;
	s->a = arena_new();
	if (s->a != NULL)
		return s;
	error_set(err, ERROR_NOMEM, "out of memory");
	manifest_stats_free(s);
	return NULL;
}

void
manifest_stats_free(struct manifest_stats *s)
{
	if (s == NULL)
		return;
	arena_free(s->a);
	memory_free(s->rows);
	memory_free(s->items);
	memory_free(s);
}

static double
interval_length(const struct json *rec, const char *member, double unit)
{
	const struct json *interval = json_at(rec, member);
	double start, end;

	if (json_want_number(interval, "0", &start, NULL) != 0 ||
	    json_want_number(interval, "1", &end, NULL) != 0 || end < start)
		return -1.0;
	return (end - start) / unit;
}

/* Seconds, or -1. */
static double
length_of(const struct json *rec)
{
	static const char *const members[] = { "duration",
		"decode.duration_sec", "tags.duration_sec" };
	double rate_hz, sec = -1.0;

	if (json_want_number(rec, "rate_hz", &rate_hz, NULL) == 0 &&
	    rate_hz > 0.0)
		sec = interval_length(rec, "interval_samples", rate_hz);
	if (sec < 0.0)
		sec = interval_length(rec, "interval", 1.0);
	for (size_t i = 0; sec < 0.0 &&
	    i < sizeof(members) / sizeof(members[0]); i++)
		if (json_get_number(rec, members[i], -1.0, &sec, NULL) != 0)
			sec = -1.0;
	return isfinite(sec) && sec < 1e9 ? sec : -1.0;
}

/* The number of the row for a value, made when it is new. */
static int
find_row(struct manifest_stats *s, const char *value, uint32_t *row,
    struct error *err)
{
	for (size_t i = 0; i < s->n_rows; i++)
		if (strcmp(s->rows[i], value) == 0) {
			*row = (uint32_t)i;
			return 0;
		}
	if (s->n_rows == MAX_ROWS)
		value = "(others)";
	if (s->n_rows > MAX_ROWS) {
		*row = MAX_ROWS;
		return 0;
	}
	if (memory_grow(&s->rows, &s->rows_capacity, s->n_rows + 1,
	    sizeof(s->rows[0]), "rows", err) != 0)
		return -1;
	s->rows[s->n_rows] = arena_strdup(s->a, value);
	if (s->rows[s->n_rows] == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	*row = (uint32_t)s->n_rows++;
	return 0;
}

/* The value of the member as text. */
static const char *
value_text(const struct json *rec, const char *member, struct arena *a,
    struct error *err)
{
	const struct json *value = json_at(rec, member);
	const char *text;

	if (value == NULL || json_is_null(value))
		return "(none)";
	if (json_want_string(value, "", &text, NULL) == 0)
		return text;
	return json_text(value, a, err);
}

int
manifest_stats_add(struct manifest_stats *s, const struct json *rec,
    struct error *err)
{
	struct item item = { .work = 0 };
	const char *value, *work;
	struct arena *a;
	int result;

	if (record_has_failed(rec)) {
		s->n_failed++;
		return 0;
	}
	if ((a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	value = value_text(rec, s->by, a, err);
	result = value == NULL ? -1 : find_row(s, value, &item.row, err);
	arena_free(a);
	if (result != 0 || memory_grow(&s->items, &s->capacity,
	    s->n_items + 1, sizeof(s->items[0]), "records", err) != 0)
		return -1;
	item.length_sec = (float)length_of(rec);
	if (json_get_string(rec, "group_id", "", &work, NULL) == 0 &&
	    work[0] != '\0')
		item.work = hash_text64(work);
	item.recording = hash_text64(record_id(rec));
	s->items[s->n_items++] = item;
	return 0;
}

static int
compare_lengths(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int
compare_works(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->work != y->work)
		return x->work < y->work ? -1 : 1;
	return (x->recording > y->recording) - (x->recording < y->recording);
}

static int
put_lengths(struct json *row, float *lengths, size_t n, struct error *err)
{
	static const struct {
		const char *name;
		double share;
	} points[] = { { "min_sec", 0.0 }, { "p10_sec", 0.1 },
		{ "median_sec", 0.5 }, { "p90_sec", 0.9 },
		{ "max_sec", 1.0 } };

	qsort(lengths, n, sizeof(lengths[0]), compare_lengths);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		const double rank = ceil(points[i].share * (double)n);

		if (json_put_rounded(row, points[i].name,
		    (double)lengths[rank < 1.0 ? 0 : (size_t)rank - 1], 3,
		    err) != 0)
			return -1;
	}
	return 0;
}

/* Add a row of the items of one value, or of all when "which" is too large. */
static int
append_row(const struct manifest_stats *s, size_t which, float *lengths,
    struct json *report, struct error *err)
{
	size_t n = 0, n_known = 0, n_works = 0, n_recordings = 0;
	const struct item *last = NULL;
	struct json *row;
	double sum = 0.0;
	int result = -1;

	/* The items are sorted by work and recording. */
	for (size_t i = 0; i < s->n_items; i++) {
		const struct item *item = &s->items[i];

		if (which < s->n_rows && item->row != which)
			continue;
		n++;
		if (last == NULL || item->work != last->work)
			n_works += item->work != 0;
		if (last == NULL || compare_works(item, last) != 0)
			n_recordings++;
		last = item;
		if (item->length_sec >= 0.0f) {
			sum += (double)item->length_sec;
			lengths[n_known++] = item->length_sec;
		}
	}
	if ((row = json_new_object(err)) == NULL)
		return -1;
	if (json_put_string(row, "value", which < s->n_rows ?
	    s->rows[which] : "all", err) == 0 &&
	    json_put_size(row, "records", n, err) == 0 &&
	    json_put_size(row, "works", n_works, err) == 0 &&
	    json_put_size(row, "recordings", n_recordings, err) == 0 &&
	    json_put_rounded(row, "hours", sum / 3600.0, 3, err) == 0 &&
	    json_put_size(row, "unknown", n - n_known, err) == 0 &&
	    (n_known == 0 || put_lengths(row, lengths, n_known, err) == 0))
		result = json_append(report, "by", row, err);
	json_free(row);
	return result;
}

static int
compare_sizes(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* How many works have so many recordings. */
static int
append_versions(const struct manifest_stats *s, size_t *sizes,
    struct json *report, struct error *err)
{
	size_t n_works = 0, n_same;

	for (size_t i = 0; i < s->n_items; i++) {
		const struct item *item = &s->items[i];

		if (item->work == 0)
			continue;
		if (i == 0 || item->work != item[-1].work)
			sizes[n_works++] = 1;
		else
			sizes[n_works - 1] += compare_works(item,
			    item - 1) != 0;
	}
	qsort(sizes, n_works, sizeof(sizes[0]), compare_sizes);
	for (size_t i = 0; i < n_works; i += n_same) {
		struct json *row = json_new_object(err);
		int result = -1;

		if (row == NULL)
			return -1;
		for (n_same = 1; i + n_same < n_works &&
		    sizes[i + n_same] == sizes[i]; n_same++)
			;
		if (json_put_size(row, "versions", sizes[i], err) == 0 &&
		    json_put_size(row, "works", n_same, err) == 0)
			result = json_append(report, "versions", row, err);
		json_free(row);
		if (result != 0)
			return -1;
	}
	return 0;
}

/* The number of a row, and of the records in it. */
struct rank {
	size_t row, n_items;
	const char *value;
};

static int
compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->n_items != y->n_items)
		return x->n_items > y->n_items ? -1 : 1;
	return strcmp(x->value, y->value);
}

static int
fill_report(struct manifest_stats *s, struct json *report, struct error *err)
{
	struct rank *ranks = memory_new(s->n_rows, sizeof(*ranks), "rows",
	    err);
	float *lengths = memory_new(s->n_items, sizeof(*lengths), "lengths",
	    err);
	size_t *sizes = memory_new(s->n_items, sizeof(*sizes), "works", err);
	int result = ranks == NULL || lengths == NULL || sizes == NULL ? -1 :
	    0;

	for (size_t i = 0; result == 0 && i < s->n_rows; i++)
		ranks[i] = (struct rank){ i, 0, s->rows[i] };
	for (size_t i = 0; result == 0 && i < s->n_items; i++)
		ranks[s->items[i].row].n_items++;
	if (result == 0 && s->n_items > 0) {
		qsort(s->items, s->n_items, sizeof(s->items[0]),
		    compare_works);
		qsort(ranks, s->n_rows, sizeof(ranks[0]), compare_ranks);
	}
	for (size_t i = 0; result == 0 && i < s->n_rows; i++)
		result = append_row(s, ranks[i].row, lengths, report, err);
	if (result == 0)
		result = append_row(s, s->n_rows, lengths, report, err);
	if (result == 0)
		result = append_versions(s, sizes, report, err);
	memory_free(sizes);
	memory_free(lengths);
	memory_free(ranks);
	return result == 0 ? json_put_size(report, "failed", s->n_failed,
	    err) : -1;
}

struct json *
manifest_stats_report(struct manifest_stats *s, struct error *err)
{
	struct json *report = json_new_object(err);

	if (report != NULL && fill_report(s, report, err) == 0)
		return report;
	json_free(report);
	return NULL;
}

const char *
manifest_stats_text(const struct json *report, struct arena *a,
    struct error *err)
{
	const struct json *versions = json_at(report, "versions");
	const char *rows = table_text(json_at(report, "by"), a, err);
	const char *works = versions == NULL ? "" : table_text(versions, a,
	    err);
	const char *text;
	size_t n_failed;

	if (rows == NULL || works == NULL ||
	    json_want_size(report, "failed", &n_failed, err) != 0)
		return NULL;
	text = arena_printf(a, "%s%s%s%zu records carry an error", rows,
	    works[0] != '\0' ? "\n" : "", works, n_failed);
	if (text == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	return text;
}
