/*
 * melody_query -- a hum made ready to be compared with many songs.
 *
 * The hum's line of pitch, stretched by each of a number of tempo ratios, and
 * the scratch memory of the comparisons; so one thread at a time.
 */
#ifndef EMBED_MELODY_QUERY_H
#define EMBED_MELODY_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "embed/melody_line.h"

#define MELODY_QUERY_MAX 600	/* tenths of a second of a hum used */
#define MELODY_QUERY_MIN 10	/* shorter lines are not compared */
#define MELODY_QUERY_N_SCALES 15
#define MELODY_QUERY_MAX_SCALE 1.65
#define MELODY_QUERY_LANES 16	/* places compared side by side */

struct melody_query {
	/* Hum at tempo ratio s every 0.1 s: [n[s]]; NULL of a short hum. */
	float *scaled[MELODY_QUERY_N_SCALES];
	size_t n[MELODY_QUERY_N_SCALES];
	float *coarse;			/* one stretched hum, every 0.2 s */
	float *song;			/* part of the song */
	float *table;			/* of the warping */
	uint8_t *steps;
	float *hum_path, *song_path, *difference;	/* along the path */
};

/* Keeps nothing of the line.  Free with melody_query_free. */
struct melody_query *melody_query_new(const struct melody_line *line,
    struct error *err) MUST_CHECK;
void melody_query_free(struct melody_query *q);

/* Song seconds per hum second at that scale, rising. */
double melody_query_ratio(size_t scale);

/*
 * Copy n values of the song, "step" apart from the value "first" on, into
 * q->song; past its end the last note is held.
 */
void melody_query_take_song(struct melody_query *q,
    const struct melody_line *song, size_t first, size_t step, size_t n);

/* The widest table of the warping: song values for n of the hum. */
size_t melody_query_columns(size_t n);

#endif
