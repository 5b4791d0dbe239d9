/*
 * sound_tags -- what a sound file says of itself, as members of a record.
 */
#ifndef FORMATS_SOUND_TAGS_H
#define FORMATS_SOUND_TAGS_H

#include "base/error.h"
#include "base/json.h"

/*
 * Put "tags": the file's tags by the names that FFmpeg gives them (title,
 * artist, album, date, ...) in lower case, with "_" for every byte that is no
 * letter or digit, then those of the sound stream that the file has not; and
 * tags.codec, tags.rate_hz, tags.channels and, where the header states it,
 * tags.duration_sec.  "title" is put too when the record has none.  Texts are
 * cut at 1000 bytes, and more than 64 tags are not taken.  -1 when the file
 * holds no sound that FFmpeg reads; the message names it.
 */
int sound_tags_put(struct json *rec, const char *path, struct error *err)
    MUST_CHECK;

#endif
