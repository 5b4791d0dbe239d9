#include <string.h>

#include "draw/heat_map.h"
#include "draw/palette.h"
#include "draw/strokes.h"
#include "manifests/record.h"

#include "align/align_truth.h"
#include "align/fragment_record.h"
#include "align/recording.h"
#include "align/similarity.h"
#include "align/similarity_picture.h"
#include "align/time_line.h"

/* Longer sides are thinned out. */
#define MAX_CELLS 1500

const struct json *
similarity_picture_record(const struct stream_list *list, const char *member,
    const char *wanted, struct error *err)
{
	const struct json *found = NULL;
	const char *text;
	size_t i;

	for (i = 0; i < list->n_records; i++) {
		if (json_get_string(list->records[i], member, "", &text,
		    NULL) == 0 && strcmp(text, wanted) == 0)
			found = list->records[i];
	}
	if (found == NULL)
		error_set(err, ERROR_FORMAT, "no record has the \"%s\" "
		    "\"%s\"", member, wanted);
	return found;
}

/* The fragments of the pair with a decision. */
static int
fragment_strokes(const struct similarity_picture *p, const char *decision,
    struct strokes *s, struct arena *a, struct error *err)
{
	const struct stream_list *list = p->fragments;
	const char *text;
	size_t i;

	if (strokes_init(s, 2 * list->n_records, a, err) != 0)
		return -1;
	for (i = 0; i < list->n_records; i++) {
		const struct json *rec = list->records[i];
		struct time_line line;
		double from, to;

		if (record_has_failed(rec) ||
		    strcmp(record_id(rec), p->cover_id) != 0 ||
		    json_want_string(rec, "original_id", &text, NULL) != 0 ||
		    strcmp(text, p->original_id) != 0 ||
		    json_want_string(rec, "decision", &text, NULL) != 0 ||
		    strcmp(text, decision) != 0)
			continue;
		if (fragment_record_line(rec, &line, &from, &to, err) != 0)
			return -1;
		strokes_add(s, true, from, time_line_cover(&line, from));
		strokes_add(s, false, to, time_line_cover(&line, to));
	}
	return 0;
}

/* The true alignment of the cover, as far as it is known. */
static int
truth_strokes(const struct json *cover, const char *original_id,
    struct strokes *s, struct arena *a, struct error *err)
{
	const struct json *list[1] = { cover };
	struct align_truth truth;
	size_t i, k, n = 0;

	if (align_truth_load(list, 1, a, &truth, err) != 0)
		return -1;
	if (truth.n_covers == 0 ||
	    strcmp(truth.covers[0].original_id, original_id) != 0)
		return strokes_init(s, 0, a, err);
	for (i = 0; i < truth.covers[0].n_segments; i++)
		n += truth.covers[0].segments[i].n_points;
	if (strokes_init(s, n, a, err) != 0)
		return -1;
	for (i = 0; i < truth.covers[0].n_segments; i++) {
		const struct align_truth_segment *segment =
		    &truth.covers[0].segments[i];

		for (k = 0; k < segment->n_points; k++)
			strokes_add(s, k == 0, segment->original_sec[k],
			    segment->cover_sec[k]);
	}
	return 0;
}

/* The time that the windows stand for, from edge to edge of their cells. */
static struct axes_range
time_of(const struct recording *r)
{
	const double first = r->window_sec / 2.0 - r->hop_sec / 2.0;
	const struct axes_range t = { first,
	    first + (double)r->arrays.n_windows * r->hop_sec };

	return t;
}

/* Compute the matrix, cover windows as rows, and draw it. */
static int
draw_similarity(const char *path, const struct recording *original,
    const struct recording *cover, const struct axes_line *lines,
    size_t n_lines, struct arena *a, struct error *err)
{
	struct similarity s = { cover->arrays.fingerprints,
	    original->arrays.fingerprints, cover->arrays.n_windows,
	    original->arrays.n_windows, original->n_dims };
	struct heat_map map = { .x_label = "original (s)",
	    .y_label = "cover (s)", .value = { 0.0, 1.0 },
	    .x = time_of(original), .y = time_of(cover), .lines = lines,
	    .n_lines = n_lines,
	    .x_axis = { 0.0, original->arrays.duration_sec },
	    .y_axis = { 0.0, cover->arrays.duration_sec } };
	float *values;

	if (s.n_rows == 0 || s.n_columns == 0)
		return error_set(err, ERROR_LIMIT,
		    "a recording is too short for a window");
	if (similarity_thin(&s, MAX_CELLS, a, err) != 0)
		return -1;
	values = arena_need(a, s.n_rows * s.n_columns, sizeof(float),
	    "similarities", err);
	if (values == NULL || similarity_block(&s, 0, s.n_rows, 0,
	    s.n_columns, values, err) != 0)
		return -1;
	map.values = values;
	map.n_rows = s.n_rows;
	map.n_columns = s.n_columns;
	return heat_map_write(path, &map, err);
}

int
similarity_picture_write(const char *path,
    const struct similarity_picture *p, struct arena *a, struct error *err)
{
	const struct json *original_rec = similarity_picture_record(
	    p->manifest, "id", p->original_id, err);
	const struct json *cover_rec = original_rec == NULL ? NULL :
	    similarity_picture_record(p->manifest, "id", p->cover_id, err);
	const char *folder = p->manifest->folder;
	struct recording original, cover;
	struct aligner_options shared;
	struct strokes truth, kept, flagged;
	struct axes_line lines[3];

	if (cover_rec == NULL ||
	    recording_load(original_rec, folder, a, &original, err) != 0 ||
	    recording_load(cover_rec, folder, a, &cover, err) != 0 ||
	    recording_agree(&original, &cover, &shared, err) != 0 ||
	    truth_strokes(cover_rec, p->original_id, &truth, a, err) != 0 ||
	    fragment_strokes(p, "keep", &kept, a, err) != 0 ||
	    fragment_strokes(p, "flag", &flagged, a, err) != 0)
		return -1;
	lines[0] = strokes_line(&truth, "true", PALETTE_SKY);
	lines[0].is_dashed = true;
	lines[0].width = 4.0;
	lines[1] = strokes_line(&flagged, "flagged", PALETTE_PURPLE);
	lines[2] = strokes_line(&kept, "kept", PALETTE_VERMILLION);
	return draw_similarity(path, &original, &cover, lines, 3, a, err);
}
