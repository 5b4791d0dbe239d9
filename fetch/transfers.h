/*
 * transfers -- many addresses at a time through one thread (libcurl's multi
 * interface behind it).
 *
 * http, https, ftp and file.  Up to 10 redirects are followed, from https only
 * to https and never to files; certificates and names are verified, against
 * $CURL_CA_BUNDLE when it is set; a proxy is taken from the environment as by
 * curl.  Who is asked when is decided by fetch/hosts.h.
 *
 * Any number of threads hand in a transfer each and wait for its end; bytes
 * are passed on, while it lasts, by the thread of the transfers.
 */
#ifndef FETCH_TRANSFERS_H
#define FETCH_TRANSFERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#include "fetch/answer.h"
#include "fetch/failure.h"
#include "fetch/hosts.h"
#include "fetch/s3_address.h"

#define TRANSFERS_URL_BYTES 2048	/* of what is told of the last one */

struct transfers_options {
	struct hosts_rules rules;
	size_t bytes_per_sec;	/* of all together; 0: any */
	/* Called a few times a second: end all as they are.  NULL: never. */
	bool (*must_stop)(void *shared);
	void *shared;
};

/* One transfer: what is asked and what became of it. */
struct transfer {
	const char *url;
	bool is_check;		/* the header alone (HEAD) */
	size_t first;		/* the byte to begin with */
	const char *if_range;	/* only if it still is this version; or NULL */
	const struct s3_access *s3;	/* sign with this; or NULL */
	size_t stall_sec;	/* no answer, or too slow, for so long: over */
	/* Times of transfers_now_sec. */
	double not_before_sec;
	double deadline_sec;	/* over by then; 0: none */
	/*
	 * The header is there, before the first byte and also when there is
	 * none; bytes.  Either returns false to cut the transfer off.  For
	 * ftp and file, last_modified and n_bytes of the answer are filled in.
	 */
	bool (*begin)(void *shared, const struct answer *answer);
	bool (*take)(void *shared, const char *bytes, size_t n_bytes);
	/*
	 * Bytes were taken: something to do meanwhile, in the thread that waits
	 * for the end.  Never at the same time as begin.  NULL: nothing.
	 */
	void (*follow)(void *shared);
	void *shared;

	/* What became of it. */
	enum failure failure;
	bool is_cut;		/* by begin or take; then there is no failure */
	bool is_stopped;	/* by must_stop; the same */
	bool is_out_of_range;	/* there is no byte "first"; the same */
	double asked_sec;	/* to wait, with a failure; negative: not */
	struct answer answer;
	char last_url[TRANSFERS_URL_BYTES];	/* after redirects */
};

struct transfers;

struct transfers *transfers_new(const struct transfers_options *o,
    struct error *err) MUST_CHECK;
/* None may be under way.  NULL: does nothing. */
void transfers_free(struct transfers *ts);

/*
 * Do it and wait for its end.  0 when all came that the server had to say; -1
 * with a failure and a sentence, or cut or stopped (no sentence).
 */
int transfers_run(struct transfers *ts, struct transfer *t,
    struct error *err) MUST_CHECK;

/*
 * A turn at the host of the address for who asks it otherwise, as by another
 * program: waits until it may start.  NULL: stopped, or an error.  Given back
 * with what became of it.
 */
struct turn;
struct turn *transfers_take_turn(struct transfers *ts, const char *url,
    double not_before_sec, struct error *err) MUST_CHECK;
void transfers_end_turn(struct transfers *ts, struct turn *turn,
    enum failure how);

/*
 * When try n (from 2) may begin after a failure that may pass, for
 * not_before_sec; negative when that is more than anybody waits.  asked_sec as
 * of the transfer that failed.
 */
double transfers_next_try(struct transfers *ts, enum failure f,
    double asked_sec, size_t n);

/* Seconds of a clock that only goes forward. */
double transfers_now_sec(void);

/* Has must_stop said so? */
bool transfers_must_stop(const struct transfers *ts);

#endif
