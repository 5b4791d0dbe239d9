/*
 * pitch_picture -- an estimated pitch over the true one, its errors coloured.
 *
 * The truth is a broad line; on it lie the frames of the estimate, blue
 * where right, and each kind of error in a colour of its own; frames that were
 * missed are marked where the truth is.  Below, where the estimate has
 * confidences, a strip from dark, 0, to bright, 1.
 */
#ifndef PITCH_PITCH_PICTURE_H
#define PITCH_PITCH_PICTURE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "pitch/pitch_score.h"
#include "pitch/pitch_series.h"

/*
 * Write the picture of frames [n_frames] that pitch_score_frames made; the
 * path as canvas_open.  title may be NULL, and so may estimate, whose
 * confidences are drawn.  With no voiced frame ERROR_FORMAT.  The arena holds
 * scratch only.
 */
int pitch_picture_write(const char *path, const char *title,
    const struct pitch_score_frame *frames, size_t n_frames,
    const struct pitch_series_file *estimate, struct arena *a,
    struct error *err) MUST_CHECK;

#endif
