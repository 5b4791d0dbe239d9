/*
 * tracker_names -- the methods and decoders of pitch/tracker.h by name.
 */
#ifndef PITCH_TRACKER_NAMES_H
#define PITCH_TRACKER_NAMES_H

#include "base/error.h"

#include "pitch/tracker.h"

/*
 * Set method and decoder as --method, --decoder and --viterbi say.  The
 * decoder's name may be NULL, for the method's own; a name that there is not,
 * or a choice that contradicts another, is an error.
 */
int tracker_names_choose(struct tracker_options *options, const char *method,
    const char *decoder, bool has_viterbi, struct error *err) MUST_CHECK;

/* "argmax", "crepe-viterbi" or "voicing". */
const char *tracker_names_decoder(enum tracker_decoder decoder);

#endif
