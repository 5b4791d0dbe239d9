#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "dsp/activations.h"
#include "nn/session.h"

#include "embed/crop.h"
#include "embed/embed_net.h"

#include "embed/encoder.h"

#define BATCH_WINDOWS 16
#define MAX_COLUMN_FRAMES 16	/* at a time scale of 0.25 */
#define MIN_SCALE 0.25
#define MAX_SCALE 4.0

struct encoder {
	struct session *session;
	struct encoder_features features;
	size_t n_columns, dimension;
	float *columns;		/* [n_columns][360]: of the window in hand */
	float *rows;		/* [MAX_COLUMN_FRAMES][360] */
	float *images;		/* [BATCH_WINDOWS][80][n_columns] */
	float *encoded;		/* [BATCH_WINDOWS][dimension]: of the voiced */
	float *fingerprints;	/* [BATCH_WINDOWS][dimension]: of all */
};

/* Windows on their way through the network. */
struct batch {
	struct encoder *e;
	int (*put)(void *context, const float *fingerprints, size_t n,
	    struct error *err);
	void *context;
	size_t n_windows, n_voiced;
	size_t place[BATCH_WINDOWS];	/* of each voiced one */
};

static struct encoder *
encoder_start(const struct graph *g, const struct weights *w,
    const struct encoder_features *f, size_t n_columns, size_t dimension,
    struct error *err)
{
	struct encoder *e = memory_new(1, sizeof(*e), "encoder", err);

	if (e == NULL)
		return NULL;
	e->features = *f;
	e->n_columns = n_columns;
	e->dimension = dimension;
	e->columns = memory_new(n_columns * ACTIVATIONS_N_BINS,
	    sizeof(*e->columns), "columns", err);
	e->rows = memory_new(MAX_COLUMN_FRAMES * ACTIVATIONS_N_BINS,
	    sizeof(*e->rows), "activations", err);
	e->images = memory_new(BATCH_WINDOWS * CROP_N_BINS * n_columns,
	    sizeof(*e->images), "pixels", err);
	e->encoded = memory_new(BATCH_WINDOWS * dimension,
	    sizeof(*e->encoded), "fingerprint values", err);
	e->fingerprints = memory_new(BATCH_WINDOWS * dimension,
	    sizeof(*e->fingerprints), "fingerprint values", err);
	if (e->columns == NULL || e->rows == NULL || e->images == NULL ||
	    e->encoded == NULL || e->fingerprints == NULL)
		goto fail;
	e->session = session_new(g, w, BATCH_WINDOWS, err);
	if (e->session == NULL)
		goto fail;
	return e;
fail:
	encoder_free(e);
	return NULL;
}

struct encoder *
encoder_new_for(const struct graph *g, const struct weights *w,
    const struct encoder_features *f, struct error *err)
{
	const struct graph_shape in = graph_input_shape(g, 0);
	const struct graph_shape out = graph_output_shape(g, 0);

	return encoder_start(g, w, f, in.w, out.c, err);
}

void
encoder_free(struct encoder *e)
{
	if (e == NULL)
		return;
	session_free(e->session);
	memory_free(e->columns);
	memory_free(e->rows);
	memory_free(e->images);
	memory_free(e->encoded);
	memory_free(e->fingerprints);
	memory_free(e);
}

/* The source's frame of a scaled one, from the view's first frame on. */
static size_t
source_frame(const struct encoder_view *view, size_t scaled)
{
	return (size_t)floor((double)scaled / view->time_scale + 1e-9);
}

/* Columns that have at least one frame. */
static size_t
view_n_columns(const struct encoder_view *view)
{
	const double n = (double)view->n_frames * view->time_scale /
	    CROP_COLUMN_FRAMES;
	size_t k = (size_t)ceil(n);

	while (k > 0 && source_frame(view, (k - 1) * CROP_COLUMN_FRAMES) >=
	    view->n_frames)
		k--;
	return k;
}

static size_t
hop_frames(double hop_sec)
{
	return (size_t)lround(hop_sec / CROP_FRAME_SEC);
}

int
encoder_check_hop(double hop_sec, struct error *err)
{
	const double n = hop_sec / CROP_FRAME_SEC;

	if (!(hop_sec > 0) || hop_sec > ENCODER_MAX_HOP_SEC ||
	    fabs(n - round(n)) > 1e-6)
		return error_set(err, ERROR_LIMIT, "a hop of %g s: expected a "
		    "multiple of %g s up to %g s", hop_sec, CROP_FRAME_SEC,
		    ENCODER_MAX_HOP_SEC);
	return 0;
}

static int
check_view(const struct encoder_view *view,
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
	return encoder_check_hop(view->hop_sec, err);
}

size_t
encoder_n_windows(const struct encoder *e, const struct encoder_view *view)
{
	const size_t total = view_n_columns(view);
	const size_t needed = view->is_query ? e->n_columns * 9 / 10 :
	    e->n_columns / 2;

	if (total == 0)
		return 0;
	if (total <= needed)
		return 1;
	return 1 + (total - needed) * CROP_COLUMN_FRAMES /
	    hop_frames(view->hop_sec);
}

/* Read n columns from a scaled frame on; beyond the view's end they are 0. */
static int
read_columns(struct encoder *e, const struct encoder_source *source,
    const struct encoder_view *view, size_t first, size_t n, float *columns,
    struct error *err)
{
	for (size_t k = 0; k < n; k++) {
		float *column = columns + k * ACTIVATIONS_N_BINS;
		const size_t at = first + k * CROP_COLUMN_FRAMES;
		const size_t start = source_frame(view, at);
		size_t end = source_frame(view, at + CROP_COLUMN_FRAMES);

		if (end <= start)
			end = start + 1;
		if (end > view->n_frames)
			end = view->n_frames;
		if (start >= end) {
			memset(column, 0,
			    ACTIVATIONS_N_BINS * sizeof(*column));
			continue;
		}
		if (source->read(source->self, view->first_frame + start,
		    end - start, e->rows, err) != 0)
			return -1;
		crop_column(e->rows, end - start, column);
	}
	return 0;
}

/* Make an image of the window; false when it is hardly voiced. */
static bool
make_image(const struct encoder *e, const float *columns, float *image)
{
	size_t n_voiced;
	const double centre = crop_centre(columns, e->n_columns, &n_voiced);

	if (n_voiced == 0 || (double)n_voiced <
	    e->features.min_voiced * (double)e->n_columns)
		return false;
	crop_window(columns, e->n_columns, centre, image);
	return true;
}

/* Run the network and hand over the windows of the batch, in order. */
static int
flush(struct batch *b, struct error *err)
{
	struct encoder *e = b->e;
	const float *inputs[1] = { e->images };
	float *outputs[1] = { e->encoded };
	const size_t n = b->n_windows;

	if (n == 0)
		return 0;
	memset(e->fingerprints, 0,
	    n * e->dimension * sizeof(*e->fingerprints));
	if (b->n_voiced > 0 && session_run(e->session, b->n_voiced, inputs,
	    outputs, err) != 0)
		return -1;
	for (size_t i = 0; i < b->n_voiced; i++)
		memcpy(e->fingerprints + b->place[i] * e->dimension,
		    e->encoded + i * e->dimension,
		    e->dimension * sizeof(*e->fingerprints));
	b->n_windows = b->n_voiced = 0;
	return b->put(b->context, e->fingerprints, n, err);
}

/* Add the window in e->columns to the batch. */
static int
push(struct batch *b, struct error *err)
{
	struct encoder *e = b->e;

	if (make_image(e, e->columns, e->images +
	    b->n_voiced * CROP_N_BINS * e->n_columns))
		b->place[b->n_voiced++] = b->n_windows;
	b->n_windows++;
	return b->n_windows < BATCH_WINDOWS ? 0 : flush(b, err);
}

static int
run_view(struct batch *b, const struct encoder_source *source,
    const struct encoder_view *view, struct error *err)
{
	struct encoder *e = b->e;
	const size_t n_windows = encoder_n_windows(e, view);
	const size_t hop = hop_frames(view->hop_sec);
	/* Columns of two windows are the same when the hop is so many. */
	const size_t step = hop % CROP_COLUMN_FRAMES == 0 ?
	    hop / CROP_COLUMN_FRAMES : e->n_columns;
	const size_t n_same = e->n_columns > step ? e->n_columns - step : 0;
	size_t n_kept = 0;

	for (size_t k = 0; k < n_windows; k++) {
		if (read_columns(e, source, view, k * hop +
		    n_kept * CROP_COLUMN_FRAMES, e->n_columns - n_kept,
		    e->columns + n_kept * ACTIVATIONS_N_BINS, err) != 0 ||
		    push(b, err) != 0)
			return -1;
		n_kept = n_same;
		memmove(e->columns, e->columns + (e->n_columns - n_kept) *
		    ACTIVATIONS_N_BINS, n_kept * ACTIVATIONS_N_BINS *
		    sizeof(*e->columns));
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

	for (size_t i = 0; i < n_views; i++)
		if (check_view(&views[i], source, err) != 0 ||
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
	const size_t n = view_n_columns(&all);
	float column[ACTIVATIONS_N_BINS];
	bool is_found = false;

	*first_frame = *end_frame = 0;
	for (size_t k = 0; k < n; k++) {
		const size_t at = k * CROP_COLUMN_FRAMES;
		float confidence;

		if (read_columns(e, source, &all, at, 1, column, err) != 0)
			return -1;
		crop_pitch(column, &confidence);
		if (confidence < CROP_MIN_CONFIDENCE)
			continue;
		if (!is_found)
			*first_frame = source_frame(&all, at);
		is_found = true;
		*end_frame = source_frame(&all, at + CROP_COLUMN_FRAMES);
	}
	if (*end_frame > source->n_frames)
		*end_frame = source->n_frames;
	return 0;
}
