#include <math.h>
#include <stdbool.h>

#include "manifests/record.h"
#include "manifests/stream.h"

#include "mine/training_pairs.h"

/* Limit of what a manifest may claim: a day in a segment. */
#define MAX_SEC 86400.0

/* A passage in both recordings. */
struct passage {
	double original_from, original_to;
	double other_from, other_to;
};

/* What a pair's side may be heard by: the members in record and pair. */
static const struct array {
	const char *path, *hop, *pair_path, *pair_hop;
	double hop_sec;			/* when the record does not say */
} arrays[] = {
	{ "f0.activations", "f0.hop_sec", "activations", "hop_sec", 0.01 },
	{ "cqt_filepath", "feature.cqt.hop_sec", "cqt", "cqt_hop_sec", 0.04 },
};
#define N_ARRAYS (sizeof(arrays) / sizeof(arrays[0]))

/* A text of the record, where it has it. */
static int
carry(struct json *part, const struct json *rec, const char *member,
    struct error *err)
{
	const char *text;

	return json_want_string(rec, member, &text, NULL) != 0 ? 0 :
	    json_put_string(part, member, text, err);
}

/* An array of the record and its hop, where it has it. */
static int
carry_array(struct json *part, const struct json *rec, const struct array *x,
    struct error *err)
{
	const char *path;
	double hop_sec;

	if (!json_has(rec, x->path))
		return 0;
	if (json_want_string(rec, x->path, &path, err) != 0 ||
	    json_get_number(rec, x->hop, x->hop_sec, &hop_sec, err) != 0 ||
	    json_put_string(part, x->pair_path, path, err) != 0)
		return -1;
	return json_put_number(part, x->pair_hop, hop_sec, err);
}

/* The members of one side, e.g. "original". */
static int
put_side(struct json *pair, const char *side, const struct json *rec,
    double from_sec, double to_sec, struct error *err)
{
	const char *id;
	struct json *part;
	int status = -1;

	if ((part = json_new_object(err)) == NULL)
		return -1;
	if (json_want_string(rec, "id", &id, err) == 0 &&
	    json_put_string(part, "id", id, err) == 0 &&
	    carry(part, rec, "title", err) == 0 &&
	    carry(part, rec, "youtube_id", err) == 0 &&
	    carry_array(part, rec, &arrays[0], err) == 0 &&
	    carry_array(part, rec, &arrays[1], err) == 0 &&
	    json_put_rounded(part, "offset", from_sec, 6, err) == 0 &&
	    json_put_rounded(part, "duration", to_sec - from_sec, 6,
	    err) == 0)
		status = json_put(pair, side, part, err);
	json_free(part);
	return status;
}

/* The two recordings that are related, and where their pairs go. */
struct relation {
	FILE *out;
	const char *source;
	const struct json *original, *other;
	const double *transposition;	/* or NULL */
	struct arena *scratch;
	size_t *n_written;
};

static int
write_pair(const struct relation *r, const struct passage *p,
    struct error *err)
{
	const char *group_id;
	struct json *pair;
	int status = -1;

	if ((pair = json_new_object(err)) == NULL)
		return -1;
	if (json_want_string(r->other, "group_id", &group_id, err) != 0 ||
	    json_put_string(pair, "group_id", group_id, err) != 0 ||
	    json_put_string(pair, "source", r->source, err) != 0 ||
	    put_side(pair, "original", r->original, p->original_from,
	    p->original_to, err) != 0 ||
	    put_side(pair, "other", r->other, p->other_from, p->other_to,
	    err) != 0)
		goto done;
	if (r->transposition != NULL && json_put_number(pair,
	    "transposition_semitones", *r->transposition, err) != 0)
		goto done;
	if ((status = stream_write(r->out, pair, r->scratch, err)) == 0)
		++*r->n_written;
done:
	json_free(pair);
	return status;
}

/* A number that may be missing: *pointer is NULL then. */
static int
optional_number(const struct json *rec, const char *member, double *value,
    const double **pointer, struct error *err)
{
	*pointer = json_has(rec, member) ? value : NULL;
	return json_get_number(rec, member, 0, value, err);
}

static int
read_passage(const struct json *fragment, struct passage *p,
    struct error *err)
{
	if (json_want_number(fragment, "interval.0", &p->other_from,
	    err) != 0 ||
	    json_want_number(fragment, "interval.1", &p->other_to,
	    err) != 0 ||
	    json_want_number(fragment, "original_interval.0",
	    &p->original_from, err) != 0)
		return -1;
	return json_want_number(fragment, "original_interval.1",
	    &p->original_to, err);
}

/* The two ends are known, and an array that both have. */
static bool
find_both(struct relation *r, const struct recording_index *index,
    const char *group_id, const char *original_id, const char *id)
{
	r->original = recording_index_find(index, group_id, original_id);
	r->other = recording_index_find(index, group_id, id);
	for (size_t i = 0; i < N_ARRAYS; i++)
		if (r->original != NULL && json_has(r->original,
		    arrays[i].path) && r->other != NULL &&
		    json_has(r->other, arrays[i].path))
			return true;
	return false;
}

int
training_pairs_write_fragment(FILE *out, const struct json *fragment,
    const char *source, const struct recording_index *index,
    struct arena *scratch, size_t *n_written, struct error *err)
{
	struct relation r = { .out = out, .source = source,
	    .scratch = scratch, .n_written = n_written };
	const char *group_id, *id, *original_id;
	double semitones;
	struct passage p;

	if (json_want_string(fragment, "group_id", &group_id, err) != 0 ||
	    json_want_string(fragment, "id", &id, err) != 0 ||
	    json_want_string(fragment, "original_id", &original_id,
	    err) != 0 ||
	    read_passage(fragment, &p, err) != 0 ||
	    optional_number(fragment, "transposition_semitones", &semitones,
	    &r.transposition, err) != 0)
		return error_add(err, "a fragment");
	if (!find_both(&r, index, group_id, original_id, id))
		return 0;
	return write_pair(&r, &p, err);
}

/* Point k of a segment: [original_sec, other_sec]. */
static int
read_point(const struct json *points, size_t k, double *original,
    double *other, struct error *err)
{
	const struct json *point = json_item(points, k);

	if (point == NULL || json_want_number(point, "0", original,
	    err) != 0 || json_want_number(point, "1", other, err) != 0)
		return error_set(err, ERROR_FORMAT,
		    "a point of \"truth.segments\" is not two times");
	if (!(*original >= 0 && *original <= MAX_SEC && *other >= 0 &&
	    *other <= MAX_SEC))
		return error_set(err, ERROR_LIMIT,
		    "a point of \"truth.segments\" is out of range");
	return 0;
}

/*
 * The other's time for a time of the original within the points; *from is a
 * point at or before it, moved on.
 */
static int
map_time(const struct json *points, size_t *from, double original_sec,
    double *other_sec, struct error *err)
{
	const size_t n = json_count(points);
	double x0, y0, x1, y1;

	for (;; ++*from) {
		if (read_point(points, *from, &x0, &y0, err) != 0 ||
		    read_point(points, *from + 1, &x1, &y1, err) != 0)
			return -1;
		if (x1 <= x0 || y1 <= y0)
			return error_set(err, ERROR_FORMAT,
			    "\"truth.segments\" has points that do not rise");
		if (original_sec <= x1 || *from + 2 >= n)
			break;
	}
	*other_sec = y0 + (y1 - y0) * (original_sec - x0) / (x1 - x0);
	return 0;
}

static int
write_segment(const struct relation *r, const struct json *points,
    struct error *err)
{
	const size_t n = json_count(points);
	double start, end, unused;
	size_t n_parts, at = 0;

	if (n < 2)
		return error_set(err, ERROR_FORMAT, "a segment of "
		    "\"truth.segments\" has fewer than two points");
	if (read_point(points, 0, &start, &unused, err) != 0 ||
	    read_point(points, n - 1, &end, &unused, err) != 0)
		return -1;
	if (end - start < TRAINING_PAIRS_MIN_SEC)
		return 0;
	n_parts = (size_t)ceil((end - start) / TRAINING_PAIRS_MAX_SEC);
	for (size_t i = 0; i < n_parts; i++) {
		const double part = (end - start) / (double)n_parts;
		struct passage p = { .original_from = start +
		    part * (double)i, .original_to = start +
		    part * (double)(i + 1) };

		if (map_time(points, &at, p.original_from, &p.other_from,
		    err) != 0 ||
		    map_time(points, &at, p.original_to, &p.other_to,
		    err) != 0 ||
		    write_pair(r, &p, err) != 0)
			return -1;
	}
	return 0;
}

static int
write_segments(const struct relation *r, const struct json *segments,
    struct error *err)
{
	for (size_t i = 0; i < json_count(segments); i++) {
		const struct json *points = json_at(json_item(segments, i),
		    "points");

		if (points == NULL)
			return error_set(err, ERROR_FORMAT, "a segment of "
			    "\"truth.segments\" has no points");
		if (write_segment(r, points, err) != 0)
			return -1;
	}
	return 0;
}

int
training_pairs_write_truth(FILE *out, const struct json *rec,
    const struct recording_index *index, struct arena *scratch,
    size_t *n_written, struct error *err)
{
	const struct json *segments = json_at(rec, "truth.segments");
	struct relation r = { .out = out, .source = "hum",
	    .scratch = scratch, .n_written = n_written };
	const char *group_id, *id, *original_id;
	double semitones;

	if (json_get_string(rec, "truth.original_id", NULL, &original_id,
	    err) != 0 ||
	    json_want_string(rec, "group_id", &group_id, err) != 0 ||
	    json_want_string(rec, "id", &id, err) != 0 ||
	    optional_number(rec, "truth.transposition_semitones",
	    &semitones, &r.transposition, err) != 0)
		return -1;
	if (original_id == NULL || segments == NULL ||
	    !find_both(&r, index, group_id, original_id, id))
		return 0;
	if (write_segments(&r, segments, err) != 0)
		return error_add(err, "\"%s\"", id);
	return 0;
}

int
training_pairs_write_all(FILE *out, struct json *const *records,
    size_t n_records, size_t *n_written, struct error *err)
{
	struct recording_index *index;
	struct arena *scratch = arena_new();
	int status = 0;

	*n_written = 0;
	if (scratch == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if ((index = recording_index_new(records, n_records, err)) == NULL)
		status = -1;
	for (size_t i = 0; i < n_records && status == 0; i++) {
		if (!record_has_failed(records[i]) &&
		    training_pairs_write_truth(out, records[i], index,
		    scratch, n_written, err) != 0)
			status = error_add(err, "record %zu", i + 1);
		arena_reset(scratch);
	}
	recording_index_free(index);
	arena_free(scratch);
	return status;
}
