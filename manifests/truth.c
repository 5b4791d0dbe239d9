#include <math.h>

#include "manifests/truth.h"

#define ROUNDING 1e4	/* of a second */

int
truth_clear_segments(struct json *rec, struct error *err)
{
	struct json *none = json_new_array(err);
	int status;

	if (none == NULL)
		return -1;
	status = json_put(rec, "truth.segments", none, err);
	json_free(none);
	return status;
}

static int
append_point(struct json *points, const struct truth_point *p,
    struct error *err)
{
	struct json *pair = json_new_array(err);
	int status = -1;

	if (pair == NULL)
		return -1;
	if (json_append_number(pair, "", rint(p->original_sec * ROUNDING) /
	    ROUNDING, err) == 0 &&
	    json_append_number(pair, "", rint(p->this_sec * ROUNDING) /
	    ROUNDING, err) == 0)
		status = json_append(points, "", pair, err);
	json_free(pair);
	return status;
}

int
truth_add_segment(struct json *rec, const struct truth_point *points,
    size_t n_points, struct error *err)
{
	struct json *list = json_new_array(err);
	struct json *segment = json_new_object(err);
	int status = -1;

	if (list == NULL || segment == NULL)
		goto done;
	for (size_t i = 0; i < n_points; i++)
		if (append_point(list, &points[i], err) != 0)
			goto done;
	if (json_put(segment, "points", list, err) == 0)
		status = json_append(rec, "truth.segments", segment, err);

done:
	json_free(segment);
	json_free(list);
	return status;
}
