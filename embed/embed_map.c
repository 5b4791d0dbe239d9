#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "draw/scatter_plot.h"
#include "dsp/npy.h"
#include "manifests/record.h"
#include "nn/projection.h"

#include "embed/embed_map.h"

/* All windows, or means of recordings, before they are thinned out. */
struct points {
	float *vectors;			/* [n][n_dims] */
	size_t *group;			/* [n] */
	size_t n, n_dims;
	size_t n_vectors_held, n_groups_held;	/* capacities */
	const char **names;		/* [n_names], arena memory */
	size_t n_names, n_names_held;
	const char *model_sha256;	/* of all */
};

static void
release(struct points *p)
{
	memory_free(p->vectors);
	memory_free(p->group);
	memory_free(p->names);
}

/* The number of the group of that name, made when there is none. */
static int
find_group(struct points *p, const char *name, size_t *group,
    struct error *err)
{
	for (*group = 0; *group < p->n_names; ++*group)
		if (strcmp(p->names[*group], name) == 0)
			return 0;
	if (memory_grow(&p->names, &p->n_names_held, p->n_names + 1,
	    sizeof(*p->names), "groups", err) != 0)
		return -1;
	p->names[p->n_names++] = name;
	return 0;
}

static int
add_point(struct points *p, const float *vector, size_t group,
    struct error *err)
{
	if (memory_grow(&p->vectors, &p->n_vectors_held,
	    (p->n + 1) * p->n_dims, sizeof(*p->vectors), "fingerprints",
	    err) != 0 || memory_grow(&p->group, &p->n_groups_held, p->n + 1,
	    sizeof(*p->group), "fingerprints", err) != 0)
		return -1;
	memcpy(p->vectors + p->n * p->n_dims, vector,
	    p->n_dims * sizeof(*vector));
	p->group[p->n++] = group;
	return 0;
}

static bool
is_silent(const float *vector, size_t n_dims)
{
	for (size_t d = 0; d < n_dims; d++)
		if (vector[d] != 0.0f)
			return false;
	return true;
}

/* The mean of the windows, one long; zeros when there is nothing in them. */
static void
take_mean(const float *windows, size_t n, size_t n_dims, float *mean)
{
	double square = 0.0;

	memset(mean, 0, n_dims * sizeof(*mean));
	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < n_dims; d++)
			mean[d] += windows[i * n_dims + d];
	for (size_t d = 0; d < n_dims; d++)
		square += (double)mean[d] * (double)mean[d];
	for (size_t d = 0; d < n_dims && square > 0.0; d++)
		mean[d] = (float)((double)mean[d] / sqrt(square));
}

static int
check_model(struct points *p, const struct json *rec, struct error *err)
{
	const char *sha256;

	if (json_get_string(rec, "embed.model_sha256", "", &sha256,
	    err) != 0)
		return -1;
	if (p->model_sha256 == NULL)
		p->model_sha256 = sha256;
	if (strcmp(sha256, p->model_sha256) != 0)
		return error_set(err, ERROR_FORMAT, "its fingerprints are of "
		    "another model: make all with one chad-embed");
	return 0;
}

static int
add_windows(struct points *p, const struct embed_map *m, const char *path,
    size_t group, struct arena *a, struct error *err)
{
	float *windows, *mean;
	size_t n, n_dims;

	if (npy_read(path, a, &windows, &n, &n_dims, err) != 0)
		return -1;
	if (p->n > 0 && n_dims != p->n_dims)
		return error_set(err, ERROR_FORMAT, "%s: fingerprints of %zu "
		    "dimensions among others of %zu", path, n_dims,
		    p->n_dims);
	p->n_dims = n_dims;
	if (m->of_recordings) {
		mean = arena_need(a, n_dims, sizeof(*mean), "dimensions",
		    err);
		if (mean == NULL)
			return -1;
		take_mean(windows, n, n_dims, mean);
		windows = mean;
		n = 1;
	}
	for (size_t i = 0; i < n; i++)
		if (!is_silent(windows + i * n_dims, n_dims) &&
		    add_point(p, windows + i * n_dims, group, err) != 0)
			return -1;
	return 0;
}

static int
add_record(struct points *p, const struct embed_map *m,
    const struct json *rec, const char *folder, struct arena *scratch,
    struct error *err)
{
	const char *path, *name;
	size_t group;

	if (json_get_string(rec, m->group, "none", &name, err) != 0 ||
	    check_model(p, rec, err) != 0 ||
	    (path = record_path(rec, "embed.path", folder, scratch,
	    err)) == NULL ||
	    find_group(p, name, &group, err) != 0)
		return -1;
	return add_windows(p, m, path, group, scratch, err);
}

static int
gather(struct points *p, const struct embed_map *m,
    const struct stream_list *list, struct error *err)
{
	struct arena *scratch = arena_new();
	int status = 0;

	if (scratch == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	for (size_t i = 0; i < list->n_records && status == 0; i++) {
		if (record_has_failed(list->records[i]))
			continue;
		status = add_record(p, m, list->records[i], list->folder,
		    scratch, err);
		if (status != 0)
			(void)error_add(err, "record %zu", i + 1);
		arena_reset(scratch);
	}
	arena_free(scratch);
	if (status == 0 && p->n < 3)
		return error_set(err, ERROR_LIMIT, "%zu fingerprints: a map "
		    "needs at least 3 records or windows of chad-embed",
		    p->n);
	return status;
}

/* Keep max_points, evenly; returns how many there were. */
static size_t
thin_out(struct points *p, size_t max_points)
{
	const size_t n_all = p->n;

	if (n_all <= max_points)
		return n_all;
	for (size_t i = 0; i < max_points; i++) {
		const size_t from = i * n_all / max_points;

		memmove(p->vectors + i * p->n_dims, p->vectors +
		    from * p->n_dims, p->n_dims * sizeof(*p->vectors));
		p->group[i] = p->group[from];
	}
	p->n = max_points;
	return n_all;
}

/* The places, and what the axes are. */
static int
place(const struct points *p, const struct embed_map *m,
    struct scatter_plot *plot, double *x, double *y, struct arena *a,
    struct error *err)
{
	double share[2];

	plot->x_label = "t-SNE, first axis";
	plot->y_label = "t-SNE, second axis";
	if (m->by_tsne)
		return projection_tsne(p->vectors, p->n, p->n_dims,
		    m->perplexity, m->seed, x, y, NULL, err);
	if (projection_pca(p->vectors, p->n, p->n_dims, x, y, share,
	    err) != 0)
		return -1;
	plot->x_label = arena_printf(a, "first component (%.0f %% of the "
	    "variance)", 100.0 * share[0]);
	plot->y_label = arena_printf(a, "second component (%.0f %%)",
	    100.0 * share[1]);
	if (plot->x_label == NULL || plot->y_label == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return 0;
}

static int
draw(const char *path, const struct embed_map *m, struct points *p,
    struct arena *a, struct error *err)
{
	const size_t n_all = thin_out(p, m->max_points);
	const char *what = m->of_recordings ? "recordings" : "windows";
	struct scatter_plot plot = { .group = p->group, .n_points = p->n,
	    .names = p->names, .n_groups = p->n_names };
	double *x = arena_need(a, p->n, sizeof(*x), "points", err);
	double *y = arena_need(a, p->n, sizeof(*y), "points", err);

	if (x == NULL || y == NULL || place(p, m, &plot, x, y, a, err) != 0)
		return -1;
	plot.x = x;
	plot.y = y;
	plot.title = n_all == p->n ?
	    arena_printf(a, "%zu %s by %s", p->n, what, m->group) :
	    arena_printf(a, "%zu of %zu %s by %s", p->n, n_all, what,
	    m->group);
	if (plot.title == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return scatter_plot_write(path, &plot, err);
}

int
embed_map_write(const char *path, const struct embed_map *m,
    const struct stream_list *list, struct arena *a, struct error *err)
{
	struct points p = { .vectors = NULL };
	int status = gather(&p, m, list, err);

	if (status == 0)
		status = draw(path, m, &p, a, err);
	release(&p);
	return status;
}
