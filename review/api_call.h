/*
 * api_call -- one request on its way through the api.  Private to review/api*.
 */
#ifndef REVIEW_API_CALL_H
#define REVIEW_API_CALL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "store/catalogue.h"
#include "store/people.h"

#include "review/api.h"

/* A handle of the catalogue, and who may use it: one at a time. */
struct api_desk {
	pthread_mutex_t lock;
	struct catalogue *catalogue;
	bool is_busy;			/* another process writes, it said */
};

struct api {
	struct api_options options;
	struct http_rate *rate;		/* by person */
	struct api_desk door;		/* who asks: waits for nobody */
	struct api_desk work;		/* claims and verdicts: quick */
	struct api_desk looks;		/* views, lists: may take a while */
	char *overview;			/* text, guarded by "looks", or NULL */
	int64_t overview_at;
};

struct api_call {
	struct api *api;
	const struct http_request *request;
	struct http_answer *answer;
	struct people_person person;		/* who asks */
	const struct json *body;	/* of a POST */
	int64_t now;
};

/* Say no: {"error": sentence} with the status. */
void api_refuse(const struct api_call *call, unsigned status, const char *fmt,
    ...) ERROR_PRINTF(3, 4);

/*
 * Say no for what the error says: 400 for what was asked, 503 when the
 * catalogue is in use, else 500.
 */
void api_fail(const struct api_call *call, const struct error *err);

/* Answer with the object, which is freed. */
void api_send(const struct api_call *call, struct json *body);

/* The same, or say no for the error when there is no object. */
void api_send_or_fail(const struct api_call *call, struct json *body,
    const struct error *err);

/* The fragment that the query names by g and f; refuses and false else. */
bool api_query_fragment(const struct api_call *call, const char **group_id,
    const char **fragment_id);

/* The same of the body, in the object at the path ("": the body). */
bool api_body_fragment(const struct api_call *call, const struct json *from,
    const char **group_id, const char **fragment_id);

/* What the header X-Csrf must be of somebody with this token. */
void api_csrf(const char *token, char csrf[HASH_HEX_BYTES]);

/* When the day began, in UTC. */
int64_t api_midnight(int64_t now);

/*
 * Take a desk; give it back with the error of what was done there.  While
 * another process keeps the catalogue locked only the first waits for it, so
 * that the rest is told so at once and holds no thread.
 */
struct catalogue *api_desk_take(struct api_desk *desk);
void api_desk_give(struct api_desk *desk, const struct error *err);

/* api_pages.c: what is no JSON. */
void api_page(const struct api_call *call);	/* "/", signed in or not */
void api_page_file(const struct api_call *call);
void api_page_stranger(const struct api_call *call);
void api_page_enter(const struct api_call *call);
void api_page_leave(const struct api_call *call);
void api_page_copy(const struct api_call *call);	/* of a sound */

/* api_items.c: fragments and verdicts. */
void api_items_claim(const struct api_call *call);
void api_items_release(const struct api_call *call);
void api_items_verdict(const struct api_call *call);
void api_items_undo(const struct api_call *call);
void api_items_item(const struct api_call *call);
void api_items_view(const struct api_call *call);
void api_items_queue(const struct api_call *call);

/* api_dataset.c: how things stand. */
void api_dataset_me(const struct api_call *call);
void api_dataset_progress(const struct api_call *call);
void api_dataset_overview(const struct api_call *call);
void api_dataset_agreement(const struct api_call *call);
void api_dataset_export(const struct api_call *call);

#endif
