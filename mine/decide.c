#include <string.h>

#include "manifests/record.h"
#include "manifests/stream.h"
#include "store/fragments.h"
#include "store/recordings.h"

#include "mine/decide.h"

/* Load the file and hand its records to "use" within one transaction. */
static int
in_transaction(const struct steps *s, const char *path,
    int (*use)(const struct steps *s, const struct stream_list *list,
    struct error *err), struct error *err)
{
	struct stream_list list;
	int status;

	if (stream_list_load(&list, path, err) != 0)
		return -1;
	status = catalogue_begin(s->catalogue, err);
	if (status == 0) {
		status = use(s, &list, err);
		if (status == 0)
			status = catalogue_commit(s->catalogue, err);
		else
			catalogue_rollback(s->catalogue);
	}
	stream_list_release(&list);
	return status;
}

/* Nothing worked: that is no matter of single recordings. */
static int
refuse_all_failed(const struct stream_list *list, struct error *err)
{
	const char *why = "";
	size_t n_failed = 0;

	for (size_t i = 0; i < list->n_records; i++)
		n_failed += record_has_failed(list->records[i]);
	if (n_failed == 0 || n_failed < list->n_records)
		return 0;
	if (json_get_string(list->records[0], "error", "", &why, err) != 0)
		return -1;
	return error_set(err, ERROR_FORMAT, "none of the %zu recordings could "
	    "be analysed (%s): is this the folder that their paths start "
	    "from?", n_failed, why);
}

static int
store_recordings(const struct steps *s, const struct stream_list *list,
    struct error *err)
{
	if (refuse_all_failed(list, err) != 0)
		return -1;
	for (size_t i = 0; i < list->n_records; i++)
		if (recordings_put(s->catalogue, list->records[i], err) != 0)
			return error_add(err, "record %zu", i + 1);
	return 0;
}

int
decide_store_recordings(const struct steps *s,
    const struct steps_file *analysed, struct error *err)
{
	return in_transaction(s, analysed->path, store_recordings, err);
}

/*
 * chad-align also gives records and pairs that it could not use, with their
 * error; these are no fragments.
 */
static bool
is_fragment(const struct json *rec)
{
	return !json_has(rec, "error") && json_has(rec, "fragment_id");
}

/* A verdict, or doubt whether the two share a work, changes the decision. */
static int
decide(struct json *rec, const struct verdicts *v, double same_work,
    struct error *err)
{
	const char *verdict = verdicts_on(v, rec), *word;
	double p;

	if (verdict != NULL)
		return json_put_string(rec, "decision", verdict, err);
	if (json_get_number(rec, "same_work", 1.0, &p, err) != 0 ||
	    json_get_string(rec, "decision", "", &word, err) != 0)
		return -1;
	if (p >= same_work || strcmp(word, "keep") != 0)
		return 0;
	if (json_put_bool(rec, "check_by_crowdsource", true, err) != 0)
		return -1;
	return json_put_string(rec, "decision", "flag", err);
}

/* The decided fragments of the list, as a list of their own. */
static int
write_decided(const struct steps *s, const struct stream_list *list,
    const struct verdicts *v, double same_work,
    struct lists_file *fragments, struct error *err)
{
	struct arena *scratch = arena_new();
	struct lists_new out = { .out = NULL };
	int status;

	if (scratch == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = lists_begin(&out, err);
	for (size_t i = 0; i < list->n_records && status == 0; i++) {
		struct json *rec = list->records[i];

		if (!is_fragment(rec))
			continue;
		status = decide(rec, v, same_work, err);
		if (status == 0)
			status = stream_write(out.out, rec, scratch, err);
		arena_reset(scratch);
		out.n_records++;
	}
	arena_free(scratch);
	if (status == 0)
		return lists_end(&out, s, fragments, err);
	lists_abandon(&out);
	return -1;
}

static int
store_fragments(const struct steps *s, const struct stream_list *list,
    struct error *err)
{
	if (fragments_forget_mined(s->catalogue, err) != 0)
		return -1;
	for (size_t i = 0; i < list->n_records; i++)
		if (fragments_put(s->catalogue, list->records[i],
		    s->round_key, err) != 0)
			return error_add(err, "fragment %zu", i + 1);
	return recordings_quarantine(s->catalogue, s->round_key, err);
}

int
decide_fragments(const struct steps *s, const struct steps_file *aligned,
    const struct verdicts *v, double same_work,
    struct lists_file *fragments, struct error *err)
{
	struct stream_list list;
	int status;

	if (stream_list_load(&list, aligned->path, err) != 0)
		return -1;
	status = write_decided(s, &list, v, same_work, fragments,
	    err);
	stream_list_release(&list);
	if (status != 0)
		return -1;
	return in_transaction(s, fragments->path, store_fragments, err);
}
