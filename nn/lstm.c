#include <string.h>

#include "base/memory.h"

#include "nn/lstm.h"
#include "nn/product.h"
#include "nn/simd.h"
#include "nn/squash.h"

#define GATES 4
/*
 * Units that are computed together: with four gates each 64 sums, as many as
 * the processor keeps in registers with room left for what is added.
 */
#define UNITS 16
#define PANEL (GATES * UNITS)
#define WIDTH 8
#define PARTS (PANEL / WIDTH)
/* Frames in each product with W: its results stay in the second cache. */
#define BLOCK 120

/* Loops that are not unrolled would keep their sums in memory. */
#define UNROLL _Pragma("GCC unroll 8")

typedef float vector __attribute__((vector_size(4 * WIDTH), may_alias));

/*
 * Panels of 16 units, those of each gate behind one another; units that fill
 * the last panel up have weights of 0 and stay 0.
 */
struct direction {
	float *input;		/* by nn/product.h, columns in panels */
	float *hidden;		/* [n_panels][n_units][PANEL] */
	float *bias;		/* [n_panels][PANEL], both together */
};

struct lstm {
	size_t n_inputs, n_units, n_panels;
	struct product product;
	struct direction directions[2];
};

/* Where a gate of a unit lies among the sums of a frame. */
static size_t
place_of(size_t gate, size_t unit)
{
	return unit / UNITS * PANEL + gate * UNITS + unit % UNITS;
}

static int
pack_input(const struct lstm *l, const struct lstm_direction *from,
    struct direction *to, struct error *err)
{
	const size_t n = l->n_inputs;
	float *rows = memory_new(l->n_panels * PANEL, n * sizeof(*rows),
	    "weights", err);
	const struct blas_matrix m = { rows, n, true };

	to->input = memory_new(product_packed_bytes(&l->product), 1,
	    "bytes of weights", err);
	if (rows == NULL || to->input == NULL) {
		memory_free(rows);
		return -1;
	}
	for (size_t g = 0; g < GATES; g++)
		for (size_t u = 0; u < l->n_units; u++)
			memcpy(rows + place_of(g, u) * n, from->input_weights +
			    (g * l->n_units + u) * n, n * sizeof(*rows));
	product_pack(&l->product, &m, to->input);
	memory_free(rows);
	return 0;
}

static int
pack_hidden(const struct lstm *l, const struct lstm_direction *from,
    struct direction *to, struct error *err)
{
	const size_t n = l->n_units;

	to->hidden = memory_new(l->n_panels * n, PANEL * sizeof(float),
	    "weights", err);
	to->bias = memory_new(l->n_panels, PANEL * sizeof(float), "biases",
	    err);
	if (to->hidden == NULL || to->bias == NULL)
		return -1;
	for (size_t g = 0; g < GATES; g++) {
		for (size_t u = 0; u < n; u++) {
			const size_t row = g * n + u, at = place_of(g, u);
			float *panel = to->hidden + at / PANEL * n * PANEL +
			    at % PANEL;

			to->bias[at] = from->input_bias[row] +
			    from->hidden_bias[row];
			for (size_t k = 0; k < n; k++)
				panel[k * PANEL] =
				    from->hidden_weights[row * n + k];
		}
	}
	return 0;
}

struct lstm *
lstm_new(size_t n_inputs, size_t n_units,
    const struct lstm_direction directions[2], struct error *err)
{
	struct lstm *l;

	if (n_inputs == 0 || n_inputs % 2 != 0 || n_inputs > LSTM_MAX_INPUTS ||
	    n_units == 0 || n_units > LSTM_MAX_UNITS) {
		error_set(err, ERROR_LIMIT, "an LSTM layer of %zu inputs and "
		    "%zu units a direction; inputs must be even and at most "
		    "%d, units 1 to %d", n_inputs, n_units, LSTM_MAX_INPUTS,
		    LSTM_MAX_UNITS);
		return NULL;
	}
	l = memory_new(1, sizeof(*l), "layer", err);
	if (l == NULL)
		return NULL;
	l->n_inputs = n_inputs;
	l->n_units = n_units;
	l->n_panels = (n_units + UNITS - 1) / UNITS;
	l->product = (struct product){ PRODUCT_F32, l->n_panels * PANEL,
	    n_inputs, n_inputs, l->n_panels * PANEL };
	for (size_t d = 0; d < 2; d++) {
		if (pack_input(l, &directions[d], &l->directions[d],
		    err) != 0 || pack_hidden(l, &directions[d],
		    &l->directions[d], err) != 0) {
			lstm_free(l);
			return NULL;
		}
	}
	return l;
}

void
lstm_free(struct lstm *l)
{
	if (l == NULL)
		return;
	for (size_t d = 0; d < 2; d++) {
		memory_free(l->directions[d].input);
		memory_free(l->directions[d].hidden);
		memory_free(l->directions[d].bias);
	}
	memory_free(l);
}

/* While a direction is run. */
struct state {
	float *cells;		/* [n_panels * UNITS] */
	float *before, *after;	/* the same of h, of two frames */
	float *sums;		/* [BLOCK][n_panels * PANEL] */
};

size_t
lstm_scratch_values(const struct lstm *l)
{
	return l->n_panels * (3 * UNITS + BLOCK * PANEL);
}

/* Add bias and U h to the 64 sums of a panel. */
SIMD static void
add_hidden(size_t n_units, const float *restrict before, const float *weights,
    const float *bias, float *sums)
{
	const vector *w = (const vector *)weights;
	const vector *b = (const vector *)bias;
	vector *to = (vector *)sums;
	vector s[PARTS];

	UNROLL for (size_t v = 0; v < PARTS; v++)
		s[v] = to[v] + b[v];
	for (size_t k = 0; k < n_units; k++, w += PARTS)
		UNROLL for (size_t v = 0; v < PARTS; v++)
			s[v] += before[k] * w[v];
	UNROLL for (size_t v = 0; v < PARTS; v++)
		to[v] = s[v];
}

SIMD static void
open_gates(const float *restrict sums, float *restrict cells,
    float *restrict after)
{
	for (size_t u = 0; u < UNITS; u++) {
		const float in = squash_sigmoid(sums[u]);
		const float forget = squash_sigmoid(sums[UNITS + u]);
		const float value = squash_tanh(sums[2 * UNITS + u]);
		const float out = squash_sigmoid(sums[3 * UNITS + u]);

		cells[u] = forget * cells[u] + in * value;
		after[u] = out * squash_tanh(cells[u]);
	}
}

static void
run_step(const struct lstm *l, const struct direction *d, float *sums,
    size_t frame, struct state *s)
{
	float *h = s->before;

	for (size_t i = 0; i < l->n_panels; i++) {
		const size_t p = frame % 2 == 0 ? i : l->n_panels - 1 - i;

		add_hidden(l->n_units, s->before, d->hidden + p * l->n_units *
		    PANEL, d->bias + p * PANEL, sums + p * PANEL);
		open_gates(sums + p * PANEL, s->cells + p * UNITS,
		    s->after + p * UNITS);
	}
	s->before = s->after;
	s->after = h;
}

static void
run_direction(const struct lstm *l, bool is_backward, size_t n_frames,
    const float *x, size_t x_row, float *y, size_t y_row, struct state *s)
{
	const struct direction *d = &l->directions[is_backward];
	struct product product = l->product;
	size_t n;

	product.a_row = x_row;
	memset(s->cells, 0, l->n_panels * UNITS * sizeof(float));
	memset(s->before, 0, l->n_panels * UNITS * sizeof(float));
	for (size_t done = 0; done < n_frames; done += n) {
		size_t first;

		n = n_frames - done < BLOCK ? n_frames - done : BLOCK;
		first = is_backward ? n_frames - done - n : done;
		product_run(&product, n, x + first * x_row, d->input, s->sums);
		for (size_t i = 0; i < n; i++) {
			const size_t k = is_backward ? n - 1 - i : i;

			run_step(l, d, s->sums + k * product.c_row, k, s);
			memcpy(y + (first + k) * y_row, s->before,
			    l->n_units * sizeof(float));
		}
	}
}

void
lstm_run(const struct lstm *l, size_t n_frames, const float *x, size_t x_row,
    float *y, size_t y_row, float *scratch)
{
	const size_t n = l->n_panels * UNITS;

	for (size_t d = 0; d < 2; d++) {
		struct state s = { scratch, scratch + n, scratch + 2 * n,
		    scratch + 3 * n };

		run_direction(l, d == 1, n_frames, x, x_row,
		    y + d * l->n_units, y_row, &s);
	}
}
