/*
 * pitch_score -- how well an estimated pitch series follows the true one.
 *
 * The five measures of melody extraction (Poliner et al., IEEE TASLP 15(4),
 * 2007; Salamon et al., IEEE SPM 31(2), 2014) with the conventions of the
 * mir_eval library, so that the figures can be compared with published ones:
 * the estimate is brought to the reference's times, by linear interpolation in
 * cents where it is voiced on both sides, and a frame is right when it is less
 * than the tolerance away.
 *
 * A series may start after 0 (its first value then holds from 0) and its times
 * rise.  0 Hz is unvoiced; a negative value is unvoiced with a guess of the
 * pitch, which counts for the raw accuracies.
 */
#ifndef PITCH_PITCH_SCORE_H
#define PITCH_PITCH_SCORE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/track.h"

#define PITCH_SCORE_TOLERANCE_CENTS 50.0

struct pitch_series {
	const double *time_sec;	/* [n_values], rising, from 0 or later */
	const double *f0_hz;	/* [n_values] */
	size_t n_values;
};

/* Each 0..1; those without a frame to judge are 0. */
struct pitch_score {
	double voicing_recall;		/* VR: of the voiced frames */
	double voicing_false_alarm;	/* VFA: of the unvoiced frames */
	double raw_pitch;		/* RPA: of the voiced frames */
	double raw_chroma;		/* RCA: octave errors forgiven */
	double overall;			/* OA: of all frames */
	size_t n_frames, n_voiced;	/* of the reference, to weigh scores */
};

/*
 * Score an estimate.  Both series hold at least one value, finite ones, with
 * times that rise; else ERROR_FORMAT.  The arena holds scratch only.
 */
int pitch_score_series(const struct pitch_series *reference,
    const struct pitch_series *estimate, double tolerance_cents,
    struct arena *a, struct pitch_score *score, struct error *err) MUST_CHECK;

/*
 * The same for tracks.  Reference frame k is taken to describe the time
 * k * hop_sec + shift_sec of the estimate: some corpora mark frames by their
 * start, others by their end.  Reference frames that would fall before 0 are
 * left out.
 */
int pitch_score_tracks(const struct track *reference,
    const struct track *estimate, double shift_sec, double tolerance_cents,
    struct arena *a, struct pitch_score *score, struct error *err) MUST_CHECK;

#endif
