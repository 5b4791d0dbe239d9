#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "fetch/claims.h"

struct claims {
	pthread_mutex_t lock;
	pthread_cond_t dropped;
	struct claim *first;
};

struct claims *
claims_new(struct error *err)
{
	struct claims *c = memory_new(1, sizeof(*c), "claims", err);

	if (c == NULL)
		return NULL;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->dropped, NULL);
	return c;
}

void
claims_free(struct claims *c)
{
	if (c == NULL)
		return;
	(void)pthread_cond_destroy(&c->dropped);
	(void)pthread_mutex_destroy(&c->lock);
	memory_free(c);
}

static bool
is_taken(const struct claims *c, const char *name)
{
	for (const struct claim *at = c->first; at != NULL; at = at->next)
		if (strcmp(at->name, name) == 0)
			return true;
	return false;
}

void
claims_take(struct claims *c, struct claim *own, const char *name)
{
	own->name = name;
	(void)pthread_mutex_lock(&c->lock);
	while (is_taken(c, name))
		(void)pthread_cond_wait(&c->dropped, &c->lock);
	own->next = c->first;
	c->first = own;
	(void)pthread_mutex_unlock(&c->lock);
}

void
claims_drop(struct claims *c, struct claim *own)
{
	struct claim **at = &c->first;

	(void)pthread_mutex_lock(&c->lock);
	while (*at != own)
		at = &(*at)->next;
	*at = own->next;
	(void)pthread_cond_broadcast(&c->dropped);
	(void)pthread_mutex_unlock(&c->lock);
}
