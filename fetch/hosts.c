#include <string.h>

#include "base/memory.h"
#include "base/random.h"

#include "fetch/hosts.h"

#define JITTER 0.1	/* of a wait that the host asked for */
#define N_TO_BELIEVE 3

struct host {
	struct host *next;
	char *name;
	size_t n_users;
	size_t n_running;
	size_t max_running;
	size_t n_refusals;	/* in a row */
	double next_sec;	/* of the pause */
	double held_until_sec;
};

struct hosts {
	struct hosts_rules rules;
	struct random random;
	struct host *first;
	size_t n_running;
};

struct hosts *
hosts_new(const struct hosts_rules *rules, struct error *err)
{
	struct hosts *h = memory_new(1, sizeof(*h), "hosts", err);

	if (h == NULL)
		return NULL;
	h->rules = *rules;
	random_init(&h->random, rules->seed);
	return h;
}

static void
free_host(struct host *host)
{
	memory_free(host->name);
	memory_free(host);
}

void
hosts_free(struct hosts *h)
{
	struct host *host, *next;

	for (host = h != NULL ? h->first : NULL; host != NULL; host = next) {
		next = host->next;
		free_host(host);
	}
	memory_free(h);
}

/* Nobody is there and nothing is to be remembered. */
static bool
is_idle(const struct hosts *h, const struct host *host, double now_sec)
{
	return host->n_users == 0 && host->next_sec <= now_sec &&
	    host->held_until_sec <= now_sec &&
	    host->max_running == h->rules.max_per_host;
}

struct host *
hosts_enter(struct hosts *h, const char *name, double now_sec,
    struct error *err)
{
	struct host **at = &h->first;
	struct host *host;

	while ((host = *at) != NULL) {
		if (strcmp(host->name, name) == 0) {
			host->n_users++;
			return host;
		}
		if (is_idle(h, host, now_sec)) {
			*at = host->next;
			free_host(host);
		} else {
			at = &host->next;
		}
	}
	host = memory_new(1, sizeof(*host), "host", err);
	if (host == NULL)
		return NULL;
	host->name = memory_strdup(name, err);
	if (host->name == NULL) {
		memory_free(host);
		return NULL;
	}
	host->n_users = 1;
	host->max_running = h->rules.max_per_host;
	*at = host;
	return host;
}

void
hosts_leave(struct host *host)
{
	host->n_users--;
}

double
hosts_held_sec(const struct host *host, double now_sec)
{
	return fmax(host->held_until_sec - now_sec, 0.0);
}

double
hosts_wait_sec(const struct hosts *h, const struct host *host, double now_sec)
{
	if (h->n_running >= h->rules.max_running ||
	    host->n_running >= host->max_running)
		return INFINITY;
	return fmax(hosts_held_sec(host, now_sec), host->next_sec - now_sec);
}

void
hosts_start(struct hosts *h, struct host *host, double now_sec)
{
	h->n_running++;
	host->n_running++;
	host->next_sec = now_sec + h->rules.pause_sec;
}

/* Those that were on their way when it began to refuse count as one. */
static void
hold(struct hosts *h, struct host *host, double now_sec, double asked_sec)
{
	const bool is_first = host->held_until_sec <= now_sec;
	double wait_sec = 0.0;

	if (is_first) {
		host->n_refusals++;
		host->max_running = (host->max_running + 1) / 2;
	}
	if (asked_sec >= 0.0 && (asked_sec <= h->rules.max_wait_sec ||
	    host->n_refusals >= N_TO_BELIEVE))
		wait_sec = asked_sec * (1.0 + JITTER *
		    random_uniform(&h->random));
	else if (is_first)
		wait_sec = hosts_backoff_sec(h, h->rules.backoff_sec,
		    host->n_refusals);
	host->held_until_sec = fmax(host->held_until_sec, now_sec + wait_sec);
}

void
hosts_end(struct hosts *h, struct host *host, double now_sec,
    enum failure how, double asked_sec)
{
	h->n_running--;
	host->n_running--;
	if (how == FAILURE_THROTTLED) {
		hold(h, host, now_sec, asked_sec);
	} else if (how == FAILURE_NONE) {
		host->n_refusals = 0;
		if (host->max_running < h->rules.max_per_host)
			host->max_running++;
	}
}

double
hosts_backoff_sec(struct hosts *h, double first_sec, size_t n)
{
	const double sec = ldexp(first_sec, n > 30 ? 30 : (int)n - 1);

	return fmin(sec, HOSTS_MAX_BACKOFF_SEC) *
	    random_range(&h->random, 0.5, 1.0);
}
