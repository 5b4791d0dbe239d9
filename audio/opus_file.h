/*
 * opus_file -- samples as a whole Ogg Opus file in memory (libopus).
 *
 * A player that honours the header's pre-skip and the last page's granule, as
 * FFmpeg and browsers do (RFC 7845, section 4), gives back exactly as many
 * samples as went in.  The first 80 ms are those of an encoder that has heard
 * nothing before (section 4.6): who joins files lets them begin that much
 * earlier.  The same samples give the same bytes.
 */
#ifndef AUDIO_OPUS_FILE_H
#define AUDIO_OPUS_FILE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#define OPUS_FILE_RATE_HZ 48000
#define OPUS_FILE_LEAD 3840	/* samples until the encoder has settled */
/* As many samples behind the end have a part in how the end is coded. */
#define OPUS_FILE_BEHIND 1920
#define OPUS_FILE_MAX_SAMPLES ((size_t)OPUS_FILE_RATE_HZ * 600)

struct opus_file {
	/*
	 * [n_samples + n_behind], mono at OPUS_FILE_RATE_HZ; those behind are
	 * not in the file.  1 to OPUS_FILE_MAX_SAMPLES, and any number.
	 */
	const float *samples;
	size_t n_samples, n_behind;
	unsigned serial;	/* of the Ogg stream: another for each link */
	unsigned bits_per_sec;	/* on the average, 6000 to 256000 */
};

/* The file's bytes, arena memory; NULL with an error. */
const void *opus_file_encode(const struct opus_file *f, struct arena *a,
    size_t *n_bytes, struct error *err) MUST_CHECK;

#endif
