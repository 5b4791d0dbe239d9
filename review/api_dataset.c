/*
 * How things stand: who asks, how far people are, the dataset as a whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "store/overview.h"
#include "store/queue.h"

#include "review/agreement.h"
#include "review/api_call.h"

#define OVERVIEW_SEC 60		/* it is read anew when older */

/* Codes of reasons that the page offers; FORMAT.md, "Reviews". */
static const char reasons[] = "[\"wrong-passage\", \"offset\","
    " \"boundaries\", \"no-voice\", \"bad-separation\", \"other-song\","
    " \"instrumental\", \"noise\", \"key\", \"tempo\", \"other\"]";

static int
fill_me(const struct api_call *call, struct json *me, struct error *err)
{
	struct json *list = json_parse(reasons, strlen(reasons), err);
	char csrf[HASH_HEX_BYTES];
	int status = -1;

	api_csrf(call->request->cookie, csrf);
	if (list != NULL &&
	    json_put_string(me, "name", call->person.name, err) == 0 &&
	    json_put_string(me, "role", people_role_name(call->person.role),
	    err) == 0 && json_put_string(me, "csrf", csrf, err) == 0 &&
	    json_put_size(me, "people_per_item",
	    call->api->options.rules.people_per_item, err) == 0 &&
	    json_put(me, "reasons", list, err) == 0)
		status = 0;
	json_free(list);
	return status;
}

void
api_dataset_me(const struct api_call *call)
{
	struct error err = { ERROR_NONE, "" };
	struct json *me = json_new_object(&err);

	if (me != NULL && fill_me(call, me, &err) != 0) {
		json_free(me);
		me = NULL;
	}
	api_send_or_fail(call, me, &err);
}

void
api_dataset_progress(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct json *out = queue_progress(api_desk_take(&api->looks),
	    &call->person, &api->options.rules, api_midnight(call->now),
	    call->now, &err);

	api_desk_give(&api->looks, &err);
	api_send_or_fail(call, out, &err);
}

/* Bring api->overview up to date; the desk is taken. */
static int
renew_overview(struct api *api, int64_t now, struct arena *a,
    struct error *err)
{
	struct json *out;
	const char *text;

	if (api->overview != NULL && now - api->overview_at < OVERVIEW_SEC)
		return 0;
	if ((out = overview_read(api->looks.catalogue, err)) == NULL)
		return -1;
	text = json_text(out, a, err);
	json_free(out);
	if (text == NULL)
		return -1;
	memory_free(api->overview);
	api->overview = memory_strdup(text, err);
	api->overview_at = now;
	return api->overview == NULL ? -1 : 0;
}

void
api_dataset_overview(const struct api_call *call)
{
	struct api *api = call->api;
	struct arena *a = call->request->a;
	struct error err = { ERROR_NONE, "" };
	struct json *out = NULL;

	(void)api_desk_take(&api->looks);
	if (renew_overview(api, call->now, a, &err) == 0)
		out = json_parse(api->overview, strlen(api->overview), &err);
	api_desk_give(&api->looks, &err);
	api_send_or_fail(call, out, &err);
}

void
api_dataset_agreement(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct json *out = agreement_report(api_desk_take(&api->looks), &err);

	api_desk_give(&api->looks, &err);
	api_send_or_fail(call, out, &err);
}

static void
send_download(const struct api_call *call, const char *format,
    const char *text, size_t n_bytes)
{
	struct http_answer *answer = call->answer;
	const bool is_csv = strcmp(format, "csv") == 0;
	char *copy = arena_alloc(call->request->a, n_bytes + 1, 1);

	if (copy == NULL) {
		api_refuse(call, 500, "out of memory");
		return;
	}
	memcpy(copy, text, n_bytes);
	answer->status = 200;
	answer->type = is_csv ? "text/csv; charset=utf-8" :
	    "application/json";
	answer->body = copy;
	answer->n_bytes = n_bytes;
	answer->download_name = is_csv ? "reviews.csv" :
	    strcmp(format, "jsonl") == 0 ? "reviews.jsonl" : "reviews.json";
}

/* What a command-line user gets from "export", as a file to save. */
void
api_dataset_export(const struct api_call *call)
{
	const char *format = http_query_get(call->request->query, "format");
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	char *text = NULL;
	size_t n_bytes = 0;
	FILE *out = open_memstream(&text, &n_bytes);
	int status;

	if (out == NULL) {
		api_refuse(call, 500, "out of memory");
		return;
	}
	if (format == NULL || format[0] == '\0')
		format = "jsonl";
	status = api->options.export(api_desk_take(&api->looks), format, out,
	    &err);
	api_desk_give(&api->looks, &err);
	if (fclose(out) != 0 && status == 0)
		status = error_set(&err, ERROR_NOMEM, "out of memory");
	if (status == 0)
		send_download(call, format, text, n_bytes);
	else
		api_fail(call, &err);
	free(text);
}
