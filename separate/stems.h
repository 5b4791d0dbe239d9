/*
 * stems -- voices and accompaniments in memory, to be mixed for training.
 *
 * From a manifest: records with "vocals_filepath" and
 * "accompaniment_filepath", both WAV or FLAC at 16 kHz and of one length;
 * either may be missing.  Relative paths start at the manifest's folder, so
 * that the same stems have the same manifest wherever they lie.
 * Made up: tunes sung by synth/ over its bands.
 */
#ifndef SEPARATE_STEMS_H
#define SEPARATE_STEMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define STEMS_MAX_BYTES ((size_t)2 << 30)

/* One stem, 16 bits a sample, and its root mean square (1 is full scale). */
struct stem {
	int16_t *samples;		/* [n_samples]; NULL: there is none */
	size_t n_samples;
	double rms;
};

struct stems_song {
	struct stem voice, accompaniment;
};

struct stems {
	struct stems_song *songs;	/* [n_songs] */
	size_t n_songs, capacity;
	size_t n_bytes;
};

/* Release with stems_release; add with the two below. */
void stems_init(struct stems *s);
void stems_release(struct stems *s);

/* Add the songs of a manifest.  Records with "error" are passed over. */
int stems_add_manifest(struct stems *s, const char *manifest_path,
    struct error *err) MUST_CHECK;

/* Add n made-up songs, the same for the same seed. */
int stems_add_synthetic(struct stems *s, size_t n, uint64_t seed,
    struct error *err) MUST_CHECK;

#endif
