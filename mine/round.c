#include <stdio.h>
#include <string.h>

#include "base/cli.h"
#include "base/file.h"
#include "store/models.h"
#include "store/rounds.h"

#include "mine/decide.h"
#include "mine/evaluation_set.h"
#include "mine/lists.h"
#include "mine/measure.h"
#include "mine/pairs.h"
#include "mine/round.h"
#include "mine/stages.h"
#include "mine/thresholds.h"
#include "mine/verdicts.h"

/* A round at work. */
struct round {
	struct steps s;
	const struct round_options *o;
	size_t number;
	char key[HASH_HEX_BYTES];
	char recipe_sha256[HASH_HEX_BYTES];
	struct lists_file recordings, hums, held_out, database, truth;
	struct verdicts *verdicts;
	struct stages_model old;	/* path NULL in round 0 */
	struct json *settings;
};

/* The lists and hashes that the round starts from. */
static int
gather(struct round *r, struct error *err)
{
	const struct round_options *o = r->o;

	if (lists_of_file(&r->s, o->truth_path, &r->truth, err) != 0 ||
	    evaluation_set_block(&r->s, &r->truth, "truth", err) != 0 ||
	    evaluation_set_find(&r->s, o, &r->held_out, &r->database,
	    err) != 0 ||
	    lists_of_catalogue(&r->s, NULL, NULL, NULL, &r->recordings,
	    err) != 0 ||
	    lists_of_file(&r->s, o->hums_path, &r->hums, err) != 0)
		return -1;
	if (hash_file(o->recipe_path, r->recipe_sha256, err) != 0)
		return error_add(err, "the recipe");
	r->verdicts = verdicts_load(r->s.catalogue, err);
	return r->verdicts == NULL ? -1 : 0;
}

/* A member with the SHA-256 of a file, or nothing when it is not there. */
static int
put_file(struct json *settings, const char *name, const char *path,
    struct error *err)
{
	char hex[HASH_HEX_BYTES];

	if (path == NULL || !file_exists(path))
		return 0;
	if (hash_file(path, hex, err) != 0)
		return -1;
	return json_put_string(settings, name, hex, err);
}

static int
put_inputs(const struct round *r, struct json *j, struct error *err)
{
	const struct round_options *o = r->o;

	if (json_put_string(j, "version", CLI_VERSION, err) != 0 ||
	    json_put_size(j, "round", r->number, err) != 0 ||
	    json_put_string(j, "hums", r->hums.sha256, err) != 0 ||
	    json_put_string(j, "recipe", r->recipe_sha256, err) != 0 ||
	    json_put_number(j, "seed", (double)o->seed, err) != 0 ||
	    json_put_bool(j, "separate", o->separate, err) != 0 ||
	    put_file(j, "f0_model", o->f0_model, err) != 0 ||
	    put_file(j, "voice_model", o->voice_model, err) != 0)
		return -1;
	if (o->f0_method != NULL &&
	    json_put_string(j, "f0_method", o->f0_method, err) != 0)
		return -1;
	if (o->n_distorted > 0 &&
	    json_put_size(j, "distorted", o->n_distorted, err) != 0)
		return -1;
	if (r->number == 0)
		return put_file(j, "model", o->model_path, err);
	return 0;
}

static int
put_thresholds(const struct round_thresholds *t, struct json *j,
    struct error *err)
{
	if (json_put_number(j, "keep", t->keep, err) != 0 ||
	    json_put_number(j, "flag", t->flag, err) != 0 ||
	    json_put_number(j, "min_agreement", t->min_agreement, err) != 0 ||
	    json_put_number(j, "repeat_agreement", t->repeat_agreement,
	    err) != 0)
		return -1;
	return json_put_number(j, "flag_agreement", t->flag_agreement, err);
}

/* What only the mining rounds depend on. */
static int
put_mining(const struct round *r, struct json *j, struct error *err)
{
	const struct round_options *o = r->o;

	if (json_put_string(j, "model", r->old.sha256, err) != 0 ||
	    json_put_string(j, "recordings", r->recordings.sha256,
	    err) != 0 ||
	    json_put_string(j, "held_out", r->held_out.sha256, err) != 0 ||
	    json_put_string(j, "database", r->database.sha256, err) != 0 ||
	    json_put_string(j, "reviews", verdicts_sha256(r->verdicts),
	    err) != 0 ||
	    put_thresholds(&o->thresholds, j, err) != 0 ||
	    json_put_string(j, "calibration", o->calibration_sha256,
	    err) != 0 ||
	    json_put_number(j, "same_work", o->same_work, err) != 0 ||
	    json_put_string(j, "truth", r->truth.sha256, err) != 0 ||
	    json_put_number(j, "precision", o->precision, err) != 0)
		return -1;
	return json_put_size(j, "top", o->top, err);
}

/* Make the settings and the key, and open the round. */
static int
open_round(struct round *r, struct error *err)
{
	const char *text;

	if ((r->settings = json_new_object(err)) == NULL ||
	    put_inputs(r, r->settings, err) != 0 ||
	    (r->number > 0 && put_mining(r, r->settings, err) != 0) ||
	    (text = json_text(r->settings, r->s.a, err)) == NULL)
		return -1;
	hash_texts(r->key, "round", text, (const char *)NULL);
	r->s.round_key = r->key;
	if (catalogue_begin(r->s.catalogue, err) != 0)
		return -1;
	if (rounds_open(r->s.catalogue, r->key, r->number, text,
	    r->old.sha256, err) == 0)
		return catalogue_commit(r->s.catalogue, err);
	catalogue_rollback(r->s.catalogue);
	return -1;
}

/* Note a model in the catalogue. */
static int
put_model(const struct round *r, const struct stages_model *model,
    const char *manifest_sha256, struct error *err)
{
	const int64_t seed = (int64_t)r->o->seed;
	const bool is_ours = manifest_sha256 != NULL;
	const char *name = arena_printf(r->s.a, "m%zu", r->number);
	const struct models_entry entry = { model->sha256, name, model->path,
	    is_ours ? r->recipe_sha256 : NULL, manifest_sha256,
	    is_ours ? &seed : NULL };

	if (name == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return models_put(r->s.catalogue, &entry, err);
}

/* Note the model and end round 0 with it. */
static int
close_zero(const struct round *r, const struct stages_model *model,
    const char *manifest_sha256, const char *reason, struct error *err)
{
	if (catalogue_begin(r->s.catalogue, err) != 0)
		return -1;
	if (put_model(r, model, manifest_sha256, err) == 0 &&
	    rounds_close(r->s.catalogue, r->key, model->sha256,
	    model->sha256, reason, err) == 0)
		return catalogue_commit(r->s.catalogue, err);
	catalogue_rollback(r->s.catalogue);
	return -1;
}

/* Train on the pairs. */
static int
train(const struct round *r, const struct lists_file *pairs,
    struct steps_file *f, struct stages_model *model, struct error *err)
{
	if (pairs->n_records == 0)
		return error_set(err, ERROR_LIMIT, "there is nothing to "
		    "train on: no labelled hums and no kept fragments");
	if (stages_train(&r->s, r->o, r->recipe_sha256, pairs, f, err) != 0)
		return -1;
	model->path = f->path;
	model->sha256 = f->sha256;
	return 0;
}

static int
run_zero(struct round *r, struct error *err)
{
	struct steps_file hums, trained;
	struct stages_model model;
	struct lists_file pairs;
	char given[HASH_HEX_BYTES];

	if (open_round(r, err) != 0)
		return -1;
	if (r->o->model_path != NULL) {
		if (hash_file(r->o->model_path, given, err) != 0)
			return -1;
		model.path = r->o->model_path;
		model.sha256 = given;
		return close_zero(r, &model, NULL, "the model given", err);
	}
	if (r->hums.path == NULL)
		return error_set(err, ERROR_FORMAT, "there is no first model: "
		    "name one with --model, or labelled hums to train one "
		    "on with --hums");
	if (stages_analyse_hums(&r->s, r->o, &r->hums, &hums, err) != 0 ||
	    pairs_of_round(&r->s, &hums, NULL, NULL, &pairs, err) != 0 ||
	    train(r, &pairs, &trained, &model, err) != 0)
		return -1;
	return close_zero(r, &model, pairs.sha256, "trained on labelled hums",
	    err);
}

/* The files of a mining round. */
struct mined {
	struct steps_file recordings, hums, embedded, aligned, trained;
	struct lists_file fragments, pairs;
	struct stages_model model;
	struct thresholds thresholds;
};

static int
mine(struct round *r, struct mined *m, struct error *err)
{
	if (stages_analyse(&r->s, r->o, "analyse", &r->recordings,
	    &m->recordings, err) != 0 ||
	    decide_store_recordings(&r->s, &m->recordings, err) != 0 ||
	    stages_embed(&r->s, "embed", &r->old, &m->recordings, false,
	    &m->embedded, err) != 0 ||
	    thresholds_find(&r->s, r->o, &r->truth, &r->old, &m->thresholds,
	    err) != 0 ||
	    stages_align(&r->s, "align", &m->thresholds.used,
	    &m->thresholds.calibration, &m->embedded, &m->aligned, err) != 0)
		return -1;
	return decide_fragments(&r->s, &m->aligned, r->verdicts,
	    r->o->same_work, &m->fragments, err);
}

static int
learn(struct round *r, struct mined *m, struct error *err)
{
	const bool has_hums = r->hums.path != NULL;

	if (has_hums && stages_analyse_hums(&r->s, r->o, &r->hums,
	    &m->hums, err) != 0)
		return -1;
	if (pairs_of_round(&r->s, has_hums ? &m->hums : NULL, &m->recordings,
	    r->verdicts, &m->pairs, err) != 0)
		return -1;
	return train(r, &m->pairs, &m->trained, &m->model, err);
}

/* Write down what was measured, and end the round. */
static int
close_round(struct round *r, const struct mined *m,
    const struct measure *measured, struct error *err)
{
	const struct stages_model *better = measured->promote.promoted ?
	    &m->model : &r->old;

	if (catalogue_begin(r->s.catalogue, err) != 0)
		return -1;
	if (put_model(r, &m->model, m->pairs.sha256, err) == 0 &&
	    measure_store(&r->s, measured, r->old.sha256, m->model.sha256,
	    err) == 0 &&
	    rounds_close(r->s.catalogue, r->key, m->model.sha256,
	    better->sha256, measured->promote.reason, err) == 0)
		return catalogue_commit(r->s.catalogue, err);
	catalogue_rollback(r->s.catalogue);
	return -1;
}

/* The model to start from, as the round before left it. */
static int
take_old_model(struct round *r, struct error *err)
{
	struct rounds_result before;
	char hex[HASH_HEX_BYTES];
	bool found;

	if (rounds_find(r->s.catalogue, r->number - 1, r->s.a, &before,
	    &found, err) != 0)
		return -1;
	if (!found || before.model_out_path == NULL)
		return error_set(err, ERROR_BUG, "round %zu is not done",
		    r->number - 1);
	r->old.path = before.model_out_path;
	r->old.sha256 = before.model_out;
	if (hash_file(r->old.path, hex, err) != 0)
		return error_add(err, "the model of round %zu",
		    r->number - 1);
	if (strcmp(hex, r->old.sha256) != 0)
		return error_set(err, ERROR_FORMAT, "%s is no longer the "
		    "model that round %zu ended with: put back the file whose "
		    "SHA-256 is %s", r->old.path, r->number - 1,
		    r->old.sha256);
	return 0;
}

static int
run_mining(struct round *r, struct error *err)
{
	const struct measure_inputs in = { r->o, &r->held_out, &r->database };
	struct measure measured;
	struct mined m;

	memset(&m, 0, sizeof(m));
	if (take_old_model(r, err) != 0 ||
	    open_round(r, err) != 0 || mine(r, &m, err) != 0 ||
	    learn(r, &m, err) != 0 ||
	    measure_models(&r->s, &in, &r->old, &m.model, &measured,
	    err) != 0 ||
	    measure_fragments(&r->s, &in, &m.fragments, &m.recordings,
	    &measured, err) != 0)
		return -1;
	measure_thresholds(&measured, &m.thresholds);
	return close_round(r, &m, &measured, err);
}

int
round_run(struct catalogue *c, const struct round_options *o,
    const struct round_place *place, size_t number, struct error *err)
{
	struct round r = { .s = { .catalogue = c, .round_key = "",
	    .work_folder = place->work_folder, .threads = place->threads,
	    .note = place->note, .context = place->context }, .o = o,
	    .number = number };
	struct rounds_result result;
	bool is_done = false;
	int status;

	if ((r.s.a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = rounds_find(c, number, r.s.a, &result, &is_done, err);
	if (status == 0 && !is_done) {
		status = gather(&r, err);
		if (status == 0)
			status = number == 0 ? run_zero(&r, err) :
			    run_mining(&r, err);
		if (status != 0)
			(void)error_add(err, "round %zu", number);
	}
	verdicts_free(r.verdicts);
	json_free(r.settings);
	arena_free(r.s.a);
	return status;
}
