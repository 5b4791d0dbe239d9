#include <string.h>

#include "base/arena.h"

#include "fetch/probe.h"
#include "fetch/request.h"

/* transfer: the header is there, and more is not wanted. */
static bool
cut_off(void *shared, const struct answer *answer)
{
	(void)shared;
	(void)answer;
	return false;
}

/* Servers that know GET alone say so in many ways. */
static bool
may_dislike_head(const struct answer *a)
{
	return a->status == 400 || a->status == 403 || a->status == 405 ||
	    a->status == 501;
}

static int
ask(struct transfers *ts, struct transfer *t, bool is_check,
    struct error *err)
{
	int status;

	t->is_check = is_check;
	t->begin = is_check ? NULL : cut_off;
	status = transfers_run(ts, t, err);
	return t->is_cut ? 0 : status;
}

int
probe_run(const struct probe *p, struct probe_result *result,
    struct error *err)
{
	struct transfer t = { .stall_sec = p->stall_sec };
	struct arena *a = arena_new();
	struct s3_access access;
	int status = -1;

	memset(result, 0, sizeof(*result));
	result->failure = FAILURE_REFUSED;
	if (a == NULL || s3_address_find(p->url, &access, &t.url, &t.s3, a,
	    err) != 0)
		goto done;
	for (size_t n = 1;; n++) {
		const bool is_http = request_is_http(t.url);

		status = ask(p->transfers, &t, is_http, err);
		if (status != 0 && is_http && may_dislike_head(&t.answer))
			status = ask(p->transfers, &t, false, err);
		if (status == 0 || t.is_stopped ||
		    !failure_may_pass(t.failure) || n >= p->n_tries)
			break;
		t.not_before_sec = transfers_next_try(p->transfers, t.failure,
		    t.asked_sec, n + 1);
		if (t.not_before_sec < 0.0)
			break;
	}
	result->failure = t.failure;
	result->is_stopped = t.is_stopped;
	result->answer = t.answer;
done:
	arena_free(a);
	return status;
}
