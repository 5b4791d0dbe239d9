/*
 * separate_task -- what training a mask network means: mixtures made on the
 * fly, and the distance of the masked mixture from the voice.
 *
 * The loss is the mean absolute difference of magnitudes between the masked
 * mixture and the voice's part in phase with it, |V| cos(angle to the
 * mixture), held within 0..|X| (truncated phase-sensitive target: Erdogan et
 * al., "Phase-sensitive and recognition-boosted speech separation using deep
 * recurrent neural networks", ICASSP 2015).  The score is the mean gain in
 * SI-SDR, in dB, over whole held-out songs mixed at 0 dB.
 *
 * Members of the recipe, besides "training" (nn/training.h) and
 * "augmentation" (separate/mixture.h):
 *
 *	network.architecture	"mask-tdf" or "mask-unet" (default)
 *	network.channels	of the first layer
 *	data.synthetic_songs	made up and added to the manifest's
 *	data.seed		of the made-up songs
 */
#ifndef SEPARATE_SEPARATE_TASK_H
#define SEPARATE_SEPARATE_TASK_H

#include "base/error.h"
#include "base/json.h"

#include "nn/training.h"

/*
 * manifest_path: stems to train on, NULL for made-up songs alone;
 * held_out_path: stems to score on, NULL for none.  Free with
 * training_task_free.  NULL with an error.
 */
struct training_task *separate_task_new(const struct json *recipe,
    const char *manifest_path, const char *held_out_path, struct error *err)
    MUST_CHECK;

#endif
