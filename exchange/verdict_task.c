#include <math.h>
#include <stdio.h>
#include <string.h>

#include "exchange/label_task.h"
#include "exchange/verdict_task.h"

#define MOVED_SEC 0.001		/* less is none */

/* The two ends of a fragment: names in results, data and reviews. */
static const struct end {
	const char *region, *sound, *interval, *before, *moved;
} ends[] = {
	{ "fragment", "audio", "interval", "before_sec", "review.interval" },
	{ "original_fragment", "original_audio", "original_interval",
	    "original_before_sec", "review.original_interval" },
};

struct json *
verdict_task_new(const struct json *fragment, struct error *err)
{
	static const char *const members[] = { "group_id", "fragment_id",
	    "id", "original_id", "audio_type", "interval",
	    "original_interval", "correlation", "probability", "decision" };
	struct json *task = json_new_object(err);
	double start;
	char path[64];

	for (size_t i = 0; task != NULL && i < sizeof(members) /
	    sizeof(members[0]); i++) {
		(void)snprintf(path, sizeof(path), "data.%s", members[i]);
		if (json_has(fragment, members[i]) && json_put(task, path,
		    json_at(fragment, members[i]), err) != 0)
			goto fail;
	}
	for (size_t i = 0; task != NULL && i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s.0", ends[i].interval);
		if (json_want_number(fragment, path, &start, err) != 0)
			goto fail;
		(void)snprintf(path, sizeof(path), "data.%s",
		    ends[i].before);
		if (json_put_number(task, path, start, err) != 0)
			goto fail;
	}
	/* The places may be those of other reviewers already. */
	if (task == NULL || json_put_bool(task, "data.has_moved_only", true,
	    err) == 0)
		return task;
fail:
	json_free(task);
	return NULL;
}

/* {NAME: [text]} as the value. */
static int
append_text(struct json *annotation, const char *from_name, const char *type,
    const char *name, const struct json *text, struct error *err)
{
	struct json *value = json_new_object(err);
	int status = -1;

	if (value == NULL)
		return -1;
	if (json_append(value, name, text, err) == 0)
		status = label_task_append(annotation, from_name, "audio", type,
		    value, err);
	json_free(value);
	return status;
}

static int
append_region(struct json *annotation, const struct end *end,
    const struct json *place, struct error *err)
{
	static const char template[] = "{\"start\":0,\"end\":0,"
	    "\"channel\":0,\"labels\":[\"fragment\"]}";
	struct json *value = json_parse(template, sizeof(template) - 1, err);
	double from, to;
	int status = -1;

	if (value == NULL)
		return -1;
	if (json_want_number(place, "0", &from, err) == 0 &&
	    json_want_number(place, "1", &to, err) == 0 &&
	    json_put_number(value, "start", from, err) == 0 &&
	    json_put_number(value, "end", to, err) == 0)
		status = label_task_append(annotation, end->region, end->sound,
		    "labels", value, err);
	json_free(value);
	return status;
}

static int
fill(struct json *annotation, const struct json *review, struct error *err)
{
	if (json_put(annotation, "completed_by.email", json_at(review,
	    "review.reviewer"), err) != 0 || (json_has(review,
	    "review.spent_sec") && json_put(annotation, "lead_time",
	    json_at(review, "review.spent_sec"), err) != 0))
		return -1;
	for (size_t i = 0; i < 2; i++) {
		const struct json *place = json_at(review, ends[i].moved);

		if (place != NULL && append_region(annotation, &ends[i],
		    place, err) != 0)
			return -1;
	}
	if (append_text(annotation, "verdict", "choices", "choices",
	    json_at(review, "review.verdict"), err) != 0)
		return -1;
	return !json_has(review, "review.note") ? 0 :
	    append_text(annotation, "note", "textarea", "text",
	    json_at(review, "review.note"), err);
}

int
verdict_task_add(struct json *task, const struct json *review,
    struct error *err)
{
	struct json *annotation = json_new_object(err);
	int status = -1;

	if (annotation == NULL)
		return -1;
	if (fill(annotation, review, err) == 0)
		status = json_append(task, "annotations", annotation, err);
	json_free(annotation);
	return status;
}

/* Who it was: a name, {email}, or Label Studio's number of the account. */
static int
read_reviewer(const struct json *annotation, struct json *review,
    struct error *err)
{
	const struct json *who = json_at(annotation, "completed_by");
	const struct json *email = json_at(annotation, "completed_by.email");
	double number;
	char name[64];

	if (email != NULL)
		who = email;
	if (who != NULL && json_is_string(who))
		return json_put(review, "review.reviewer", who, err);
	if (json_want_number(annotation, "completed_by", &number, err) != 0)
		return -1;
	(void)snprintf(name, sizeof(name), "label-studio-%.0f", number);
	return json_put_string(review, "review.reviewer", name, err);
}

/* Where a region lies in its recording, when that is not where it was found. */
static int
read_region(const struct json *task, const struct json *result,
    const struct end *end, struct json *review, struct error *err)
{
	double found[2], place[2], before;
	char path[64];

	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "data.%s.%d",
		    end->interval, i);
		if (json_want_number(task, path, &found[i], err) != 0)
			return -1;
	}
	(void)snprintf(path, sizeof(path), "data.%s", end->before);
	if (json_want_number(task, path, &before, err) != 0 ||
	    json_want_number(result, "value.start", &place[0], err) != 0 ||
	    json_want_number(result, "value.end", &place[1], err) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
		place[i] += found[0] - before;
	if (!json_has(task, "data.has_moved_only") &&
	    fabs(place[0] - found[0]) < MOVED_SEC &&
	    fabs(place[1] - found[1]) < MOVED_SEC)
		return 0;
	json_remove(review, end->moved);
	for (int i = 0; i < 2; i++)
		if (json_append_number(review, end->moved,
		    round(fmax(0, place[i]) * 1e6) / 1e6, err) != 0)
			return -1;
	return 0;
}

static int
read_result(const struct json *task, const struct json *result,
    struct json *review, struct error *err)
{
	const char *name;

	if (json_want_string(result, "from_name", &name, err) != 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(name, ends[i].region) == 0)
			return read_region(task, result, &ends[i], review,
			    err);
	if (strcmp(name, "verdict") == 0 && json_has(result,
	    "value.choices.0"))
		return json_put(review, "review.verdict", json_at(result,
		    "value.choices.0"), err);
	if (strcmp(name, "note") == 0 && json_has(result, "value.text.0"))
		return json_put(review, "review.note", json_at(result,
		    "value.text.0"), err);
	return 0;
}

static int
read_annotation(const struct json *task, const struct json *annotation,
    struct json *review, struct error *err)
{
	const struct json *results = json_at(annotation, "result");
	const char *verdict;

	if (!json_has(task, "data.group_id") ||
	    !json_has(task, "data.fragment_id"))
		return error_set(err, ERROR_FORMAT, "the task's data has no "
		    "group_id and fragment_id: it is none of chad-store or "
		    "chad-review");
	if (json_put(review, "group_id", json_at(task, "data.group_id"),
	    err) != 0 || json_put(review, "fragment_id", json_at(task,
	    "data.fragment_id"), err) != 0 ||
	    read_reviewer(annotation, review, err) != 0)
		return -1;
	if (json_has(annotation, "lead_time") && json_is_number(json_at(
	    annotation, "lead_time")) && json_put(review, "review.spent_sec",
	    json_at(annotation, "lead_time"), err) != 0)
		return -1;
	for (size_t i = 0; results != NULL && i < json_count(results); i++)
		if (read_result(task, json_item(results, i), review,
		    err) != 0)
			return -1;
	/* Regions move only what is accepted. */
	if (json_get_string(review, "review.verdict", "", &verdict, err) != 0)
		return -1;
	if (strcmp(verdict, "accept") != 0)
		for (size_t i = 0; i < 2; i++)
			json_remove(review, ends[i].moved);
	return 0;
}

int
verdict_task_read(const struct json *task, size_t i, struct json **review,
    struct error *err)
{
	const struct json *annotation = json_item(json_at(task,
	    "annotations"), i);
	bool was_cancelled;

	*review = NULL;
	if (json_get_bool(annotation, "was_cancelled", false, &was_cancelled,
	    err) != 0)
		return -1;
	if (was_cancelled)
		return 0;
	if ((*review = json_new_object(err)) == NULL)
		return -1;
	if (read_annotation(task, annotation, *review, err) != 0) {
		json_free(*review);
		*review = NULL;
		return -1;
	}
	if (!json_has(*review, "review.verdict")) {
		json_free(*review);
		*review = NULL;
	}
	return 0;
}
