#include <time.h>

#include "base/file.h"

#include "review/http_server.h"
#include "review/prepare.h"
#include "review/queued.h"
#include "review/serve.h"

#define NAP_MS 100
#define LOOK_AHEAD_NAPS 50	/* between looks at the queue */

struct service {
	const struct serve_options *options;
	struct prepare *prepare;
	struct api *api;
	struct http_server *server;
};

/*
 * Have the front of the queue made; what is asked for last is made first.  What
 * fails here is told to who asks for the fragment: nothing ends.
 */
static void
look_ahead(struct service *s, struct catalogue *c)
{
	const struct serve_options *o = s->options;
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	struct queued q = { 0 };

	(void)prepare_renew(s->prepare, c, NULL);
	if (a != NULL && o->n_ahead > 0 && queued_load(&q, c, &o->api.rules,
	    o->n_ahead, o->api.now(), a, &err) == 0)
		for (size_t i = q.n_items; i-- > 0;)
			if (prepare_want(s->prepare, q.items[i].group_id,
			    q.items[i].fragment_id, &err) != 0)
				break;
	queued_release(&q);
	arena_free(a);
}

static void
wait_for_stop(struct service *s, struct catalogue *c,
    const volatile sig_atomic_t *stop)
{
	const struct timespec nap = { 0, NAP_MS * 1000000L };

	for (size_t i = 0; *stop == 0; i++) {
		if (i % LOOK_AHEAD_NAPS == 0)
			look_ahead(s, c);
		(void)nanosleep(&nap, NULL);
	}
}

static int
start(struct service *s, struct error *err)
{
	const struct serve_options *o = s->options;
	struct api_options api = o->api;
	struct http_server_options http = { .address = o->address,
		.port = o->port, .origins = &o->origin,
		.n_origins = o->origin == NULL ? 0 : 1,
		.n_threads = o->n_threads, .answer = api_answer };

	/* Later nobody but those who judge would be told. */
	if (file_make_folder(api.cache_folder, err) != 0)
		return -1;
	s->prepare = prepare_open(api.catalogue_path, api.cache_folder,
	    o->n_makers, err);
	if (s->prepare == NULL)
		return -1;
	api.prepare = s->prepare;
	if ((s->api = api_open(&api, err)) == NULL)
		return -1;
	http.shared = s->api;
	s->server = http_server_start(&http, err);
	return s->server == NULL ? -1 : 0;
}

int
serve_run(const struct serve_options *options,
    const volatile sig_atomic_t *stop,
    int (*ready)(void *context, unsigned port, struct error *err),
    void *context, struct error *err)
{
	struct service s = { .options = options };
	struct catalogue *c = catalogue_open(options->api.catalogue_path,
	    CATALOGUE_READ, 0, err);
	int status = -1;

	if (c != NULL && start(&s, err) == 0)
		status = ready(context, http_server_port(s.server), err);
	if (status == 0)
		wait_for_stop(&s, c, stop);
	http_server_stop(s.server);
	api_close(s.api);
	prepare_close(s.prepare);
	catalogue_close(c);
	return status;
}
