/*
 * engine -- what the layers need of oneDNN: one engine, primitives run on the
 * calling thread alone, and errors as sentences.
 *
 * oneDNN splits work among OpenMP threads as many as the calling thread is
 * set to; engine_enter sets them to one.  Both making and running primitives
 * must lie between engine_enter and engine_leave.  A primitive may be run by
 * several threads at once, each with scratch memory of its own.
 */
#ifndef NN_ENGINE_H
#define NN_ENGINE_H

#include <stddef.h>

#include <oneapi/dnnl/dnnl.h>

#include "base/error.h"

struct engine {
	dnnl_engine_t handle;
	dnnl_stream_t stream;		/* keeps no state on a processor */
	dnnl_primitive_attr_t attributes;	/* scratch is the caller's */
};

int engine_init(struct engine *e, struct error *err) MUST_CHECK;
void engine_release(struct engine *e);

/* Returns what engine_leave wants. */
int engine_enter(void);
void engine_leave(int entered);

/* 0, or -1 with "oneDNN cannot WHAT (status)". */
int engine_check(dnnl_status_t status, const char *what, struct error *err)
    MUST_CHECK;

#define ENGINE_MAX_ARGUMENTS 8

/* The memory of an argument: a ready object, or a description and a place. */
struct engine_argument {
	int index;			/* DNNL_ARG_... */
	dnnl_memory_t memory;		/* NULL: made of the two below */
	const dnnl_memory_desc_t *desc;
	const void *values;
};

int engine_run(const struct engine *e, dnnl_primitive_t primitive,
    const struct engine_argument *arguments, size_t n_arguments,
    struct error *err) MUST_CHECK;

/* A primitive that copies from one layout to another. */
int engine_plan_reorder(const struct engine *e,
    const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to,
    dnnl_primitive_t *primitive, struct error *err) MUST_CHECK;

#endif
