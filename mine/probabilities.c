#include <string.h>

#include "base/memory.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "mine/lists.h"
#include "mine/probabilities.h"

/* True when there is enough to learn from, of both sorts. */
static int
is_enough(const struct steps_file *checked, bool *enough, struct error *err)
{
	struct stream_list list;
	size_t n[2] = { 0, 0 };
	int status;

	*enough = false;
	if (stream_list_load(&list, checked->path, err) != 0)
		return -1;
	status = 0;
	for (size_t i = 0; i < list.n_records && status == 0; i++) {
		bool is_right;

		if (record_has_failed(list.records[i]) ||
		    !json_has(list.records[i], "is_right"))
			continue;
		status = json_get_bool(list.records[i], "is_right", false,
		    &is_right, err);
		n[status == 0 && is_right]++;
	}
	stream_list_release(&list);
	*enough = n[0] > 0 && n[1] > 0 &&
	    n[0] + n[1] >= PROBABILITIES_MIN_FRAGMENTS;
	return status;
}

/* The works that have an original, in order: [*n], to be freed. */
static const char **
find_works(const struct stream_list *list, size_t *n, struct error *err)
{
	const char **works = memory_new(list->n_records + 1, sizeof(*works),
	    "works", err);

	*n = 0;
	for (size_t i = 0; i < list->n_records && works != NULL; i++) {
		const struct json *rec = list->records[i];
		const char *type, *group_id;
		size_t k;

		if (record_has_failed(rec) || json_get_string(rec,
		    "audio_type", "", &type, NULL) != 0 ||
		    strcmp(type, "original") != 0 || json_get_string(rec,
		    "group_id", NULL, &group_id, NULL) != 0 ||
		    group_id == NULL)
			continue;
		for (k = 0; k < *n && strcmp(works[k], group_id) != 0; k++)
			;
		if (k == *n)
			works[(*n)++] = group_id;
	}
	return works;
}

/* Put an original among the versions of the next work. */
static int
move_on(struct json *rec, const char *const *works, size_t n,
    struct error *err)
{
	const char *type, *group_id;

	if (json_get_string(rec, "audio_type", "", &type, NULL) != 0 ||
	    strcmp(type, "original") != 0)
		return 0;
	if (json_want_string(rec, "group_id", &group_id, err) != 0)
		return -1;
	for (size_t k = 0; k < n; k++)
		if (strcmp(works[k], group_id) == 0)
			return json_put_string(rec, "group_id",
			    works[(k + 1) % n], err);
	return 0;
}

/* The manifest of pairs that share nothing; the list's records change. */
static int
write_strangers(const struct steps *s, struct stream_list *list,
    const char *const *works, size_t n, struct lists_file *strangers,
    struct error *err)
{
	struct arena *scratch = arena_new();
	struct lists_new out = { .out = NULL };
	struct json *rec;
	int status;

	if (scratch == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = lists_begin(&out, err);
	for (size_t i = 0; i < list->n_records && status == 0; i++) {
		rec = list->records[i];
		if (record_has_failed(rec))
			continue;
		status = move_on(rec, works, n, err);
		if (status == 0)
			status = stream_write(out.out, rec, scratch, err);
		arena_reset(scratch);
		out.n_records++;
	}
	arena_free(scratch);
	if (status == 0)
		return lists_end(&out, s, strangers, err);
	lists_abandon(&out);
	return -1;
}

/* strangers->path is NULL when there is but one work. */
static int
find_strangers(const struct steps *s, const struct steps_file *embedded,
    struct lists_file *strangers, struct error *err)
{
	struct stream_list list;
	const char **names = NULL, **works = NULL;
	struct arena *a = arena_new();
	size_t n;
	int status = -1;

	memset(strangers, 0, sizeof(*strangers));
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (stream_list_load(&list, embedded->path, err) != 0) {
		arena_free(a);
		return -1;
	}
	if ((names = find_works(&list, &n, err)) == NULL ||
	    (works = arena_need(a, n + 1, sizeof(*works), "works",
	    err)) == NULL)
		goto out;
	/* The names live in records that are about to change. */
	for (size_t k = 0; k < n; k++)
		if ((works[k] = arena_strdup(a, names[k])) == NULL) {
			error_set(err, ERROR_NOMEM, "out of memory");
			goto out;
		}
	status = n < 2 ? 0 :
	    write_strangers(s, &list, works, n, strangers, err);
out:
	memory_free(names);
	stream_list_release(&list);
	arena_free(a);
	return status;
}

int
probabilities_fit(const struct steps *s,
    const struct steps_file *embedded, const struct steps_file *aligned,
    const struct steps_file *checked, bool *fitted, struct steps_file *f,
    struct error *err)
{
	struct steps_file pairs, others;
	const struct steps_file *found[] = { aligned, &pairs, &others };
	struct lists_file strangers;
	size_t n = 2;

	if (is_enough(checked, fitted, err) != 0)
		return -1;
	if (!*fitted)
		return 0;
	if (stages_pairs(s, "pairs-truth", embedded->path, embedded->sha256,
	    &pairs, err) != 0 ||
	    find_strangers(s, embedded, &strangers, err) != 0)
		return -1;
	if (strangers.path != NULL && stages_pairs(s, "strangers-truth",
	    strangers.path, strangers.sha256, &others, err) != 0)
		return -1;
	n += strangers.path != NULL;
	return stages_calibrate(s, found, n, embedded, f, err);
}
