/*
 * probe -- is what an address leads to still there?
 *
 * By HEAD, and where the server does not know that (or ftp or a file is meant)
 * by a GET that is cut off behind the header.
 */
#ifndef FETCH_PROBE_H
#define FETCH_PROBE_H

#include "fetch/transfers.h"

struct probe {
	const char *url;
	size_t stall_sec;
	size_t n_tries;		/* where trying again can help; 0: 1 */
	struct transfers *transfers;
};

struct probe_result {
	enum failure failure;	/* NONE: it is there, or stopped */
	bool is_stopped;
	struct answer answer;
};

/* 0 when it is there; else -1 with a sentence, but for the stopped. */
int probe_run(const struct probe *p, struct probe_result *result,
    struct error *err) MUST_CHECK;

#endif
