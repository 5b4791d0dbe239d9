#include <string.h>

#include "base/memory.h"

#include "nn/blas.h"
#include "nn/layer_winograd.h"
#include "nn/product.h"
#include "nn/winograd.h"

#define PANEL 16		/* columns of nn/product.h */
#define MIN_CHANNELS 32		/* with fewer the transforms cost too much */
#define CHUNK_TILES 96		/* at once */
#define GAP 16			/* floats between planes: not one cache set */

/* What the transforms cost, as a share of a direct convolution. */
#define MAX_SHARE 0.7

#define OUTSIDE ((size_t)-1)

#define N_IN WINOGRAD_N_IN
#define N_OUT WINOGRAD_N_OUT
#define N_TAPS WINOGRAD_N_TAPS

struct winograd {
	size_t n_high, n_wide, n_tiles;	/* of an item; of all */
	size_t c_in, c_out;
	struct product forward, back;
	float *taps, *taps_back;	/* packed, [36] of them */
};

/* Scratch of a thread. */
struct scratch {
	size_t in_plane, out_plane;	/* floats from a plane to the next */
	float *in, *out;		/* [36][CHUNK_TILES][c_in], [c_out] */
	float *taps;			/* [36][c_in][c_out]: gradients */
	float *zeros, *waste;		/* rows outside of the item */
};

bool
layer_winograd_suits(const struct step *s)
{
	const struct graph_conv *c = &s->node->conv;
	const size_t n_tiles = (s->shape.h + WINOGRAD_OUT - 1) / WINOGRAD_OUT *
	    ((s->shape.w + WINOGRAD_OUT - 1) / WINOGRAD_OUT);

	return s->node->kind == GRAPH_CONV && s->is_training &&
	    c->kernel_h == WINOGRAD_TAPS && c->kernel_w == WINOGRAD_TAPS &&
	    c->stride_h == 1 && c->stride_w == 1 &&
	    s->in[0].c % PANEL == 0 && s->shape.c % PANEL == 0 &&
	    s->in[0].c >= MIN_CHANNELS && s->shape.c >= MIN_CHANNELS &&
	    (double)(n_tiles * N_IN) <= MAX_SHARE *
	    (double)(s->shape.h * s->shape.w * N_TAPS);
}

static size_t
scratch_floats(const struct winograd *w)
{
	const size_t n = w->c_in + w->c_out;

	return N_IN * (CHUNK_TILES * n + 2 * GAP + w->c_in * w->c_out) +
	    2 * n;
}

static struct scratch
divide(const struct winograd *w, const struct step_run *r)
{
	const size_t n = w->c_in + w->c_out;
	struct scratch m = { .in_plane = CHUNK_TILES * w->c_in + GAP,
	    .out_plane = CHUNK_TILES * w->c_out + GAP, .in = r->scratch };

	m.out = m.in + N_IN * m.in_plane;
	m.taps = m.out + N_IN * m.out_plane;
	m.zeros = m.taps + N_IN * w->c_in * w->c_out;
	m.waste = m.zeros + n;
	memset(m.zeros, 0, n * sizeof(float));
	return m;
}

static void
winograd_release(struct step *s)
{
	struct winograd *w = s->own;

	if (w == NULL)
		return;
	memory_free(w->taps);
	memory_free(w->taps_back);
	memory_free(w);
	s->own = NULL;
}

static int
winograd_plan(struct step *s, struct error *err)
{
	struct winograd *w = memory_new(1, sizeof(*w), "convolution", err);
	const size_t c_in = s->in[0].c, c_out = s->shape.c;

	if (w == NULL)
		return -1;
	s->own = w;
	w->n_high = (s->shape.h + WINOGRAD_OUT - 1) / WINOGRAD_OUT;
	w->n_wide = (s->shape.w + WINOGRAD_OUT - 1) / WINOGRAD_OUT;
	w->n_tiles = s->n_items * w->n_high * w->n_wide;
	w->c_in = c_in;
	w->c_out = c_out;
	w->forward = (struct product){ PRODUCT_F32, c_out, c_in, c_in, c_out };
	w->back = (struct product){ PRODUCT_F32, c_in, c_out, c_out, c_in };
	w->taps = memory_new(N_IN * c_in * c_out, sizeof(float),
	    "packed weights", err);
	w->taps_back = memory_new(N_IN * c_in * c_out, sizeof(float),
	    "packed weights", err);
	s->scratch_bytes = scratch_floats(w) * sizeof(float);
	return w->taps == NULL || w->taps_back == NULL ? -1 : 0;
}

/*
 * Transform PANEL of the 3x3 kernels, "step" floats apart, into places at
 * "at" of the 36 packed matrices.
 */
static void
load_panel(const struct winograd *w, const float *kernels, size_t step,
    float *packed, size_t at)
{
	float taps[N_TAPS][PANEL];
	const float *from[N_TAPS];
	float *to[N_IN];

	for (size_t t = 0; t < N_TAPS; t++) {
		for (size_t i = 0; i < PANEL; i++)
			taps[t][i] = kernels[i * step + t];
		from[t] = taps[t];
	}
	for (size_t t = 0; t < N_IN; t++)
		to[t] = packed + t * w->c_in * w->c_out + at;
	winograd_taps(from, to, PANEL);
}

/* From [c_out][c_in][3][3]; a packed matrix is [columns / 16][rows][16]. */
static int
winograd_load(const struct step *s, struct error *err)
{
	const struct winograd *w = s->own;
	const float *plain = s->parameter[0];
	const size_t c_in = w->c_in, c_out = w->c_out;

	(void)err;
	for (size_t o = 0; o < c_out; o += PANEL)
		for (size_t i = 0; i < c_in; i++)
			load_panel(w, plain + (o * c_in + i) * N_TAPS,
			    c_in * N_TAPS, w->taps, o * c_in + i * PANEL);
	for (size_t i = 0; i < c_in; i += PANEL)
		for (size_t o = 0; o < c_out; o++)
			load_panel(w, plain + (o * c_in + i) * N_TAPS,
			    N_TAPS, w->taps_back, i * c_out + o * PANEL);
	return 0;
}

/*
 * Where the n x n values of a tile begin at row and column "at" of an item,
 * as offsets into all items; OUTSIDE where there is none.
 */
static void
find_places(struct graph_shape shape, size_t item, const ptrdiff_t at[2],
    ptrdiff_t n, size_t *offsets)
{
	for (ptrdiff_t i = 0; i < n; i++)
		for (ptrdiff_t k = 0; k < n; k++) {
			const ptrdiff_t y = at[0] + i, x = at[1] + k;
			const bool is_in = y >= 0 && x >= 0 &&
			    y < (ptrdiff_t)shape.h && x < (ptrdiff_t)shape.w;

			offsets[i * n + k] = !is_in ? OUTSIDE :
			    ((item * shape.h + (size_t)y) * shape.w +
			    (size_t)x) * shape.c;
		}
}

/* The 36 values that tile number "tile" of all sees. */
static void
find_inputs(const struct step *s, size_t tile, size_t offsets[N_IN])
{
	const struct winograd *w = s->own;
	const size_t y = tile / w->n_wide % w->n_high, x = tile % w->n_wide;
	const ptrdiff_t at[2] = {
	    (ptrdiff_t)(y * WINOGRAD_OUT) - (ptrdiff_t)s->node->conv.pad_top,
	    (ptrdiff_t)(x * WINOGRAD_OUT) - (ptrdiff_t)s->node->conv.pad_left
	};

	find_places(s->in[0], tile / (w->n_high * w->n_wide), at, WINOGRAD_IN,
	    offsets);
}

/* The 16 values that it makes. */
static void
find_outputs(const struct step *s, size_t tile, size_t offsets[N_OUT])
{
	const struct winograd *w = s->own;
	const size_t y = tile / w->n_wide % w->n_high, x = tile % w->n_wide;
	const ptrdiff_t at[2] = { (ptrdiff_t)(y * WINOGRAD_OUT),
	    (ptrdiff_t)(x * WINOGRAD_OUT) };

	find_places(s->shape, tile / (w->n_high * w->n_wide), at,
	    WINOGRAD_OUT, offsets);
}

/* Places to read from, and to write to. */
static void
point_at(const float *values, const float *outside, const size_t *offsets,
    size_t n, const float **places)
{
	for (size_t i = 0; i < n; i++)
		places[i] = offsets[i] == OUTSIDE ? outside :
		    values + offsets[i];
}

static void
point_into(float *values, float *outside, const size_t *offsets, size_t n,
    float **places)
{
	for (size_t i = 0; i < n; i++)
		places[i] = offsets[i] == OUTSIDE ? outside :
		    values + offsets[i];
}

/* Offsets of a tile's row in the 36 planes. */
static void
find_planes(size_t plane, size_t tile, size_t c, size_t offsets[N_IN])
{
	for (size_t t = 0; t < N_IN; t++)
		offsets[t] = t * plane + tile * c;
}

/* The values of n tiles from "first" on into m->in. */
static void
transform_inputs(const struct step *s, const struct step_run *r,
    const struct scratch *m, size_t first, size_t n)
{
	const size_t c = s->in[0].c;
	const float *from[N_IN];
	float *to[N_IN];
	size_t offsets[N_IN];

	for (size_t k = 0; k < n; k++) {
		find_inputs(s, first + k, offsets);
		point_at(r->in[0], m->zeros, offsets, N_IN, from);
		find_planes(m->in_plane, k, c, offsets);
		point_into(m->in, m->waste, offsets, N_IN, to);
		winograd_input(from, to, c);
	}
}

/* m->out is made of m->in. */
static void
multiply(const struct winograd *w, const struct scratch *m, size_t n)
{
	for (size_t t = 0; t < N_IN; t++)
		product_run(&w->forward, n, m->in + t * m->in_plane,
		    w->taps + t * w->c_in * w->c_out,
		    m->out + t * m->out_plane);
}

static int
winograd_forward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct winograd *w = s->own;
	const struct scratch m = divide(w, r);
	const float *from[N_IN];
	float *to[N_OUT];
	size_t offsets[N_IN];

	(void)err;
	for (size_t first = 0; first < w->n_tiles; first += CHUNK_TILES) {
		const size_t left = w->n_tiles - first;
		const size_t n = left < CHUNK_TILES ? left : CHUNK_TILES;

		transform_inputs(s, r, &m, first, n);
		multiply(w, &m, n);
		for (size_t k = 0; k < n; k++) {
			find_planes(m.out_plane, k, w->c_out, offsets);
			point_at(m.out, m.zeros, offsets, N_IN, from);
			find_outputs(s, first + k, offsets);
			point_into(r->out, m.waste, offsets, N_OUT, to);
			winograd_output(from, to, w->c_out);
		}
	}
	step_bias_relu(s, s->node->conv.no_bias ? NULL : s->parameter[1],
	    r->out);
	return 0;
}

/* The gradients of n tiles into m->out. */
static void
transform_gradients(const struct step *s, const struct step_run *r,
    const struct scratch *m, size_t first, size_t n)
{
	const size_t c = s->shape.c;
	const float *from[N_OUT];
	float *to[N_IN];
	size_t offsets[N_IN];

	for (size_t k = 0; k < n; k++) {
		find_outputs(s, first + k, offsets);
		point_at(r->out_gradient, m->zeros, offsets, N_OUT, from);
		find_planes(m->out_plane, k, c, offsets);
		point_into(m->out, m->waste, offsets, N_IN, to);
		winograd_output_back(from, to, c);
	}
}

/* m->out times the turned weights, added to the input's gradient. */
static void
back_to_data(const struct step *s, const struct step_run *r,
    const struct scratch *m, size_t first, size_t n)
{
	const struct winograd *w = s->own;
	const float *from[N_IN];
	float *to[N_IN];
	size_t offsets[N_IN];

	for (size_t t = 0; t < N_IN; t++)
		product_run(&w->back, n, m->out + t * m->out_plane,
		    w->taps_back + t * w->c_in * w->c_out,
		    m->in + t * m->in_plane);
	for (size_t k = 0; k < n; k++) {
		find_planes(m->in_plane, k, w->c_in, offsets);
		point_at(m->in, m->zeros, offsets, N_IN, from);
		find_inputs(s, first + k, offsets);
		point_into(r->in_gradient[0], m->waste, offsets, N_IN, to);
		winograd_input_back(from, to, w->c_in);
	}
}

static int
back_to_weights(const struct winograd *w, const struct scratch *m, size_t n,
    bool is_first, struct error *err)
{
	for (size_t t = 0; t < N_IN; t++) {
		const struct blas_matrix in = { m->in + t * m->in_plane,
		    w->c_in, true };
		const struct blas_matrix out = { m->out + t * m->out_plane,
		    w->c_out, false };

		if (blas_multiply(w->c_in, w->c_out, n, 1, &in, &out,
		    is_first ? 0 : 1, m->taps + t * w->c_in * w->c_out,
		    w->c_out, err) != 0)
			return -1;
	}
	return 0;
}

/* The gradient by the weights as [9][c_in][c_out]. */
static void
collect_weights(const struct winograd *w, const struct scratch *m,
    float *gradient)
{
	const size_t n = w->c_in * w->c_out;
	const float *from[N_IN];
	float *to[N_TAPS];

	for (size_t k = 0; k < w->c_in; k++) {
		for (size_t t = 0; t < N_IN; t++)
			from[t] = m->taps + t * n + k * w->c_out;
		for (size_t t = 0; t < N_TAPS; t++)
			to[t] = gradient + t * n + k * w->c_out;
		winograd_taps_back(from, to, w->c_out);
	}
}

static void
back_to_bias(const struct step *s, const struct step_run *r)
{
	const size_t c = s->shape.c;
	const size_t n = step_n_out(s) / c;

	memset(r->gradient[1], 0, c * sizeof(float));
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < c; i++)
			r->gradient[1][i] += r->out_gradient[k * c + i];
}

static int
winograd_backward(const struct step *s, const struct step_run *r,
    struct error *err)
{
	const struct winograd *w = s->own;
	const struct scratch m = divide(w, r);

	step_relu_backward(s, r->out, r->out_gradient);
	if (r->in_gradient[0] != NULL)
		memset(r->in_gradient[0], 0, step_n_in(s, 0) * sizeof(float));
	for (size_t first = 0; first < w->n_tiles; first += CHUNK_TILES) {
		const size_t left = w->n_tiles - first;
		const size_t n = left < CHUNK_TILES ? left : CHUNK_TILES;

		transform_gradients(s, r, &m, first, n);
		if (r->in_gradient[0] != NULL)
			back_to_data(s, r, &m, first, n);
		transform_inputs(s, r, &m, first, n);
		if (back_to_weights(w, &m, n, first == 0, err) != 0)
			return -1;
	}
	collect_weights(w, &m, r->gradient[0]);
	if (!s->node->conv.no_bias)
		back_to_bias(s, r);
	return 0;
}

/* [9][c_in][c_out] to [c_out][c_in][9]. */
static int
winograd_unpack(const struct step *s, const float *const *packed,
    float *const *gradient, struct error *err)
{
	const struct winograd *w = s->own;
	const size_t n = w->c_in * w->c_out;

	(void)err;
	for (size_t o = 0; o < w->c_out; o++)
		for (size_t i = 0; i < w->c_in; i++)
			for (size_t t = 0; t < N_TAPS; t++)
				gradient[0][(o * w->c_in + i) * N_TAPS + t] =
				    packed[0][t * n + i * w->c_out + o];
	if (!s->node->conv.no_bias)
		memcpy(gradient[1], packed[1], w->c_out * sizeof(float));
	return 0;
}

const struct step_kind layer_winograd = {
	winograd_plan, winograd_release, winograd_load, winograd_forward,
	winograd_backward, winograd_unpack
};
