/*
 * product_tile -- the inner loops of nn/product.h, for each processor.
 */
#ifndef NN_PRODUCT_TILE_H
#define NN_PRODUCT_TILE_H

#include <stdbool.h>
#include <stddef.h>

#define PRODUCT_TILE_COLUMNS 16

/*
 * One tile: k values of each row, the rows a_row apart, times a panel.  The
 * sums go to c, 16 a row, c_row apart, or with is_more are added to what is
 * there.  A panel holds the 16 columns' values for one place of the row behind
 * those for the one before; those of bf16 by pairs of places, the two of a
 * column side by side.
 */
typedef void product_tile_fn(size_t k, const void *a, size_t a_row,
    const void *panel, bool is_more, float *c, size_t c_row);

/* The best for this processor: a tile of n_rows rows, and one of one row. */
struct product_tiles {
	size_t n_rows;
	product_tile_fn *tile, *row;
};

/* Of float, or of bf16 where product_tiles_know_bf16. */
struct product_tiles product_tiles_f32(void);
struct product_tiles product_tiles_bf16(void);
bool product_tiles_know_bf16(void);

#endif
