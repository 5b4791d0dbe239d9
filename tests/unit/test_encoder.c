#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"

#include "embed/cqt_crop.h"
#include "embed/crop.h"
#include "embed/embed_net.h"
#include "embed/encoder.h"
#include "embed/query.h"

#define DIMENSION 8
#define MAX_WINDOWS 400

/* A network as small as they come, with drawn weights. */
struct fixture {
	struct graph *graph;
	struct weights *weights;
	struct encoder_features features;
	struct encoder *encoder;
	struct arena *arena;
};

static const char recipe[] = "{\"network\": {\"architecture\": "
    "\"embed-resnet\", \"n_columns\": 50, \"channels\": [4, 8], "
    "\"dimension\": 8}, \"features\": {\"window_sec\": 2.0, "
    "\"hop_sec\": 0.2}}";

static int
setup(void **state)
{
	static struct fixture f;
	struct error err;
	struct embed_net net;
	struct json *j = json_parse(recipe, strlen(recipe), &err);

	assert_non_null(j);
	assert_int_equal(embed_net_read(j, &net, &err), 0);
	assert_int_equal(encoder_features_read(j, net.n_columns, &f.features,
	    &err), 0);
	json_free(j);
	assert_int_equal(net.dimension, DIMENSION);
	assert_non_null(f.graph = embed_net_graph(&net, CROP_N_BINS, &err));
	assert_non_null(f.weights = weights_for(f.graph, 1, &err));
	f.encoder = encoder_new_for(&(struct encoder_part){ f.graph,
	    f.weights, f.features, 1 }, 1, &err);
	assert_non_null(f.encoder);
	assert_non_null(f.arena = arena_new());
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	encoder_free(f->encoder);
	weights_free(f->weights);
	graph_free(f->graph);
	arena_free(f->arena);
	return 0;
}

/* A wavering tune with silence at both ends. */
static struct track
make_track(const struct fixture *f, double seconds, double silence_sec,
    double semitones)
{
	struct track t;
	struct error err;
	const size_t n = (size_t)lround(seconds * 100);
	const size_t quiet = (size_t)lround(silence_sec * 100);

	assert_int_equal(track_init(&t, n, CROP_FRAME_SEC, f->arena, &err), 0);
	for (size_t k = quiet; k + quiet < n; k++) {
		const double step = floor((double)(k - quiet) / 40);

		t.f0_hz[k] = (float)(220 * exp2((semitones + 2 *
		    fmod(step * 3, 5)) / 12));
		t.confidence[k] = 1;
	}
	return t;
}

struct output {
	float rows[MAX_WINDOWS * DIMENSION];
	size_t n;
};

static int
keep(void *context, const float *fingerprints, size_t n, struct error *err)
{
	struct output *o = context;

	(void)err;
	assert_true(o->n + n <= MAX_WINDOWS);
	memcpy(o->rows + o->n * DIMENSION, fingerprints,
	    n * DIMENSION * sizeof(float));
	o->n += n;
	return 0;
}

static void
embed(const struct fixture *f, struct track *t,
    const struct encoder_view *views, size_t n_views, struct output *o)
{
	struct encoder_source source;
	struct error err;

	o->n = 0;
	assert_int_equal(encoder_source_of_track(t, &source, &err), 0);
	assert_int_equal(encoder_run(f->encoder, &source, views, n_views, keep,
	    o, &err), 0);
}

static struct encoder_view
whole(const struct track *t)
{
	return (struct encoder_view){ .n_frames = t->n_frames,
	    .time_scale = 1, .hop_sec = 0.2 };
}

/* Windows run until half of one is inside, counted in columns of 40 ms. */
static void
test_window_count(void **state)
{
	const struct fixture *f = *state;
	const struct {
		size_t n_frames, n_windows;
	} cases[] = { { 0, 0 }, { 1, 1 }, { 100, 1 }, { 116, 1 },
	    { 120, 2 }, { 200, 6 }, { 1000, 46 } };
	struct output o;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct track t = make_track(f, (double)cases[i].n_frames / 100,
		    0, 0);
		const struct encoder_view view = whole(&t);

		assert_int_equal(encoder_n_windows(f->encoder, &view),
		    cases[i].n_windows);
		embed(f, &t, &view, 1, &o);
		assert_int_equal(o.n, cases[i].n_windows);
	}
}

/* What slides over the recording equals each window taken by itself. */
static void
test_sliding_equals_single(void **state)
{
	const struct fixture *f = *state;
	/* Of whole columns, between columns, and longer than a window. */
	const size_t hops[] = { 20, 25, 23, 216, 250 };
	struct track t = make_track(f, 9.3, 0, 0);
	struct output all, one;

	for (size_t i = 0; i < sizeof(hops) / sizeof(hops[0]); i++) {
		struct encoder_view view = whole(&t);

		view.hop_sec = 0.01 * (double)hops[i];
		embed(f, &t, &view, 1, &all);
		/* As long as half of the window is inside. */
		assert_int_equal(all.n, 1 + (233 - 25) * 4 / hops[i]);
		for (size_t k = 0; k < all.n; k += 3) {
			struct encoder_view single = view;

			single.first_frame = k * hops[i];
			single.n_frames = view.n_frames - k * hops[i];
			if (single.n_frames > 200)
				single.n_frames = 200;
			embed(f, &t, &single, 1, &one);
			assert_memory_equal(one.rows,
			    all.rows + k * DIMENSION,
			    DIMENSION * sizeof(float));
		}
	}
}

static void
test_key_does_not_matter(void **state)
{
	const struct fixture *f = *state;
	struct track low = make_track(f, 6, 0, 0);
	struct track high = make_track(f, 6, 0, 7);
	const struct encoder_view view = whole(&low);
	struct output a, b;

	embed(f, &low, &view, 1, &a);
	embed(f, &high, &view, 1, &b);
	assert_int_equal(a.n, b.n);
	/* Seven semitones are 35.0 bins but for the scale's 7180 / 359. */
	for (size_t i = 0; i < a.n * DIMENSION; i++)
		assert_true(fabsf(a.rows[i] - b.rows[i]) < 1e-3f);
}

/* A hum at half the speed, heard at half the time scale, is the same. */
static void
test_time_scale(void **state)
{
	const struct fixture *f = *state;
	struct track fast = make_track(f, 8, 0, 0);
	struct track slow;
	struct encoder_view view = whole(&fast), halved;
	struct output a, b;
	struct error err;

	assert_int_equal(track_init(&slow, 2 * fast.n_frames, CROP_FRAME_SEC,
	    f->arena, &err), 0);
	for (size_t k = 0; k < slow.n_frames; k++) {
		slow.f0_hz[k] = fast.f0_hz[k / 2];
		slow.confidence[k] = 1;
	}
	halved = whole(&slow);
	halved.time_scale = 0.5;
	embed(f, &fast, &view, 1, &a);
	embed(f, &slow, &halved, 1, &b);
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n * DIMENSION; i++)
		assert_true(fabsf(a.rows[i] - b.rows[i]) < 1e-5f);
}

static void
test_silence_is_zero(void **state)
{
	const struct fixture *f = *state;
	struct track t = make_track(f, 12, 4, 0);
	const struct encoder_view view = whole(&t);
	struct output o;

	embed(f, &t, &view, 1, &o);
	for (size_t k = 0; k < o.n; k++) {
		double norm = 0;

		for (size_t d = 0; d < DIMENSION; d++)
			norm += pow((double)o.rows[k * DIMENSION + d], 2);
		/* Window k covers 0.2 k to 0.2 k + 2; voice is at 4 to 8 s. */
		if (k <= 11 || k >= 39)
			assert_true(norm == 0);
		if (k >= 12 && k <= 38)
			assert_true(fabs(norm - 1) < 1e-5);
	}
}

/* A query is cut to its voice, and all views come in one array. */
static void
test_query(void **state)
{
	const struct fixture *f = *state;
	struct track t = make_track(f, 8, 1.5, 0);
	struct encoder_source source;
	struct query_view views[QUERY_N_SCALES];
	struct query_plan plan;
	struct error err;
	struct output o;
	size_t n_views, n = 0;
	struct json *rec = json_new_object(&err);

	assert_non_null(rec);
	assert_int_equal(encoder_source_of_track(&t, &source, &err), 0);
	assert_int_equal(query_plan_make(f->encoder, &source, 0.2, &plan,
	    &err), 0);
	/* Columns of 40 ms: 1.5 s is in the middle of one. */
	assert_true(plan.first_frame >= 146 && plan.first_frame <= 150);
	assert_true(plan.first_frame + plan.n_frames >= 650);
	assert_true(plan.first_frame + plan.n_frames <= 654);
	embed(f, &t, plan.views, QUERY_N_SCALES, &o);
	assert_int_equal(o.n, plan.n_all_windows);
	assert_int_equal(query_plan_put(&plan, rec, &err), 0);
	assert_int_equal(query_views_read(rec, o.n, views, &n_views, &err), 0);
	assert_int_equal(n_views, QUERY_N_SCALES);
	for (size_t i = 0; i < n_views; i++) {
		assert_int_equal(views[i].first_window, n);
		n += views[i].n_windows;
	}
	assert_int_equal(n, o.n);
	assert_true(fabs(views[QUERY_N_SCALES / 2].time_scale - 1) < 1e-12);
	assert_int_equal(query_views_read(rec, o.n - 1, views, &n_views,
	    &err), -1);
	json_free(rec);
}

static void
test_refusals(void **state)
{
	const struct fixture *f = *state;
	struct track t = make_track(f, 1, 0, 0);
	struct encoder_source source;
	struct encoder_view view = whole(&t);
	struct output o = { .n = 0 };
	struct error err;

	assert_int_equal(encoder_source_of_track(&t, &source, &err), 0);
	view.hop_sec = 0.055;
	assert_int_equal(encoder_run(f->encoder, &source, &view, 1, keep, &o,
	    &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	view = whole(&t);
	view.time_scale = 0.01;
	assert_int_equal(encoder_run(f->encoder, &source, &view, 1, keep, &o,
	    &err), -1);
	view = whole(&t);
	view.n_frames++;
	assert_int_equal(encoder_run(f->encoder, &source, &view, 1, keep, &o,
	    &err), -1);
	t.hop_sec = 0.02;
	assert_int_equal(encoder_source_of_track(&t, &source, &err), -1);
	assert_int_equal(err.code, ERROR_FORMAT);
}

#define N_CQT_FRAMES 240

/* A CQT in memory. */
static int
read_cqt(void *self, size_t first, size_t n_frames, float *rows,
    struct error *err)
{
	const float *all = self;

	(void)err;
	assert_true(first + n_frames <= N_CQT_FRAMES);
	memcpy(rows, all + first * CQT_CROP_N_BINS,
	    n_frames * CQT_CROP_N_BINS * sizeof(float));
	return 0;
}

/* Tones of two harmonics, a new one every 0.4 s, silent at first. */
static struct encoder_source
make_cqt(const struct fixture *f, size_t semitones, float gain)
{
	struct encoder_source s = { .n_frames = N_CQT_FRAMES,
	    .read = read_cqt };
	float *rows = arena_alloc(f->arena, N_CQT_FRAMES * CQT_CROP_N_BINS,
	    sizeof(float));

	assert_non_null(s.self = rows);
	for (size_t k = 60; k < N_CQT_FRAMES; k++) {
		float *tone = rows + k * CQT_CROP_N_BINS + 30 + semitones +
		    (k / 10) * 3 % 5;

		tone[0] = gain;
		tone[12] = 0.5f * gain;
	}
	return s;
}

/* An encoder that hears a CQT; graph and weights are the caller's. */
static struct encoder *
make_cqt_encoder(struct graph **g, struct weights **w)
{
	struct encoder_part p = { .share = 1 };
	struct error err;
	struct embed_net net;
	struct json *j = json_parse(recipe, strlen(recipe), &err);
	struct encoder *e;

	assert_non_null(j);
	assert_int_equal(json_put_string(j, "features.input", "cqt", &err), 0);
	assert_int_equal(embed_net_read(j, &net, &err), 0);
	assert_int_equal(encoder_features_read(j, net.n_columns, &p.features,
	    &err), 0);
	/* What is written is read as the same. */
	assert_int_equal(encoder_features_put(&p.features, j, &err), 0);
	assert_int_equal(encoder_features_read(j, net.n_columns, &p.features,
	    &err), 0);
	assert_true(p.features.kind == &image_kind_cqt);
	json_free(j);
	assert_non_null(*g = embed_net_graph(&net, p.features.kind->
	    n_image_bins, &err));
	assert_non_null(*w = weights_for(*g, 3, &err));
	p.graph = *g;
	p.weights = *w;
	assert_non_null(e = encoder_new_for(&p, 1, &err));
	return e;
}

static void
run_cqt(struct encoder *e, const struct encoder_source *s,
    const struct encoder_view *view, struct output *o)
{
	struct error err;

	o->n = 0;
	assert_int_equal(encoder_run(e, s, view, 1, keep, o, &err), 0);
}

/* A CQT slides as activations do, in frames of 40 ms. */
static void
test_cqt(void **state)
{
	const struct fixture *f = *state;
	const struct encoder_source s = make_cqt(f, 0, 1);
	const struct encoder_source other = make_cqt(f, 4, 0.03f);
	struct encoder_view view = { .n_frames = N_CQT_FRAMES,
	    .time_scale = 1, .hop_sec = 0.2 };
	struct output all, one;
	struct graph *g;
	struct weights *w;
	struct encoder *e = make_cqt_encoder(&g, &w);
	size_t first, end;
	struct error err;

	run_cqt(e, &s, &view, &all);
	/* As long as half of the 50 columns are inside. */
	assert_int_equal(all.n, 1 + (N_CQT_FRAMES - 25) / 5);
	for (size_t k = 0; k < all.n; k++) {
		struct encoder_view single = view;

		single.first_frame = k * 5;
		single.n_frames = N_CQT_FRAMES - k * 5 < 50 ?
		    N_CQT_FRAMES - k * 5 : 50;
		run_cqt(e, &s, &single, &one);
		assert_memory_equal(one.rows, all.rows + k * DIMENSION,
		    DIMENSION * sizeof(float));
		/* The first ones have fewer than 8 columns with sound. */
		assert_true((k > 3) == (one.rows[0] != 0));
	}
	/* Neither key nor loudness matter. */
	run_cqt(e, &other, &view, &one);
	for (size_t i = 0; i < all.n * DIMENSION; i++)
		assert_true(fabsf(all.rows[i] - one.rows[i]) < 1e-3f);
	assert_int_equal(encoder_voiced_span(e, &s, &first, &end, &err), 0);
	assert_int_equal(first, 60);
	assert_int_equal(end, N_CQT_FRAMES);
	view.hop_sec = 0.25;
	assert_int_equal(encoder_run(e, &s, &view, 1, keep, &one, &err), -1);
	assert_int_equal(err.code, ERROR_LIMIT);
	encoder_free(e);
	weights_free(w);
	graph_free(g);
}

/* A second network, of 20 columns; graph and weights are the caller's. */
static void
make_narrow(struct encoder_part *p, struct graph **g, struct weights **w)
{
	static const char narrow[] = "{\"network\": {\"architecture\": "
	    "\"embed-resnet\", \"n_columns\": 20, \"channels\": [4, 8], "
	    "\"dimension\": 8}}";
	struct embed_net net;
	struct error err;
	struct json *j = json_parse(narrow, strlen(narrow), &err);

	assert_non_null(j);
	assert_int_equal(embed_net_read(j, &net, &err), 0);
	assert_int_equal(encoder_features_read(j, net.n_columns,
	    &p->features, &err), 0);
	json_free(j);
	assert_non_null(*g = embed_net_graph(&net, CROP_N_BINS, &err));
	assert_non_null(*w = weights_for(*g, 2, &err));
	p->graph = *g;
	p->weights = *w;
	p->share = 1;
}

static int
keep_both(void *context, const float *fingerprints, size_t n,
    struct error *err)
{
	return keep(context, fingerprints, 2 * n, err);
}

/* Window k of the second part alone: the middle of the first one's. */
static void
embed_middle(const struct fixture *f, struct encoder *e, struct track *t,
    size_t k, struct output *o)
{
	const size_t first = k * 20 + 60;
	const struct encoder_view view = { .first_frame = first,
	    .n_frames = first + 80 > t->n_frames ? t->n_frames - first : 80,
	    .time_scale = 1, .hop_sec = 0.2 };
	struct fixture with = *f;

	with.encoder = e;
	embed(&with, t, &view, 1, o);
}

/*
 * Two joined networks: each value is what its network gives alone, times the
 * root of its share; where the middle is silent there is the first alone.
 */
static void
test_joined(void **state)
{
	const struct fixture *f = *state;
	struct track t = make_track(f, 5, 0, 0);
	const struct encoder_view view = whole(&t);
	struct encoder_part parts[2] = { { f->graph, f->weights, f->features,
	    0.7 } };
	struct encoder_source source;
	struct encoder *alone, *both;
	struct output a, b, joined = { .n = 0 };
	size_t n_silent = 0;
	struct graph *g;
	struct weights *w;
	struct error err;

	for (size_t k = 260; k < 345; k++)
		t.f0_hz[k] = t.confidence[k] = 0;
	make_narrow(&parts[1], &g, &w);
	assert_non_null(alone = encoder_new_for(&parts[1], 1, &err));
	parts[1].share = 0.3;
	assert_non_null(both = encoder_new_for(parts, 2, &err));
	assert_int_equal(encoder_source_of_track(&t, &source, &err), 0);
	assert_int_equal(encoder_run(both, &source, &view, 1, keep_both,
	    &joined, &err), 0);
	embed(f, &t, &view, 1, &a);
	assert_int_equal(joined.n, 2 * a.n);
	for (size_t k = 0; k < a.n; k++) {
		const float *row = joined.rows + 2 * k * DIMENSION;
		const float *first = a.rows + k * DIMENSION;
		bool is_silent = true;

		embed_middle(f, alone, &t, k, &b);
		for (size_t d = 0; d < DIMENSION; d++)
			is_silent = is_silent && b.rows[d] == 0;
		n_silent += is_silent;
		for (size_t d = 0; d < DIMENSION; d++) {
			assert_true(fabs((double)(row[d] - first[d] *
			    (is_silent ? 1 : sqrtf(0.7f)))) < 1e-6);
			assert_true(fabs((double)(row[DIMENSION + d] -
			    b.rows[d] * sqrtf(0.3f))) < 1e-6);
		}
	}
	assert_true(n_silent > 0 && n_silent < a.n);
	/* The longer one comes first. */
	encoder_free(both);
	assert_null(encoder_new_for((const struct encoder_part[]){ parts[1],
	    parts[0] }, 2, &err));
	encoder_free(alone);
	graph_free(g);
	weights_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window_count),
		cmocka_unit_test(test_sliding_equals_single),
		cmocka_unit_test(test_key_does_not_matter),
		cmocka_unit_test(test_time_scale),
		cmocka_unit_test(test_silence_is_zero),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_cqt),
		cmocka_unit_test(test_joined),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
