/*
 * sound_file -- open what a manifest names, when it is a file that can hold
 * sound at all.
 *
 * Folders, pipes, devices and empty files are refused in words before any
 * library sees them, so that nothing waits for a pipe and nothing is guessed.
 */
#ifndef AUDIO_SOUND_FILE_H
#define AUDIO_SOUND_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* Room for a path as messages show it. */
#define SOUND_FILE_LABEL_BYTES 256

/*
 * The path as messages show it: whole when it is short, else its beginning
 * and its end.  Returns "label".
 */
const char *sound_file_label(const char *path,
    char label[SOUND_FILE_LABEL_BYTES]);

/*
 * A finite sample cut to 24 dB over full scale, -16..16: what reads sound
 * feeds no filter or network what it cannot bear.
 */
double sound_file_limit(double sample);

/*
 * Open a regular file that is not empty for reading; close with fclose.
 * *n_bytes, when not NULL, is its size.  NULL with a message that names it.
 */
FILE *sound_file_open(const char *path, int64_t *n_bytes, struct error *err)
    MUST_CHECK;

#endif
