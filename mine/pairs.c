#include <string.h>

#include "manifests/stream.h"
#include "store/blocks.h"
#include "store/fragments.h"

#include "mine/pairs.h"
#include "mine/training_pairs.h"

/* What is at hand while the pairs are written. */
struct writer {
	const struct steps *s;
	struct lists_new out;
	const struct recording_index *index;
	const struct verdicts *verdicts;
	struct arena *scratch;
	/* The last work asked for, since records come work by work. */
	char *group_id;			/* in arena "names" */
	struct arena *names;
	bool is_blocked;
};

/*
 * Whether the work is blocked: by what the catalogue knows of it, or by what
 * any of its records at hand is called.
 */
static int
is_work_blocked(const struct writer *w, const char *group_id, bool *blocked,
    struct error *err)
{
	const struct json *rec;

	if (blocks_match_work(w->s->catalogue, group_id, blocked, err) != 0)
		return -1;
	for (size_t k = 0; !*blocked && (rec = recording_index_of_group(
	    w->index, group_id, k)) != NULL; k++)
		if (blocks_match(w->s->catalogue, rec, blocked, err) != 0)
			return -1;
	return 0;
}

/* Ask only when the work changes; the answer is in w->is_blocked. */
static int
look_up_work(struct writer *w, const struct json *rec, struct error *err)
{
	const char *group_id;

	if (json_want_string(rec, "group_id", &group_id, err) != 0)
		return -1;
	if (w->group_id != NULL && strcmp(w->group_id, group_id) == 0)
		return 0;
	arena_reset(w->names);
	if ((w->group_id = arena_strdup(w->names, group_id)) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return is_work_blocked(w, group_id, &w->is_blocked, err);
}

static int
write_hums(struct writer *w, const struct stream_list *list,
    struct error *err)
{
	for (size_t i = 0; i < list->n_records; i++) {
		const struct json *rec = list->records[i];

		if (json_has(rec, "error"))
			continue;
		if (look_up_work(w, rec, err) != 0)
			return error_add(err, "labelled hum %zu", i + 1);
		if (!w->is_blocked && training_pairs_write_truth(w->out.out,
		    rec, w->index, w->scratch, &w->out.n_records, err) != 0)
			return -1;
		arena_reset(w->scratch);
	}
	return 0;
}

static int
write_fragment(void *context, struct json *rec, struct error *err)
{
	struct writer *w = context;
	int status;

	if (look_up_work(w, rec, err) != 0)
		return -1;
	if (w->is_blocked)
		return 0;
	status = training_pairs_write_fragment(w->out.out, rec,
	    verdicts_on(w->verdicts, rec) == NULL ? "mined" : "review",
	    w->index, w->scratch, &w->out.n_records, err);
	arena_reset(w->scratch);
	return status;
}

/* Load a manifest, index it, and let "write" use it. */
static int
with_index(struct writer *w, const struct steps_file *f,
    int (*write)(struct writer *w, const struct stream_list *list,
    struct error *err), struct error *err)
{
	struct recording_index *index;
	struct stream_list list;
	int status = -1;

	if (stream_list_load(&list, f->path, err) != 0)
		return -1;
	index = recording_index_new(list.records, list.n_records, err);
	if (index != NULL) {
		w->index = index;
		w->group_id = NULL;
		status = write(w, &list, err);
	}
	recording_index_free(index);
	stream_list_release(&list);
	return status;
}

static int
write_kept(struct writer *w, const struct stream_list *list,
    struct error *err)
{
	const struct fragments_filter kept = { .decision = "keep" };

	(void)list;
	return fragments_each(w->s->catalogue, &kept, write_fragment, w, err);
}

int
pairs_of_round(const struct steps *s, const struct steps_file *hums,
    const struct steps_file *recordings, const struct verdicts *v,
    struct lists_file *pairs, struct error *err)
{
	struct writer w = { .s = s, .verdicts = v };
	int status = -1;

	w.scratch = arena_new();
	w.names = arena_new();
	if (w.scratch == NULL || w.names == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	else
		status = lists_begin(&w.out, err);
	if (status == 0 && hums != NULL)
		status = with_index(&w, hums, write_hums, err);
	if (status == 0 && recordings != NULL)
		status = with_index(&w, recordings, write_kept, err);
	arena_free(w.scratch);
	arena_free(w.names);
	if (status == 0)
		return lists_end(&w.out, s, pairs, err);
	lists_abandon(&w.out);
	return -1;
}
