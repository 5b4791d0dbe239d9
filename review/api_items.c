/*
 * Fragments: given out, looked at, judged.
 */
#include <string.h>

#include "store/review_claims.h"
#include "store/judgements.h"
#include "store/queue.h"

#include "review/api_call.h"

/* The filter of a claim is an object of the body, of a list the query. */
static int
read_filter(const struct json *body, struct queue_filter *filter,
    struct error *err)
{
	if (json_get_string(body, "filter.group", "", &filter->group_id,
	    err) != 0 ||
	    json_get_string(body, "filter.status", "", &filter->status,
	    err) != 0 ||
	    json_get_string(body, "filter.model", "", &filter->model,
	    err) != 0 ||
	    json_get_number(body, "filter.low", 0, &filter->low, err) != 0)
		return -1;
	return json_get_number(body, "filter.high", 1, &filter->high, err);
}

/* The items that the page has already. */
static int
read_have(const struct json *body, struct queue_name *have, size_t *n,
    struct error *err)
{
	const struct json *list = json_at(body, "have");

	*n = list == NULL ? 0 : json_count(list);
	if (*n > REVIEW_CLAIMS_MAX_HAVE)
		return error_set(err, ERROR_LIMIT, "\"have\" has more than %d "
		    "items", REVIEW_CLAIMS_MAX_HAVE);
	for (size_t i = 0; i < *n; i++) {
		const struct json *item = json_item(list, i);

		if (json_want_string(item, "g", &have[i].group_id,
		    err) != 0 ||
		    json_want_string(item, "f", &have[i].fragment_id,
		    err) != 0)
			return error_add(err, "\"have\"");
	}
	return 0;
}

/* {"item": ITEM or null, "left": n}; the item is freed. */
static struct json *
item_and_left(struct json *item, size_t n_left, struct error *err)
{
	struct json *out = json_new_object(err);

	if (out != NULL && ((item != NULL ?
	    json_put(out, "item", item, err) :
	    json_put_null(out, "item", err)) != 0 ||
	    json_put_size(out, "left", n_left, err) != 0)) {
		json_free(out);
		out = NULL;
	}
	json_free(item);
	return out;
}

/* What is asked for: to renew what the page has, or one more, too. */
struct claim {
	struct queue_filter filter;
	struct queue_name have[REVIEW_CLAIMS_MAX_HAVE];
	size_t n_have;
	bool renews_only;
};

static int
read_claim(const struct json *body, struct claim *claim, struct error *err)
{
	if (read_filter(body, &claim->filter, err) != 0 ||
	    read_have(body, claim->have, &claim->n_have, err) != 0)
		return -1;
	return json_get_bool(body, "renew", false, &claim->renews_only, err);
}

static int
renew_or_claim(const struct api_call *call, struct catalogue *c,
    const struct claim *claim, struct json **item, struct error *err)
{
	const struct queue_rules *rules = &call->api->options.rules;

	return claim->renews_only ?
	    review_claims_renew(c, call->person.name, rules, claim->have,
	    claim->n_have, call->now, err) :
	    review_claims_next(c, &call->person, &claim->filter, rules,
	    claim->have, claim->n_have, call->now, item, err);
}

void
api_items_claim(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct claim claim;
	struct catalogue *c;
	struct json *item = NULL, *out = NULL;
	size_t n_left;

	if (read_claim(call->body, &claim, &err) != 0) {
		api_fail(call, &err);
		return;
	}
	c = api_desk_take(&api->work);
	if (renew_or_claim(call, c, &claim, &item, &err) == 0 &&
	    queue_left(c, call->person.name, &claim.filter, &api->options.rules,
	    &n_left, &err) == 0)
		out = item_and_left(item, n_left, &err);
	else
		json_free(item);
	api_desk_give(&api->work, &err);
	api_send_or_fail(call, out, &err);
}

static void
send_nothing(const struct api_call *call)
{
	struct error err = { ERROR_NONE, "" };

	api_send_or_fail(call, json_new_object(&err), &err);
}

void
api_items_release(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct queue_name name;
	int status;

	if (!api_body_fragment(call, call->body, &name.group_id,
	    &name.fragment_id))
		return;
	status = review_claims_release(api_desk_take(&api->work),
	    call->person.name, &name, &err);
	api_desk_give(&api->work, &err);
	if (status != 0)
		api_fail(call, &err);
	else
		send_nothing(call);
}

/* The page's words for a review are those of the record but for the names. */
static struct json *
review_record(const struct api_call *call, const struct queue_name *name,
    struct error *err)
{
	static const char *const members[][2] = {
		{ "verdict", "review.verdict" }, { "note", "review.note" },
		{ "reasons", "review.reasons" },
		{ "spent_sec", "review.spent_sec" },
		{ "interval", "review.interval" },
		{ "original_interval", "review.original_interval" } };
	struct json *rec = json_new_object(err);
	int status = rec == NULL ? -1 : 0;

	if (status == 0 && (json_put_string(rec, "group_id", name->group_id,
	    err) != 0 || json_put_string(rec, "fragment_id",
	    name->fragment_id, err) != 0))
		status = -1;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) &&
	    status == 0; i++) {
		const struct json *value = json_at(call->body, members[i][0]);

		if (value != NULL && !json_is_null(value))
			status = json_put(rec, members[i][1], value, err);
	}
	if (status == 0)
		return rec;
	json_free(rec);
	return NULL;
}

/* What of a verdict or of taking it back is no success. */
static bool
refuse_outcome(const struct api_call *call, enum judgements_outcome outcome)
{
	switch (outcome) {
	case JUDGEMENTS_TAKEN:
		api_refuse(call, 409, "others have judged this fragment "
		    "meanwhile; it needs no more verdicts");
		return true;
	case JUDGEMENTS_UNKNOWN:
		api_refuse(call, 404, "there is no such fragment, or no "
		    "more");
		return true;
	case JUDGEMENTS_NOTHING:
		api_refuse(call, 409, "there is no verdict of the last hour "
		    "to take back");
		return true;
	default:
		return false;
	}
}

/* {"done": today, "left": n} */
static struct json *
done_and_left(struct catalogue *c, const struct api_call *call,
    struct error *err)
{
	const struct queue_filter all = { .low = 0, .high = 1 };
	struct json *out;
	size_t n_done, n_left;

	if (queue_done(c, call->person.name, api_midnight(call->now), &n_done,
	    err) != 0 || queue_left(c, call->person.name, &all,
	    &call->api->options.rules, &n_left, err) != 0 ||
	    (out = json_new_object(err)) == NULL)
		return NULL;
	if (json_put_size(out, "done", n_done, err) == 0 &&
	    json_put_size(out, "left", n_left, err) == 0)
		return out;
	json_free(out);
	return NULL;
}

void
api_items_verdict(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	enum judgements_outcome outcome = JUDGEMENTS_NOTHING;
	struct queue_name name;
	struct json *review, *out = NULL;
	const char *request_id;
	struct catalogue *c;

	if (!api_body_fragment(call, call->body, &name.group_id,
	    &name.fragment_id))
		return;
	review = review_record(call, &name, &err);
	c = api_desk_take(&api->work);
	if (review != NULL && json_want_string(call->body, "request_id",
	    &request_id, &err) == 0 && judgements_put(c, &call->person,
	    &api->options.rules, request_id, review, call->now, &outcome,
	    &err) == 0 && outcome <= JUDGEMENTS_REPEATED)
		out = done_and_left(c, call, &err);
	api_desk_give(&api->work, &err);
	json_free(review);
	if (out != NULL)
		api_send(call, out);
	else if (err.code != ERROR_NONE)
		api_fail(call, &err);
	else
		(void)refuse_outcome(call, outcome);
}

/* Show what was taken back as the person's own word: it may be mended. */
static int
put_taken(struct json *item, const char *taken, struct error *err)
{
	struct json *rec = json_parse(taken, strlen(taken), err);
	const struct json *review = rec == NULL ? NULL :
	    json_at(rec, "review");
	int status = -1;

	if (review != NULL)
		status = json_put(item, "own", review, err);
	else if (rec != NULL)
		status = error_set(err, ERROR_BUG, "no review in the trail");
	json_free(rec);
	return status;
}

/* *item: what was taken back, claimed again; NULL by another outcome. */
static int
take_back(const struct api_call *call, struct catalogue *c,
    struct json **item, enum judgements_outcome *outcome, struct error *err)
{
	struct queue_name name;
	const char *request_id, *taken;

	if (json_want_string(call->body, "request_id", &request_id,
	    err) != 0 || judgements_undo(c, &call->person,
	    &call->api->options.rules, request_id, call->now,
	    call->request->a, &name, &taken, outcome, err) != 0)
		return -1;
	if (*outcome > JUDGEMENTS_REPEATED)
		return 0;
	if (review_claims_item(c, &call->person, &name, call->now, item,
	    err) != 0)
		return -1;
	if (*item == NULL)
		*outcome = JUDGEMENTS_UNKNOWN;
	return *item == NULL ? 0 : put_taken(*item, taken, err);
}

void
api_items_undo(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	enum judgements_outcome outcome = JUDGEMENTS_NOTHING;
	struct json *item = NULL;
	const int status = take_back(call, api_desk_take(&api->work), &item,
	    &outcome, &err);

	api_desk_give(&api->work, &err);
	if (status != 0) {
		json_free(item);
		api_fail(call, &err);
	} else if (!refuse_outcome(call, outcome)) {
		api_send_or_fail(call, item_and_left(item, 0, &err), &err);
	}
}

void
api_items_item(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct queue_name name;
	struct json *item = NULL;
	int status;

	if (!api_query_fragment(call, &name.group_id, &name.fragment_id))
		return;
	status = review_claims_item(api_desk_take(&api->looks),
	    &call->person, &name, call->now, &item, &err);
	api_desk_give(&api->looks, &err);
	if (status != 0)
		api_fail(call, &err);
	else if (item == NULL)
		(void)refuse_outcome(call, JUDGEMENTS_UNKNOWN);
	else
		api_send(call, item);
}

void
api_items_view(const struct api_call *call)
{
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct queue_name name;
	struct json *view = NULL;
	enum prepare_state state;

	if (!api_query_fragment(call, &name.group_id, &name.fragment_id))
		return;
	state = prepare_get(api->options.prepare, api_desk_take(&api->looks),
	    name.group_id, name.fragment_id, call->request->a, &view, &err);
	api_desk_give(&api->looks, &err);
	switch (state) {
	case PREPARE_READY:
		api_send(call, view);
		break;
	case PREPARE_BEING_MADE:
		api_refuse(call, 503, "the sound is being made");
		call->answer->retry_after_sec = 1;
		break;
	case PREPARE_MISSING:
		(void)refuse_outcome(call, JUDGEMENTS_UNKNOWN);
		break;
	default:
		api_refuse(call, 500, "%s", err.text);
		break;
	}
}

/* A number of the query; "fallback" when it is not given. */
static bool
query_number(const struct api_call *call, const char *name, double fallback,
    double *value)
{
	const char *text = http_query_get(call->request->query, name);
	struct error err = { ERROR_NONE, "" };
	struct json *number;
	bool is_read;

	*value = fallback;
	if (text == NULL || text[0] == '\0')
		return true;
	number = json_parse(text, strlen(text), &err);
	is_read = number != NULL && json_is_number(number) &&
	    json_want_number(number, "", value, &err) == 0 && *value >= 0;
	json_free(number);
	if (!is_read)
		api_refuse(call, 400, "%s=%.40s is no number", name, text);
	return is_read;
}

void
api_items_queue(const struct api_call *call)
{
	const struct http_query *query = call->request->query;
	struct api *api = call->api;
	struct error err = { ERROR_NONE, "" };
	struct queue_filter filter = {
		.group_id = http_query_get(query, "group"),
		.status = http_query_get(query, "status"),
		.model = http_query_get(query, "model") };
	double offset, limit;
	struct json *out;

	if (!query_number(call, "low", 0, &filter.low) ||
	    !query_number(call, "high", 1, &filter.high) ||
	    !query_number(call, "offset", 0, &offset) ||
	    !query_number(call, "limit", QUEUE_MAX_LIST, &limit))
		return;
	if (offset > 1e9 || limit > QUEUE_MAX_LIST) {
		api_refuse(call, 400, "at most %d items at a time",
		    QUEUE_MAX_LIST);
		return;
	}
	out = queue_list(api_desk_take(&api->looks), &call->person, &filter,
	    &api->options.rules, (size_t)offset, (size_t)limit, call->now,
	    &err);
	api_desk_give(&api->looks, &err);
	api_send_or_fail(call, out, &err);
}
