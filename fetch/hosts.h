/*
 * hosts -- who may be asked when: so many at a time, of all hosts and of one,
 * a pause between two requests to one, and patience with those that ask for
 * it.
 *
 * A host that throttles (429, 503) is left alone for as long as it says, or
 * for a time that doubles each time it does so, both with some jitter so that
 * many clients do not come back together; from then on it is asked by half as
 * many at a time, one more after each success.  One that asks for longer than
 * anybody waits has to do so three times in a row to be believed; until then
 * it may have meant that one file.  Times are seconds of a clock that the
 * caller reads.  One thread at a time.
 */
#ifndef FETCH_HOSTS_H
#define FETCH_HOSTS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "fetch/failure.h"

#define HOSTS_MAX_BACKOFF_SEC 60.0

struct hosts_rules {
	size_t max_running;	/* of all hosts, >= 1 */
	size_t max_per_host;	/* >= 1 */
	double pause_sec;	/* between starts at one host, >= 0 */
	double backoff_sec;	/* after the first refusal, > 0 */
	double max_wait_sec;	/* that anybody waits for a host */
	uint64_t seed;		/* of the jitter */
};

struct hosts;
struct host;

struct hosts *hosts_new(const struct hosts_rules *rules, struct error *err)
    MUST_CHECK;
void hosts_free(struct hosts *h);	/* NULL: does nothing */

/*
 * The host of that name, kept until hosts_leave is called as often as this
 * was.  NULL when memory is out.
 */
struct host *hosts_enter(struct hosts *h, const char *name, double now_sec,
    struct error *err) MUST_CHECK;
void hosts_leave(struct host *host);

/*
 * Seconds until a request may start: 0 is now, INFINITY when one has to end
 * first.
 */
double hosts_wait_sec(const struct hosts *h, const struct host *host,
    double now_sec);

/* Seconds for which the host wants to be left alone. */
double hosts_held_sec(const struct host *host, double now_sec);

/* A request starts; ends, the host asking for a wait (negative: for none). */
void hosts_start(struct hosts *h, struct host *host, double now_sec);
void hosts_end(struct hosts *h, struct host *host, double now_sec,
    enum failure how, double asked_sec);

/*
 * The wait before try n (from 1) after a failure: first_sec doubled each time,
 * at most HOSTS_MAX_BACKOFF_SEC, times 0.5 to 1.
 */
double hosts_backoff_sec(struct hosts *h, double first_sec, size_t n);

#endif
