/*
 * index_file -- the file in which hums are searched for: layout and checks.
 *
 * All numbers little-endian:
 *
 *	0	"CHADINDX"
 *	8	version, 4 bytes: 1
 *	12	number of sections, 4 bytes
 *	16	length of the file, 8 bytes
 *	24	a row of 88 bytes for each section: its kind and zero, 4 bytes
 *		each, where it begins and its length, 8 each, and its check,
 *		64 hex digits
 *	904	SHA-256 of all before, 64 hex digits
 *	1024	the sections, each beginning at a multiple of 64
 *
 * A section's check is the SHA-256 of the hex digits of the SHA-256 of its
 * pieces of 4 MiB, so that several threads can check it.  Opening checks
 * everything, then that every number that leads elsewhere stays within bounds.
 *
 * The sections by kind, in the file in any order; those of the lists (see
 * ann/neighbours.h) are empty in a small index:
 *
 *	facts		a JSON object, see struct index_facts
 *	songs		for each the number of its first window, how many, its
 *			first value of pitch, how many, the start of its line
 *			as a double, and where its names begin: 8 bytes each
 *	names		id and work of each song, each ended by a zero
 *	windows		float [n_windows][dimension]
 *	pitch		float: the melody lines
 *	centres, parts	float
 *	starts, members	8 bytes each
 *	codes		bytes
 */
#ifndef EMBED_INDEX_FILE_H
#define EMBED_INDEX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

#include "ann/neighbours.h"

#include "embed/melody_line.h"

enum index_section {
	INDEX_FACTS, INDEX_SONGS, INDEX_NAMES, INDEX_WINDOWS, INDEX_PITCH,
	INDEX_CENTRES, INDEX_PARTS, INDEX_STARTS, INDEX_MEMBERS, INDEX_CODES,
	INDEX_N_SECTIONS
};

/* The layout, for the writer. */
#define INDEX_FILE_MAGIC "CHADINDX"
#define INDEX_FILE_VERSION 1
#define INDEX_FILE_TABLE 24		/* where the rows of sections are */
#define INDEX_FILE_ROW 88
#define INDEX_FILE_HEAD (INDEX_FILE_TABLE + INDEX_N_SECTIONS * INDEX_FILE_ROW)
#define INDEX_FILE_FIRST 1024		/* where sections may begin */
#define INDEX_FILE_ALIGNMENT 64
#define INDEX_FILE_SONG 48		/* bytes of a song */

#define INDEX_MAX_SONGS ((size_t)1 << 26)
#define INDEX_MAX_WINDOWS ((size_t)1 << 32)

/* What all songs of a file share. */
struct index_facts {
	char model_sha256[HASH_HEX_BYTES];
	double hop_sec, window_sec;	/* window_sec 0: not known */
	size_t n_songs, n_windows, n_pitch;
	struct neighbours_shape shape;	/* n_lists 0: searched as it is */
	size_t n_trained;		/* windows there were when trained */
	uint64_t seed;
};

struct index_song {
	const char *id, *work;
	const float *fingerprints;	/* [n_windows][dimension] */
	size_t first_window, n_windows;
	struct melody_line line;
};

struct index_file;

/* Returns the open file, mapped; close with index_file_close. */
struct index_file *index_file_open(const char *path, size_t n_threads,
    struct error *err) MUST_CHECK;
/*
 * The same of bytes in memory, aligned to 64 and kept; "verifies" off leaves
 * the checks out and only looks whether all is within bounds.
 */
struct index_file *index_file_parse(unsigned char *bytes, size_t n_bytes,
    size_t n_threads, bool verifies, struct error *err) MUST_CHECK;
void index_file_close(struct index_file *f);

/* The check of a section's bytes. */
int index_file_hash(const unsigned char *bytes, size_t n_bytes,
    size_t n_threads, char hex[HASH_HEX_BYTES], struct error *err) MUST_CHECK;

const struct index_facts *index_file_facts(const struct index_file *f);
/* Song i, as it lies in the file. */
void index_file_song(const struct index_file *f, size_t i,
    struct index_song *song);
/* All arrays; only with n_lists above 0. */
void index_file_store(const struct index_file *f,
    struct neighbours_store *store);

#endif
