#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/pool.h"

#include "manifests/manifest_measure.h"

/* What a record says. */
struct claim {
	const char *path;
	size_t line;
	double end_sec, stated_sec, padding_sec;
	size_t file;		/* the number of its file */
};

/* What a file is. */
struct file {
	const char *path;
	double sec;
	char *problem;		/* heap, or NULL */
};

struct manifest_measure {
	struct arena *a;
	struct claim *claims;
	size_t n_claims, capacity;
	struct file *files;
	size_t n_files;
	int (*measure)(const char *path, double *sec, struct error *err);
};

struct manifest_measure *
manifest_measure_new(struct error *err)
{
	struct manifest_measure *m = memory_new(1, sizeof(*m), "measures",
	    err);

	if (m == NULL)
		return NULL;
	m->a = arena_new();
	if (m->a != NULL)
		return m;
	error_set(err, ERROR_NOMEM, "out of memory");
	manifest_measure_free(m);
	return NULL;
}

void
manifest_measure_free(struct manifest_measure *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n_files; i++)
		memory_free(m->files[i].problem);
	memory_free(m->files);
	memory_free(m->claims);
	arena_free(m->a);
	memory_free(m);
}

int
manifest_measure_add(struct manifest_measure *m, const char *path,
    size_t line, double end_sec, double stated_sec, double padding_sec,
    struct error *err)
{
	struct claim *c;

	if (memory_grow(&m->claims, &m->capacity, m->n_claims + 1,
	    sizeof(m->claims[0]), "records", err) != 0)
		return -1;
	c = &m->claims[m->n_claims];
	*c = (struct claim){ arena_strdup(m->a, path), line, end_sec,
		stated_sec, padding_sec, 0 };
	if (c->path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	m->n_claims++;
	return 0;
}

static int
compare_paths(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int
compare_lines(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

/* Give each different path a number. */
static int
find_files(struct manifest_measure *m, struct error *err)
{
	m->files = memory_new(m->n_claims, sizeof(m->files[0]), "files", err);
	if (m->files == NULL)
		return -1;
	if (m->n_claims > 0)
		qsort(m->claims, m->n_claims, sizeof(m->claims[0]),
		    compare_paths);
	for (size_t i = 0; i < m->n_claims; i++) {
		struct claim *c = &m->claims[i];

		if (i == 0 || compare_paths(c - 1, c) != 0)
			m->files[m->n_files++].path = c->path;
		c->file = m->n_files - 1;
	}
	if (m->n_claims > 0)
		qsort(m->claims, m->n_claims, sizeof(m->claims[0]),
		    compare_lines);
	return 0;
}

static int
measure_file(void *shared, size_t task, size_t thread, struct error *err)
{
	struct manifest_measure *m = shared;
	struct file *f = &m->files[task];
	struct error why = { ERROR_NONE, "" };

	(void)thread;
	if (m->measure(f->path, &f->sec, &why) == 0)
		return 0;
	if (why.code == ERROR_NOMEM)
		return error_set(err, ERROR_NOMEM, "%s", why.text);
	f->problem = memory_strdup(why.text, err);
	return f->problem == NULL ? -1 : 0;
}

static void
tell_claim(const struct manifest_measure *m, const struct claim *c,
    double tolerance_sec,
    void (*tell)(void *shared, size_t line, const char *problem),
    void *shared)
{
	const struct file *f = &m->files[c->file];
	struct error text;

	if (f->problem != NULL) {
		tell(shared, c->line, f->problem);
	} else if (c->end_sec > f->sec + tolerance_sec) {
		error_set(&text, ERROR_FORMAT, "%s ends at %.3f s; the record "
		    "wants it up to %.3f s", f->path, f->sec, c->end_sec);
		tell(shared, c->line, text.text);
	} else if (c->stated_sec > 0.0 &&
	    (f->sec > c->stated_sec + tolerance_sec ||
	    f->sec < c->stated_sec - c->padding_sec - tolerance_sec)) {
		error_set(&text, ERROR_FORMAT, "%s is %.3f s long, not "
		    "%.3f s", f->path, f->sec, c->stated_sec);
		tell(shared, c->line, text.text);
	}
}

int
manifest_measure_run(struct manifest_measure *m,
    int (*measure)(const char *path, double *sec, struct error *err),
    size_t n_threads, double tolerance_sec,
    void (*tell)(void *shared, size_t line, const char *problem),
    void *shared, struct error *err)
{
	struct pool *pool;
	int result;

	m->measure = measure;
	if (find_files(m, err) != 0)
		return -1;
	pool = pool_new(n_threads, err);
	if (pool == NULL)
		return -1;
	result = pool_run(pool, m->n_files, measure_file, m, err);
	pool_free(pool);
	for (size_t i = 0; result == 0 && i < m->n_claims; i++)
		tell_claim(m, &m->claims[i], tolerance_sec, tell, shared);
	return result;
}
