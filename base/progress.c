#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/progress.h"

#define SHOW_EVERY_SEC 0.1
#define NOTE_BYTES 48

static double
now_sec(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0.0;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void
progress_init(struct progress *p, const char *what, size_t n_total)
{
	p->what = what;
	p->n_done = 0;
	p->n_total = n_total;
	p->started_sec = now_sec();
	p->shown_sec = 0.0;
	p->is_shown = !cli_is_quiet() && isatty(STDERR_FILENO);
}

/* "1h02", "3m20" or "12s". */
static void
write_duration(char *text, size_t n_bytes, double sec)
{
	const unsigned long s = sec < 1e9 ? (unsigned long)sec : 999999999;

	if (s >= 3600)
		(void)snprintf(text, n_bytes, "%luh%02lu", s / 3600,
		    s / 60 % 60);
	else if (s >= 60)
		(void)snprintf(text, n_bytes, "%lum%02lu", s / 60, s % 60);
	else
		(void)snprintf(text, n_bytes, "%lus", s);
}

/* The beginning of the note; control characters become spaces. */
static void
copy_note(char copy[NOTE_BYTES], const char *note)
{
	size_t n = 0;

	for (; note != NULL && note[n] != '\0' && n + 1 < NOTE_BYTES; n++)
		copy[n] = (unsigned char)note[n] < 32 || note[n] == 127 ?
		    ' ' : note[n];
	copy[n] = '\0';
}

void
progress_update(struct progress *p, size_t n_done, const char *note)
{
	const double now = now_sec();
	const double took_sec = now - p->started_sec;
	double rate;
	char shown_note[NOTE_BYTES];
	char eta[32];

	p->n_done = n_done;
	if (!p->is_shown || (now - p->shown_sec < SHOW_EVERY_SEC &&
	    n_done != p->n_total))
		return;
	p->shown_sec = now;
	rate = took_sec > 0.0 ? (double)n_done / took_sec : 0.0;
	copy_note(shown_note, note);
	if (p->n_total == 0 || n_done > p->n_total) {
		(void)fprintf(stderr, "\r\033[K%s: %zu done, %.3g/s %s",
		    p->what, n_done, rate, shown_note);
	} else {
		const double left = (double)(p->n_total - n_done);

		write_duration(eta, sizeof(eta),
		    rate > 0.0 ? left / rate : 0.0);
		(void)fprintf(stderr,
		    "\r\033[K%s: %zu of %zu, %.3g/s, %s left %s", p->what,
		    n_done, p->n_total, rate, eta, shown_note);
	}
	(void)fflush(stderr);
}

void
progress_end(struct progress *p)
{
	if (!p->is_shown || p->shown_sec <= 0.0)
		return;
	(void)fprintf(stderr, "\r\033[K");
	(void)fflush(stderr);
	p->shown_sec = 0.0;
}
