#include <math.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/memory.h"

#include "nn/training.h"

#define MAX_ENDS 16
#define LOSS_MEMORY 0.98		/* of the mean loss, a step */

struct run {
	const struct training_task *task;
	const struct training_options *o;
	struct weights *weights, *best;
	struct trainer *trainer;
	struct pool *pool;
	const char *checkpoint_path;
	float *inputs[MAX_ENDS], *outputs[MAX_ENDS], *gradients[MAX_ENDS];
	size_t n_output_values[MAX_ENDS];
	struct training_result result;
	double started_sec;
	uint64_t first_step;
};

static double
now_sec(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void
training_task_free(struct training_task *task)
{
	if (task == NULL)
		return;
	if (task->free != NULL)
		task->free(task->self);
	memory_free(task);
}

static float *
new_values(struct graph_shape s, size_t n_items, size_t *n_values,
    struct error *err)
{
	*n_values = n_items * s.h * s.w * s.c;
	return memory_new(*n_values, sizeof(float), "batch", err);
}

static int
make_buffers(struct run *r, struct error *err)
{
	const struct graph *g = r->task->graph;
	const size_t n_items = r->o->batch_items;
	size_t i, n;

	if (graph_n_inputs(g) > MAX_ENDS || graph_n_outputs(g) > MAX_ENDS)
		return error_set(err, ERROR_LIMIT,
		    "too many inputs or outputs");
	for (i = 0; i < graph_n_inputs(g); i++) {
		r->inputs[i] = new_values(graph_input_shape(g, i), n_items,
		    &n, err);
		if (r->inputs[i] == NULL)
			return -1;
	}
	for (i = 0; i < graph_n_outputs(g); i++) {
		const struct graph_shape s = graph_output_shape(g, i);

		r->outputs[i] = new_values(s, n_items,
		    &r->n_output_values[i], err);
		r->gradients[i] = new_values(s, n_items,
		    &r->n_output_values[i], err);
		if (r->outputs[i] == NULL || r->gradients[i] == NULL)
			return -1;
	}
	return 0;
}

static int
open_run(struct run *r, struct error *err)
{
	const struct training_options *o = r->o;
	const struct trainer_options options = {
	    .block_items = o->block_items,
	    .n_blocks = o->batch_items / o->block_items, .rule = o->rule,
	    .beta1 = o->beta1, .beta2 = o->beta2, .epsilon = o->epsilon,
	    .weight_decay = o->weight_decay, .clip_norm = o->clip_norm,
	    .seed = o->seed };

	r->trainer = trainer_new(r->task->graph, r->weights, &options,
	    r->pool, err);
	if (r->trainer == NULL || make_buffers(r, err) != 0)
		return -1;
	if (o->keep_best && r->task->validate != NULL) {
		r->best = weights_copy(r->weights, err);
		if (r->best == NULL)
			return -1;
	}
	return 0;
}

static void
close_run(struct run *r)
{
	size_t i;

	for (i = 0; i < MAX_ENDS; i++) {
		memory_free(r->inputs[i]);
		memory_free(r->outputs[i]);
		memory_free(r->gradients[i]);
	}
	weights_free(r->best);
	trainer_free(r->trainer);
}

static const char *
identity_of(const struct training_options *o)
{
	return o->identity == NULL ? "" : o->identity;
}

/* What must be the same for a run to be gone on with, and where it is. */
static int
describe_run(const struct run *r, struct json *j, struct error *err)
{
	const struct training_options *o = r->o;
	const struct training_result *x = &r->result;

	if (json_put_string(j, "identity", identity_of(o), err) != 0 ||
	    json_put_size(j, "same.batch", o->batch_items, err) != 0 ||
	    json_put_size(j, "same.block", o->block_items, err) != 0 ||
	    json_put_size(j, "same.seed", (size_t)o->seed, err) != 0 ||
	    json_put_size(j, "same.steps", o->n_steps, err) != 0 ||
	    json_put_number(j, "same.learning_rate", o->learning_rate,
	    err) != 0 ||
	    json_put_number(j, "mean_loss", x->mean_loss, err) != 0)
		return -1;
	if (!x->has_score)
		return 0;
	if (json_put_number(j, "score", x->score, err) != 0)
		return -1;
	return json_put_size(j, "score_step", (size_t)x->score_step, err);
}

static int
save(const struct run *r, struct error *err)
{
	struct json *extra = json_new_object(err);
	int failed;

	if (extra == NULL)
		return -1;
	failed = describe_run(r, extra, err);
	if (!failed)
		failed = trainer_save(r->trainer, r->checkpoint_path, extra,
		    r->result.has_score ? r->best : NULL, err);
	json_free(extra);
	return failed;
}

/* Hold what a checkpoint says of its run against ours. */
static int
check_same(const struct json *ours, const struct json *theirs,
    struct error *err)
{
	const struct json *same = json_at(ours, "same");
	const char *a, *b;
	size_t i;

	if (json_want_string(ours, "identity", &a, err) != 0 ||
	    json_want_string(theirs, "identity", &b, err) != 0)
		return -1;
	if (strcmp(a, b) != 0)
		return error_set(err, ERROR_FORMAT, "the checkpoint is of "
		    "another recipe, manifest or model; remove it to start "
		    "afresh");
	for (i = 0; i < json_count(same); i++) {
		const char *name = json_member_name(same, i);
		double x, y;

		if (json_want_number(same, name, &x, err) != 0 ||
		    json_want_number(json_at(theirs, "same"), name, &y,
		    err) != 0)
			return -1;
		if (x != y)
			return error_set(err, ERROR_FORMAT, "the checkpoint "
			    "was made with %s %g, not %g; remove it to start "
			    "afresh", name, y, x);
	}
	return 0;
}

static int
read_run(struct run *r, const struct json *extra, struct error *err)
{
	struct training_result *x = &r->result;
	struct json *ours;
	size_t step;
	int failed;

	if (extra == NULL || json_at(extra, "same") == NULL)
		return error_set(err, ERROR_FORMAT,
		    "the checkpoint does not say how it was made");
	if ((ours = json_new_object(err)) == NULL)
		return -1;
	failed = describe_run(r, ours, err) != 0 ||
	    check_same(ours, extra, err) != 0;
	json_free(ours);
	if (failed || json_want_number(extra, "mean_loss", &x->mean_loss,
	    err) != 0)
		return -1;
	x->has_score = json_has(extra, "score");
	if (!x->has_score)
		return 0;
	if (json_want_number(extra, "score", &x->score, err) != 0 ||
	    json_want_size(extra, "score_step", &step, err) != 0)
		return -1;
	x->score_step = step;
	return 0;
}

/* Go on from the checkpoint, if there is one. */
static int
restore(struct run *r, struct error *err)
{
	struct json *extra = NULL;
	int failed;

	if (r->checkpoint_path == NULL || !file_exists(r->checkpoint_path))
		return 0;
	if (trainer_restore(r->trainer, r->checkpoint_path, &extra, r->best,
	    err) != 0)
		return -1;
	failed = read_run(r, extra, err);
	json_free(extra);
	if (failed)
		return error_add(err, "going on from %s", r->checkpoint_path);
	return 0;
}

static void
copy_values(const struct weights *from, struct weights *to)
{
	size_t i;

	for (i = 0; i < weights_n_tensors(from); i++) {
		const struct weights_tensor *t = weights_tensor(from, i);

		memcpy(weights_find(to, t->name)->values, t->values,
		    t->n_values * sizeof(float));
	}
}

/* Score the weights; what the result holds is of the weights to be kept. */
static int
validate(struct run *r, uint64_t step, double *score, struct error *err)
{
	struct training_result *x = &r->result;

	if (r->task->validate(r->task->self, r->weights, r->pool, score,
	    err) != 0)
		return error_add(err, "validating");
	if (!isfinite(*score))
		return error_set(err, ERROR_BUG, "the score is not finite");
	if (r->best != NULL && x->has_score && *score <= x->score)
		return 0;
	x->has_score = true;
	x->score = *score;
	x->score_step = step;
	if (r->best != NULL)
		copy_values(r->weights, r->best);
	return 0;
}

static int
take_step(struct run *r, struct training_report *report, struct error *err)
{
	const struct training_task *task = r->task;
	const size_t n_items = r->o->batch_items;
	size_t i;

	if (task->make_batch(task->self, r->o->seed, report->step, n_items,
	    r->pool, r->inputs, err) != 0)
		return error_add(err, "making the batch");
	if (trainer_forward(r->trainer, (const float *const *)r->inputs,
	    r->outputs, err) != 0)
		return -1;
	for (i = 0; i < graph_n_outputs(task->graph); i++)
		memset(r->gradients[i], 0,
		    r->n_output_values[i] * sizeof(float));
	if (task->loss(task->self, n_items, (const float *const *)r->outputs,
	    r->gradients, &report->loss, err) != 0)
		return error_add(err, "computing the loss");
	if (!isfinite(report->loss))
		return error_set(err, ERROR_LIMIT, "the loss is not finite; "
		    "lower the learning rate or clip");
	if (trainer_backward(r->trainer, (const float *const *)r->gradients,
	    err) != 0)
		return -1;
	report->learning_rate = training_rate(r->o, report->step);
	return trainer_step(r->trainer, report->learning_rate,
	    &report->gradient_norm, err);
}

static bool
is_due(size_t every, uint64_t step)
{
	return every > 0 && step % every == 0;
}

/* One step with all that follows it. */
static int
step_and_report(struct run *r, int (*tell)(void *context,
    const struct training_report *r, struct error *err), void *context,
    struct error *err)
{
	struct training_report report = { .score = (double)NAN,
	    .step = trainer_n_steps(r->trainer) + 1 };
	const bool is_last = report.step == r->o->n_steps;
	const bool is_scored = r->task->validate != NULL &&
	    (is_last || is_due(r->o->validate_every, report.step));

	if (take_step(r, &report, err) != 0)
		return error_add(err, "step %llu",
		    (unsigned long long)report.step);
	r->result.mean_loss = report.step == 1 ? report.loss :
	    LOSS_MEMORY * r->result.mean_loss +
	    (1 - LOSS_MEMORY) * report.loss;
	report.mean_loss = r->result.mean_loss;
	if (is_scored && validate(r, report.step, &report.score, err) != 0)
		return error_add(err, "step %llu",
		    (unsigned long long)report.step);
	report.steps_per_sec = (double)(report.step - r->first_step) /
	    fmax(now_sec() - r->started_sec, 1e-9);
	if (tell != NULL && tell(context, &report, err) != 0)
		return -1;
	if (r->checkpoint_path != NULL &&
	    (is_last || is_due(r->o->checkpoint_every, report.step)))
		return save(r, err);
	return 0;
}

int
training_run(const struct training_task *task,
    const struct training_options *o, struct weights *w,
    const char *checkpoint_path, struct pool *pool,
    const volatile sig_atomic_t *stop,
    int (*report)(void *context, const struct training_report *r,
    struct error *err), void *context, struct training_result *result,
    struct error *err)
{
	struct run r = { .task = task, .o = o, .weights = w, .pool = pool,
	    .checkpoint_path = checkpoint_path };
	bool is_stopped = false;
	int failed;

	failed = open_run(&r, err) != 0 || restore(&r, err) != 0;
	r.started_sec = now_sec();
	if (!failed)
		r.first_step = trainer_n_steps(r.trainer);
	while (!failed && !is_stopped &&
	    trainer_n_steps(r.trainer) < o->n_steps) {
		is_stopped = stop != NULL && *stop;
		if (!is_stopped)
			failed = step_and_report(&r, report, context, err);
		else if (checkpoint_path != NULL)
			failed = save(&r, err);
	}
	if (!failed && !is_stopped && r.best != NULL && r.result.has_score)
		copy_values(r.best, w);
	r.result.is_done = !failed && !is_stopped;
	*result = r.result;
	close_run(&r);
	return failed ? -1 : 0;
}
