/*
 * sound_copy -- a compressed copy of a recording, of which a browser can play
 * any moment to the sample without loading what lies before it.
 *
 * The copy is a file of Ogg Opus streams, the links of a chain (RFC 3533,
 * section 4), mono of 64 kbit/s at 48 kHz.  Link k holds the samples
 *
 *	[k * SOUND_COPY_LINK - lead, min((k + 1) * SOUND_COPY_LINK, n_samples))
 *
 * where lead is 0 of the first link and SOUND_COPY_LEAD of the others: the
 * samples in which an encoder settles, and which the player drops.  Each link
 * is a whole file by itself, so that a browser's decodeAudioData takes the
 * bytes offsets[k] to offsets[k + 1] - 1.
 *
 * Copies lie in a cache folder, DIR/sound-copy/KK/KEY.opus, named by what they
 * are made from (manifests/artefact.h), and the offsets beside them in
 * KEY.json, which is written last: where it is, the copy is whole.  Two
 * processes that make the same copy write the same bytes.
 */
#ifndef REVIEW_SOUND_COPY_H
#define REVIEW_SOUND_COPY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "audio/opus_file.h"

#include "review/sound_source.h"

#define SOUND_COPY_RATE_HZ OPUS_FILE_RATE_HZ
#define SOUND_COPY_LINK ((size_t)5 * SOUND_COPY_RATE_HZ)
#define SOUND_COPY_LEAD OPUS_FILE_LEAD

/* The name of the copy of a source, 64 digits. */
void sound_copy_key(const struct sound_source *s, char key[HASH_HEX_BYTES]);

/* DIR/sound-copy/KK/KEY.SUFFIX ("opus"); the key is not checked. */
const char *sound_copy_path(const char *folder, const char *key,
    const char *suffix, struct arena *a, struct error *err) MUST_CHECK;

struct sound_copy_options {
	const char *folder;		/* of the cache */
	size_t n_threads;		/* that encode */
	/* Asked between links, with "shared"; may be NULL. */
	bool (*must_stop)(void *shared);
	void *shared;
};

/*
 * Make the copy, unless it is there.  What is wrong with the file itself is
 * written in place of the offsets, {"error": "a sentence"}, and is no error:
 * it would not be better next time.  ERROR_BUSY when stopped.  Memory does not
 * grow with the length, but for the offsets.
 */
int sound_copy_make(const struct sound_source *s,
    const struct sound_copy_options *options, struct error *err) MUST_CHECK;

/* Is it made, or known to be impossible? */
bool sound_copy_is_done(const struct sound_source *s, const char *folder);

/*
 * The copy as the page is told of it: {"url", "rate", "lead", "link_sec",
 * "n_samples", "offsets": [of each link, and the length of the file]}.  NULL
 * with the sentence when it is impossible or not made.  Free with json_free.
 */
struct json *sound_copy_load(const struct sound_source *s,
    const char *folder, struct error *err) MUST_CHECK;

#endif
