#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"

#include "review/api_call.h"
#include "review/http_rate.h"

#define START_BUSY_MS 10000
#define BUSY_MS 500		/* for another process that writes */
#define PERSON_PER_SEC 20	/* requests */
#define PERSON_BURST 200
#define SENTENCE_BYTES 1024

struct route {
	const char *path;	/* whole; with "/" at its end: the beginning */
	enum http_method method;
	enum people_role role;	/* at least this one */
	void (*run)(const struct api_call *call);
};

static const struct route routes[] = {
	{ "/api/me", HTTP_GET, PEOPLE_ANNOTATOR, api_dataset_me },
	{ "/api/claim", HTTP_POST, PEOPLE_ANNOTATOR, api_items_claim },
	{ "/api/release", HTTP_POST, PEOPLE_ANNOTATOR, api_items_release },
	{ "/api/verdict", HTTP_POST, PEOPLE_ANNOTATOR, api_items_verdict },
	{ "/api/undo", HTTP_POST, PEOPLE_ANNOTATOR, api_items_undo },
	{ "/api/item", HTTP_GET, PEOPLE_ANNOTATOR, api_items_item },
	{ "/api/view", HTTP_GET, PEOPLE_ANNOTATOR, api_items_view },
	{ "/api/queue", HTTP_GET, PEOPLE_ANNOTATOR, api_items_queue },
	{ "/api/progress", HTTP_GET, PEOPLE_ANNOTATOR, api_dataset_progress },
	{ "/api/overview", HTTP_GET, PEOPLE_ANNOTATOR, api_dataset_overview },
	{ "/api/agreement", HTTP_GET, PEOPLE_ADJUDICATOR,
	    api_dataset_agreement },
	{ "/api/export", HTTP_GET, PEOPLE_ADMIN, api_dataset_export },
	{ "/api/leave", HTTP_POST, PEOPLE_ANNOTATOR, api_page_leave },
	{ "/media/", HTTP_GET, PEOPLE_ANNOTATOR, api_page_copy },
	{ "/", HTTP_GET, PEOPLE_ANNOTATOR, api_page },
};

void
api_refuse(const struct api_call *call, unsigned status, const char *fmt, ...)
{
	char sentence[SENTENCE_BYTES];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(sentence, sizeof(sentence), fmt, ap) < 0)
		sentence[0] = '\0';
	va_end(ap);
	http_answer_error(call->answer, call->request, status, "%s",
	    sentence);
}

void
api_fail(const struct api_call *call, const struct error *err)
{
	const bool is_theirs = err->code == ERROR_FORMAT ||
	    err->code == ERROR_LIMIT;

	if (err->code != ERROR_BUSY) {
		api_refuse(call, is_theirs ? 400 : 500, "%s", err->text);
		return;
	}
	api_refuse(call, 503, "another program is writing to the catalogue: "
	    "try again in a moment");
	call->answer->retry_after_sec = 1;
}

void
api_send(const struct api_call *call, struct json *body)
{
	struct error err = { ERROR_NONE, "" };
	const char *text = json_text(body, call->request->a, &err);

	json_free(body);
	if (text == NULL) {
		api_fail(call, &err);
		return;
	}
	call->answer->status = 200;
	call->answer->type = "application/json";
	call->answer->body = text;
	call->answer->n_bytes = strlen(text);
}

void
api_send_or_fail(const struct api_call *call, struct json *body,
    const struct error *err)
{
	if (body == NULL)
		api_fail(call, err);
	else
		api_send(call, body);
}

bool
api_query_fragment(const struct api_call *call, const char **group_id,
    const char **fragment_id)
{
	*group_id = http_query_get(call->request->query, "g");
	*fragment_id = http_query_get(call->request->query, "f");
	if (*group_id != NULL && *fragment_id != NULL)
		return true;
	api_refuse(call, 400, "which fragment? ?g=GROUP_ID&f=FRAGMENT_ID");
	return false;
}

bool
api_body_fragment(const struct api_call *call, const struct json *from,
    const char **group_id, const char **fragment_id)
{
	struct error err = { ERROR_NONE, "" };

	if (json_want_string(from, "g", group_id, &err) == 0 &&
	    json_want_string(from, "f", fragment_id, &err) == 0)
		return true;
	api_fail(call, &err);
	return false;
}

struct catalogue *
api_desk_take(struct api_desk *desk)
{
	(void)pthread_mutex_lock(&desk->lock);
	catalogue_set_busy(desk->catalogue, desk->is_busy ? 0 : BUSY_MS);
	return desk->catalogue;
}

void
api_desk_give(struct api_desk *desk, const struct error *err)
{
	desk->is_busy = err->code == ERROR_BUSY;
	(void)pthread_mutex_unlock(&desk->lock);
}

int64_t
api_midnight(int64_t now)
{
	return now - now % (24 * 3600);
}

static double
steady_sec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Who has the cookie; refuses and false when that is nobody. */
static bool
find_person(struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	bool is_found = false;
	int status = 0;

	if (call->request->cookie != NULL) {
		status = people_find(api_desk_take(&api->door),
		    call->request->cookie, &call->person, &is_found, &err);
		api_desk_give(&api->door, &err);
	}
	if (status != 0)
		api_fail(call, &err);
	else if (!is_found)
		api_page_stranger(call);
	return status == 0 && is_found;
}

static bool
may_go_on(const struct api_call *call)
{
	const unsigned wait_sec = http_rate_take(call->api->rate,
	    call->person.name, steady_sec());

	if (wait_sec == 0)
		return true;
	api_refuse(call, 429, "too many requests: wait %u s", wait_sec);
	call->answer->retry_after_sec = wait_sec;
	return false;
}

void
api_csrf(const char *token, char csrf[HASH_HEX_BYTES])
{
	hash_texts(csrf, "chad-review csrf", token, NULL);
}

/*
 * A POST that changes something carries what only our page can know: a form of
 * another site sends the cookie along, but not this header.
 */
static bool
is_from_page(const struct api_call *call)
{
	const struct http_request *request = call->request;
	const char *type = request->content_type;
	char csrf[HASH_HEX_BYTES];

	api_csrf(request->cookie, csrf);
	if (request->csrf == NULL || strcmp(request->csrf, csrf) != 0) {
		api_refuse(call, 403, "the header X-Csrf is missing or old: "
		    "load the page again");
		return false;
	}
	if (type == NULL || strncmp(type, "application/json",
	    strlen("application/json")) != 0) {
		api_refuse(call, 415, "Content-Type must be "
		    "application/json");
		return false;
	}
	return true;
}

static const struct route *
find_route(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const char *name = routes[i].path;
		const size_t n = strlen(name);

		if (strcmp(path, name) == 0 || (n > 1 &&
		    name[n - 1] == '/' && strncmp(path, name, n) == 0))
			return &routes[i];
	}
	return NULL;
}

static void
run_post(struct api_call *call, const struct route *route)
{
	struct error err = { ERROR_NONE, "" };
	struct json *body;

	if (!is_from_page(call))
		return;
	body = json_parse(call->request->body, call->request->n_body_bytes,
	    &err);
	if (body == NULL) {
		api_fail(call, &err);
		return;
	}
	if (json_is_object(body)) {
		call->body = body;
		route->run(call);
	} else {
		api_refuse(call, 400, "the body is not a JSON object");
	}
	json_free(body);
}

/* What needs to be somebody. */
static void
run_route(struct api_call *call)
{
	const struct http_request *request = call->request;
	const struct route *route = find_route(request->path);

	if (!find_person(call) || !may_go_on(call))
		return;
	if (route == NULL)
		api_refuse(call, 404, "there is no %.200s", request->path);
	else if (route->method != request->method)
		api_refuse(call, 405, "%s is asked by %s", route->path,
		    route->method == HTTP_GET ? "GET" : "POST");
	else if (call->person.role < route->role)
		api_refuse(call, 403, "this is for %ss",
		    people_role_name(route->role));
	else if (route->method == HTTP_POST)
		run_post(call, route);
	else
		route->run(call);
}

void
api_answer(void *shared, const struct http_request *request,
    struct http_answer *answer)
{
	struct api *api = shared;
	struct api_call call = { .api = api, .request = request,
		.answer = answer, .now = api->options.now() };

	if (strcmp(request->path, "/healthz") == 0) {
		answer->status = 200;
		answer->type = "text/plain";
		answer->body = "ok\n";
		answer->n_bytes = strlen("ok\n");
	} else if (strncmp(request->path, "/page/", strlen("/page/")) == 0) {
		api_page_file(&call);
	} else if (strncmp(request->path, "/enter/", strlen("/enter/")) == 0) {
		api_page_enter(&call);
	} else {
		run_route(&call);
	}
}

static int
open_desk(struct api_desk *desk, const char *path, struct error *err)
{
	desk->catalogue = catalogue_open(path, CATALOGUE_WRITE,
	    START_BUSY_MS, err);
	return desk->catalogue == NULL ? -1 : 0;
}

static void
close_desk(struct api_desk *desk)
{
	catalogue_close(desk->catalogue);
	(void)pthread_mutex_destroy(&desk->lock);
}

struct api *
api_open(const struct api_options *options, struct error *err)
{
	struct api *api = memory_new(1, sizeof(*api), "api", err);

	if (api == NULL)
		return NULL;
	api->options = *options;
	(void)pthread_mutex_init(&api->door.lock, NULL);
	(void)pthread_mutex_init(&api->work.lock, NULL);
	(void)pthread_mutex_init(&api->looks.lock, NULL);
	if (open_desk(&api->door, options->catalogue_path, err) == 0 &&
	    open_desk(&api->work, options->catalogue_path, err) == 0 &&
	    open_desk(&api->looks, options->catalogue_path, err) == 0 &&
	    (api->rate = http_rate_new(PERSON_PER_SEC, PERSON_BURST,
	    err)) != NULL)
		return api;
	api_close(api);
	return NULL;
}

void
api_close(struct api *api)
{
	if (api == NULL)
		return;
	close_desk(&api->door);
	close_desk(&api->work);
	close_desk(&api->looks);
	http_rate_free(api->rate);
	memory_free(api->overview);
	memory_free(api);
}
