/*
 * pitch_task -- training of the pitch network.
 *
 * Batches are single frames: of synthetic voices, of the manifest's, and of no
 * voice, made worse as the recipe says (pitch/pitch_augment.h).  The target of
 * a frame is the Gaussian of its pitch (dsp/activations.h) or nothing, the
 * loss the mean binary cross-entropy of all bins (CREPE, section 2.2), to which
 * a network with voicing adds that of its two further outputs.  The
 * score is the mean over held-out sounds of (raw pitch accuracy + overall
 * accuracy) / 2 at 50 cents, so it counts pitch and voicing alike.
 *
 * Recipe, besides "training":
 *	network.capacity            "tiny" .. "full"
 *	network.voicing             two more outputs (pitch_net.h); default no
 *	network.dropout             in training; default CREPE's 0.25
 *	loss.voicing_weight         of each, a bin counting 1; default 4
 *	features.voicing_threshold  goes into the model; default 0.5
 *	data.synthetic_minutes      of voices made up; default 40
 *	data.band_minutes           of accompaniments made up; default 8
 *	data.held_out_minutes       of voices made up to score; default 3
 *	data.sound_sec              length of each; default 15
 *	data.real_share             of frames from the manifest; default 0.4
 *	data.seed                   of what is made up; default 1
 *	augmentation                pitch/pitch_augment.h
 *
 * Both manifests may be NULL: then voices are synthetic alone.  Their records
 * are read as pitch/pitch_pool.h says.
 */
#ifndef PITCH_PITCH_TASK_H
#define PITCH_PITCH_TASK_H

#include "base/error.h"
#include "base/json.h"

#include "nn/training.h"

/* Free with training_task_free. */
struct training_task *pitch_task_new(const struct json *recipe,
    const char *manifest_path, const char *held_out_path,
    struct error *err) MUST_CHECK;

#endif
