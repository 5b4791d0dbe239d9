/*
 * spectrogram_picture -- spectrograms of sounds one above the other: a
 * recording, what was made of it, and what it should be.
 *
 * All have one scale of colours, from the highest bin of the first sound to
 * 80 dB below it, so that what one lacks is dark in it.
 */
#ifndef SEPARATE_SPECTROGRAM_PICTURE_H
#define SEPARATE_SPECTROGRAM_PICTURE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define SPECTROGRAM_PICTURE_MAX_SOUNDS 4
#define SPECTROGRAM_PICTURE_MAX_SEC 600.0

/* WAV or FLAC files of one rate, and the part of them that is drawn. */
struct spectrogram_picture {
	const char *paths[SPECTROGRAM_PICTURE_MAX_SOUNDS];
	size_t n_sounds;
	double from_sec, duration_sec;	/* at most MAX_SEC */
};

/*
 * Write the picture; the path as canvas_open.  A sound that is shorter than
 * the others leaves the rest of its panel dark.  The arena holds scratch only.
 */
int spectrogram_picture_write(const char *path,
    const struct spectrogram_picture *p, struct arena *a, struct error *err)
    MUST_CHECK;

#endif
