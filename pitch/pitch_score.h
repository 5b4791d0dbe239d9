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
 *
 * What the five leave open is which errors there are:
 *
 *	octave errors	of the voiced frames of the reference for which the
 *			estimate has a pitch, the share that would be right
 *			moved by whole octaves, and is not as it stands; those
 *			above and below apart.  What raw chroma forgives.
 *	gross error	of the frames that both hold to be voiced, the share
 *			more than 20 % of the true frequency away (GPE; Chu and
 *			Alwan, ICASSP 2009, after Rabiner et al., IEEE TASSP
 *			24(5), 1976, who had 1 ms)
 *	fine error	of the other frames that both hold to be voiced, the
 *			standard deviation of the difference in cents (FPE;
 *			Rabiner et al., who had ms)
 */
#ifndef PITCH_PITCH_SCORE_H
#define PITCH_PITCH_SCORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "dsp/track.h"

#include "pitch/pitch_series.h"

#define PITCH_SCORE_TOLERANCE_CENTS 50.0
#define PITCH_SCORE_GROSS 0.2	/* of the true frequency */

/* Shares are 0..1; those without a frame to judge are 0. */
struct pitch_score {
	double voicing_recall;		/* VR: of the voiced frames */
	double voicing_false_alarm;	/* VFA: of the unvoiced frames */
	double raw_pitch;		/* RPA: of the voiced frames */
	double raw_chroma;		/* RCA: octave errors forgiven */
	double overall;			/* OA: of all frames */
	double octave_up, octave_down;	/* too high, too low */
	double gross_error;
	double fine_error_cents;
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

/* What is wrong with a frame, for pictures. */
enum pitch_score_verdict {
	PITCH_SCORE_SILENT,		/* unvoiced in both */
	PITCH_SCORE_RIGHT,
	PITCH_SCORE_OCTAVE,		/* right but for octaves */
	PITCH_SCORE_WRONG,		/* another pitch */
	PITCH_SCORE_MISSED,		/* voiced in the reference alone */
	PITCH_SCORE_ALARM,		/* voiced in the estimate alone */
	PITCH_SCORE_N_VERDICTS
};

struct pitch_score_frame {
	double time_sec;
	double true_hz, found_hz;	/* 0 where unvoiced */
	enum pitch_score_verdict verdict;
};

/*
 * The frames of the reference (one more when its first is after 0) with the
 * estimate brought to them: arena memory, *n_frames long.
 */
int pitch_score_frames(const struct pitch_series *reference,
    const struct pitch_series *estimate, double tolerance_cents,
    struct arena *a, struct pitch_score_frame **frames, size_t *n_frames,
    struct error *err) MUST_CHECK;

#endif
