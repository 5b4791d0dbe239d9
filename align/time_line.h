/*
 * time_line -- a straight map of time from the original to the cover.
 */
#ifndef ALIGN_TIME_LINE_H
#define ALIGN_TIME_LINE_H

/* Passes through (original_sec, cover_sec). */
struct time_line {
	double original_sec, cover_sec;
	double tempo_ratio;	/* cover seconds per original second, > 0 */
};

/* The time in the cover that original time t_sec maps to. */
double time_line_cover(const struct time_line *l, double t_sec);

/* The time in the original that cover time t_sec maps to. */
double time_line_original(const struct time_line *l, double t_sec);

#endif
