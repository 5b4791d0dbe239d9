/*
 * availability -- what a check has found, in all and host by host.
 *
 * An address is alive; changed: there, but not what was fetched or what the
 * last check saw; dead: gone or refused; or unknown, which says nothing of
 * whether it is there.  Any number of threads may count.
 */
#ifndef FETCH_AVAILABILITY_H
#define FETCH_AVAILABILITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "fetch/failure.h"

#define AVAILABILITY_HOST_BYTES 72

/* How many addresses are what. */
struct availability_counts {
	size_t n_asked;
	size_t n_alive, n_changed, n_gone, n_refused, n_unknown; /* the sum */
	/* Alive or changed the last time and dead now; the other way round. */
	size_t n_died, n_revived;
};

struct availability;

struct availability *availability_new(struct error *err) MUST_CHECK;
void availability_free(struct availability *v);	/* NULL: does nothing */

/* "alive", "changed", "dead" or "unknown" as they stand in records. */
const char *availability_state(enum failure f, bool is_changed);

/*
 * The host of an address as the table names it: in small letters, with the
 * port where there is one and in front the scheme where it is not http or
 * https, without a user's name.
 */
void availability_host(const char *url, char host[AVAILABILITY_HOST_BYTES]);

/* Count an address; "was" is its state of the last time, or "". */
int availability_add(struct availability *v, const char *url, enum failure f,
    bool is_changed, const char *was, struct error *err) MUST_CHECK;

/* All together. */
struct availability_counts availability_total(const struct availability *v);

/*
 * A table, a line a host, those with the most addresses first and by name
 * among equals; what is beyond max_hosts (>= 1) is one line, "N others".
 * Arena memory, "" when there is nothing.  Nothing is counted afterwards.
 */
const char *availability_table(struct availability *v, size_t max_hosts,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
