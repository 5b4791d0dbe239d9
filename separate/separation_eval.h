/*
 * separation_eval -- how well voices and accompaniments were separated: the
 * scores of chad-eval separation.
 *
 * A recording is measured when it has a mixture (decode.path, or else
 * audio_filepath with its offset and duration), vocals_filepath and
 * truth.vocals_filepath.  The accompaniments are accompaniment_filepath and
 * truth.accompaniment_filepath; where one is missing it is the mixture less
 * the voice.  All files have one channel, one rate and one length.
 */
#ifndef SEPARATE_SEPARATION_EVAL_H
#define SEPARATE_SEPARATION_EVAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include "manifests/stream.h"

#define SEPARATION_EVAL_TARGETS 2	/* the voice, the accompaniment */

/*
 * In dB, kept within -100..100: separate/separate_score.h, separate/bss_eval.h
 * against the two true sources, the SDR less that of the mixture taken for the
 * estimate (Hsu and Jang, "On the improvement of singing voice separation for
 * monaural recordings using the MIR-1K dataset", 2010), and medians over
 * windows of 1 s of version 4's measures, the SDR being that of images.
 */
enum separation_eval_score {
	SEPARATION_EVAL_SI_SDR,
	SEPARATION_EVAL_SDR,
	SEPARATION_EVAL_SIR,
	SEPARATION_EVAL_SAR,
	SEPARATION_EVAL_NSDR,
	SEPARATION_EVAL_FRAME_SDR,
	SEPARATION_EVAL_FRAME_ISR,
	SEPARATION_EVAL_FRAME_SIR,
	SEPARATION_EVAL_FRAME_SAR,
	SEPARATION_EVAL_N_SCORES
};

struct separation_eval_recording {
	const char *id;		/* borrowed from the record */
	const char *reason;	/* why it cannot be scored, or NULL */
	size_t group;		/* of the bootstrap */
	size_t n_samples;
	/* Windows in which nothing is silent; 0: no scores of frames. */
	size_t n_frames;
	double values[SEPARATION_EVAL_TARGETS][SEPARATION_EVAL_N_SCORES];
};

struct separation_eval_result {
	struct separation_eval_recording *recordings;	/* [n_recordings] */
	size_t n_recordings, n_scored;
};

/*
 * Measure the records of the list, n_threads at a time; a thread needs 60
 * bytes a sample.  A silent source has no measures: such recordings have a
 * reason and are no failure.  The result is arena memory and borrows from the
 * list.  Fails when nothing could be scored, or a file cannot be read or does
 * not fit the others.
 */
int separation_eval_run(const struct stream_list *list, size_t n_threads,
    struct arena *a, struct separation_eval_result *result,
    struct error *err) MUST_CHECK;

/*
 * Append a row for each target (base/table.h): means over recordings, and
 * gnsdr_db, gsir_db and gsar_db, means weighted by length; with intervals
 * bootstrapped over the groups of manifests/recording_scores.h.
 */
int separation_eval_put_rows(const struct separation_eval_result *result,
    uint64_t seed, struct json *rows, struct error *err) MUST_CHECK;

/* Append an object for each recording: its scores, or the reason. */
int separation_eval_put_recordings(
    const struct separation_eval_result *result, struct json *recordings,
    struct error *err) MUST_CHECK;

#endif
