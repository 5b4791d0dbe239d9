#include <string.h>

#include "dsp/npy.h"
#include "dsp/track.h"
#include "manifests/record.h"

#include "embed/embedded.h"

static int
read_line(const struct json *rec, const char *folder, bool is_hum,
    struct arena *a, struct melody_line *line, struct error *err)
{
	const char *path;
	struct track t;

	if (!json_has(rec, "f0.path"))
		return error_set(err, ERROR_FORMAT, "comparing by pitch needs "
		    "\"f0.path\": run chad-f0 first");
	if ((path = record_path(rec, "f0.path", folder, a, err)) == NULL ||
	    track_read(path, a, &t, err) != 0)
		return -1;
	return melody_line_make(&t, is_hum, a, line, err);
}

int
embedded_read(const struct json *rec, const char *folder, bool is_hum,
    bool wants_line, struct arena *a, struct embedded *e, struct error *err)
{
	const char *path = record_path(rec, "embed.path", folder, a, err);

	memset(e, 0, sizeof(*e));
	if (path == NULL)
		return error_add(err, "run chad-embed first");
	if (json_want_number(rec, "embed.hop_sec", &e->hop_sec, err) != 0 ||
	    json_get_string(rec, "embed.model_sha256", "", &e->model_sha256,
	    err) != 0 ||
	    npy_read(path, a, &e->fingerprints, &e->n_windows, &e->dimension,
	    err) != 0)
		return -1;
	return wants_line ? read_line(rec, folder, is_hum, a, &e->line,
	    err) : 0;
}

int
embedded_read_hum(const struct json *rec, const char *folder,
    bool wants_line, struct arena *a, struct embedded_hum *hum,
    struct error *err)
{
	struct query_view from[QUERY_N_SCALES];
	size_t n_views;

	memset(hum, 0, sizeof(*hum));
	if (embedded_read(rec, folder, true, wants_line, a, &hum->e,
	    err) != 0 ||
	    query_views_read(rec, hum->e.n_windows, from, &n_views, err) != 0)
		return -1;
	for (size_t i = 0; i < n_views; i++)
		hum->views[i] = (struct retrieval_view){ from[i].time_scale,
		    hum->e.fingerprints + from[i].first_window *
		    hum->e.dimension, from[i].n_windows };
	hum->query = (struct retrieval_query){ .views = hum->views,
	    .n_views = n_views, .dimension = hum->e.dimension,
	    .hop_sec = hum->e.hop_sec, .line = hum->e.line };
	return 0;
}
