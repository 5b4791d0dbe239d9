/*
 * model_card -- NAME.json beside NAME.safetensors: what the model is, how it
 * was made and how good it is.
 *
 *	model, sha256, bytes   the file
 *	parameters             trained values
 *	command                that made it
 *	network, features, licence, provenance, ...   the model's metadata
 *	mean_loss              over about the last 50 steps
 *	scores                 [{name, value, step}]
 */
#ifndef NN_MODEL_CARD_H
#define NN_MODEL_CARD_H

#include "base/error.h"

#include "nn/graph.h"
#include "nn/training.h"
#include "nn/weights.h"

struct model_card {
	const char *model_path;		/* written already */
	const char *command;
	const struct graph *graph;
	const struct weights *weights;
	const struct training_result *result;
	const char *score_name;		/* or NULL */
};

int model_card_write(const char *path, const struct model_card *card,
    struct error *err) MUST_CHECK;

#endif
