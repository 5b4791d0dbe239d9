#include <stdint.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

#include "embed/index_lists.h"

#define NOT_YET UINT32_MAX

struct index_lists {
	struct neighbours_book book;
	float *centres, *parts;		/* of the training, or NULL */
	uint64_t seed;
	size_t n_rows, n_told;
	uint32_t *lists;		/* [n_rows] */
	uint8_t *codes;			/* [n_rows][n_parts] */
	uint32_t *old_lists;		/* of the old index's windows */
	const uint8_t **old_codes;
};

/* Say for each window of the old index which list and code it has. */
static int
read_old(struct index_lists *l, const struct index_file *old,
    struct error *err)
{
	struct neighbours_store s;

	index_file_store(old, &s);
	l->book = s.book;
	l->old_lists = memory_new(s.n_rows, sizeof(*l->old_lists), "windows",
	    err);
	l->old_codes = memory_new(s.n_rows, sizeof(*l->old_codes), "windows",
	    err);
	if (l->old_lists == NULL || l->old_codes == NULL)
		return -1;
	for (size_t i = 0; i < s.n_rows; i++)
		l->old_lists[i] = NOT_YET;
	for (size_t i = 0; i < s.book.shape.n_lists; i++) {
		for (uint64_t k = s.starts[i]; k < s.starts[i + 1]; k++) {
			l->old_lists[s.members[k]] = (uint32_t)i;
			l->old_codes[s.members[k]] = s.codes +
			    k * s.book.shape.n_parts;
		}
	}
	return 0;
}

static int
make_room(struct index_lists *l, const struct neighbours_shape *s,
    struct error *err)
{
	l->book.shape = *s;
	l->centres = memory_new(s->n_lists, s->dimension * sizeof(float),
	    "centres", err);
	l->parts = s->n_parts == 0 ? NULL : memory_new(s->dimension,
	    NEIGHBOURS_N_CODES * sizeof(float), "codes", err);
	if (l->centres == NULL || (s->n_parts > 0 && l->parts == NULL))
		return -1;
	l->book.centres = l->centres;
	l->book.parts = l->parts;
	return 0;
}

struct index_lists *
index_lists_new(const struct index_facts *facts,
    const struct index_file *old, struct error *err)
{
	struct index_lists *l = memory_new(1, sizeof(*l), "lists", err);

	if (l == NULL)
		return NULL;
	l->n_rows = facts->n_windows;
	l->seed = facts->seed;
	l->lists = memory_new(l->n_rows, sizeof(*l->lists), "windows", err);
	l->codes = memory_new(l->n_rows, facts->shape.n_parts, "windows",
	    err);
	if (l->lists != NULL && l->codes != NULL &&
	    (old == NULL ? make_room(l, &facts->shape, err) :
	    read_old(l, old, err)) == 0)
		return l;
	index_lists_free(l);
	return NULL;
}

void
index_lists_free(struct index_lists *l)
{
	if (l == NULL)
		return;
	memory_free(l->centres);
	memory_free(l->parts);
	memory_free(l->lists);
	memory_free(l->codes);
	memory_free(l->old_lists);
	memory_free(l->old_codes);
	memory_free(l);
}

void
index_lists_add(struct index_lists *l, size_t n_windows, size_t old_window)
{
	const size_t n_parts = l->book.shape.n_parts;

	for (size_t i = 0; i < n_windows; i++) {
		const size_t row = l->n_told++;
		const size_t from = old_window + i;

		if (old_window == SIZE_MAX || l->old_lists == NULL ||
		    l->old_lists[from] == NOT_YET) {
			l->lists[row] = NOT_YET;
			continue;
		}
		l->lists[row] = l->old_lists[from];
		if (n_parts > 0)
			memcpy(l->codes + row * n_parts, l->old_codes[from],
			    n_parts);
	}
}

/* Assign the windows that have no list, run after run. */
static int
assign(struct index_lists *l, const float *rows, size_t n_threads,
    struct error *err)
{
	const struct neighbours_shape *s = &l->book.shape;
	size_t end;

	for (size_t i = 0; i < l->n_rows; i = end) {
		end = i + 1;
		if (l->lists[i] != NOT_YET)
			continue;
		while (end < l->n_rows && l->lists[end] == NOT_YET)
			end++;
		if (neighbours_assign(&l->book, rows + i * s->dimension,
		    end - i, n_threads, l->lists + i,
		    l->codes + i * s->n_parts, err) != 0)
			return -1;
	}
	return 0;
}

/* Train and assign by the windows where they are already. */
static int
fill(struct index_lists *l, struct index_writer *w, size_t n_threads,
    struct error *err)
{
	const char *path;
	const float *rows;
	struct map m;
	size_t offset;
	int status = 0;

	if (index_writer_flush(w, INDEX_WINDOWS, &path, &offset, err) != 0 ||
	    map_open(path, &m, err) != 0)
		return -1;
	rows = (const float *)(const void *)(m.bytes + offset);
	if (l->centres != NULL)
		status = neighbours_train(&l->book.shape, rows, l->n_rows,
		    l->seed, l->centres, l->parts, err);
	if (status == 0)
		status = assign(l, rows, n_threads, err);
	map_close(&m);
	return status;
}

/* Sort by counting: starts [n_lists + 1], members [n_rows]. */
static void
sort_members(const struct index_lists *l, uint64_t *starts, int64_t *members)
{
	const size_t n_lists = l->book.shape.n_lists;

	for (size_t i = 0; i < l->n_rows; i++)
		starts[l->lists[i] + 1]++;
	for (size_t i = 0; i < n_lists; i++)
		starts[i + 1] += starts[i];
	for (size_t i = 0; i < l->n_rows; i++)
		members[starts[l->lists[i]]++] = (int64_t)i;
	/* Each start is now the next one's. */
	memmove(starts + 1, starts, n_lists * sizeof(*starts));
	starts[0] = 0;
}

static int
put_members(const struct index_lists *l, struct index_writer *w,
    const uint64_t *starts, const int64_t *members, struct error *err)
{
	const struct neighbours_shape *s = &l->book.shape;

	if (index_writer_begin(w, INDEX_CENTRES, err) != 0 ||
	    index_writer_put(w, l->book.centres, s->n_lists * s->dimension *
	    sizeof(float), err) != 0 ||
	    index_writer_begin(w, INDEX_PARTS, err) != 0 ||
	    index_writer_put(w, l->book.parts, s->n_parts == 0 ? 0 :
	    NEIGHBOURS_N_CODES * s->dimension * sizeof(float), err) != 0 ||
	    index_writer_begin(w, INDEX_STARTS, err) != 0 ||
	    index_writer_put(w, starts, (s->n_lists + 1) * sizeof(*starts),
	    err) != 0 ||
	    index_writer_begin(w, INDEX_MEMBERS, err) != 0 ||
	    index_writer_put(w, members, l->n_rows * sizeof(*members),
	    err) != 0 ||
	    index_writer_begin(w, INDEX_CODES, err) != 0)
		return -1;
	for (size_t i = 0; s->n_parts > 0 && i < l->n_rows; i++)
		if (index_writer_put(w, l->codes + (size_t)members[i] *
		    s->n_parts, s->n_parts, err) != 0)
			return -1;
	return 0;
}

int
index_lists_put(struct index_lists *l, struct index_writer *w,
    size_t n_threads, struct error *err)
{
	uint64_t *starts = memory_new(l->book.shape.n_lists + 1,
	    sizeof(*starts), "lists", err);
	int64_t *members = memory_new(l->n_rows, sizeof(*members), "windows",
	    err);
	int status = -1;

	if (starts != NULL && members != NULL &&
	    fill(l, w, n_threads, err) == 0) {
		sort_members(l, starts, members);
		status = put_members(l, w, starts, members, err);
	}
	memory_free(starts);
	memory_free(members);
	return status;
}
