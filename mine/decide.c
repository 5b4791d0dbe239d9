#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
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

/* The list of decided fragments while it is put together. */
struct decided {
	const struct verdicts *verdicts;
	double same_work;
	struct lists_new out;
	struct arena *scratch;
	bool *is_in;		/* [verdicts_n_accepted] */
};

static int
write_one(struct decided *d, const struct json *rec, struct error *err)
{
	const int status = stream_write(d->out.out, rec, d->scratch, err);

	arena_reset(d->scratch);
	d->out.n_records++;
	return status;
}

/* What was accepted stands as it was, once, for all that is found there. */
static int
write_accepted(struct decided *d, size_t i, struct error *err)
{
	if (d->is_in[i])
		return 0;
	d->is_in[i] = true;
	return write_one(d, verdicts_accepted(d->verdicts, i), err);
}

/* A verdict, or doubt whether the two share a work, changes the decision. */
static int
decide(const struct decided *d, struct json *rec, struct error *err)
{
	const char *verdict = verdicts_on(d->verdicts, rec), *word;
	double p;

	if (verdict != NULL)
		return json_put_string(rec, "decision", verdict, err);
	if (json_get_number(rec, "same_work", 1.0, &p, err) != 0 ||
	    json_get_string(rec, "decision", "", &word, err) != 0)
		return -1;
	if (p >= d->same_work || strcmp(word, "keep") != 0)
		return 0;
	if (json_put_bool(rec, "check_by_crowdsource", true, err) != 0)
		return -1;
	return json_put_string(rec, "decision", "flag", err);
}

static int
write_fragment(struct decided *d, struct json *rec, struct error *err)
{
	const size_t accepted = verdicts_find_accepted(d->verdicts, rec);

	if (accepted < verdicts_n_accepted(d->verdicts))
		return write_accepted(d, accepted, err);
	if (decide(d, rec, err) != 0)
		return -1;
	return write_one(d, rec, err);
}

/* The decided fragments of the list, as a list of their own. */
static int
write_decided(const struct steps *s, const struct stream_list *list,
    const struct verdicts *v, double same_work,
    struct lists_file *fragments, struct error *err)
{
	struct decided d = { .verdicts = v, .same_work = same_work,
	    .out = { .out = NULL } };
	const size_t n_accepted = verdicts_n_accepted(v);
	int status;

	d.is_in = memory_new(n_accepted, sizeof(*d.is_in), "reviews", err);
	if (d.is_in == NULL)
		return -1;
	if ((d.scratch = arena_new()) == NULL)
		status = error_set(err, ERROR_NOMEM, "out of memory");
	else
		status = lists_begin(&d.out, err);
	for (size_t i = 0; i < list->n_records && status == 0; i++)
		if (is_fragment(list->records[i]))
			status = write_fragment(&d, list->records[i], err);
	/* The aligner may not have found them again. */
	for (size_t i = 0; i < n_accepted && status == 0; i++)
		status = write_accepted(&d, i, err);
	arena_free(d.scratch);
	memory_free(d.is_in);
	if (status == 0)
		return lists_end(&d.out, s, fragments, err);
	lists_abandon(&d.out);
	return -1;
}

/* So that others find the list: as a step of the round. */
static int
note_list(const struct steps *s, const struct lists_file *fragments,
    struct error *err)
{
	struct steps_file f = { .name = "decide", .path = fragments->path };

	memcpy(f.key, fragments->sha256, sizeof(f.key));
	return steps_end(s, &f, err);
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
	if (status != 0 || note_list(s, fragments, err) != 0)
		return -1;
	return in_transaction(s, fragments->path, store_fragments, err);
}
