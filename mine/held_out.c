#include "base/hash.h"
#include "manifests/stream.h"
#include "store/blocks.h"

#include "mine/held_out.h"

static bool
is_held_out(const struct json *rec)
{
	const char *group_id;

	return json_get_string(rec, "group_id", "", &group_id, NULL) == 0 &&
	    hash_text64(group_id) % 2 == 0;
}

/* A list without records is no list. */
static void
drop_empty(struct lists_file *f)
{
	if (f->n_records == 0)
		*f = (struct lists_file) { .path = NULL };
}

/* Say what is measured on when the user named nothing. */
static int
note_hums(const struct steps *s, const struct lists_file *hums,
    struct error *err)
{
	const char *text;

	if (s->note == NULL || hums->n_records == 0)
		return 0;
	text = arena_printf(s->a, "hums of the catalogue that are set aside "
	    "to measure on: %zu", hums->n_records);
	if (text == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	s->note(s->context, text);
	return 0;
}

int
held_out_find(const struct steps *s, const struct round_options *o,
    struct lists_file *hums, struct lists_file *songs, struct error *err)
{
	if ((o->held_out_path != NULL ?
	    lists_of_file(s, o->held_out_path, hums, err) :
	    lists_of_catalogue(s, "humming", is_held_out, hums, err)) != 0 ||
	    (o->database_path != NULL ?
	    lists_of_file(s, o->database_path, songs, err) :
	    lists_of_catalogue(s, "original", NULL, songs, err)) != 0)
		return -1;
	drop_empty(hums);
	drop_empty(songs);
	if (o->held_out_path == NULL && note_hums(s, hums, err) != 0)
		return -1;
	return held_out_block(s, hums, "held-out", err);
}

int
held_out_block(const struct steps *s, const struct lists_file *list,
    const char *set_name, struct error *err)
{
	struct stream_list records;
	int status;

	if (list->path == NULL)
		return 0;
	if (stream_list_load(&records, list->path, err) != 0)
		return -1;
	status = catalogue_begin(s->catalogue, err);
	for (size_t i = 0; i < records.n_records && status == 0; i++)
		status = blocks_put(s->catalogue, records.records[i],
		    set_name, err);
	stream_list_release(&records);
	if (status == 0)
		return catalogue_commit(s->catalogue, err);
	catalogue_rollback(s->catalogue);
	return error_add(err, "%s", list->path);
}
