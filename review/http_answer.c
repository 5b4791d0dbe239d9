#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#include "review/http_answer.h"
#include "review/http_request.h"

void
http_answer_error(struct http_answer *answer,
    const struct http_request *request, unsigned status, const char *fmt, ...)
{
	char text[ERROR_TEXT_BYTES];
	struct json *j = json_new_object(NULL);
	const char *body = NULL;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (j != NULL && json_put_bytes(j, "error", text, strlen(text),
	    NULL) == 0)
		body = json_text(j, request->a, NULL);
	json_free(j);
	answer->status = status;
	answer->type = "application/json";
	answer->body = body == NULL ? "{}" : body;
	answer->n_bytes = strlen(answer->body);
}
