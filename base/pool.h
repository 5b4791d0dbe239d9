/*
 * pool -- fork and join: n tasks on a fixed number of threads.
 *
 * The caller's thread works too, so a pool of one thread runs everything in
 * the caller.  Which thread runs a task is not defined: results must not
 * depend on it.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct pool;

/* n_threads 1..256; free with pool_free.  NULL with an error. */
struct pool *pool_new(size_t n_threads, struct error *err) MUST_CHECK;
void pool_free(struct pool *p);
size_t pool_n_threads(const struct pool *p);

/*
 * Call work(shared, task, thread, err) for task 0..n_tasks-1 and wait; thread
 * is 0..n_threads-1, for per-thread state.  When calls fail, the message of
 * the lowest failing task is kept and tasks not yet begun are skipped.  One
 * call at a time, and none from within a task.
 */
int pool_run(struct pool *p, size_t n_tasks,
    int (*work)(void *shared, size_t task, size_t thread, struct error *err),
    void *shared, struct error *err) MUST_CHECK;

/*
 * The same with a pool for this alone, of n_threads, and an arena for each
 * task, whose memory is gone when the task is done.
 */
int pool_run_arenas(size_t n_threads, size_t n_tasks,
    int (*work)(void *shared, size_t task, struct arena *a,
    struct error *err), void *shared, struct error *err) MUST_CHECK;

#endif
