#include <stdint.h>

#include "nn/engine.h"

/*
 * Of the OpenMP run-time library that oneDNN links; declared here because the
 * header belongs to the compiler and is not there for each of them.
 */
int omp_get_max_threads(void);
void omp_set_num_threads(int n);

int
engine_check(dnnl_status_t status, const char *what, struct error *err)
{
	if (status == dnnl_success)
		return 0;
	if (status == dnnl_out_of_memory)
		return error_set(err, ERROR_NOMEM,
		    "out of memory: oneDNN cannot %s", what);
	return error_set(err, ERROR_BUG, "oneDNN cannot %s (status %d)", what,
	    (int)status);
}

int
engine_init(struct engine *e, struct error *err)
{
	*e = (struct engine){ NULL, NULL, NULL };
	if (engine_check(dnnl_engine_create(&e->handle, dnnl_cpu, 0),
	    "start", err) != 0 ||
	    engine_check(dnnl_stream_create(&e->stream, e->handle,
	    dnnl_stream_default_flags), "make a stream", err) != 0 ||
	    engine_check(dnnl_primitive_attr_create(&e->attributes),
	    "make attributes", err) != 0 ||
	    engine_check(dnnl_primitive_attr_set_scratchpad_mode(
	    e->attributes, dnnl_scratchpad_mode_user),
	    "leave scratch memory to us", err) != 0) {
		engine_release(e);
		return -1;
	}
	return 0;
}

void
engine_release(struct engine *e)
{
	if (e->attributes != NULL)
		(void)dnnl_primitive_attr_destroy(e->attributes);
	if (e->stream != NULL)
		(void)dnnl_stream_destroy(e->stream);
	if (e->handle != NULL)
		(void)dnnl_engine_destroy(e->handle);
	*e = (struct engine){ NULL, NULL, NULL };
}

int
engine_enter(void)
{
	const int n = omp_get_max_threads();

	if (n != 1)
		omp_set_num_threads(1);
	return n;
}

void
engine_leave(int entered)
{
	if (entered != 1)
		omp_set_num_threads(entered);
}

int
engine_run(const struct engine *e, dnnl_primitive_t primitive,
    const struct engine_argument *arguments, size_t n_arguments,
    struct error *err)
{
	dnnl_memory_t made[ENGINE_MAX_ARGUMENTS] = { NULL };
	dnnl_exec_arg_t list[ENGINE_MAX_ARGUMENTS] = { { 0, NULL } };
	dnnl_status_t status = dnnl_success;
	size_t i, n_made = 0;

	if (n_arguments > ENGINE_MAX_ARGUMENTS)
		return error_set(err, ERROR_BUG, "too many arguments");
	for (i = 0; i < n_arguments && status == dnnl_success; i++) {
		const struct engine_argument *a = &arguments[i];

		list[i].arg = a->index;
		list[i].memory = a->memory;
		if (a->memory != NULL)
			continue;
		/* What is only read is not const for oneDNN. */
		status = dnnl_memory_create(&made[n_made], a->desc, e->handle,
		    (void *)(uintptr_t)a->values);
		if (status == dnnl_success)
			list[i].memory = made[n_made++];
	}
	if (status == dnnl_success)
		status = dnnl_primitive_execute(primitive, e->stream,
		    (int)n_arguments, list);
	for (i = 0; i < n_made; i++)
		(void)dnnl_memory_destroy(made[i]);
	return engine_check(status, "run a layer", err);
}

int
engine_plan_reorder(const struct engine *e, const dnnl_memory_desc_t *from,
    const dnnl_memory_desc_t *to, dnnl_primitive_t *primitive,
    struct error *err)
{
	dnnl_primitive_desc_t desc;
	dnnl_status_t status;

	if (engine_check(dnnl_reorder_primitive_desc_create(&desc, from,
	    e->handle, to, e->handle, NULL), "plan a change of layout",
	    err) != 0)
		return -1;
	status = dnnl_primitive_create(primitive, desc);
	(void)dnnl_primitive_desc_destroy(desc);
	return engine_check(status, "change a layout", err);
}
