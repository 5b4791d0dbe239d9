/*
 * track_fuzz -- what readers of pitch tracks accept holds finite values within
 * their ranges.
 */
#ifndef TESTS_FUZZ_TRACK_FUZZ_H
#define TESTS_FUZZ_TRACK_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "dsp/track.h"

static inline void
track_fuzz_check(const struct track *t)
{
	if (!(t->hop_sec > 0.0))
		abort();
	for (size_t k = 0; k < t->n_frames; k++)
		if (!(t->f0_hz[k] >= 0.0f) || !(t->confidence[k] >= 0.0f) ||
		    !(t->confidence[k] <= 1.0f))
			abort();
}

static inline void
track_fuzz(const uint8_t *data, size_t size,
    int (*read)(FILE *in, struct arena *a, struct track *t,
    struct error *err))
{
	struct arena *a = arena_new();
	FILE *in = tmpfile();
	struct track t;
	struct error err;

	if (a != NULL && in != NULL &&
	    fwrite(data, 1, size, in) == size && fseek(in, 0, SEEK_SET) == 0 &&
	    read(in, a, &t, &err) == 0)
		track_fuzz_check(&t);
	if (in != NULL)
		fclose(in);
	arena_free(a);
}

#endif
