#include "draw/strokes.h"

int
strokes_init(struct strokes *s, size_t n_max, struct arena *a,
    struct error *err)
{
	s->n = 0;
	s->n_max = n_max;
	s->x = arena_need(a, n_max, sizeof(double), "points", err);
	s->y = arena_need(a, n_max, sizeof(double), "points", err);
	s->is_break = arena_need(a, n_max, sizeof(bool), "points", err);
	return s->x == NULL || s->y == NULL || s->is_break == NULL ? -1 : 0;
}

void
strokes_add(struct strokes *s, bool is_break, double x, double y)
{
	if (s->n == s->n_max)
		return;
	s->x[s->n] = x;
	s->y[s->n] = y;
	s->is_break[s->n++] = is_break;
}

int
strokes_smooth(const struct strokes *s, size_t n_half,
    struct strokes *smooth, struct arena *a, struct error *err)
{
	size_t i, k;

	if (strokes_init(smooth, s->n, a, err) != 0)
		return -1;
	for (i = 0; i < s->n; i++) {
		const size_t after = s->n - 1 - i;
		const size_t near = i < after ? i : after;
		const size_t half = near < n_half ? near : n_half;
		double sum = 0.0;

		for (k = i - half; k <= i + half; k++)
			sum += s->y[k];
		strokes_add(smooth, s->is_break[i], s->x[i],
		    sum / (double)(2 * half + 1));
	}
	return 0;
}

struct axes_line
strokes_line(const struct strokes *s, const char *name,
    enum palette_name colour)
{
	const struct axes_line line = { .name = s->n > 0 ? name : NULL,
	    .x = s->x, .y = s->y, .is_break = s->is_break, .n_points = s->n,
	    .colour = palette_line(colour), .width = 2.0 };

	return line;
}
