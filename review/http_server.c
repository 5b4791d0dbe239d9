/*
 * One struct client a connection, made and released by libmicrohttpd's word of
 * it, has all that a request needs: there is one request at a time on it.
 *
 *	started -> [ target -> begin -> body ... -> end -> completed ] -> closed
 *
 * Its deadline moves along: for the header, the body, the answer.
 *
 * libmicrohttpd polls.  With epoll it takes a read that was short for all that
 * has come (0.9.75), and a client that closes right behind its request would
 * stay until it times out.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>

#include "base/memory.h"

#include "review/http_address.h"
#include "review/http_deadlines.h"
#include "review/http_rate.h"
#include "review/http_send.h"
#include "review/http_server.h"
#include "review/http_visit.h"

#define MAX_THREADS 64
#define MAX_ORIGINS 16
#define N_LOOPBACK 3
#define POOL_BYTES ((size_t)65536)	/* a connection's, in libmicrohttpd */
#define MAX_DROPPED_BYTES ((size_t)1 << 20)	/* of too long a body */
#define STOP_SEC 10

struct http_server {
	struct http_server_options o;
	struct http_origin origins[MAX_ORIGINS + N_LOOPBACK];
	struct http_visit_host host;
	unsigned port;
	int fd;
	struct MHD_Daemon *daemon;
	struct http_deadlines *deadlines;
	struct http_rate *rate;
	pthread_mutex_t lock;
	pthread_cond_t is_quiet;
	size_t n_running;	/* requests; guarded by the lock */
	bool is_stopping;	/* the same */
};

struct client {
	struct http_server *server;
	struct http_deadline deadline;
	char address[HTTP_ADDRESS_BYTES];
	struct arena *a;	/* of the request */
	const char *target;	/* NULL: too long */
	struct http_visit visit;
	char *body;
	size_t n_body_bytes;	/* counted on where it is too long */
	bool has_begun, is_running;
};

/* A request has begun or ended. */
static void
count_request(struct client *c, bool is_running)
{
	struct http_server *s = c->server;

	if (c->is_running == is_running)
		return;
	c->is_running = is_running;
	(void)pthread_mutex_lock(&s->lock);
	if (is_running)
		s->n_running++;
	else if (--s->n_running == 0)
		(void)pthread_cond_signal(&s->is_quiet);
	(void)pthread_mutex_unlock(&s->lock);
}

static bool
is_stopping(struct http_server *s)
{
	bool is;

	(void)pthread_mutex_lock(&s->lock);
	is = s->is_stopping;
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}

static void
give_sec(struct client *c, double sec)
{
	http_deadlines_set(c->server->deadlines, &c->deadline,
	    http_deadlines_now_sec() + sec);
}

/* May another connection from this address be taken? */
static enum MHD_Result
take_connection(void *shared, const struct sockaddr *address,
    socklen_t n_bytes)
{
	struct http_server *s = shared;
	char text[HTTP_ADDRESS_BYTES], key[HTTP_ADDRESS_BYTES];

	(void)n_bytes;
	http_address_text(address, text);
	if (s->host.has_proxy && http_address_is_loopback(text))
		return MHD_YES;
	http_address_key(text, key);
	return http_deadlines_count(s->deadlines, key) <
	    s->o.limits.n_per_address ? MHD_YES : MHD_NO;
}

static void
free_client(struct client *c)
{
	if (c == NULL)
		return;
	arena_free(c->a);
	memory_free(c);
}

static struct client *
start_client(struct http_server *s, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *from = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const union MHD_ConnectionInfo *socket = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *c = memory_new(1, sizeof(*c), "client", NULL);

	if (c == NULL || from == NULL || socket == NULL)
		goto fail;
	c->server = s;
	c->a = arena_new();
	if (c->a == NULL)
		goto fail;
	http_address_text(from->client_addr, c->address);
	http_address_key(c->address, c->deadline.key);
	c->deadline.fd = socket->connect_fd;
	c->deadline.at_sec = http_deadlines_now_sec() +
	    s->o.limits.header_sec;
	http_deadlines_add(s->deadlines, &c->deadline);
	return c;
fail:
	free_client(c);
	return NULL;
}

/* A connection has been made, or is about to be closed. */
static void
note_connection(void *shared, struct MHD_Connection *connection,
    void **socket_context, enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = shared;
	struct client *c = *socket_context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = start_client(s, connection);
		return;
	}
	*socket_context = NULL;
	if (c == NULL)
		return;
	count_request(c, false);
	http_deadlines_remove(s->deadlines, &c->deadline);
	free_client(c);
}

static struct client *
client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

/* The request line has come.  What is returned comes back with the rest. */
static void *
note_target(void *shared, const char *target,
    struct MHD_Connection *connection)
{
	struct client *c = client_of(connection);

	(void)shared;
	if (c == NULL)
		return NULL;
	memset(&c->visit, 0, sizeof(c->visit));
	c->body = NULL;
	c->n_body_bytes = 0;
	c->has_begun = false;
	c->target = target == NULL || strlen(target) >
	    HTTP_VISIT_TARGET_BYTES ? NULL : arena_strdup(c->a, target);
	give_sec(c, c->server->o.limits.header_sec);
	return c;
}

/* The path and query are taken from the target, as they came. */
static size_t
leave_encoded(void *shared, struct MHD_Connection *connection, char *text)
{
	(void)shared;
	(void)connection;
	return strlen(text);
}

static enum MHD_Result
send_answer(struct client *c, struct MHD_Connection *connection,
    const struct http_answer *answer)
{
	const struct http_server_limits *l = &c->server->o.limits;
	const bool must_close = c->visit.is_unframed ||
	    is_stopping(c->server);
	uint64_t n_bytes = 0;
	enum MHD_Result result;

	result = http_send(connection, answer, &c->visit.wish, must_close,
	    &n_bytes);
	give_sec(c, l->idle_sec + (double)n_bytes / (double)l->bytes_per_sec);
	return result;
}

static enum MHD_Result
send_refusal(struct client *c, struct MHD_Connection *connection,
    unsigned retry_after_sec)
{
	struct http_answer answer = { .retry_after_sec = retry_after_sec };

	http_answer_error(&answer, &c->visit.request, c->visit.refused, "%s",
	    c->visit.why);
	return send_answer(c, connection, &answer);
}

/* The header has come. */
static enum MHD_Result
begin_request(struct client *c, struct MHD_Connection *connection,
    const char *method, const char *version)
{
	c->has_begun = true;
	count_request(c, true);
	http_visit_read(&c->visit, connection, &c->server->host, method,
	    c->target, version, c->address, c->a);
	if (c->visit.is_unframed)
		return send_refusal(c, connection, 0);
	give_sec(c, c->server->o.limits.body_sec);
	return MHD_YES;
}

/* Bytes of the body have come.  What is too long is dropped, for a while. */
static enum MHD_Result
take_body(struct client *c, const char *bytes, size_t n_bytes)
{
	if (c->body == NULL)
		c->body = arena_alloc(c->a, HTTP_VISIT_BODY_BYTES + 1, 1);
	if (c->body == NULL || c->n_body_bytes + n_bytes > MAX_DROPPED_BYTES)
		return MHD_NO;
	if (c->n_body_bytes + n_bytes <= HTTP_VISIT_BODY_BYTES)
		memcpy(c->body + c->n_body_bytes, bytes, n_bytes);
	c->n_body_bytes += n_bytes;
	return MHD_YES;
}

/* All has come. */
static enum MHD_Result
end_request(struct client *c, struct MHD_Connection *connection)
{
	struct http_server *s = c->server;
	struct http_request *request = &c->visit.request;
	struct http_answer answer;
	char key[HTTP_ADDRESS_BYTES];
	unsigned wait_sec;

	if (c->n_body_bytes > HTTP_VISIT_BODY_BYTES) {
		c->visit.refused = 413;
		c->visit.why = "the body is over 64 KiB";
	}
	http_address_key(request->address, key);
	wait_sec = http_rate_take(s->rate, key, http_deadlines_now_sec());
	if (wait_sec > 0) {
		c->visit.refused = 429;
		c->visit.why = "too many requests: slow down";
	}
	if (c->visit.refused != 0)
		return send_refusal(c, connection, wait_sec);
	memset(&answer, 0, sizeof(answer));
	request->body = c->body == NULL ? "" : c->body;
	request->n_body_bytes = c->n_body_bytes;
	/* However long it takes, it is not the client's time. */
	http_deadlines_set(s->deadlines, &c->deadline, INFINITY);
	s->o.answer(s->o.shared, request, &answer);
	return send_answer(c, connection, &answer);
}

/* Called with the header, with parts of the body, and at the end. */
static enum MHD_Result
take_request(void *shared, struct MHD_Connection *connection,
    const char *path, const char *method, const char *version,
    const char *bytes, size_t *n_bytes, void **request)
{
	struct client *c = client_of(connection);
	enum MHD_Result result;

	(void)shared;
	(void)path;
	(void)request;
	if (c == NULL)
		return MHD_NO;
	if (!c->has_begun)
		return begin_request(c, connection, method, version);
	if (*n_bytes == 0)
		return end_request(c, connection);
	result = take_body(c, bytes, *n_bytes);
	*n_bytes = 0;
	return result;
}

/* The answer is out, or never will be. */
static void
note_completed(void *shared, struct MHD_Connection *connection,
    void **request, enum MHD_RequestTerminationCode how)
{
	struct client *c = client_of(connection);

	(void)shared;
	(void)request;
	(void)how;
	if (c == NULL)
		return;
	count_request(c, false);
	/* A connection that is kept keeps no large answer. */
	arena_reset(c->a);
	give_sec(c, c->server->o.limits.idle_sec +
	    c->server->o.limits.header_sec);
}

static void
fill_limits(struct http_server_limits *l)
{
	if (l->header_sec <= 0.0)
		l->header_sec = 10.0;
	if (l->body_sec <= 0.0)
		l->body_sec = 20.0;
	if (l->idle_sec <= 0.0)
		l->idle_sec = 30.0;
	if (l->bytes_per_sec == 0)
		l->bytes_per_sec = 4096;
	if (l->n_connections == 0)
		l->n_connections = 1000;
	if (l->n_per_address == 0)
		l->n_per_address = 32;
	if (l->requests_per_sec <= 0.0)
		l->requests_per_sec = 50.0;
	if (l->burst < 1.0)
		l->burst = 500.0;
}

/* The origins given, and those of this machine with our port. */
static int
read_origins(struct http_server *s, struct error *err)
{
	static const char *const loopback[N_LOOPBACK] = {
		"127.0.0.1", "localhost", "[::1]"
	};
	const struct http_server_options *o = &s->o;
	char text[40];
	size_t n = 0;

	if (o->n_origins > MAX_ORIGINS)
		return error_set(err, ERROR_LIMIT,
		    "more than %d origins", MAX_ORIGINS);
	for (; n < o->n_origins; n++)
		if (http_origin_parse(o->origins[n], &s->origins[n],
		    err) != 0)
			return -1;
	for (size_t i = 0; i < N_LOOPBACK; i++, n++) {
		(void)snprintf(text, sizeof(text), "http://%s:%u",
		    loopback[i], s->port);
		if (http_origin_parse(text, &s->origins[n], err) != 0)
			return -1;
	}
	s->host.origins = s->origins;
	s->host.n_origins = n;
	s->host.has_proxy = o->n_origins > 0;
	return 0;
}

/* Each connection may have a file besides its socket. */
static void
allow_files(size_t n_connections)
{
	struct rlimit l;
	const rlim_t need = 2 * (rlim_t)n_connections + 256;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= need)
		return;
	l.rlim_cur = l.rlim_max < need ? l.rlim_max : need;
	/* With fewer there is room for fewer: accept waits. */
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

static struct MHD_Daemon *
start_daemon(struct http_server *s)
{
	const struct http_server_limits *l = &s->o.limits;
	const bool is_ipv6 = strchr(s->o.address, ':') != NULL;
	struct MHD_OptionItem pool[] = {
		{ MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)s->o.n_threads,
		    NULL },
		{ MHD_OPTION_END, 0, NULL }
	};

	if (s->o.n_threads == 1)
		pool[0].option = MHD_OPTION_END;
	return MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC |
	    (is_ipv6 ? MHD_USE_IPv6 : 0), 0, take_connection, s, take_request,
	    s, MHD_OPTION_LISTEN_SOCKET, s->fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)l->n_connections,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)ceil(l->idle_sec),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, POOL_BYTES,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_NOTIFY_CONNECTION, note_connection, s,
	    MHD_OPTION_NOTIFY_COMPLETED, note_completed, s,
	    MHD_OPTION_URI_LOG_CALLBACK, note_target, s,
	    MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL,
	    MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

static int
check_options(const struct http_server_options *o, struct error *err)
{
	char text[HTTP_ADDRESS_BYTES];

	if (o->n_threads < 1 || o->n_threads > MAX_THREADS)
		return error_set(err, ERROR_LIMIT,
		    "the web server has 1 to %d threads", MAX_THREADS);
	if (o->n_origins == 0 && http_address_parse(o->address, text) &&
	    !http_address_is_loopback(text))
		return error_set(err, ERROR_LIMIT, "listening at %s lets "
		    "other machines in: say by --origin under which address "
		    "they come, as https://host", o->address);
	return 0;
}

struct http_server *
http_server_start(const struct http_server_options *o, struct error *err)
{
	struct http_server *s;

	if (check_options(o, err) != 0)
		return NULL;
	s = memory_new(1, sizeof(*s), "web server", err);
	if (s == NULL)
		return NULL;
	s->o = *o;
	fill_limits(&s->o.limits);
	if (pthread_mutex_init(&s->lock, NULL) != 0) {
		error_set(err, ERROR_NOMEM, "no lock");
		goto free_it;
	}
	if (pthread_cond_init(&s->is_quiet, NULL) != 0) {
		error_set(err, ERROR_NOMEM, "no lock");
		goto destroy_lock;
	}
	s->fd = http_address_listen(o->address, o->port, &s->port, err);
	if (s->fd < 0)
		goto destroy_quiet;
	if (read_origins(s, err) != 0)
		goto close_it;
	s->rate = http_rate_new(s->o.limits.requests_per_sec,
	    s->o.limits.burst, err);
	if (s->rate == NULL)
		goto close_it;
	s->deadlines = http_deadlines_new(err);
	if (s->deadlines == NULL)
		goto free_rate;
	allow_files(s->o.limits.n_connections);
	s->daemon = start_daemon(s);
	/* What was borrowed is read no more. */
	s->o.address = NULL;
	s->o.origins = NULL;
	if (s->daemon != NULL)
		return s;
	error_set(err, ERROR_IO, "the web server does not start at port %u",
	    s->port);
	http_deadlines_free(s->deadlines);
free_rate:
	http_rate_free(s->rate);
close_it:
	(void)close(s->fd);
destroy_quiet:
	(void)pthread_cond_destroy(&s->is_quiet);
destroy_lock:
	(void)pthread_mutex_destroy(&s->lock);
free_it:
	memory_free(s);
	return NULL;
}

unsigned
http_server_port(const struct http_server *s)
{
	return s->port;
}

/* Wait until no request is under way. */
static void
wait_for_quiet(struct http_server *s)
{
	struct timespec until;

	if (clock_gettime(CLOCK_REALTIME, &until) != 0)
		return;
	until.tv_sec += STOP_SEC;
	(void)pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	while (s->n_running > 0)
		if (pthread_cond_timedwait(&s->is_quiet, &s->lock, &until) ==
		    ETIMEDOUT)
			break;
	(void)pthread_mutex_unlock(&s->lock);
}

void
http_server_stop(struct http_server *s)
{
	if (s == NULL)
		return;
	(void)MHD_quiesce_daemon(s->daemon);
	wait_for_quiet(s);
	MHD_stop_daemon(s->daemon);
	(void)close(s->fd);
	http_deadlines_free(s->deadlines);
	http_rate_free(s->rate);
	(void)pthread_cond_destroy(&s->is_quiet);
	(void)pthread_mutex_destroy(&s->lock);
	memory_free(s);
}
