/*
 * wav_length -- how long a WAV file that was cut off says it is.
 *
 * FFmpeg believes the size of the file instead, so that one that was cut off
 * would pass for a shorter one.
 */
#ifndef AUDIO_WAV_LENGTH_H
#define AUDIO_WAV_LENGTH_H

#include <stdint.h>
#include <stdio.h>

/*
 * Seconds by the "data" and "fmt " chunks of a RIFF WAVE file of n_bytes whose
 * data would reach beyond its end; 0 for every other file, also when the
 * header leaves the length open as pipes do (0 or 2^32-1).  The file is left
 * where it was.
 */
double wav_length_sec(FILE *f, int64_t n_bytes);

#endif
