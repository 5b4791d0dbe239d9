/*
 * fragment_view -- what the page draws of a fragment: waveforms and pitch of
 * both recordings around it, how they lie over each other, and how alike
 * their fingerprints are.
 *
 * A view covers the fragment and FRAGMENT_VIEW_AROUND_SEC on either side in
 * both recordings.  Times are seconds of the recordings.  It is an object
 *
 *	original, other		{id, window, duration, f0: {start, step,
 *				cents}, peaks: {start, step, mix, voice}, mix,
 *				voice, why}; the last three are put in by
 *				fragment_view_load: copies (sound_copy.h) or
 *				null, and why there is none
 *	transposition_semitones	other minus original, or null
 *	alignment		[[t_other, t_original], ...], both rising
 *	drift			{times, sec}: moments of the other, and how
 *				much later than the alignment says the
 *				original's pitch lies (drift.h), or null
 *	similarity		{n_rows, n_cols, row_start, row_step,
 *				col_start, col_step, values}, rows are windows
 *				of the other; without fingerprints
 *				"similarity_why", a sentence, is there instead
 *	tempo_bpm		null
 *
 * cents are above 16.3516 Hz (C0), null where unvoiced.  mix and voice of the
 * peaks are base64 of pairs of int8, lowest and highest of each step, +-127
 * being full scale; values of similarity are base64 of uint8, 0 to 255 for
 * cosines of 0 to 1.  What is missing of a recording is left null, with "why".
 *
 * Views are kept in the cache folder as DIR/fragment-view/KK/KEY.json, named
 * by the fragment's place and what they were made from.
 */
#ifndef REVIEW_FRAGMENT_VIEW_H
#define REVIEW_FRAGMENT_VIEW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "store/catalogue.h"

#include "review/print_list.h"

#define FRAGMENT_VIEW_AROUND_SEC 10.0

/* What the catalogue knows that a view is made from. */
struct fragment_view {
	struct json *fragment;		/* store/fragments.h */
	struct json *original, *other;	/* store/recordings.h */
	const struct print_list *prints;	/* borrowed, or NULL */
};

/*
 * Fill "v" from the catalogue; *found is false, and nothing to release, when
 * there is no such fragment.  Release with fragment_view_release.
 */
int fragment_view_init(struct fragment_view *v, struct catalogue *c,
    const struct print_list *prints, const char *group_id,
    const char *fragment_id, bool *found, struct error *err) MUST_CHECK;
void fragment_view_release(struct fragment_view *v);

/* Is it in the cache? */
bool fragment_view_is_made(const struct fragment_view *v, const char *folder,
    struct arena *a);

/* Put it in the cache, unless it is there. */
int fragment_view_make(const struct fragment_view *v, const char *folder,
    struct arena *a, struct error *err) MUST_CHECK;

/*
 * The view from the cache with the copies that are made; free with json_free.
 * NULL with an error.
 */
struct json *fragment_view_load(const struct fragment_view *v,
    const char *folder, struct arena *a, struct error *err) MUST_CHECK;

#endif
