/*
 * pitch_series -- pitch over time as other programs write it, spacing and all.
 *
 * Text, a line a value: time in seconds, frequency in Hz and, perhaps, a
 * confidence, separated by tabs, spaces or commas.  Empty lines, those that
 * begin with # and a first line of names are skipped.  A frequency of 0 is
 * unvoiced, a negative one an unvoiced frame with a guess of its pitch: the
 * files of mir_eval and of the corpora of melody extraction.
 *
 * Unlike dsp/track.h, which frames are made of, times need not be evenly
 * spaced and guesses are kept: what scores are taken of.
 */
#ifndef PITCH_PITCH_SERIES_H
#define PITCH_PITCH_SERIES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define PITCH_SERIES_MAX_BYTES (256u << 20)

struct pitch_series {
	const double *time_sec;	/* [n_values], rising, from 0 or later */
	const double *f0_hz;	/* [n_values] */
	size_t n_values;
};

/* A file's series; all arrays are [n_values]. */
struct pitch_series_file {
	double *time_sec, *f0_hz;
	double *confidence;	/* as it stands there, or NULL: none has one */
	size_t n_values;	/* 1 or more */
};

/*
 * Read a file; its arrays are arena memory.  Numbers are finite, times 0 or
 * more and rising; else ERROR_FORMAT with the file and the line.
 */
int pitch_series_read(const char *path, struct arena *a,
    struct pitch_series_file *s, struct error *err) MUST_CHECK;

/* The same from memory; text[n_bytes] must be 0, and the text is changed. */
int pitch_series_parse(char *text, size_t n_bytes, struct arena *a,
    struct pitch_series_file *s, struct error *err) MUST_CHECK;

/* Values of less confidence become unvoiced, their pitch a guess. */
void pitch_series_unvoice(struct pitch_series_file *s, double threshold);

/* The series of a file; it borrows the arrays. */
struct pitch_series pitch_series_of(const struct pitch_series_file *s);

/* A truth and what was found, to be held against it. */
struct pitch_series_pair {
	struct pitch_series truth, found;
	struct pitch_series_file found_file;	/* with confidences */
};

/*
 * Read both files.  The truth is moved by shift_sec, what would come to lie
 * before 0 left out (an error when nothing remains); values found with less
 * confidence than the threshold become unvoiced.
 */
int pitch_series_read_pair(const char *truth_path, const char *found_path,
    double shift_sec, double threshold, struct arena *a,
    struct pitch_series_pair *p, struct error *err) MUST_CHECK;

#endif
