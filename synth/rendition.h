/*
 * rendition -- one recording of a tune: an original, a cover or a hum, with
 * its performance, its voice and the mixture that is heard.
 */
#ifndef SYNTH_RENDITION_H
#define SYNTH_RENDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

#include "synth/performance.h"
#include "synth/tune.h"
#include "synth/voice.h"

enum rendition_kind { RENDITION_ORIGINAL, RENDITION_COVER, RENDITION_HUM };

struct rendition_options {
	enum rendition_kind kind;
	bool has_band;			/* hums never have one */
	double min_snr_db, max_snr_db;	/* voice over band */
	double hum_sec;			/* length of a hum, as sung */
	double poor;			/* share of hums by poor singers */
};

struct rendition {
	enum rendition_kind kind;
	bool has_band;
	double snr_db;			/* voice over band, or over the room */
	struct performance_style style;
	struct performance performance;
	enum voice_kind voice;
	uint64_t sound_seed;		/* what the sound is drawn from */
};

struct rendition_sound {
	float *voice, *mixture;		/* [n_samples], -1..1 */
	size_t n_samples;
};

/*
 * Choose how the tune is sung and perform it; no sound is made.  A hum starts
 * at a phrase and lasts about hum_sec, or as long as the tune.  The tune is
 * brought into a singer's range by octaves for originals and covers; hums
 * are in the hummer's own key.
 */
int rendition_make(const struct tune *t, const struct rendition_options *o,
    struct random *r, struct arena *a, struct rendition *d,
    struct error *err) MUST_CHECK;

/*
 * Make its sound at rate_hz: the same for the same rendition and rate.  The
 * mixture is the voice and the band, or room noise for hums.
 */
int rendition_sound(const struct tune *t, const struct rendition *d,
    unsigned rate_hz, struct arena *a, struct rendition_sound *s,
    struct error *err) MUST_CHECK;

#endif
