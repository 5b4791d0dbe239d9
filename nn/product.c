#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "nn/bf16.h"
#include "nn/product.h"
#include "nn/product_tile.h"

#define COLUMNS PRODUCT_TILE_COLUMNS
#define DEPTH 256	/* of a panel at once: 16 KB, half of the first cache */

enum product_kind
product_kind_bf16(void)
{
	return product_tiles_know_bf16() ? PRODUCT_BF16 : PRODUCT_ROUNDED;
}

size_t
product_value_bytes(enum product_kind kind)
{
	return kind == PRODUCT_BF16 ? sizeof(uint16_t) : sizeof(float);
}

/* Of 16 columns; a multiple of 64, as k is even. */
static size_t
panel_bytes(const struct product *p)
{
	return p->k * COLUMNS * product_value_bytes(p->kind);
}

size_t
product_packed_bytes(const struct product *p)
{
	return (p->n + COLUMNS - 1) / COLUMNS * panel_bytes(p);
}

static float
value_of(const struct blas_matrix *b, size_t row, size_t column)
{
	return b->values[b->is_transposed ? column * b->stride + row :
	    row * b->stride + column];
}

void
product_pack(const struct product *p, const struct blas_matrix *b,
    void *packed)
{
	float *floats = packed;
	uint16_t *halves = packed;

	memset(packed, 0, product_packed_bytes(p));
	for (size_t i = 0; i < p->k; i++) {
		for (size_t j = 0; j < p->n; j++) {
			const float x = value_of(b, i, j);
			const size_t panel = j / COLUMNS * p->k * COLUMNS;
			const size_t column = j % COLUMNS;

			if (p->kind == PRODUCT_BF16)
				halves[panel + (i / 2 * COLUMNS + column) * 2 +
				    i % 2] = bf16_of(x);
			else
				floats[panel + i * COLUMNS + column] =
				    p->kind == PRODUCT_F32 ? x : bf16_round(x);
		}
	}
}

/* All rows times a part of a panel. */
static void
multiply_panel(const struct product *p, const struct product_tiles *t,
    size_t n_rows, size_t k, const char *a, const void *panel, bool is_more,
    float *c)
{
	const size_t row_bytes = p->a_row * product_value_bytes(p->kind);
	size_t r = 0;

	for (; r + t->n_rows <= n_rows; r += t->n_rows)
		t->tile(k, a + r * row_bytes, p->a_row, panel, is_more,
		    c + r * p->c_row, p->c_row);
	for (; r < n_rows; r++)
		t->row(k, a + r * row_bytes, p->a_row, panel, is_more,
		    c + r * p->c_row, p->c_row);
}

void
product_run(const struct product *p, size_t n_rows, const void *a,
    const void *packed, float *c)
{
	const struct product_tiles t = p->kind == PRODUCT_BF16 ?
	    product_tiles_bf16() : product_tiles_f32();
	const size_t value_bytes = product_value_bytes(p->kind);

	for (size_t i = 0; i < p->k; i += DEPTH) {
		const size_t n = p->k - i < DEPTH ? p->k - i : DEPTH;
		const char *panel = (const char *)packed + i * COLUMNS *
		    value_bytes;

		for (size_t j = 0; j < p->n; j += COLUMNS)
			multiply_panel(p, &t, n_rows, n, (const char *)a +
			    i * value_bytes, panel + j / COLUMNS *
			    panel_bytes(p), i > 0, c + j);
	}
}
