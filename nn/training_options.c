/*
 * The "training" member of a recipe, and the learning rate that follows.
 */

#include <math.h>
#include <string.h>

#include "nn/training.h"

#define MAX_STEPS 100000000
#define MAX_BATCH 65536
#define MAX_EPOCHS 1000000
#define PI 3.14159265358979323846

static const char *const members[] = { "steps", "epochs", "batch",
    "block", "optimiser", "learning_rate", "schedule", "warmup_steps", "beta1",
    "beta2", "epsilon", "weight_decay", "clip_norm", "seed",
    "validate_every", "checkpoint_every", "keep" };

static int
check_members(const struct json *j, struct error *err)
{
	size_t i, k;

	for (i = 0; i < json_count(j); i++) {
		const char *name = json_member_name(j, i);

		for (k = 0; k < sizeof(members) / sizeof(members[0]); k++)
			if (strcmp(name, members[k]) == 0)
				break;
		if (k == sizeof(members) / sizeof(members[0]))
			return error_set(err, ERROR_FORMAT,
			    "training.%.60s is not known", name);
	}
	return 0;
}

/* One of the words, as its number. */
static int
read_word(const struct json *j, const char *name, const char *const *words,
    size_t n_words, int *number, struct error *err)
{
	const char *word;
	size_t i;

	if (json_get_string(j, name, words[0], &word, err) != 0)
		return -1;
	for (i = 0; i < n_words; i++)
		if (strcmp(word, words[i]) == 0) {
			*number = (int)i;
			return 0;
		}
	return error_set(err, ERROR_FORMAT,
	    "%s is \"%.40s\", which is not known", name, word);
}

static int
read_words(const struct json *j, struct training_options *o,
    struct error *err)
{
	static const char *const rules[] = { "adamw", "rmsprop", "sgd" };
	static const char *const schedules[] = { "cosine", "constant",
	    "steps" };
	static const enum training_schedule schedule_of[] = {
	    TRAINING_COSINE, TRAINING_CONSTANT, TRAINING_STEPS };
	static const char *const keeps[] = { "last", "best" };
	int rule = 0, schedule = 0, keep = 0;

	if (read_word(j, "optimiser", rules, 3, &rule, err) != 0 ||
	    read_word(j, "schedule", schedules, 3, &schedule, err) != 0 ||
	    read_word(j, "keep", keeps, 2, &keep, err) != 0)
		return -1;
	o->rule = (enum trainer_rule)rule;
	o->schedule = schedule_of[schedule];
	o->keep_best = keep == 1;
	return 0;
}

static int
read_sizes(const struct json *j, struct training_options *o,
    struct error *err)
{
	size_t block, seed;

	if (json_want_size(j, "steps", &o->n_steps, err) != 0 ||
	    json_want_size(j, "batch", &o->batch_items, err) != 0)
		return -1;
	if (o->n_steps < 1 || o->n_steps > MAX_STEPS || o->batch_items < 1 ||
	    o->batch_items > MAX_BATCH)
		return error_set(err, ERROR_LIMIT, "steps is from 1 to %d, "
		    "batch from 1 to %d", MAX_STEPS, MAX_BATCH);
	block = o->batch_items < 16 || o->batch_items % 8 != 0 ?
	    o->batch_items : o->batch_items / 8;
	if (json_get_size(j, "block", block, &o->block_items, err) != 0 ||
	    json_get_size(j, "seed", 1, &seed, err) != 0 ||
	    json_get_size(j, "warmup_steps", 0, &o->n_warmup_steps,
	    err) != 0 ||
	    json_get_size(j, "validate_every", 0, &o->validate_every,
	    err) != 0 ||
	    json_get_size(j, "checkpoint_every", 0, &o->checkpoint_every,
	    err) != 0)
		return -1;
	o->seed = seed;
	if (o->block_items < 1 || o->batch_items % o->block_items != 0)
		return error_set(err, ERROR_LIMIT,
		    "batch (%zu) is a multiple of block (%zu)",
		    o->batch_items, o->block_items);
	return 0;
}

static int
read_numbers(const struct json *j, struct training_options *o,
    struct error *err)
{
	const double beta2 = o->rule == TRAINER_RMSPROP ? 0.99 : 0.999;

	if (json_want_number(j, "learning_rate", &o->learning_rate,
	    err) != 0 ||
	    json_get_number(j, "epochs", 0, &o->n_epochs, err) != 0 ||
	    json_get_number(j, "weight_decay", 0, &o->weight_decay,
	    err) != 0 ||
	    json_get_number(j, "clip_norm", 0, &o->clip_norm, err) != 0 ||
	    json_get_number(j, "beta1", 0.9, &o->beta1, err) != 0 ||
	    json_get_number(j, "beta2", beta2, &o->beta2, err) != 0 ||
	    json_get_number(j, "epsilon", 1e-8, &o->epsilon, err) != 0)
		return -1;
	if (!(o->n_epochs >= 0 && o->n_epochs <= MAX_EPOCHS))
		return error_set(err, ERROR_LIMIT, "epochs is from 0 to %d",
		    MAX_EPOCHS);
	if (!(o->learning_rate > 0 && o->learning_rate <= 100))
		return error_set(err, ERROR_LIMIT,
		    "learning_rate is above 0 and at most 100");
	return 0;
}

int
training_options_read(const struct json *recipe, struct training_options *o,
    struct error *err)
{
	const struct json *j = json_at(recipe, "training");

	if (j == NULL || !json_is_object(j))
		return error_set(err, ERROR_FORMAT,
		    "the recipe has no object \"training\"");
	memset(o, 0, sizeof(*o));
	if (check_members(j, err) != 0 || read_words(j, o, err) != 0 ||
	    read_sizes(j, o, err) != 0 || read_numbers(j, o, err) != 0)
		return error_add(err, "training");
	return 0;
}

int
training_stretch(struct training_options *o, size_t n_examples,
    struct error *err)
{
	const double n = ceil(o->n_epochs * (double)n_examples /
	    (double)o->batch_items);

	if (o->n_epochs > 0 && n_examples == 0)
		return error_set(err, ERROR_LIMIT, "training.epochs: this task "
		    "makes its examples without end: give steps alone");
	if (n > MAX_STEPS)
		return error_set(err, ERROR_LIMIT, "training.epochs: that is "
		    "%.0f steps, and %d are the most", n, MAX_STEPS);
	if (n > (double)o->n_steps)
		o->n_steps = (size_t)n;
	return 0;
}

double
training_rate(const struct training_options *o, uint64_t step)
{
	const double done = (double)step - 1;
	const double warmup = (double)o->n_warmup_steps;
	double share;

	if (step <= o->n_warmup_steps)
		return o->learning_rate * (double)step / warmup;
	if (o->schedule == TRAINING_CONSTANT)
		return o->learning_rate;
	share = (done - warmup) / fmax(1, (double)o->n_steps - warmup);
	if (o->schedule == TRAINING_COSINE)
		return o->learning_rate * 0.5 * (1 + cos(PI * share));
	return o->learning_rate * pow(0.1, floor(3 * share));
}
