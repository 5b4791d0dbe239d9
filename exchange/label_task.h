/*
 * label_task -- Label Studio's tasks, one for each version of a fragment but
 * the original, with what was found as a prediction (Label Studio guide,
 * "Import pre-annotations": a task has "data" and "predictions", a region of a
 * sound is a result of type "labels" with start and end in seconds).
 */
#ifndef EXCHANGE_LABEL_TASK_H
#define EXCHANGE_LABEL_TASK_H

#include "base/error.h"
#include "base/json.h"

#include "exchange/dataset.h"
#include "exchange/dataset_list.h"

struct label_task;

struct label_task *label_task_new(const struct dataset_options *options,
    struct error *err) MUST_CHECK;
void label_task_free(struct label_task *t);	/* NULL: nothing */

/*
 * Take the next version.  *task: the task of it, to be freed with json_free;
 * NULL of an original, which is kept for the versions behind it.
 */
int label_task_take(struct label_task *t, const struct dataset_item *item,
    struct json **task, struct error *err) MUST_CHECK;

/*
 * Append a result {id, from_name, to_name, type, value} to a prediction or an
 * annotation; from_name is its id too.
 */
int label_task_append(struct json *to, const char *from_name,
    const char *to_name, const char *type, const struct json *value,
    struct error *err) MUST_CHECK;

/* Write config.xml, the interface to which the tasks fit. */
int label_task_write_config(const char *folder, struct error *err) MUST_CHECK;

#endif
