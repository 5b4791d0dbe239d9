/*
 * The index of songs: what is accepted can be walked through and searched, even
 * when its checks are those of a stranger.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include "embed/index_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WORK 4096

/* Read all that a search would read; how long all names are. */
static size_t
walk(const struct index_file *f)
{
	const struct index_facts *facts = index_file_facts(f);
	volatile double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < facts->n_songs; i++) {
		struct index_song song;

		index_file_song(f, i, &song);
		n += strlen(song.id) + strlen(song.work);
		for (size_t k = 0; k < song.n_windows *
		    facts->shape.dimension; k++)
			sum = sum + (double)song.fingerprints[k];
		for (size_t k = 0; k < song.line.n; k++)
			sum = sum + (double)song.line.pitch[k];
	}
	return n;
}

static void
find(const struct index_file *f, const float *query)
{
	struct neighbours_store store;
	struct neighbours *n;
	int64_t found[4];
	float likeness[4];
	struct error err;

	index_file_store(f, &store);
	if ((n = neighbours_new(&store, &err)) == NULL)
		return;
	if (neighbours_find(n, query, 1, 3, 4, found, likeness, &err) == 0)
		for (size_t i = 0; i < 4; i++)
			if (found[i] >= (int64_t)store.n_rows)
				abort();
	neighbours_free(n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static float query[MAX_WORK];
	struct index_file *f;
	struct error err;
	unsigned char *bytes = memory_new(size, 1, "bytes", &err);

	if (bytes == NULL)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	f = index_file_parse(bytes, size, 1, false, &err);
	if (f != NULL) {
		const struct neighbours_shape *s =
		    &index_file_facts(f)->shape;

		/* Names end within the file: their lengths are no more. */
		if (walk(f) > size)
			abort();
		query[0] = 1;
		if (s->n_lists > 0 && s->n_lists <= MAX_WORK &&
		    s->dimension <= MAX_WORK)
			find(f, query);
		index_file_close(f);
	}
	memory_free(bytes);
	return 0;
}
