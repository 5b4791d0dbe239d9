/*
 * api -- what the page asks and is told: review/PROTOCOL.md.
 *
 * Everything is decided by the catalogue; nothing but rates and a copy of the
 * overview is remembered between two requests, so that a server that is killed
 * and started again goes on as if nothing had happened.
 */
#ifndef REVIEW_API_H
#define REVIEW_API_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

#include "store/queue.h"

#include "review/http_answer.h"
#include "review/http_request.h"
#include "review/prepare.h"

struct api_options {
	const char *catalogue_path;
	const char *cache_folder;	/* as given to "prepare" */
	struct prepare *prepare;	/* borrowed */
	struct queue_rules rules;
	/*
	 * Write all verdicts in the format, "jsonl", "csv" or "labelstudio";
	 * ERROR_FORMAT for another word.
	 */
	int (*export)(struct catalogue *c, const char *format, FILE *out,
	    struct error *err);
	/* Seconds since 1970, for claims and the log. */
	int64_t (*now)(void);
};

struct api;

/* NULL with an error; free with api_close. */
struct api *api_open(const struct api_options *options, struct error *err)
    MUST_CHECK;
void api_close(struct api *api);	/* NULL: does nothing */

/* As http_server_options.answer; "shared" is the api.  Any thread. */
void api_answer(void *shared, const struct http_request *request,
    struct http_answer *answer);

#endif
