/*
 * contour -- the pitch and loudness of sung notes, frame by frame.
 *
 * After Saitou, Unoki and Akagi, "Development of an F0 control model based on
 * F0 dynamic characteristics for singing-voice synthesis" (Speech
 * Communication 46, 2005): steps between notes with overshoot, vibrato on
 * held notes, and fine fluctuation; besides scoops into and falls out of
 * notes, and a slow drift.
 */
#ifndef SYNTH_CONTOUR_H
#define SYNTH_CONTOUR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"

#include "synth/performance.h"

struct contour_note {
	double start_sec, end_sec;
	double pitch;		/* MIDI note number, as meant */
	double level;		/* loudness, 0..1 */
	bool is_onset;		/* a new syllable */
	bool is_voiceless;	/* after a voiceless consonant */
};

/* Fill f0_hz, loudness and onset of p [n_frames], which are zero before. */
void contour_draw(const struct contour_note *notes, size_t n_notes,
    const struct performance_style *s, struct random *r,
    struct performance *p);

#endif
