/*
 * encoder -- fingerprints of a recording of any length.
 *
 * A model slides a window of window_sec over the pitch activations, or over a
 * CQT, in steps of a hop; each window, cropped and centred
 * (embed/image_kind.h), gives one vector of length 1.  Windows that are hardly
 * voiced give zeros.  Memory does not grow with the recording: rows are read as
 * the window moves.
 *
 * Two models may be joined: the windows are the first one's, and the second,
 * with a shorter window, sees the middle of each.  Both vectors stand one
 * behind the other, times the roots of their shares, so that the similarity of
 * two windows is the weighted mean of the two models'.  Where the middle is
 * hardly voiced there is the first alone.
 *
 * A model's metadata hold, beside "network" (embed/embed_net.h), "features":
 *	input		"activations", "cqt"; a model's says bins and hop too
 *	window_sec	8.0: the n_columns of the network times 0.04
 *	hop_sec		0.64: between windows, a multiple of 0.01; of 0.04
 *			for a CQT
 *	min_voiced	0.15: share of columns with a voice; below it a
 *			window is zeros
 */
#ifndef EMBED_ENCODER_H
#define EMBED_ENCODER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#include "dsp/npy.h"
#include "dsp/track.h"
#include "nn/graph.h"
#include "nn/weights.h"

#include "embed/image_kind.h"

#define ENCODER_MAX_HOP_SEC 10.0
#define ENCODER_MAX_PARTS 2

struct encoder_features {
	const struct image_kind *kind;
	double window_sec, hop_sec;
	double min_voiced;
};

/* The member "features" of a recipe or a model; held against n_columns. */
int encoder_features_read(const struct json *document, size_t n_columns,
    struct encoder_features *f, struct error *err) MUST_CHECK;

/* Put the same member on the metadata of a model. */
int encoder_features_put(const struct encoder_features *f,
    struct json *document, struct error *err) MUST_CHECK;

/* A loaded model, const and shared by all threads. */
struct encoder_model;

struct encoder_model *encoder_model_load(const char *path, struct error *err)
    MUST_CHECK;
void encoder_model_free(struct encoder_model *m);
/*
 * Let m's windows be seen by "other" (takes it, also after an error) too;
 * share: other's of the similarity, 0..1.
 */
int encoder_model_join(struct encoder_model *m, struct encoder_model *other,
    double share, struct error *err) MUST_CHECK;
/* Of the file; of two joined ones and the share. */
const char *encoder_model_sha256(const struct encoder_model *m);
const struct encoder_features *encoder_model_features(
    const struct encoder_model *m);
size_t encoder_model_dimension(const struct encoder_model *m);

/* The state of one thread; keeps references to the graph and the weights. */
struct encoder;

struct encoder *encoder_new(const struct encoder_model *m, struct error *err)
    MUST_CHECK;
/* The same for graphs and weights that are not in a model, 1 or 2 of them. */
struct encoder_part {
	const struct graph *graph;
	const struct weights *weights;
	struct encoder_features features;
	double share;		/* 1 when alone */
};
struct encoder *encoder_new_for(const struct encoder_part *parts,
    size_t n_parts, struct error *err) MUST_CHECK;
void encoder_free(struct encoder *e);

/* Where rows come from, frame k at k * the kind's frame_sec. */
struct encoder_source {
	void *self;
	size_t n_frames;
	/* Fill rows [n_frames][n_bins] from frame "first" on. */
	int (*read)(void *self, size_t first, size_t n_frames, float *rows,
	    struct error *err);
};

/* Of an array of the kind with a row every hop_sec; others are errors. */
int encoder_source_of_npy(struct npy_reader *r,
    const struct image_kind *kind, double hop_sec, struct encoder_source *s,
    struct error *err) MUST_CHECK;
/* Of a pitch track: the activations that a sure network would give. */
int encoder_source_of_track(struct track *t, struct encoder_source *s,
    struct error *err) MUST_CHECK;

/* 0 when a hop is one that windows can have: a multiple of frame_sec. */
int encoder_check_hop(const struct image_kind *kind, double hop_sec,
    struct error *err) MUST_CHECK;

/* Of the sources that it reads. */
const struct image_kind *encoder_kind(const struct encoder *e);

/* What part of a recording to look at, and how. */
struct encoder_view {
	size_t first_frame, n_frames;
	double time_scale;	/* 0.25..4: 2 hears it at half the speed */
	double hop_sec;		/* a multiple of frame_sec */
	bool is_query;		/* only windows full of sound; see below */
};

/*
 * How many windows a view has.  Window k covers [k * hop_sec, k * hop_sec +
 * window_sec) of the scaled view.  Recordings: as long as half of the window
 * is inside, and at least one.  Queries: as long as nine tenths of the window
 * are inside, and at least one, so that no vote comes from the empty space
 * behind a hum.  An empty view has none.
 */
size_t encoder_n_windows(const struct encoder *e,
    const struct encoder_view *view);

/*
 * Embed the views, one after the other: "put" is called with fingerprints
 * [n][dimension] in order until all windows are done.  0, or -1 from reading,
 * put or the network, or when a view does not fit the source.
 */
int encoder_run(struct encoder *e, const struct encoder_source *source,
    const struct encoder_view *views, size_t n_views,
    int (*put)(void *context, const float *fingerprints, size_t n,
    struct error *err), void *context, struct error *err) MUST_CHECK;

/*
 * The first and one past the last voiced frame (highest activation of 40 ms
 * at least CROP_MIN_CONFIDENCE), rounded to columns; both 0 when there is
 * none.
 */
int encoder_voiced_span(struct encoder *e, const struct encoder_source *source,
    size_t *first_frame, size_t *end_frame, struct error *err) MUST_CHECK;

#endif
