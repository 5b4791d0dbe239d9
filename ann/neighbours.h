/*
 * neighbours -- the rows most like a given row among millions, nearly always.
 *
 * Rows are vectors of length one and likeness is their product.  They are
 * sorted into lists by the nearest of n_lists centres that k-means found, and
 * only the lists whose centres are most like a query are looked through (Sivic,
 * Zisserman, "Video Google", ICCV 2003).  With n_parts, what is looked through
 * is codes of n_parts bytes, a product quantiser of the differences from the
 * centres (Jegou, Douze, Schmid, "Product quantization for nearest neighbor
 * search", IEEE TPAMI 33, 2011); rows that are found are then compared as they
 * are.  FAISS does the work (Johnson, Douze, Jegou, "Billion-scale similarity
 * search with GPUs", IEEE Trans. Big Data 7, 2021).
 *
 * All is the same for any number of threads.  Nothing is copied but the centres
 * and the quantiser, so that the rest can be a mapped file.
 */
#ifndef ANN_NEIGHBOURS_H
#define ANN_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NEIGHBOURS_MAX_DIMENSION 65536
#define NEIGHBOURS_MAX_LISTS ((size_t)1 << 20)
#define NEIGHBOURS_MAX_FOUND 65536
#define NEIGHBOURS_N_CODES 256		/* values of one part of a code */

/* What training gives.  n_parts is 0 or divides the dimension. */
struct neighbours_shape {
	size_t dimension, n_lists, n_parts;
};

struct neighbours_book {
	struct neighbours_shape shape;
	const float *centres;	/* [n_lists][dimension] */
	/* [n_parts][NEIGHBOURS_N_CODES][dimension / n_parts]; NULL without. */
	const float *parts;
};

/*
 * k-means on at most 64 rows a list, and for the quantiser 256 rows a code,
 * drawn by the seed.  Fills centres and, with n_parts, parts, sized as above.
 * There must be n_lists rows, and with n_parts NEIGHBOURS_N_CODES.
 */
int neighbours_train(const struct neighbours_shape *shape, const float *rows,
    size_t n_rows, uint64_t seed, float *centres, float *parts,
    struct error *err) MUST_CHECK;

/*
 * The list of each of rows [n_rows][dimension] and, with n_parts, its code:
 * lists [n_rows], codes [n_rows][n_parts].
 */
int neighbours_assign(const struct neighbours_book *book, const float *rows,
    size_t n_rows, size_t n_threads, uint32_t *lists, uint8_t *codes,
    struct error *err) MUST_CHECK;

/* What is searched; keeps all arrays.  List i is starts[i] to starts[i + 1]. */
struct neighbours_store {
	struct neighbours_book book;
	const float *rows;		/* [n_rows][dimension] */
	size_t n_rows;
	const uint64_t *starts;		/* [n_lists + 1], at most n_rows */
	const int64_t *members;		/* [n_rows], each below n_rows */
	const uint8_t *codes;		/* [n_rows][n_parts], as members */
};

struct neighbours;

/* Free with neighbours_free.  NULL with an error. */
struct neighbours *neighbours_new(const struct neighbours_store *store,
    struct error *err) MUST_CHECK;
void neighbours_free(struct neighbours *n);

/*
 * For each of queries [n_queries][dimension] the n_found rows most like it in
 * the n_probed lists nearest to it, best first: found [n_queries][n_found], -1
 * where there are fewer, and their likeness, -1..1, 0 for those.  May be called
 * by several threads at once.
 */
int neighbours_find(const struct neighbours *n, const float *queries,
    size_t n_queries, size_t n_probed, size_t n_found, int64_t *found,
    float *likeness, struct error *err) MUST_CHECK;

#endif
