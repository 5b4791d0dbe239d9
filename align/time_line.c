#include "align/time_line.h"

double
time_line_cover(const struct time_line *l, double t_sec)
{
	return l->cover_sec + l->tempo_ratio * (t_sec - l->original_sec);
}

double
time_line_original(const struct time_line *l, double t_sec)
{
	return l->original_sec + (t_sec - l->cover_sec) / l->tempo_ratio;
}
