/*
 * embed_task -- how the fingerprint encoder is trained (nn/training.h).
 *
 * A recipe holds, beside "training":
 *	network			embed/embed_net.h
 *	features		embed/encoder.h
 *	loss			embed/embed_loss.h
 *	data, augmentation, original_augmentation
 *				embed/window_maker.h
 *	validation.distractors	made-up tunes among which held-out passages
 *				are searched				(500)
 *	validation.queries	made-up tunes to look for when there is no
 *				held-out manifest			(200)
 *
 * The batch of the recipe counts windows: 128 are 64 groups of 2 sides of one
 * window, or 16 groups of 2 sides of 4 windows (data.windows).  The score
 * is the share of held-out passages whose own original is among the ten most
 * similar works: each pair of the held-out manifest in its middle, or, without
 * one, made-up tunes as they are hummed.  Of a CQT there is no score then, and
 * held-out passages are searched among themselves.
 */
#ifndef EMBED_EMBED_TASK_H
#define EMBED_EMBED_TASK_H

#include "base/error.h"
#include "base/json.h"

#include "nn/training.h"

/*
 * manifest_path may be NULL when the recipe trains on made-up tunes only;
 * held_out_path may be NULL.  Works of the held-out manifest must not be in
 * the other one; that is checked.  Free with training_task_free.
 */
struct training_task *embed_task_new(const struct json *recipe,
    const char *manifest_path, const char *held_out_path, struct error *err)
    MUST_CHECK;

#endif
