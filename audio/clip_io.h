/*
 * clip_io -- libsndfile over a FILE, shared by the reader and the writer of
 * clips.  Private to audio/.
 */
#ifndef AUDIO_CLIP_IO_H
#define AUDIO_CLIP_IO_H

#include <stdio.h>

#include <sndfile.h>

/*
 * Open "f", which stays the caller's, in mode SFM_READ or SFM_WRITE; as
 * sf_open_virtual otherwise.  Close with sf_close before the FILE.
 */
SNDFILE *clip_io_open(FILE *f, int mode, SF_INFO *info);

#endif
