/*
 * encoding -- sound files of other kinds, made by the ffmpeg program.
 */
#ifndef TESTS_LIB_ENCODING_H
#define TESTS_LIB_ENCODING_H

#include "base/error.h"

/*
 * Run "ffmpeg -i IN WORDS OUT", the words parted by single spaces (at most 16,
 * 255 bytes).  What OUT was is replaced.
 */
int encoding_make(const char *in, const char *words, const char *out,
    struct error *err) MUST_CHECK;

#endif
