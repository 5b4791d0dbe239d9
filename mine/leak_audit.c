#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "manifests/record.h"
#include "manifests/trained_on.h"
#include "nn/weights.h"
#include "store/title.h"

#include "mine/leak_audit.h"

#define TITLE_BYTES 1024
#define SENTENCE_BYTES 1024

/* What the model has seen, with the keys of its titles. */
struct seen {
	struct trained_on *works;
	struct trained_on *keys;	/* TRAINED_ON_TITLE: normalised */
};

static int
cannot_tell(const char *model_path, const char *why, struct error *err)
{
	return error_set(err, ERROR_FORMAT, "it cannot be told what %s was "
	    "trained on: %s", model_path, why);
}

/* Load the file if its SHA-256 is that of the member of the metadata. */
static int
load_checked(const char *model_path, struct weights *model,
    const char *member, const char *path, struct trained_on **works,
    struct error *err)
{
	char sha256[HASH_HEX_BYTES];
	const char *want;

	if (json_get_string(weights_metadata(model), member, "", &want,
	    err) != 0 || hash_file(path, sha256, err) != 0)
		return -1;
	if (strcmp(sha256, want) != 0)
		return error_set(err, ERROR_FORMAT, "it cannot be told what "
		    "%s was trained on: %s is not its list, or was changed",
		    model_path, path);
	if ((*works = trained_on_new(err)) == NULL ||
	    trained_on_add_file(*works, path, err) != 0)
		return -1;
	trained_on_sort(*works);
	return 0;
}

/* From the manifest, for models that were made without a list. */
static int
load_manifest(const char *model_path, struct weights *model,
    const char *path, struct trained_on **works, struct error *err)
{
	if (json_has(weights_metadata(model), "provenance.init_sha256"))
		return cannot_tell(model_path, "it began from another model, "
		    "whose manifest this is not", err);
	return load_checked(model_path, model, "provenance.manifest_sha256",
	    path, works, err);
}

/* From the list that the metadata names. */
static int
load_list(const char *model_path, struct weights *model,
    struct arena *a, struct trained_on **works, struct error *err)
{
	const char *path = trained_on_path(model_path, a, err);

	if (path == NULL)
		return -1;
	if (!json_has(weights_metadata(model), "provenance.works_sha256"))
		return cannot_tell(model_path, "it has no record of works, "
		    "which chad-train makes unless --init names a model "
		    "without one; give the manifest it was trained on "
		    "(--manifest)", err);
	if (!file_exists(path))
		return error_set(err, ERROR_FORMAT, "it cannot be told what "
		    "%s was trained on: its list %s is not there", model_path,
		    path);
	return load_checked(model_path, model, "provenance.works_sha256",
	    path, works, err);
}

static int
load_works(const char *model_path, const char *manifest_path, struct arena *a,
    struct trained_on **works, struct error *err)
{
	struct weights *model = weights_load(model_path, err);
	int status;

	*works = NULL;
	if (model == NULL)
		return -1;
	status = manifest_path != NULL ? load_manifest(model_path, model,
	    manifest_path, works, err) :
	    load_list(model_path, model, a, works, err);
	weights_free(model);
	return status;
}

static int
add_key(struct trained_on *keys, const char *title, struct error *err)
{
	struct json *rec = json_new_object(err);
	char key[TITLE_BYTES];
	int status = -1;

	title_normalise(title, key, sizeof(key));
	if (rec != NULL && json_put_string(rec, "title", key, err) == 0)
		status = trained_on_add(keys, rec, err);
	json_free(rec);
	return status;
}

static int
load_seen(const char *model_path, const char *manifest_path, struct arena *a,
    struct seen *s, struct error *err)
{
	s->keys = NULL;
	if (load_works(model_path, manifest_path, a, &s->works, err) != 0 ||
	    (s->keys = trained_on_new(err)) == NULL)
		return -1;
	for (size_t i = 0; i < trained_on_count(s->works, TRAINED_ON_TITLE);
	    i++)
		if (add_key(s->keys, trained_on_value(s->works,
		    TRAINED_ON_TITLE, i), err) != 0)
			return -1;
	trained_on_sort(s->keys);
	return 0;
}

static const char *
text_of(const struct json *rec, const char *member)
{
	const char *text;

	return json_get_string(rec, member, "", &text, NULL) == 0 ? text : "";
}

/* The first title the model has seen that is like the key, or NULL. */
static const char *
find_alike(const struct seen *s, const char *key)
{
	const size_t n = trained_on_count(s->keys, TRAINED_ON_TITLE);

	for (size_t i = 0; i < n && key[0] != '\0'; i++) {
		const char *other = trained_on_value(s->keys,
		    TRAINED_ON_TITLE, i);

		if (title_is_like(key, other))
			return other;
	}
	return NULL;
}

/* Say in "text" how the record was seen; false when it was not. */
static bool
check_record(const struct seen *s, const struct json *rec,
    struct leak_audit *result, char text[SENTENCE_BYTES])
{
	const char *work = text_of(rec, "group_id");
	const char *video = text_of(rec, "youtube_id");
	const char *title = text_of(rec, "title"), *alike;
	char key[TITLE_BYTES];

	if (work[0] == '\0')
		work = record_id(rec);
	title_normalise(title, key, sizeof(key));
	result->n_untitled += key[0] == '\0' && video[0] == '\0';
	result->n_leaks++;
	if (trained_on_has(s->works, TRAINED_ON_WORK, work)) {
		(void)snprintf(text, SENTENCE_BYTES, "leak: %.200s: its work "
		    "%.200s was trained on", record_id(rec), work);
		return true;
	}
	if (video[0] != '\0' && trained_on_has(s->works, TRAINED_ON_VIDEO,
	    video)) {
		(void)snprintf(text, SENTENCE_BYTES, "leak: %.200s: its video "
		    "%.200s was trained on", record_id(rec), video);
		return true;
	}
	if (key[0] != '\0' && trained_on_has(s->keys, TRAINED_ON_TITLE, key)) {
		(void)snprintf(text, SENTENCE_BYTES, "leak: %.200s: a work of "
		    "its title \"%.200s\" was trained on", record_id(rec),
		    title);
		return true;
	}
	result->n_leaks--;
	if ((alike = find_alike(s, key)) == NULL)
		return false;
	result->n_alike++;
	(void)snprintf(text, SENTENCE_BYTES, "perhaps: %.200s: its title "
	    "\"%.200s\" is like \"%.200s\", which was trained on",
	    record_id(rec), title, alike);
	return true;
}

int
leak_audit_run(const char *model_path, const char *manifest_path,
    const struct stream_list *set,
    void (*found)(void *context, const char *sentence), void *context,
    struct leak_audit *result, struct error *err)
{
	struct arena *a = arena_new();
	struct seen s = { NULL, NULL };
	char text[SENTENCE_BYTES];
	int status = -1;

	memset(result, 0, sizeof(*result));
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (set->n_broken > 0)
		(void)error_set(err, ERROR_FORMAT, "%zu lines of the "
		    "evaluation set are no records", set->n_broken);
	else
		status = load_seen(model_path, manifest_path, a, &s, err);
	if (status == 0) {
		result->n_works = trained_on_count(s.works, TRAINED_ON_WORK);
		result->n_titles = trained_on_count(s.works,
		    TRAINED_ON_TITLE);
		result->n_videos = trained_on_count(s.works,
		    TRAINED_ON_VIDEO);
		result->n_records = set->n_records;
	}
	for (size_t i = 0; status == 0 && i < set->n_records; i++)
		if (check_record(&s, set->records[i], result, text))
			found(context, text);
	trained_on_free(s.works);
	trained_on_free(s.keys);
	arena_free(a);
	return status;
}
