#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dsp/npy.h"
#include "manifests/record.h"

#include "review/view_array.h"
#include "review/view_prints.h"

#define MAX_CELLS 256		/* a side; more are thinned out */
#define MAX_DIMS 65536
#define FULL 255.0f

/* Every stride-th row of the fingerprints in a side's window. */
struct rows {
	float *values;			/* [n][n_dims] */
	size_t n, n_dims;
	double start_sec, step_sec;	/* middles of the windows */
};

bool
view_prints_find(const struct print_list *l, const struct json *rec,
    struct print_entry *e)
{
	const struct print_entry *listed = NULL;
	const char *group_id;

	if (l != NULL &&
	    json_want_string(rec, "group_id", &group_id, NULL) == 0)
		listed = print_list_find(l, group_id, record_id(rec));
	if (listed == NULL)
		return print_entry_read(rec, e);
	*e = *listed;
	return true;
}

/* Read row first + i * stride for each i. */
static int
read_rows(struct npy_reader *r, size_t first, size_t stride,
    struct rows *rows, struct error *err)
{
	for (size_t i = 0; i < rows->n; i++)
		if (npy_reader_get(r, first + i * stride, 1, rows->values +
		    i * rows->n_dims, err) != 0)
			return -1;
	return 0;
}

static int
load(const struct print_entry *e, const struct view_side *s, struct arena *a,
    struct rows *rows, struct error *err)
{
	struct npy_reader *r = npy_reader_open(e->path, err);
	/* Window k has its middle at k * hop + window / 2. */
	const double from = ceil((s->from_sec - e->window_sec / 2.0) /
	    e->hop_sec);
	const double to = floor((s->to_sec - e->window_sec / 2.0) /
	    e->hop_sec);
	size_t first, end, stride;
	int status = -1;

	if (r == NULL)
		return -1;
	first = from > 0.0 ? (size_t)from : 0;
	end = to < 0.0 ? 0 : to < (double)npy_reader_n_rows(r) ?
	    (size_t)to + 1 : npy_reader_n_rows(r);
	rows->n_dims = npy_reader_n_columns(r);
	if (end <= first || rows->n_dims > MAX_DIMS) {
		error_set(err, ERROR_LIMIT, "%s has no windows there",
		    e->path);
		goto out;
	}
	stride = (end - first + MAX_CELLS - 1) / MAX_CELLS;
	rows->n = (end - first + stride - 1) / stride;
	rows->start_sec = (double)first * e->hop_sec + e->window_sec / 2.0;
	rows->step_sec = (double)stride * e->hop_sec;
	rows->values = arena_need(a, rows->n * rows->n_dims, sizeof(float),
	    "fingerprints", err);
	if (rows->values != NULL)
		status = read_rows(r, first, stride, rows, err);
out:
	npy_reader_close(r);
	return status;
}

/* Fingerprints have length 1, or 0: the product is the cosine. */
static uint8_t
cell(const float *x, const float *y, size_t n_dims)
{
	float sum = 0.0f;

	for (size_t i = 0; i < n_dims; i++)
		sum += x[i] * y[i];
	return (uint8_t)lrintf(fminf(1.0f, fmaxf(0.0f, sum)) * FULL);
}

static int
put(struct json *view, const struct rows *other, const struct rows *original,
    struct arena *a, struct error *err)
{
	uint8_t *cells = arena_need(a, other->n * original->n, 1, "cells",
	    err);

	if (cells == NULL)
		return -1;
	for (size_t i = 0; i < other->n; i++)
		for (size_t k = 0; k < original->n; k++)
			cells[i * original->n + k] = cell(other->values +
			    i * other->n_dims, original->values +
			    k * original->n_dims, other->n_dims);
	if (json_put_size(view, "similarity.n_rows", other->n, err) != 0 ||
	    json_put_size(view, "similarity.n_cols", original->n,
	    err) != 0 ||
	    json_put_rounded(view, "similarity.row_start", other->start_sec,
	    6, err) != 0 ||
	    json_put_rounded(view, "similarity.row_step", other->step_sec, 6,
	    err) != 0 ||
	    json_put_rounded(view, "similarity.col_start",
	    original->start_sec, 6, err) != 0 ||
	    json_put_rounded(view, "similarity.col_step",
	    original->step_sec, 6, err) != 0)
		return -1;
	return view_array_put_bytes(view, "similarity.values", cells,
	    other->n * original->n, a, err);
}

int
view_prints_put(struct json *view, const struct print_list *l,
    const struct view_side *other, const struct view_side *original,
    struct arena *a, struct error *err)
{
	struct print_entry e, f;
	struct error why = { ERROR_NONE, "" };
	struct rows rows, columns;

	if (!view_prints_find(l, other->rec, &e) ||
	    !view_prints_find(l, original->rec, &f))
		(void)error_set(&why, ERROR_FORMAT, "neither the last round "
		    "nor the catalogue has fingerprints of these recordings");
	else if (strcmp(e.model_sha256, f.model_sha256) != 0)
		(void)error_set(&why, ERROR_FORMAT,
		    "the fingerprints come from different models");
	else if (load(&e, other, a, &rows, &why) == 0 &&
	    load(&f, original, a, &columns, &why) == 0) {
		if (rows.n_dims == columns.n_dims)
			return put(view, &rows, &columns, a, err);
		(void)error_set(&why, ERROR_FORMAT, "the fingerprints have "
		    "%zu and %zu dimensions", rows.n_dims, columns.n_dims);
	}
	if (why.code == ERROR_NOMEM)
		return error_set(err, ERROR_NOMEM, "%s", why.text);
	return json_put_bytes(view, "similarity_why", why.text,
	    strlen(why.text), err);
}
