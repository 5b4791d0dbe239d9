/*
 * decoder -- a file in any format as samples of one channel or two at the
 * wanted rate, sample 0 being sample 0 of the recording (audio/media.h says
 * what is removed and how channels are mixed).
 *
 * Everything streams: memory does not grow with the length of the file.
 *
 * Damage is not passed over in silence.  Refused, with a sentence:
 *
 *   - a file that ends before the length its header states, unless
 *     accept_truncated;
 *   - samples that are NaN or infinite, unless accept_nonfinite, which makes
 *     them 0;
 *   - more than one packet in ten (and more than one) that cannot be
 *     decoded;
 *   - less than 0.1 s of sound.
 *
 * Fewer broken packets are let through and counted, and time is kept: where
 * the file's own clock runs ahead of the samples by 15 ms (Vorbis: 50 ms, its
 * packets' times being estimates) to 10 s, zeros are put in.  Larger jumps are
 * taken for a clock that was set anew.
 */
#ifndef AUDIO_DECODER_H
#define AUDIO_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "audio/clip.h"
#include "audio/loudness.h"
#include "audio/media.h"

#define DECODER_MIN_SEC 0.1

struct decoder;

struct decoder_options {
	unsigned rate_hz;		/* wanted, e.g. 16000 */
	size_t n_channels;		/* wanted: 1 (0 is the same) or 2 */
	size_t stream;			/* of sound, from 1; 0: see media.h */
	/*
	 * The part that is meant, in whole samples of the result: they are
	 * those that the whole file has there (see media_skip for how near).
	 * duration_sec 0: the rest.
	 */
	double offset_sec, duration_sec;
	bool from_start;		/* decode what lies before, too */
	bool wants_loudness;
	bool accept_truncated;
	bool accept_nonfinite;
};

struct decoder_facts {
	struct media_facts source;	/* names live as long as the decoder */
	uint64_t n_samples;		/* given so far, at the wanted rate */
	uint64_t n_skipped;		/* source samples never decoded */
	uint64_t n_clipped;		/* values beyond -1..1, any channel */
	double filled_sec;		/* zeros in place of missing sound */
	bool is_truncated;		/* only with accept_truncated */
	/* See defects.h: of the source, and of the result. */
	uint64_t n_clipped_runs;
	const char *stereo;		/* or NULL */
	double silence_sec, leading_silence_sec, trailing_silence_sec;
	/* Of the source; unknown where channels or rate change on the way. */
	struct loudness_result loudness;
};

/* Messages name the file.  NULL with an error. */
struct decoder *decoder_open(const char *path,
    const struct decoder_options *options, struct error *err) MUST_CHECK;
void decoder_close(struct decoder *d);

/*
 * Read up to n_max samples into [n_max][n_channels]; *n_read < n_max only at
 * the end.
 */
int decoder_get(struct decoder *d, float *samples, size_t n_max,
    size_t *n_read, struct error *err) MUST_CHECK;

/* Move all that is left into the writer, which has as many channels. */
int decoder_copy(struct decoder *d, struct clip_writer *w, struct error *err)
    MUST_CHECK;

/*
 * How long the file says it is, for making room: 0 when it does not say, and
 * it may be wrong.
 */
double decoder_stated_sec(const struct decoder *d);

/* Complete after decoder_get has come to the end. */
struct decoder_facts decoder_facts(const struct decoder *d);

/* Chapter k < facts.source.n_chapters; its title lives as long. */
void decoder_chapter(const struct decoder *d, size_t k,
    struct media_chapter *chapter);

#endif
