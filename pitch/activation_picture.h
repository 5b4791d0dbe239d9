/*
 * activation_picture -- the activations of a whole sound as a picture, with
 * its pitch drawn over them.
 *
 * Time runs to the right, pitch upwards, and strong activations are bright.
 * A sound of more frames than there is room for is thinned out as it comes:
 * columns that stand for 1, 2, 4 ... frames each hold the strongest values
 * among them.  Memory does not grow with the sound.
 */
#ifndef PITCH_ACTIVATION_PICTURE_H
#define PITCH_ACTIVATION_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/track.h"

struct activation_picture;

struct activation_picture *activation_picture_new(struct error *err)
    MUST_CHECK;
void activation_picture_free(struct activation_picture *p);

/* Forget the sound and begin another. */
void activation_picture_reset(struct activation_picture *p);

/* Take [n_rows][360] activations, 0 or more. */
void activation_picture_put(struct activation_picture *p, const float *rows,
    size_t n_rows);

/*
 * What is drawn: [*n_columns][360], each the highest values of n_per_column
 * frames, of fewer at the end.  Valid until the next call.
 */
const float *activation_picture_columns(const struct activation_picture *p,
    size_t *n_columns, size_t *n_per_column);

/*
 * Write the picture as "path", .png or .svg.  "track" is that of the sound.
 * has_voicing adds two strips below: the confidence, and what is voiced.
 */
int activation_picture_write(struct activation_picture *p, const char *path,
    const char *title, const struct track *track, bool has_voicing,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
