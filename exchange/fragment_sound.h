/*
 * fragment_sound -- the sound of one version of a fragment, cut from its
 * recording to the sample.
 */
#ifndef EXCHANGE_FRAGMENT_SOUND_H
#define EXCHANGE_FRAGMENT_SOUND_H

#include <stddef.h>

#include "audio/clip.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

struct fragment_sound {
	enum clip_format format;
	/*
	 * 0: cut from the decoded file (of 16000 Hz and one channel, unless it
	 * was decoded otherwise) or, where there is none, from the recording at
	 * these; else from the recording at this rate.
	 */
	unsigned rate_hz;
	size_t n_channels;	/* 1 or 2; of the recording */
	double context_sec;	/* more on either side, as far as there is */
};

/*
 * Cut the row (store/fragments.h, with_sound) to the file "path".
 * *before_sec: what lies before the fragment's start in it.
 */
int fragment_sound_cut(const struct fragment_sound *s, const struct json *row,
    const char *path, struct arena *a, double *before_sec, struct error *err)
    MUST_CHECK;

#endif
