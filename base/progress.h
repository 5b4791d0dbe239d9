/*
 * progress -- done, left, rate and ETA on one line of a terminal.
 *
 * Silent when standard error is not a terminal or after --quiet; updates at
 * most ten times a second.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stddef.h>

struct progress {
	const char *what;	/* "chad-decode" */
	size_t n_done;
	size_t n_total;		/* 0: not known */
	double started_sec;
	double shown_sec;
	int is_shown;		/* standard error is a terminal */
};

void progress_init(struct progress *p, const char *what, size_t n_total);

/* Say that n_done are done; "note" (may be NULL or "") follows on the line. */
void progress_update(struct progress *p, size_t n_done, const char *note);

/* Clear the line. */
void progress_end(struct progress *p);

#endif
