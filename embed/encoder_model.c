/* The model file and the sources of activations: embed/encoder.h. */

#include <math.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/memory.h"

#include "dsp/activations.h"

#include "embed/crop.h"
#include "embed/embed_net.h"

#include "embed/encoder.h"

struct encoder_model {
	struct weights *weights;
	struct graph *graph;
	struct encoder_features features;
	struct embed_net net;
	struct encoder_model *other;	/* joined, or NULL */
	double other_share;
	char joined_sha256[HASH_HEX_BYTES];
};

static int
get_number(const struct json *document, const char *path, double fallback,
    double low, double high, double *value, struct error *err)
{
	if (json_get_number(document, path, fallback, value, err) != 0)
		return -1;
	if (!(*value >= low && *value <= high))
		return error_set(err, ERROR_LIMIT,
		    "%s is %g: expected %g to %g", path, *value, low, high);
	return 0;
}

int
encoder_features_read(const struct json *document, size_t n_columns,
    struct encoder_features *f, struct error *err)
{
	const char *input;
	const double window_sec = (double)n_columns * IMAGE_KIND_COLUMN_SEC;

	if (json_get_string(document, "features.input",
	    image_kind_activations.name, &input, err) != 0 ||
	    image_kind_find(input, &f->kind, err) != 0 ||
	    get_number(document, "features.window_sec", window_sec, 0, 60,
	    &f->window_sec, err) != 0 ||
	    get_number(document, "features.hop_sec", 0.64,
	    f->kind->frame_sec,
	    ENCODER_MAX_HOP_SEC, &f->hop_sec, err) != 0 ||
	    get_number(document, "features.min_voiced", 0.15, 0, 1,
	    &f->min_voiced, err) != 0)
		return -1;
	if (fabs(f->window_sec - window_sec) > 1e-6)
		return error_set(err, ERROR_FORMAT, "features.window_sec is "
		    "%g, but %zu columns are %g s", f->window_sec, n_columns,
		    window_sec);
	if (encoder_check_hop(f->kind, f->hop_sec, err) != 0)
		return error_add(err, "features.hop_sec");
	return 0;
}

int
encoder_features_put(const struct encoder_features *f,
    struct json *document, struct error *err)
{
	if (json_put_string(document, "features.input", f->kind->text,
	    err) != 0 ||
	    json_put_rounded(document, "features.window_sec", f->window_sec,
	    6, err) != 0 ||
	    json_put_rounded(document, "features.hop_sec", f->hop_sec, 6,
	    err) != 0)
		return -1;
	return json_put_rounded(document, "features.min_voiced",
	    f->min_voiced, 6, err);
}

struct encoder_model *
encoder_model_load(const char *path, struct error *err)
{
	struct encoder_model *m = memory_new(1, sizeof(*m), "model", err);

	if (m == NULL)
		return NULL;
	m->weights = weights_load(path, err);
	if (m->weights == NULL)
		goto fail;
	if (embed_net_read(weights_metadata_const(m->weights), &m->net,
	    err) != 0 ||
	    encoder_features_read(weights_metadata_const(m->weights),
	    m->net.n_columns, &m->features, err) != 0)
		goto name;
	m->graph = embed_net_graph(&m->net,
	    m->features.kind->n_image_bins, err);
	if (m->graph == NULL || weights_check(m->weights, m->graph, err) != 0)
		goto name;
	return m;
name:
	error_add(err, "%s", path);
fail:
	encoder_model_free(m);
	return NULL;
}

void
encoder_model_free(struct encoder_model *m)
{
	if (m == NULL)
		return;
	encoder_model_free(m->other);
	graph_free(m->graph);
	weights_free(m->weights);
	memory_free(m);
}

int
encoder_model_join(struct encoder_model *m, struct encoder_model *other,
    double share, struct error *err)
{
	char text[32];

	if (other->features.kind != m->features.kind) {
		error_set(err, ERROR_FORMAT, "an encoder of %s cannot be "
		    "joined to one of %s", other->features.kind->name,
		    m->features.kind->name);
		encoder_model_free(other);
		return -1;
	}
	if (m->other != NULL || other->other != NULL ||
	    other->net.n_columns > m->net.n_columns) {
		error_set(err, ERROR_FORMAT, "windows of %g s cannot be "
		    "joined to windows of %g s: give the model of the longer "
		    "window first", other->features.window_sec,
		    m->features.window_sec);
		encoder_model_free(other);
		return -1;
	}
	m->other = other;
	m->other_share = share;
	snprintf(text, sizeof(text), "%.6f", share);
	hash_texts(m->joined_sha256, weights_sha256(m->weights),
	    weights_sha256(other->weights), text, NULL);
	return 0;
}

const char *
encoder_model_sha256(const struct encoder_model *m)
{
	return m->other != NULL ? m->joined_sha256 :
	    weights_sha256(m->weights);
}

const struct encoder_features *
encoder_model_features(const struct encoder_model *m)
{
	return &m->features;
}

size_t
encoder_model_dimension(const struct encoder_model *m)
{
	return m->net.dimension + (m->other == NULL ? 0 :
	    m->other->net.dimension);
}

struct encoder *
encoder_new(const struct encoder_model *m, struct error *err)
{
	const double share = m->other == NULL ? 0 : m->other_share;
	struct encoder_part parts[ENCODER_MAX_PARTS] = {
		{ m->graph, m->weights, m->features, 1 - share },
	};

	if (m->other == NULL)
		return encoder_new_for(parts, 1, err);
	parts[1] = (struct encoder_part){ m->other->graph, m->other->weights,
	    m->other->features, share };
	return encoder_new_for(parts, 2, err);
}

static int
read_npy(void *self, size_t first, size_t n_frames, float *rows,
    struct error *err)
{
	return npy_reader_get(self, first, n_frames, rows, err);
}

int
encoder_source_of_npy(struct npy_reader *r,
    const struct image_kind *kind, double hop_sec, struct encoder_source *s,
    struct error *err)
{
	if (image_kind_check(kind, npy_reader_n_columns(r), hop_sec,
	    err) != 0)
		return -1;
	s->self = r;
	s->n_frames = npy_reader_n_rows(r);
	s->read = read_npy;
	return 0;
}

static int
read_track(void *self, size_t first, size_t n_frames, float *rows,
    struct error *err)
{
	const struct track *t = self;
	const struct track part = { .hop_sec = t->hop_sec,
	    .n_frames = n_frames, .f0_hz = t->f0_hz + first,
	    .confidence = t->confidence + first };

	(void)err;
	activations_of_track(&part, rows);
	return 0;
}

int
encoder_source_of_track(struct track *t, struct encoder_source *s,
    struct error *err)
{
	if (image_kind_check(&image_kind_activations, ACTIVATIONS_N_BINS,
	    t->hop_sec, err) != 0)
		return -1;
	s->self = t;
	s->n_frames = t->n_frames;
	s->read = read_track;
	return 0;
}
