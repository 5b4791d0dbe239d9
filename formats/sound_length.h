/*
 * sound_length -- how long a sound is, and what it is made of.
 */
#ifndef FORMATS_SOUND_LENGTH_H
#define FORMATS_SOUND_LENGTH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

/*
 * Decode the file to its end.  -1, with a message that names it, when
 * chad-decode would refuse it (audio/decoder.h), and when any packet of it
 * cannot be decoded.  May be called from several threads.
 */
int sound_length_measure(const char *path, double *sec, struct error *err)
    MUST_CHECK;

struct sound_length {
	unsigned rate_hz;	/* of the file */
	size_t n_channels;
	uint64_t n_samples;	/* of each channel */
};

/* Decode the file at its own rate and count. */
int sound_length_count(const char *path, struct sound_length *length,
    struct error *err) MUST_CHECK;

/*
 * The seconds that a record means: its duration or, without one, the whole
 * sound from its offset on, as decode.duration_sec says or by decoding.
 */
int sound_length_of(const struct json *rec, const char *folder, double *sec,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
