/*
 * serve -- the page as a running service: the web server, the api, and threads
 * that make sounds ahead of those who will hear them.
 */
#ifndef REVIEW_SERVE_H
#define REVIEW_SERVE_H

#include <signal.h>
#include <stddef.h>

#include "base/error.h"

#include "review/api.h"

struct serve_options {
	const char *address;	/* to listen on */
	unsigned port;		/* 0: a free one */
	const char *origin;	/* how browsers come to us, or NULL: directly */
	size_t n_threads;	/* that answer */
	size_t n_makers;	/* that make sounds */
	size_t n_ahead;		/* items at the front of the queue are made
				 * before somebody asks */
	struct api_options api;	/* but for "prepare", which is ours */
};

/*
 * Serve until *stop is not 0; "ready" is called when the port, which it is
 * given, is open.
 */
int serve_run(const struct serve_options *options,
    const volatile sig_atomic_t *stop,
    int (*ready)(void *context, unsigned port, struct error *err),
    void *context, struct error *err) MUST_CHECK;

#endif
