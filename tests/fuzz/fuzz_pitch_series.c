/* Pitch series: what is accepted holds finite values at rising times. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "pitch/pitch_series.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	char *text = a == NULL ? NULL : arena_alloc(a, size + 1, 1);
	struct pitch_series_file s;
	struct error err;

	if (text != NULL) {
		memcpy(text, data, size);
		if (pitch_series_parse(text, size, a, &s, &err) == 0) {
			if (s.n_values == 0)
				abort();
			for (size_t i = 0; i < s.n_values; i++)
				if (!isfinite(s.f0_hz[i]) ||
				    !isfinite(s.time_sec[i]) ||
				    s.time_sec[i] < (i == 0 ? 0.0 :
				    s.time_sec[i - 1]))
					abort();
			pitch_series_unvoice(&s, 0.5);
		}
	}
	arena_free(a);
	return 0;
}
