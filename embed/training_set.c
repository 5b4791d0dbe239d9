#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/memory.h"

#include "manifests/record.h"
#include "manifests/stream.h"

#include "embed/image_kind.h"

#include "embed/training_set.h"

#define MAX_PASSAGE_SEC 100.0

/* What one side of a pair says in the manifest. */
struct passage {
	const char *path;
	double hop_sec, offset_sec, duration_sec;
};

static int
read_passage(const struct json *side, const struct image_kind *kind,
    const char *folder, struct arena *a, struct passage *p,
    struct error *err)
{
	p->path = record_path(side, kind->pair_path, folder, a, err);
	if (p->path == NULL ||
	    json_get_number(side, kind->pair_hop, kind->frame_sec,
	    &p->hop_sec, err) != 0 ||
	    json_want_number(side, "offset", &p->offset_sec, err) != 0 ||
	    json_want_number(side, "duration", &p->duration_sec, err) != 0)
		return -1;
	if (!(p->offset_sec >= 0) || !(p->duration_sec > 0) ||
	    p->duration_sec > MAX_PASSAGE_SEC)
		return error_set(err, ERROR_LIMIT, "a passage of %g s at %g s: "
		    "expected up to %g s at 0 or later", p->duration_sec,
		    p->offset_sec, MAX_PASSAGE_SEC);
	return 0;
}

static int
load_side(const struct json *side, const struct image_kind *kind,
    const char *folder, double margin_sec, struct training_side *out,
    struct error *err)
{
	struct arena *a = arena_new();
	struct npy_reader *r = NULL;
	struct passage p;
	double start_sec;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (read_passage(side, kind, folder, a, &p, err) != 0 ||
	    (r = npy_reader_open(p.path, err)) == NULL)
		goto out;
	if (image_kind_check(kind, npy_reader_n_columns(r), p.hop_sec,
	    err) != 0 ||
	    excerpt_read(r, kind, p.offset_sec - margin_sec, p.offset_sec +
	    p.duration_sec + margin_sec, &out->excerpt, &start_sec,
	    err) != 0) {
		error_add(err, "%s", p.path);
		goto out;
	}
	out->first_column = (p.offset_sec - start_sec) / IMAGE_KIND_COLUMN_SEC;
	out->n_columns = p.duration_sec / IMAGE_KIND_COLUMN_SEC;
	status = 0;
out:
	npy_reader_close(r);
	arena_free(a);
	return status;
}

static size_t
work_of(const struct json *rec, const char *fallback)
{
	const char *group_id = fallback;

	if (json_get_string(rec, "group_id", fallback, &group_id, NULL) != 0)
		group_id = fallback;
	return (size_t)hash_text64(group_id);
}

static int
add_pair(struct training_set *set, const struct json *rec, const char *folder,
    double margin_sec, struct error *err)
{
	struct training_pair *p;

	if (memory_grow(&set->pairs, &set->pair_capacity, set->n_pairs + 1,
	    sizeof(*set->pairs), "training pairs", err) != 0)
		return -1;
	p = &set->pairs[set->n_pairs];
	memset(p, 0, sizeof(*p));
	p->work = work_of(rec, "");
	if (load_side(json_at(rec, "original"), set->kind, folder, margin_sec,
	    &p->original, err) != 0)
		return error_add(err, "original");
	if (load_side(json_at(rec, "other"), set->kind, folder, margin_sec,
	    &p->other, err) != 0) {
		excerpt_release(&p->original.excerpt);
		return error_add(err, "other");
	}
	set->n_pairs++;
	set->n_bytes += (p->original.excerpt.n_columns +
	    p->other.excerpt.n_columns) * set->kind->n_kept_bins;
	if (set->n_bytes > TRAINING_SET_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "more than %zu MiB of "
		    "passages: train on fewer at a time",
		    TRAINING_SET_MAX_BYTES >> 20);
	return 0;
}

static int
add_melody(struct training_set *set, const struct json *rec,
    const char *folder, struct error *err)
{
	struct training_melody *m;
	const char *path = record_path(rec, "audio_filepath", folder,
	    set->arena, err);

	if (path == NULL || memory_grow(&set->melodies,
	    &set->melody_capacity, set->n_melodies + 1,
	    sizeof(*set->melodies), "melodies", err) != 0)
		return -1;
	m = &set->melodies[set->n_melodies];
	m->work = work_of(rec, path);
	if (tune_read_midi(path, NULL, set->arena, &m->tune, err) != 0)
		return -1;
	set->n_melodies++;
	return 0;
}

static int
ends_with(const char *text, const char *ending)
{
	const size_t n = strlen(text), n_ending = strlen(ending);

	return n >= n_ending && strcasecmp(text + n - n_ending, ending) == 0;
}

static int
add_line(struct training_set *set, const struct json *rec, const char *folder,
    double margin_sec, struct error *err)
{
	const char *sound;

	if (json_is_object(json_at(rec, "original")) &&
	    json_is_object(json_at(rec, "other")))
		return add_pair(set, rec, folder, margin_sec, err);
	if (json_get_string(rec, "audio_filepath", "", &sound, err) != 0)
		return -1;
	if (ends_with(sound, ".mid") || ends_with(sound, ".midi"))
		return add_melody(set, rec, folder, err);
	return error_set(err, ERROR_FORMAT, "neither a training pair "
	    "(\"original\" and \"other\") nor a MIDI file");
}

int
training_set_load(struct training_set *set, const struct image_kind *kind,
    const char *path, double margin_sec, struct error *err)
{
	struct stream_list list;
	int status = -1;

	memset(set, 0, sizeof(*set));
	set->kind = kind;
	if ((set->arena = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (path == NULL)
		return 0;
	if (stream_list_load(&list, path, err) != 0)
		goto out;
	status = 0;
	for (size_t i = 0; i < list.n_records && status == 0; i++) {
		if (record_has_failed(list.records[i]))
			continue;
		status = add_line(set, list.records[i], list.folder,
		    margin_sec, err);
		if (status != 0)
			error_add(err, "%s: record %zu", path, i + 1);
	}
	stream_list_release(&list);
out:
	if (status != 0)
		training_set_release(set);
	return status;
}

void
training_set_release(struct training_set *set)
{
	for (size_t i = 0; i < set->n_pairs; i++) {
		excerpt_release(&set->pairs[i].original.excerpt);
		excerpt_release(&set->pairs[i].other.excerpt);
	}
	memory_free(set->pairs);
	memory_free(set->melodies);
	arena_free(set->arena);
	memset(set, 0, sizeof(*set));
}
