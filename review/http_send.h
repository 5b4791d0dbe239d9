/*
 * http_send -- an answer and the headers that guard it, handed to
 * libmicrohttpd.  Seen by http_server alone.
 */
#ifndef REVIEW_HTTP_SEND_H
#define REVIEW_HTTP_SEND_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "review/http_answer.h"

/* What the request says about the version and the bytes it wants; or NULL. */
struct http_send_wish {
	const char *range, *if_range, *if_none_match;
};

/*
 * Queue the answer, with "Connection: close" when must_close.  A file is taken
 * in any case.  Memory must last until the request is completed.  *n_bytes:
 * those that will go out as body.  MHD_NO when it cannot be sent: the
 * connection is to be closed.
 */
enum MHD_Result http_send(struct MHD_Connection *connection,
    const struct http_answer *answer, const struct http_send_wish *wish,
    bool must_close, uint64_t *n_bytes);

#endif
