#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"

#include "exchange/label_task.h"

struct label_task {
	const char *url_prefix;
	struct json *original;		/* row of the work's last original */
	char *original_name;		/* of its file */
	double original_before_sec;
};

static const char config[] =
    "<View>\n"
    "  <Header value=\"$title\"/>\n"
    "  <Labels name=\"fragment\" toName=\"audio\">\n"
    "    <Label value=\"fragment\"/>\n"
    "  </Labels>\n"
    "  <Audio name=\"audio\" value=\"$audio\"/>\n"
    "  <Labels name=\"original_fragment\" toName=\"original_audio\">\n"
    "    <Label value=\"fragment\"/>\n"
    "  </Labels>\n"
    "  <Audio name=\"original_audio\" value=\"$original_audio\"/>\n"
    "  <Choices name=\"verdict\" toName=\"audio\" choice=\"single\""
    " required=\"true\">\n"
    "    <Choice value=\"accept\"/>\n"
    "    <Choice value=\"reject\"/>\n"
    "    <Choice value=\"unsure\"/>\n"
    "  </Choices>\n"
    "  <TextArea name=\"note\" toName=\"audio\"/>\n"
    "</View>\n";

struct label_task *
label_task_new(const struct dataset_options *options, struct error *err)
{
	struct label_task *t = memory_new(1, sizeof(*t), "tasks", err);

	if (t != NULL)
		t->url_prefix = options->url_prefix;
	return t;
}

static void
forget_original(struct label_task *t)
{
	json_free(t->original);
	memory_free(t->original_name);
	t->original = NULL;
	t->original_name = NULL;
}

void
label_task_free(struct label_task *t)
{
	if (t == NULL)
		return;
	forget_original(t);
	memory_free(t);
}

int
label_task_write_config(const char *folder, struct error *err)
{
	struct arena *a = arena_new();
	const char *path = a == NULL ? NULL :
	    arena_printf(a, "%s/config.xml", folder);
	const int status = path == NULL ?
	    error_set(err, ERROR_NOMEM, "out of memory") :
	    file_write(path, config, strlen(config), err);

	arena_free(a);
	return status;
}

/* The path as a part of a URL: only its "%" needs to be written otherwise. */
static int
put_url(const struct label_task *t, struct json *task, const char *member,
    const char *file_name, struct error *err)
{
	struct arena *a = arena_new();
	const char *url = a == NULL ? NULL : t->url_prefix;
	int status;

	for (const char *s = file_name; url != NULL && *s != '\0';) {
		const int n = (int)strcspn(s, "%");
		const bool has_percent = s[n] == '%';

		url = arena_printf(a, "%s%.*s%s", url, n, s,
		    has_percent ? "%25" : "");
		s += n + has_percent;
	}
	status = url == NULL ?
	    error_set(err, ERROR_NOMEM, "out of memory") :
	    json_put_string(task, member, url, err);
	arena_free(a);
	return status;
}

static const char *
text_of(const struct json *rec, const char *member)
{
	const char *text;

	return json_get_string(rec, member, "", &text, NULL) == 0 ? text : "";
}

int
label_task_append(struct json *to, const char *from_name, const char *to_name,
    const char *type, const struct json *value, struct error *err)
{
	struct json *result = json_new_object(err);
	int status = -1;

	if (result == NULL)
		return -1;
	if (json_put_string(result, "id", from_name, err) == 0 &&
	    json_put_string(result, "from_name", from_name, err) == 0 &&
	    json_put_string(result, "to_name", to_name, err) == 0 &&
	    json_put_string(result, "type", type, err) == 0 &&
	    json_put(result, "value", value, err) == 0)
		status = json_append(to, "result", result, err);
	json_free(result);
	return status;
}

/* An array of one text under the name. */
static int
put_only(struct json *value, const char *name, const char *text,
    struct error *err)
{
	struct json *box = json_new_object(err);
	int status = -1;

	if (box == NULL)
		return -1;
	if (json_put_string(box, "text", text, err) == 0)
		status = json_append(value, name, json_at(box, "text"), err);
	json_free(box);
	return status;
}

/* Where the fragment lies in its sound. */
static int
append_region(struct json *prediction, const char *from_name,
    const char *to_name, const struct json *row, double before_sec,
    struct error *err)
{
	struct json *value = json_new_object(err);
	double start, end;
	int status = -1;

	if (value == NULL)
		return -1;
	if (json_want_number(row, "interval.0", &start, err) == 0 &&
	    json_want_number(row, "interval.1", &end, err) == 0 &&
	    json_put_rounded(value, "start", before_sec, 6, err) == 0 &&
	    json_put_rounded(value, "end", before_sec + end - start, 6,
	    err) == 0 &&
	    json_put_size(value, "channel", 0, err) == 0 &&
	    put_only(value, "labels", "fragment", err) == 0)
		status = label_task_append(prediction, from_name, to_name,
		    "labels", value, err);
	json_free(value);
	return status;
}

static int
append_verdict(struct json *prediction, const char *decision,
    struct error *err)
{
	struct json *value = json_new_object(err);
	int status = -1;

	if (value == NULL)
		return -1;
	if (put_only(value, "choices", strcmp(decision, "keep") == 0 ?
	    "accept" : strcmp(decision, "drop") == 0 ? "reject" : "unsure",
	    err) == 0)
		status = label_task_append(prediction, "verdict", "audio",
		    "choices", value, err);
	json_free(value);
	return status;
}

static int
put_prediction(const struct label_task *t, struct json *task,
    const struct dataset_item *item, struct error *err)
{
	struct json *prediction = json_new_object(err);
	const char *const scores[] = { "probability", "correlation" };
	int status = -1;

	if (prediction == NULL)
		return -1;
	if (json_put_string(prediction, "model_version", "chad-align",
	    err) != 0)
		goto done;
	for (size_t i = 0; i < 2; i++)
		if (json_has(item->row, scores[i])) {
			if (json_put(prediction, "score", json_at(item->row,
			    scores[i]), err) != 0)
				goto done;
			break;
		}
	if (append_region(prediction, "fragment", "audio", item->row,
	    item->before_sec, err) != 0 ||
	    append_region(prediction, "original_fragment", "original_audio",
	    t->original, t->original_before_sec, err) != 0 ||
	    append_verdict(prediction, text_of(item->row, "decision"),
	    err) != 0)
		goto done;
	status = json_append(task, "predictions", prediction, err);
done:
	json_free(prediction);
	return status;
}

/* data: the sounds, what the interface shows, and what tells the row. */
static int
put_data(const struct label_task *t, struct json *task,
    const struct dataset_item *item, struct error *err)
{
	static const char *const members[] = { "group_id", "fragment_id",
	    "id", "audio_type", "interval", "correlation", "probability",
	    "decision" };
	struct json *data = json_new_object(err);
	int status = -1;

	if (data == NULL)
		return -1;
	if (put_url(t, data, "audio", item->file_name, err) != 0 ||
	    put_url(t, data, "original_audio", t->original_name, err) != 0 ||
	    json_put_string(data, "title", item->key, err) != 0 ||
	    json_put_string(data, "original_id", text_of(t->original, "id"),
	    err) != 0 ||
	    json_put(data, "original_interval", json_at(t->original,
	    "interval"), err) != 0 ||
	    json_put_number(data, "before_sec", item->before_sec, err) != 0 ||
	    json_put_number(data, "original_before_sec",
	    t->original_before_sec, err) != 0)
		goto done;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_has(item->row, members[i]) && json_put(data,
		    members[i], json_at(item->row, members[i]), err) != 0)
			goto done;
	status = json_put(task, "data", data, err);
done:
	json_free(data);
	return status;
}

static int
keep_original(struct label_task *t, const struct dataset_item *item,
    struct error *err)
{
	forget_original(t);
	t->original_before_sec = item->before_sec;
	if ((t->original = json_clone(item->row, err)) == NULL)
		return -1;
	t->original_name = memory_strdup(item->file_name, err);
	return t->original_name == NULL ? -1 : 0;
}

int
label_task_take(struct label_task *t, const struct dataset_item *item,
    struct json **task, struct error *err)
{
	*task = NULL;
	if (strcmp(text_of(item->row, "audio_type"), "original") == 0)
		return keep_original(t, item, err);
	if (t->original == NULL || strcmp(text_of(t->original, "group_id"),
	    text_of(item->row, "group_id")) != 0 ||
	    strcmp(text_of(t->original, "fragment_id"),
	    text_of(item->row, "fragment_id")) != 0)
		return 0;	/* nothing to compare it with */
	if ((*task = json_new_object(err)) == NULL)
		return -1;
	if (put_data(t, *task, item, err) == 0 &&
	    put_prediction(t, *task, item, err) == 0)
		return 0;
	json_free(*task);
	*task = NULL;
	return -1;
}
