/*
 * view_pair -- a catalogue of two made-up recordings whose alignment is known,
 * for tests of what is shown of them.
 *
 * The cover sings what the original does, VIEW_PAIR_KEY semitones higher and
 * VIEW_PAIR_TEMPO times as long; its second 3 is the original's second 12.
 * Both are a tone of half of full scale that sets in after 10 s.  Fragments of
 * the work "w": "right", 22 s of it; "late", whose interval in the original
 * begins and ends 0.2 s too early; "bare", the same of a recording that is not
 * there.  Window k of the fingerprints points in direction k mod
 * VIEW_PAIR_DIMS, but for window 30, which is of no voice.
 */
#ifndef TESTS_LIB_VIEW_PAIR_H
#define TESTS_LIB_VIEW_PAIR_H

#include <stdbool.h>

#include "base/arena.h"
#include "store/catalogue.h"

#define VIEW_PAIR_SEC 60.0
#define VIEW_PAIR_KEY 3.0
#define VIEW_PAIR_TEMPO 1.1
#define VIEW_PAIR_OTHER_SEC 3.0
#define VIEW_PAIR_ORIGINAL_SEC 12.0
#define VIEW_PAIR_DIMS 16
#define VIEW_PAIR_WINDOW_SEC 2.0
#define VIEW_PAIR_PRINT_HOP_SEC 0.5

struct view_pair {
	struct arena *a;
	struct catalogue *c;
	const char *path, *cache;	/* of the catalogue; a folder to be */
};

/* In a temporary folder (tests/lib/temp_folder.h); all is checked. */
void view_pair_init(struct view_pair *p);
/* Removes the folder, too. */
void view_pair_release(struct view_pair *p);

/* A path in the folder, arena memory. */
const char *view_pair_path(struct view_pair *p, const char *name);

/* Cents above C0 of the original at the moment; NAN while it breathes. */
double view_pair_cents(double sec);

/* Write the track of the original or the cover as the file "name". */
void view_pair_write_track(struct view_pair *p, const char *name,
    bool is_cover);

#endif
