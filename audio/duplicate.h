/*
 * duplicate -- the same recording under two names, told by its sound.
 *
 * Chromaprint (Lalinsky; after Ke, Hoiem and Sukthankar, "Computer Vision for
 * Music Identification", CVPR 2005) makes 32 bits of every 0.124 s, which other
 * encodings, levels and rates hardly change.  Two recordings whose bits agree
 * along one offset are the same recording; other performances of a work share
 * hardly more bits than strangers.
 */
#ifndef AUDIO_DUPLICATE_H
#define AUDIO_DUPLICATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Of a recording only the beginning is listened to. */
#define DUPLICATE_MAX_SEC 120.0

/* From here on two are the same: 15 bits in 100 differ; strangers have 50. */
#define DUPLICATE_MIN_SIMILARITY 0.7

/* What a recording sounds like; 4 KB at most.  Zeros: like nothing. */
struct duplicate_print {
	uint32_t *items;	/* [n_items] */
	size_t n_items;
};

/*
 * Of a file in any format that audio/decoder.h reads, or of duration_sec of it
 * from offset_sec on; 0: the rest.  Release with duplicate_print_release.
 */
int duplicate_print_file(const char *path, double offset_sec,
    double duration_sec, struct duplicate_print *print, struct error *err)
    MUST_CHECK;
void duplicate_print_release(struct duplicate_print *print);

struct duplicate_pair {
	size_t a, b;			/* a < b */
	double similarity;		/* 1: all bits agree, 0: half of them */
	double offset_sec;		/* how much later it comes in b */
};

/*
 * All pairs of prints that overlap by half of the shorter one or more and by
 * 24 items, 5.6 s of sound, and are the same there, in order of a and b.
 * Every print must share some 32 bits exactly with the other to be compared,
 * which spares comparing all with all.  *pairs is the caller's, to be freed
 * with memory_free.  Needs 12 KB of memory a print.
 */
int duplicate_find(const struct duplicate_print *prints, size_t n_prints,
    struct duplicate_pair **pairs, size_t *n_pairs, struct error *err)
    MUST_CHECK;

#endif
