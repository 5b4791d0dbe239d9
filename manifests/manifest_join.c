/*
 * The second manifest becomes a list of keys, sorted, each with its record as
 * text; for each record of the first the key is looked up there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#include "manifests/manifest_join.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#define MAX_RECORDS ((size_t)1 << 24)
#define MAX_MEMBERS 64

/* Members, as an option names them. */
struct names {
	const char *name[MAX_MEMBERS];
	size_t n;
};

struct entry {
	const char *key, *text;
	size_t place;
	bool is_matched;
};

struct joining {
	struct manifest_join *set;
	const char *second;	/* as messages name it */
	struct names on, add;
	struct entry *entries;	/* sorted by key, then place */
	size_t n_entries, capacity;
	struct arena *kept;	/* keys and texts of the second, names */
	struct arena *a;	/* of the record at hand */
	struct record_writer *out;
};

static int
out_of_memory(struct error *err)
{
	return error_set(err, ERROR_NOMEM, "out of memory");
}

static int
split_names(struct names *names, const char *list, struct arena *a,
    struct error *err)
{
	char *at = arena_strdup(a, list);

	if (at == NULL)
		return out_of_memory(err);
	while (at != NULL) {
		char *comma = strchr(at, ',');

		if (comma != NULL)
			*comma++ = '\0';
		if (at[0] == '\0' || names->n == MAX_MEMBERS)
			return error_set(err, ERROR_FORMAT, "\"%s\" must be 1 "
			    "to %d members, such as group_id,id", list,
			    MAX_MEMBERS);
		names->name[names->n++] = at;
		at = comma;
	}
	return 0;
}

/* *key is NULL when the record lacks a member. */
static int
find_key(const struct joining *j, const struct json *rec, struct arena *a,
    const char **key, struct error *err)
{
	const char *text = "";

	*key = NULL;
	for (size_t i = 0; i < j->on.n; i++) {
		const struct json *value = json_at(rec, j->on.name[i]);
		const char *one;

		if (value == NULL || json_is_null(value))
			return 0;
		if ((one = json_text(value, a, err)) == NULL)
			return -1;
		text = i == 0 ? one : arena_printf(a, "%s,%s", text, one);
		if (text == NULL)
			return out_of_memory(err);
	}
	*key = text;
	return 0;
}

/* The record with the members alone that are to be added. */
static struct json *
cut_record(const struct joining *j, const struct json *rec, struct error *err)
{
	struct json *cut = json_new_object(err);
	int result = cut == NULL ? -1 : 0;

	for (size_t i = 0; i <= j->add.n && result == 0; i++) {
		const char *name = i < j->add.n ? j->add.name[i] : "history";
		const struct json *value = json_at(rec, name);

		if (value != NULL)
			result = json_put(cut, name, value, err);
	}
	if (result == 0)
		return cut;
	json_free(cut);
	return NULL;
}

static int
keep_second(void *shared, struct json **rec, const char *folder,
    struct error *err)
{
	struct joining *j = shared;
	struct json *cut = NULL;
	const char *key, *text;

	if (record_has_failed(*rec))
		return 0;
	if (record_rebase(*rec, folder, err) != 0 ||
	    find_key(j, *rec, j->kept, &key, err) != 0)
		return -1;
	if (key == NULL) {
		j->set->n_without_key++;
		return 0;
	}
	if (j->n_entries == MAX_RECORDS)
		return error_set(err, ERROR_LIMIT, "%s has more than %zu "
		    "records", j->second, MAX_RECORDS);
	if (j->add.n > 0 && (cut = cut_record(j, *rec, err)) == NULL)
		return -1;
	text = json_text(cut != NULL ? cut : *rec, j->kept, err);
	json_free(cut);
	if (text == NULL || memory_grow(&j->entries, &j->capacity,
	    j->n_entries + 1, sizeof(j->entries[0]), "records", err) != 0)
		return -1;
	j->entries[j->n_entries] = (struct entry){ key, text, j->n_entries,
		false };
	j->n_entries++;
	return 0;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const int by_key = strcmp(x->key, y->key);

	if (by_key != 0)
		return by_key;
	return (x->place > y->place) - (x->place < y->place);
}

static int
compare_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct entry *)entry)->key);
}

/* "what" is arena memory of the record at hand, or NULL: no room for it. */
static int
tell(struct joining *j, const char *what, struct error *err)
{
	if (what == NULL)
		return out_of_memory(err);
	j->set->n_conflicts++;
	j->set->tell(j->set->shared, what);
	return 0;
}

/* Sort the second manifest and keep one record of each key. */
static int
sort_second(struct joining *j, struct error *err)
{
	size_t n = 0;

	if (j->n_entries > 0)
		qsort(j->entries, j->n_entries, sizeof(j->entries[0]),
		    compare_entries);
	for (size_t i = 0; i < j->n_entries; i++) {
		arena_reset(j->a);
		if (n == 0 || strcmp(j->entries[n - 1].key,
		    j->entries[i].key) != 0)
			j->entries[n++] = j->entries[i];
		else if (tell(j, arena_printf(j->a, "%s: %.100s comes again; "
		    "the first is taken", j->second, j->entries[i].key),
		    err) != 0)
			return -1;
	}
	j->n_entries = n;
	return 0;
}

static bool
is_same(const struct json *x, const struct json *y, const char *x_text,
    const char *y_text)
{
	double a, b;

	if (json_want_number(x, "", &a, NULL) == 0 &&
	    json_want_number(y, "", &b, NULL) == 0)
		return a == b;
	return strcmp(x_text, y_text) == 0;
}

/* Both have a value that is no object: they should be the same. */
static int
compare_values(struct joining *j, const struct json *rec, const char *path,
    const struct json *other, struct error *err)
{
	const struct json *own = json_at(rec, path);
	const char *own_text = json_text(own, j->a, err);
	const char *text = own_text == NULL ? NULL : json_text(other, j->a,
	    err);

	if (text == NULL)
		return -1;
	if (json_is_null(other) || is_same(own, other, own_text, text))
		return 0;
	return tell(j, arena_printf(j->a, "%.100s: \"%.100s\" is %.100s and, "
	    "in %s, %.100s; the first stays", record_id(rec), path, own_text,
	    j->second, text), err);
}

/* Put the members of "from" on what the record has at the path. */
static int
add_members(struct joining *j, struct json *rec, const char *path,
    const struct json *from, struct error *err)
{
	for (size_t i = 0; i < json_count(from); i++) {
		const char *name = json_member_name(from, i);
		const struct json *value = json_item(from, i), *own;
		const char *below = path[0] == '\0' ? name :
		    arena_printf(j->a, "%s.%s", path, name);
		int result;

		if (below == NULL)
			return out_of_memory(err);
		if (strcmp(below, "history") == 0)
			continue;
		own = json_at(rec, below);
		if (name[0] == '\0' || strchr(name, '.') != NULL)
			result = tell(j, arena_printf(j->a, "%.100s: the "
			    "name of \"%.100s\" in %s holds a dot or nothing; "
			    "it is left out", record_id(rec), name,
			    j->second), err);
		else if (own == NULL || json_is_null(own))
			result = json_put(rec, below, value, err);
		else if (json_is_object(own) && json_is_object(value))
			result = add_members(j, rec, below, value, err);
		else
			result = compare_values(j, rec, below, value, err);
		if (result != 0)
			return -1;
	}
	return 0;
}

/* What the second did that the first does not know of. */
static int
add_history(struct joining *j, struct json *rec, const struct json *from,
    struct error *err)
{
	const struct json *list = json_at(from, "history");
	const size_t n_own = json_count(json_at(rec, "history"));

	if (json_has(rec, "history") && !json_is_array(json_at(rec,
	    "history")))
		return 0;
	for (size_t i = 0; json_is_array(list) && i < json_count(list); i++) {
		const char *text = json_text(json_item(list, i), j->a, err);
		bool is_known = false;

		if (text == NULL)
			return -1;
		for (size_t k = 0; k < n_own && !is_known; k++) {
			const char *own = json_text(json_item(json_at(rec,
			    "history"), k), j->a, err);

			if (own == NULL)
				return -1;
			is_known = strcmp(own, text) == 0;
		}
		if (!is_known && json_append(rec, "history", json_item(list,
		    i), err) != 0)
			return -1;
	}
	return record_add_history(rec, j->set->tool, j->set->options, NULL,
	    err);
}

static int
join_record(struct joining *j, struct json *rec, const struct entry *entry,
    struct error *err)
{
	struct json *from = json_parse(entry->text, strlen(entry->text), err);
	int result = -1;

	if (from != NULL && add_members(j, rec, "", from, err) == 0)
		result = add_history(j, rec, from, err);
	json_free(from);
	return result;
}

static int
take_first(void *shared, struct json **rec, const char *folder,
    struct error *err)
{
	struct joining *j = shared;
	struct entry *entry = NULL;
	const char *key;
	int result = 0;

	arena_reset(j->a);
	if (record_rebase(*rec, folder, err) != 0)
		return -1;
	if (record_has_failed(*rec))
		return record_writer_put(j->out, *rec, NULL, err);
	j->set->n_records++;
	if (find_key(j, *rec, j->a, &key, err) != 0)
		return -1;
	if (key != NULL && j->n_entries > 0)
		entry = bsearch(key, j->entries, j->n_entries,
		    sizeof(j->entries[0]), compare_key);
	if (entry != NULL) {
		entry->is_matched = true;
		j->set->n_joined++;
		result = join_record(j, *rec, entry, err);
	} else if (!j->set->keeps_all) {
		return 0;
	}
	return result != 0 ? -1 : record_writer_put(j->out, *rec, NULL, err);
}

static int
run(struct joining *j, const char *first, const char *second,
    struct error *err)
{
	struct manifest_join *set = j->set;
	struct stream_each read_second = { .path = second,
		.take = keep_second, .shared = j };
	struct stream_each read_first = { .path = first, .take = take_first,
		.shared = j };

	if (strcmp(first, "-") == 0 && strcmp(second, "-") == 0)
		return error_set(err, ERROR_FORMAT, "only one manifest can "
		    "come on standard input");
	if (split_names(&j->on, set->on, j->kept, err) != 0 ||
	    (set->add != NULL && split_names(&j->add, set->add, j->kept,
	    err) != 0) || stream_each_run(&read_second, err) != 0 ||
	    sort_second(j, err) != 0 || stream_each_run(&read_first, err) != 0)
		return -1;
	for (size_t i = 0; i < j->n_entries; i++)
		set->n_unmatched += !j->entries[i].is_matched;
	set->n_broken = read_first.n_broken + read_second.n_broken;
	return 0;
}

int
manifest_join_run(struct manifest_join *set, const char *first,
    const char *second, struct record_writer *out, struct error *err)
{
	struct joining j = { .set = set, .out = out, .kept = arena_new(),
		.a = arena_new(), .second = strcmp(second, "-") == 0 ?
		"standard input" : second };
	const int result = j.kept == NULL || j.a == NULL ?
	    out_of_memory(err) : run(&j, first, second, err);

	arena_free(j.a);
	arena_free(j.kept);
	memory_free(j.entries);
	return result;
}
