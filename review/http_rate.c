#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

#include "review/http_rate.h"

#define N_SETS 1024
#define N_WAYS 8		/* keys a set: the quietest makes room */

struct bucket {
	uint64_t key;		/* its hash */
	double tokens;
	double seen_sec;	/* when they were so many */
};

struct http_rate {
	double per_sec, burst;
	pthread_mutex_t lock;
	struct bucket *buckets;	/* [N_SETS][N_WAYS]; -INFINITY: never used */
};

struct http_rate *
http_rate_new(double per_sec, double burst, struct error *err)
{
	struct http_rate *r;

	if (!(per_sec > 0.0) || !(burst >= 1.0)) {
		error_set(err, ERROR_LIMIT, "no request could ever be made");
		return NULL;
	}
	r = memory_new(1, sizeof(*r), "rates", err);
	if (r == NULL)
		return NULL;
	r->per_sec = per_sec;
	r->burst = burst;
	r->buckets = memory_new((size_t)N_SETS * N_WAYS, sizeof(*r->buckets),
	    "rates", err);
	if (r->buckets == NULL || pthread_mutex_init(&r->lock, NULL) != 0) {
		if (r->buckets != NULL)
			error_set(err, ERROR_NOMEM, "no lock");
		memory_free(r->buckets);
		memory_free(r);
		return NULL;
	}
	for (size_t i = 0; i < (size_t)N_SETS * N_WAYS; i++)
		r->buckets[i].seen_sec = -INFINITY;
	return r;
}

void
http_rate_free(struct http_rate *r)
{
	if (r == NULL)
		return;
	(void)pthread_mutex_destroy(&r->lock);
	memory_free(r->buckets);
	memory_free(r);
}

/* The key's bucket, or that of its set seen longest ago, filled. */
static struct bucket *
find_bucket(struct http_rate *r, uint64_t key)
{
	struct bucket *set = r->buckets + key % N_SETS * N_WAYS;
	struct bucket *oldest = set;

	for (size_t i = 0; i < N_WAYS; i++) {
		if (set[i].key == key && isfinite(set[i].seen_sec))
			return set + i;
		if (set[i].seen_sec < oldest->seen_sec)
			oldest = set + i;
	}
	oldest->key = key;
	oldest->tokens = r->burst;
	oldest->seen_sec = -INFINITY;
	return oldest;
}

unsigned
http_rate_take(struct http_rate *r, const char *key, double now_sec)
{
	const uint64_t hash = hash_text64(key);
	struct bucket *b;
	double wait_sec = 0.0;

	(void)pthread_mutex_lock(&r->lock);
	b = find_bucket(r, hash);
	if (now_sec > b->seen_sec) {
		b->tokens = fmin(r->burst, b->tokens +
		    (now_sec - b->seen_sec) * r->per_sec);
		b->seen_sec = now_sec;
	}
	if (b->tokens >= 1.0)
		b->tokens -= 1.0;
	else
		wait_sec = (1.0 - b->tokens) / r->per_sec;
	(void)pthread_mutex_unlock(&r->lock);
	return wait_sec > 0.0 ? (unsigned)fmin(ceil(wait_sec), 3600.0) : 0;
}
