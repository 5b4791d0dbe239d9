#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

#include "nn/training_curve.h"

#define HEADER "step,loss,learning_rate,gradient_norm,score\n"
#define MAX_BYTES ((size_t)1 << 30)

struct training_curve {
	FILE *out;
	char *path;
};

/* Write the header and the old lines of steps before first_step. */
static void
write_lines(FILE *out, const char *old, uint64_t first_step)
{
	const char *line = old == NULL ? NULL : strchr(old, '\n');

	(void)fputs(HEADER, out);
	while (line != NULL && line[1] != '\0') {
		const char *end = strchr(++line, '\n');

		if (end == NULL || strtoull(line, NULL, 10) >= first_step)
			break;
		(void)fwrite(line, 1, (size_t)(end + 1 - line), out);
		line = end;
	}
}

/* Replace the file by what is to be kept of it. */
static int
shorten(const char *path, uint64_t first_step, struct error *err)
{
	struct arena *a = arena_new();
	struct file_new *f = NULL;
	const char *old = NULL;
	int failed = -1;
	size_t n_bytes;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (first_step > 1 && file_exists(path)) {
		old = file_read(path, MAX_BYTES, a, &n_bytes, err);
		if (old == NULL)
			goto out;
	}
	if ((f = file_create(path, err)) == NULL)
		goto out;
	write_lines(file_stream(f), old, first_step);
	failed = file_commit(f, err);
out:
	arena_free(a);
	return failed;
}

struct training_curve *
training_curve_open(const char *path, uint64_t first_step, struct error *err)
{
	struct training_curve *c;

	if (shorten(path, first_step, err) != 0)
		return NULL;
	if ((c = memory_new(1, sizeof(*c), "curve", err)) == NULL)
		return NULL;
	if ((c->path = memory_strdup(path, err)) == NULL) {
		memory_free(c);
		return NULL;
	}
	if ((c->out = fopen(path, "a")) == NULL) {
		(void)error_set_errno(err, "cannot open %s", path);
		memory_free(c->path);
		memory_free(c);
		return NULL;
	}
	return c;
}

int
training_curve_add(struct training_curve *c, const struct training_report *r,
    struct error *err)
{
	(void)fprintf(c->out, "%llu,%.6g,%.6g,%.6g,",
	    (unsigned long long)r->step, r->loss, r->learning_rate,
	    r->gradient_norm);
	if (!isnan(r->score))
		(void)fprintf(c->out, "%.6g", r->score);
	(void)fputc('\n', c->out);
	/* Before the checkpoint of the step is written. */
	if (fflush(c->out) != 0)
		return error_set_errno(err, "cannot write %s", c->path);
	return 0;
}

int
training_curve_close(struct training_curve *c, struct error *err)
{
	int failed = 0;

	if (c == NULL)
		return 0;
	if (fclose(c->out) != 0)
		failed = error_set_errno(err, "cannot write %s", c->path);
	memory_free(c->path);
	memory_free(c);
	return failed;
}

/* A finite number and the letter that ends it. */
static bool
read_number(const char **at, char ending, double *value)
{
	char *end;

	*value = strtod(*at, &end);
	if (end == *at || *end != ending || !isfinite(*value))
		return false;
	*at = end + 1;
	return true;
}

/* One line; false when it is not one of ours. */
static bool
read_line(const char *line, double *step, double *loss, double *score)
{
	double other;

	if (!read_number(&line, ',', step) ||
	    !read_number(&line, ',', loss) ||
	    !read_number(&line, ',', &other) ||
	    !read_number(&line, ',', &other))
		return false;
	*score = (double)NAN;
	return *line == '\n' || read_number(&line, '\n', score);
}

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

/* Every n_each losses become one. */
static void
collect(const char *line, size_t n_each, struct training_points *p)
{
	double step, loss, score, steps = 0, losses = 0;
	size_t n = 0;

	for (; line != NULL && read_line(line + 1, &step, &loss, &score);
	    line = strchr(line + 1, '\n')) {
		if (!isnan(score)) {
			p->score_step[p->n_scores] = step;
			p->score[p->n_scores++] = score;
		}
		steps += step;
		losses += loss;
		if (++n < n_each)
			continue;
		p->loss_step[p->n_losses] = steps / (double)n;
		p->loss[p->n_losses++] = losses / (double)n;
		steps = losses = 0;
		n = 0;
	}
}

int
training_curve_read(const char *path, size_t max_points, struct arena *a,
    struct training_points *points, struct error *err)
{
	size_t n_bytes, n_lines;
	const char *text = file_read(path, MAX_BYTES, a, &n_bytes, err);
	struct training_points p = { 0 };

	if (text == NULL)
		return -1;
	n_lines = count_lines(text);
	p.loss_step = arena_need(a, n_lines, sizeof(double), "curve", err);
	p.loss = arena_need(a, n_lines, sizeof(double), "curve", err);
	p.score_step = arena_need(a, n_lines, sizeof(double), "curve", err);
	p.score = arena_need(a, n_lines, sizeof(double), "curve", err);
	if (p.loss_step == NULL || p.loss == NULL || p.score_step == NULL ||
	    p.score == NULL)
		return -1;
	collect(strchr(text, '\n'), n_lines / (max_points + 1) + 1, &p);
	*points = p;
	return 0;
}
