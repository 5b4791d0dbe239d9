#include <stddef.h>
#include <string.h>

#include "store/queue_sql.h"

static const char *
some(const char *text)
{
	return text == NULL || text[0] == '\0' ? NULL : text;
}

int
queue_sql_read(const struct queue_filter *filter, struct queue_sql *q,
    struct error *err)
{
	const char *status = some(filter->status);

	*q = (struct queue_sql){ .group_id = some(filter->group_id),
	    .model = some(filter->model) };
	if (filter->low > 0 || filter->high < 1) {
		q->low = &filter->low;
		q->high = &filter->high;
	}
	if (status == NULL || strcmp(status, "flag") == 0)
		return 0;
	if (strcmp(status, "disagreement") == 0) {
		q->status = QUEUE_SQL_DISAGREEMENT;
		return 0;
	}
	q->status = QUEUE_SQL_DECIDED;
	if (strcmp(status, "any") == 0)
		return 0;
	q->decision = status;
	if (strcmp(status, "keep") == 0 || strcmp(status, "drop") == 0)
		return 0;
	return error_set(err, ERROR_FORMAT, "the status \"%.40s\" must be "
	    "flag, disagreement, keep, drop or any", status);
}
