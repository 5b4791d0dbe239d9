/*
 * verdict_task -- a Label Studio task with the words on a fragment as its
 * annotations (exchange/verdict_list.h says how).
 */
#ifndef EXCHANGE_VERDICT_TASK_H
#define EXCHANGE_VERDICT_TASK_H

#include "base/error.h"
#include "base/json.h"

/* The task of an aligned fragment; free with json_free.  NULL: an error. */
struct json *verdict_task_new(const struct json *fragment, struct error *err)
    MUST_CHECK;

/* Add a review of that fragment. */
int verdict_task_add(struct json *task, const struct json *review,
    struct error *err) MUST_CHECK;

/*
 * The review in annotation i of a task; *review is NULL when it holds none,
 * else to be freed.  -1 when the task is not ours, or the annotation is broken.
 */
int verdict_task_read(const struct json *task, size_t i,
    struct json **review, struct error *err) MUST_CHECK;

#endif
