/*
 * performance -- one person's way of singing a tune, as an f0 contour with
 * the exact map of time between the tune and the performance.
 *
 * The contour is what a perfect pitch tracker would hear, every 10 ms: notes
 * joined by glides, scooped onsets, vibrato, drift, rests and breaths, wrong
 * notes, and sections cut, repeated or preceded by an intro.
 */
#ifndef SYNTH_PERFORMANCE_H
#define SYNTH_PERFORMANCE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

#include "synth/tune.h"

#define PERFORMANCE_HOP_SEC 0.01

struct performance_style {
	double transposition;		/* semitones */
	double tempo_ratio;		/* sung seconds per tune second */
	double rubato;			/* local tempo deviation, e.g. 0.05 */
	double vibrato_depth;		/* semitones to each side, 0..1 */
	double vibrato_hz;
	double glide_sec;		/* typical note transition */
	double scoop;			/* semitones off at onsets, 0..2 */
	double drift;			/* slow detuning, semitones */
	double detune;			/* of a note, semitones */
	double jitter;			/* fine fluctuation, semitones */
	double p_wrong_note;		/* chance a note is another one */
	double interval_error;		/* intervals too wide by this share */
	double p_key_step;		/* chance of going on in another key */
	double p_ornament;		/* chance of a grace note */
	double p_gap;			/* chance a note is swallowed */
	double p_consonant;		/* chance of a voiceless onset */
	double intro_sec, outro_sec;	/* without voice */
	double p_cut_section, p_repeat_section;
	double p_interlude;		/* some bars without voice after one */
	/* Only this part of the tune is performed; both 0: all of it. */
	double from_sec, to_sec;
};

/* Draw a style: of an original recording, of a cover, of a person's hum. */
void performance_style_original(struct performance_style *s,
    struct random *r);
void performance_style_cover(struct performance_style *s, struct random *r);
void performance_style_hum(struct performance_style *s, struct random *r);

/* Make a hum that of somebody who cannot hold a tune. */
void performance_style_spoil(struct performance_style *s, struct random *r);

/* A point of a time map, both in seconds. */
struct performance_point {
	double tune_sec, sung_sec;
};

/* A stretch within which time maps continuously, linear between points. */
struct performance_segment {
	struct performance_point *points;	/* both rising; at least two */
	size_t n_points;
};

struct performance {
	size_t n_frames;	/* frame k at k * PERFORMANCE_HOP_SEC */
	float *f0_hz;		/* [n_frames], 0 unvoiced */
	float *loudness;	/* [n_frames], 0..1 */
	float *onset;		/* [n_frames], 1 where a note begins, else 0 */
	/*
	 * The sections in the order sung.  tune_sec is the time of the first
	 * section with the same notes: all choruses map to the first one.
	 */
	struct performance_segment *segments;
	size_t n_segments;
	double duration_sec;
};

/*
 * Perform a tune.  The same tune, style and random state give the same
 * performance; at most four hours.
 */
int performance_make(const struct tune *t, const struct performance_style *s,
    struct random *r, struct arena *a, struct performance *p,
    struct error *err) MUST_CHECK;

/* Where the segment's map leads; outside of it the nearest stretch goes on. */
double performance_sung_sec(const struct performance_segment *s,
    double tune_sec);

/*
 * The map from one performance of a tune to another of it: segments where both
 * sing the same notes, with the original's time as tune_sec and the cover's as
 * sung_sec.  Where a section is sung several times every pair is listed.
 */
int performance_relate(const struct performance *original,
    const struct performance *cover, struct arena *a,
    struct performance_segment **segments, size_t *n_segments,
    struct error *err) MUST_CHECK;

#endif
