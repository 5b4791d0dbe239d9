#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "nn/session.h"

#include "embed/encoder.h"

#define BATCH_WINDOWS 16
#define MAX_COLUMN_FRAMES 16	/* at a time scale of 0.25 */
#define MIN_SCALE 0.25
#define MAX_SCALE 4.0

/* A network, and the middle columns of the window that it sees. */
struct part {
	struct session *session;
	size_t first_column, n_columns, dimension;
	double min_voiced;
	float weight;		/* of its values: root of its share */
	float *images;		/* [BATCH_WINDOWS][n_image_bins][n_columns] */
	float *encoded;		/* [BATCH_WINDOWS][dimension]: of the voiced */
	size_t n_voiced, place[BATCH_WINDOWS];	/* of each voiced one */
};

struct encoder {
	const struct image_kind *kind;
	struct part parts[ENCODER_MAX_PARTS];
	size_t n_parts;
	size_t n_columns, dimension;	/* of the first part; of all */
	float *columns;		/* [n_columns][n_bins]: of the window in hand */
	float *rows;		/* [MAX_COLUMN_FRAMES][n_bins] */
	float *fingerprints;	/* [BATCH_WINDOWS][dimension]: of all */
};

/* Windows on their way through the network. */
struct batch {
	struct encoder *e;
	int (*put)(void *context, const float *fingerprints, size_t n,
	    struct error *err);
	void *context;
	size_t n_windows;
};

static int
start_part(struct part *p, const struct encoder_part *given,
    size_t n_columns, struct error *err)
{
	p->n_columns = graph_input_shape(given->graph, 0).w;
	p->dimension = graph_output_shape(given->graph, 0).c;
	if (p->n_columns > n_columns)
		return error_set(err, ERROR_FORMAT, "the second network sees "
		    "%zu columns, the first %zu: give the longer one first",
		    p->n_columns, n_columns);
	p->first_column = (n_columns - p->n_columns) / 2;
	p->min_voiced = given->features.min_voiced;
	p->weight = (float)sqrt(given->share);
	p->images = memory_new(BATCH_WINDOWS *
	    given->features.kind->n_image_bins * p->n_columns,
	    sizeof(*p->images), "pixels", err);
	p->encoded = memory_new(BATCH_WINDOWS * p->dimension,
	    sizeof(*p->encoded), "fingerprint values", err);
	if (p->images == NULL || p->encoded == NULL)
		return -1;
	p->session = session_new(given->graph, given->weights, BATCH_WINDOWS,
	    err);
	return p->session == NULL ? -1 : 0;
}

struct encoder *
encoder_new_for(const struct encoder_part *parts, size_t n_parts,
    struct error *err)
{
	struct encoder *e = memory_new(1, sizeof(*e), "encoder", err);

	if (e == NULL)
		return NULL;
	e->kind = parts[0].features.kind;
	e->n_columns = graph_input_shape(parts[0].graph, 0).w;
	for (; e->n_parts < n_parts; e->n_parts++) {
		struct part *p = &e->parts[e->n_parts];

		if (start_part(p, &parts[e->n_parts], e->n_columns, err) != 0)
			goto fail;
		e->dimension += p->dimension;
	}
	e->columns = memory_new(e->n_columns * e->kind->n_bins,
	    sizeof(*e->columns), "columns", err);
	e->rows = memory_new(MAX_COLUMN_FRAMES * e->kind->n_bins,
	    sizeof(*e->rows), "frames", err);
	e->fingerprints = memory_new(BATCH_WINDOWS * e->dimension,
	    sizeof(*e->fingerprints), "fingerprint values", err);
	if (e->columns == NULL || e->rows == NULL || e->fingerprints == NULL)
		goto fail;
	return e;
fail:
	encoder_free(e);
	return NULL;
}

void
encoder_free(struct encoder *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < ENCODER_MAX_PARTS; i++) {
		session_free(e->parts[i].session);
		memory_free(e->parts[i].images);
		memory_free(e->parts[i].encoded);
	}
	memory_free(e->columns);
	memory_free(e->rows);
	memory_free(e->fingerprints);
	memory_free(e);
}

const struct image_kind *
encoder_kind(const struct encoder *e)
{
	return e->kind;
}

/* The source's frame of a scaled one, from the view's first frame on. */
static size_t
source_frame(const struct encoder_view *view, size_t scaled)
{
	return (size_t)floor((double)scaled / view->time_scale + 1e-9);
}

/* Columns that have at least one frame. */
static size_t
view_n_columns(const struct image_kind *kind, const struct encoder_view *view)
{
	const double n = (double)view->n_frames * view->time_scale /
	    (double)kind->column_frames;
	size_t k = (size_t)ceil(n);

	while (k > 0 && source_frame(view, (k - 1) * kind->column_frames) >=
	    view->n_frames)
		k--;
	return k;
}

static size_t
hop_frames(const struct image_kind *kind, double hop_sec)
{
	return (size_t)lround(hop_sec / kind->frame_sec);
}

int
encoder_check_hop(const struct image_kind *kind, double hop_sec,
    struct error *err)
{
	const double n = hop_sec / kind->frame_sec;

	if (!(hop_sec > 0) || hop_sec > ENCODER_MAX_HOP_SEC ||
	    fabs(n - round(n)) > 1e-6)
		return error_set(err, ERROR_LIMIT, "a hop of %g s: expected a "
		    "multiple of %g s up to %g s", hop_sec, kind->frame_sec,
		    ENCODER_MAX_HOP_SEC);
	return 0;
}

static int
check_view(const struct image_kind *kind, const struct encoder_view *view,
    const struct encoder_source *source, struct error *err)
{
	if (!(view->time_scale >= MIN_SCALE && view->time_scale <= MAX_SCALE))
		return error_set(err, ERROR_LIMIT,
		    "a time scale of %g: expected %g to %g", view->time_scale,
		    MIN_SCALE, MAX_SCALE);
	if (view->first_frame > source->n_frames ||
	    view->n_frames > source->n_frames - view->first_frame)
		return error_set(err, ERROR_BUG,
		    "frames %zu to %zu of %zu", view->first_frame,
		    view->first_frame + view->n_frames, source->n_frames);
	return encoder_check_hop(kind, view->hop_sec, err);
}

size_t
encoder_n_windows(const struct encoder *e, const struct encoder_view *view)
{
	const size_t total = view_n_columns(e->kind, view);
	const size_t needed = view->is_query ? e->n_columns * 9 / 10 :
	    e->n_columns / 2;

	if (total == 0)
		return 0;
	if (total <= needed)
		return 1;
	return 1 + (total - needed) * e->kind->column_frames /
	    hop_frames(e->kind, view->hop_sec);
}

/* Read n columns from a scaled frame on; beyond the view's end they are 0. */
static int
read_columns(struct encoder *e, const struct encoder_source *source,
    const struct encoder_view *view, size_t first, size_t n, float *columns,
    struct error *err)
{
	const struct image_kind *kind = e->kind;

	for (size_t k = 0; k < n; k++) {
		float *column = columns + k * kind->n_bins;
		const size_t at = first + k * kind->column_frames;
		const size_t start = source_frame(view, at);
		size_t end = source_frame(view, at + kind->column_frames);

		if (end <= start)
			end = start + 1;
		if (end > view->n_frames)
			end = view->n_frames;
		if (start >= end) {
			memset(column, 0, kind->n_bins * sizeof(*column));
			continue;
		}
		if (source->read(source->self, view->first_frame + start,
		    end - start, e->rows, err) != 0)
			return -1;
		kind->column(e->rows, end - start, column);
	}
	return 0;
}

/* Make an image of the part's columns; false when they are hardly voiced. */
static bool
make_image(const struct image_kind *kind, const struct part *p,
    const float *columns, float *image)
{
	double centre;

	if (!kind->centre(columns, p->n_columns, p->min_voiced, &centre))
		return false;
	kind->image(columns, p->n_columns, centre, image);
	return true;
}

/* Run a part's network; its values go from column "first" on. */
static int
run_part(struct encoder *e, struct part *p, size_t first, struct error *err)
{
	const float *inputs[1] = { p->images };
	float *outputs[1] = { p->encoded };

	if (p->n_voiced > 0 && session_run(p->session, p->n_voiced, inputs,
	    outputs, err) != 0)
		return -1;
	for (size_t i = 0; i < p->n_voiced; i++)
		for (size_t d = 0; d < p->dimension; d++)
			e->fingerprints[p->place[i] * e->dimension + first +
			    d] = p->weight * p->encoded[i * p->dimension + d];
	p->n_voiced = 0;
	return 0;
}

/* A window that one part found unvoiced is as long as the others. */
static void
normalise(struct encoder *e, size_t n_windows)
{
	for (size_t i = 0; i < n_windows && e->n_parts > 1; i++) {
		float *row = e->fingerprints + i * e->dimension;
		double sum = 0;

		for (size_t d = 0; d < e->dimension; d++)
			sum += (double)row[d] * (double)row[d];
		for (size_t d = 0; d < e->dimension && sum > 0; d++)
			row[d] = (float)((double)row[d] / sqrt(sum));
	}
}

/* Run the networks and hand over the windows of the batch, in order. */
static int
flush(struct batch *b, struct error *err)
{
	struct encoder *e = b->e;
	const size_t n = b->n_windows;
	size_t first = 0;

	if (n == 0)
		return 0;
	memset(e->fingerprints, 0,
	    n * e->dimension * sizeof(*e->fingerprints));
	for (size_t i = 0; i < e->n_parts; i++) {
		if (run_part(e, &e->parts[i], first, err) != 0)
			return -1;
		first += e->parts[i].dimension;
	}
	normalise(e, n);
	b->n_windows = 0;
	return b->put(b->context, e->fingerprints, n, err);
}

/* Add the window in e->columns to the batch. */
static int
push(struct batch *b, struct error *err)
{
	struct encoder *e = b->e;

	for (size_t i = 0; i < e->n_parts; i++) {
		struct part *p = &e->parts[i];

		if (make_image(e->kind, p, e->columns + p->first_column *
		    e->kind->n_bins, p->images + p->n_voiced *
		    e->kind->n_image_bins * p->n_columns))
			p->place[p->n_voiced++] = b->n_windows;
		else if (i == 0)
			break;
	}
	b->n_windows++;
	return b->n_windows < BATCH_WINDOWS ? 0 : flush(b, err);
}

static int
run_view(struct batch *b, const struct encoder_source *source,
    const struct encoder_view *view, struct error *err)
{
	struct encoder *e = b->e;
	const size_t column_frames = e->kind->column_frames;
	const size_t n_bins = e->kind->n_bins;
	const size_t n_windows = encoder_n_windows(e, view);
	const size_t hop = hop_frames(e->kind, view->hop_sec);
	/* Columns of two windows are the same when the hop is so many. */
	const size_t step = hop % column_frames == 0 ? hop / column_frames :
	    e->n_columns;
	const size_t n_same = e->n_columns > step ? e->n_columns - step : 0;
	size_t n_kept = 0;

	for (size_t k = 0; k < n_windows; k++) {
		if (read_columns(e, source, view, k * hop +
		    n_kept * column_frames, e->n_columns - n_kept,
		    e->columns + n_kept * n_bins, err) != 0 ||
		    push(b, err) != 0)
			return -1;
		n_kept = n_same;
		memmove(e->columns, e->columns + (e->n_columns - n_kept) *
		    n_bins, n_kept * n_bins * sizeof(*e->columns));
	}
	return 0;
}

int
encoder_run(struct encoder *e, const struct encoder_source *source,
    const struct encoder_view *views, size_t n_views,
    int (*put)(void *context, const float *fingerprints, size_t n,
    struct error *err), void *context, struct error *err)
{
	struct batch b = { .e = e, .put = put, .context = context };

	for (size_t i = 0; i < e->n_parts; i++)
		e->parts[i].n_voiced = 0;
	for (size_t i = 0; i < n_views; i++)
		if (check_view(e->kind, &views[i], source, err) != 0 ||
		    run_view(&b, source, &views[i], err) != 0)
			return -1;
	return flush(&b, err);
}

int
encoder_voiced_span(struct encoder *e, const struct encoder_source *source,
    size_t *first_frame, size_t *end_frame, struct error *err)
{
	const struct encoder_view all = { .n_frames = source->n_frames,
	    .time_scale = 1 };
	const size_t n = view_n_columns(e->kind, &all);
	float column[IMAGE_KIND_MAX_BINS];
	bool is_found = false;

	*first_frame = *end_frame = 0;
	for (size_t k = 0; k < n; k++) {
		const size_t at = k * e->kind->column_frames;

		if (read_columns(e, source, &all, at, 1, column, err) != 0)
			return -1;
		if (!e->kind->is_heard(column))
			continue;
		if (!is_found)
			*first_frame = source_frame(&all, at);
		is_found = true;
		*end_frame = source_frame(&all, at +
		    e->kind->column_frames);
	}
	if (*end_frame > source->n_frames)
		*end_frame = source->n_frames;
	return 0;
}
