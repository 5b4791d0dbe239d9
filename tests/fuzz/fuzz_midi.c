/* MIDI files: a melody that is accepted has ordered, finite notes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "synth/midi.h"
#include "synth/tune.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct tune *t)
{
	double end_sec = -1e-9;

	if (t->n_notes == 0 || t->n_notes > TUNE_MAX_NOTES ||
	    t->n_sections == 0)
		abort();
	for (size_t i = 0; i < t->n_notes; i++) {
		const struct tune_note *n = &t->notes[i];

		if (!(n->start_sec >= end_sec - 1e-6) ||
		    !(n->duration_sec > 0) || n->section < 0 ||
		    (size_t)n->section >= t->n_sections)
			abort();
		end_sec = n->start_sec + n->duration_sec;
	}
	if (!(end_sec <= MIDI_MAX_SEC))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct tune t;
	struct error err;

	if (a != NULL && tune_parse_midi(data, size, NULL, a, &t, &err) == 0)
		check(&t);
	arena_free(a);
	return 0;
}
