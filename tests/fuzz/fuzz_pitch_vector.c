/* Pitch vectors: what is accepted holds finite values within their ranges. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "dsp/pitch_vector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct track *t)
{
	if (!(t->hop_sec > 0.0))
		abort();
	for (size_t k = 0; k < t->n_frames; k++)
		if (!(t->f0_hz[k] >= 0.0f) || !(t->confidence[k] >= 0.0f) ||
		    !(t->confidence[k] <= 1.0f))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	FILE *in = tmpfile();
	struct track t;
	struct error err;

	if (a != NULL && in != NULL &&
	    fwrite(data, 1, size, in) == size && fseek(in, 0, SEEK_SET) == 0 &&
	    pitch_vector_read_stream(in, a, &t, &err) == 0)
		check(&t);
	if (in != NULL)
		fclose(in);
	arena_free(a);
	return 0;
}
