#include <math.h>
#include <string.h>

#include "embed/query.h"

/* Time scale i of the bank: 1 is the middle one. */
static double
scale_of_view(size_t i)
{
	return QUERY_MIN_SCALE * pow(QUERY_SCALE_STEP, (double)i);
}

int
query_plan_make(struct encoder *e, const struct encoder_source *source,
    double hop_sec, struct query_plan *plan, struct error *err)
{
	size_t end_frame;

	memset(plan, 0, sizeof(*plan));
	plan->frame_sec = encoder_kind(e)->frame_sec;
	if (encoder_voiced_span(e, source, &plan->first_frame, &end_frame,
	    err) != 0)
		return -1;
	plan->n_frames = end_frame - plan->first_frame;
	for (size_t i = 0; i < QUERY_N_SCALES; i++) {
		plan->views[i] = (struct encoder_view){
		    .first_frame = plan->first_frame,
		    .n_frames = plan->n_frames,
		    .time_scale = scale_of_view(i),
		    .hop_sec = hop_sec, .is_query = true };
		plan->first_window[i] = plan->n_all_windows;
		plan->n_windows[i] = encoder_n_windows(e, &plan->views[i]);
		plan->n_all_windows += plan->n_windows[i];
	}
	return 0;
}

static int
append_view(const struct query_plan *plan, size_t i, struct json *rec,
    struct error *err)
{
	struct json *view = json_new_object(err);
	int status = -1;

	if (view == NULL)
		return -1;
	if (json_put_rounded(view, "time_scale", plan->views[i].time_scale, 6,
	    err) == 0 &&
	    json_put_size(view, "first_window", plan->first_window[i],
	    err) == 0 &&
	    json_put_size(view, "n_windows", plan->n_windows[i], err) == 0)
		status = json_append(rec, "embed.views", view, err);
	json_free(view);
	return status;
}

int
query_plan_put(const struct query_plan *plan, struct json *rec,
    struct error *err)
{
	if (json_put_rounded(rec, "embed.start_sec",
	    (double)plan->first_frame * plan->frame_sec, 2, err) != 0)
		return -1;
	json_remove(rec, "embed.views");
	for (size_t i = 0; i < QUERY_N_SCALES; i++)
		if (append_view(plan, i, rec, err) != 0)
			return -1;
	return 0;
}

static int
read_view(const struct json *item, size_t n_rows, struct query_view *view,
    struct error *err)
{
	if (json_want_number(item, "time_scale", &view->time_scale,
	    err) != 0 ||
	    json_want_size(item, "first_window", &view->first_window,
	    err) != 0 ||
	    json_want_size(item, "n_windows", &view->n_windows, err) != 0)
		return -1;
	if (!(view->time_scale > 0.01 && view->time_scale < 100))
		return error_set(err, ERROR_LIMIT, "a time scale of %g",
		    view->time_scale);
	if (view->first_window > n_rows ||
	    view->n_windows > n_rows - view->first_window)
		return error_set(err, ERROR_FORMAT, "windows %zu to %zu of "
		    "%zu", view->first_window,
		    view->first_window + view->n_windows, n_rows);
	return 0;
}

int
query_views_read(const struct json *rec, size_t n_rows,
    struct query_view views[QUERY_N_SCALES], size_t *n_views,
    struct error *err)
{
	const struct json *list = json_at(rec, "embed.views");
	const size_t n = json_count(list);

	if (list == NULL) {
		views[0] = (struct query_view){ 1, 0, n_rows };
		*n_views = 1;
		return 0;
	}
	if (!json_is_array(list) || n == 0 || n > QUERY_N_SCALES)
		return error_set(err, ERROR_FORMAT, "embed.views must be a "
		    "list of 1 to %d views", QUERY_N_SCALES);
	for (size_t i = 0; i < n; i++)
		if (read_view(json_item(list, i), n_rows, &views[i],
		    err) != 0)
			return error_add(err, "embed.views");
	*n_views = n;
	return 0;
}
