/*
 * melody_key -- how much higher a hum is than the song that it is laid on.
 */
#ifndef EMBED_MELODY_KEY_H
#define EMBED_MELODY_KEY_H

#include "base/arena.h"
#include "base/error.h"

#include "embed/melody_line.h"

/*
 * The median of hum minus song, semitones, where the hum begins at offset_sec
 * of the song's track and a second of it is tempo_ratio seconds of the song.
 * NaN when they do not meet.
 */
int melody_key_find(const struct melody_line *hum,
    const struct melody_line *song, double offset_sec, double tempo_ratio,
    struct arena *a, double *semitones, struct error *err) MUST_CHECK;

#endif
