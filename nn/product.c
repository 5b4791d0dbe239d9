#include <stdint.h>

#include "base/memory.h"

#include "nn/bf16.h"
#include "nn/engine.h"
#include "nn/product.h"

#define ALIGNMENT 64
#define MAX_SIDE 1048576	/* rows or columns */

enum { SOURCE, WEIGHTS, RESULT, SCRATCH, N_MEMORIES };

struct product {
	struct engine engine;
	dnnl_primitive_t matmul;
	dnnl_memory_desc_t plain;	/* of b before it is packed */
	dnnl_memory_t memories[N_MEMORIES];
	dnnl_exec_arg_t arguments[N_MEMORIES];
	size_t n, k;
	enum product_kind kind;
	size_t packed_bytes;
	void *scratch;
};

enum product_kind
product_kind_bf16(void)
{
	const int has = dnnl_get_effective_cpu_isa();
	const int wanted = dnnl_cpu_isa_avx512_core_bf16;

	return (has & wanted) == wanted ? PRODUCT_BF16 : PRODUCT_ROUNDED;
}

size_t
product_value_bytes(enum product_kind kind)
{
	return kind == PRODUCT_BF16 ? sizeof(uint16_t) : sizeof(float);
}

/* [rows][columns], one row behind the other. */
static int
describe(dnnl_memory_desc_t *d, size_t n_rows, size_t n_columns,
    dnnl_data_type_t type, struct error *err)
{
	const dnnl_dims_t shape = { (dnnl_dim_t)n_rows,
	    (dnnl_dim_t)n_columns };

	return engine_check(dnnl_memory_desc_init_by_tag(d, 2, shape, type,
	    dnnl_ab), "describe a matrix", err);
}

/* The plan, with b as it is or laid out as oneDNN likes it best. */
static int
plan(struct product *p, size_t m, bool is_free, dnnl_primitive_desc_t *desc,
    struct error *err)
{
	const dnnl_data_type_t type = p->kind == PRODUCT_BF16 ? dnnl_bf16 :
	    dnnl_f32;
	dnnl_memory_desc_t a, b = p->plain, c;
	dnnl_matmul_desc_t matmul;

	if (describe(&a, m, p->k, type, err) != 0 ||
	    describe(&c, m, p->n, dnnl_f32, err) != 0)
		return -1;
	if (is_free)
		b.format_kind = dnnl_format_kind_any;
	if (engine_check(dnnl_matmul_desc_init(&matmul, &a, &b, NULL, &c),
	    "describe a matrix product", err) != 0)
		return -1;
	return engine_check(dnnl_primitive_desc_create(desc, &matmul,
	    p->engine.attributes, p->engine.handle, NULL),
	    "plan a matrix product", err);
}

/* True when b is laid out without zeros around it. */
static bool
is_dense(const struct product *p, dnnl_primitive_desc_t desc)
{
	const dnnl_memory_desc_t *b = dnnl_primitive_desc_query_md(desc,
	    dnnl_query_weights_md, 0);

	return b->padded_dims[0] == (dnnl_dim_t)p->k &&
	    b->padded_dims[1] == (dnnl_dim_t)p->n;
}

static int
make_memories(struct product *p, dnnl_primitive_desc_t desc,
    struct error *err)
{
	static const struct {
		dnnl_query_t query;
		int index;
	} kinds[N_MEMORIES] = {
		{ dnnl_query_src_md, DNNL_ARG_SRC },
		{ dnnl_query_weights_md, DNNL_ARG_WEIGHTS },
		{ dnnl_query_dst_md, DNNL_ARG_DST },
		{ dnnl_query_scratchpad_md, DNNL_ARG_SCRATCHPAD },
	};

	for (size_t i = 0; i < N_MEMORIES; i++) {
		const dnnl_memory_desc_t *d = dnnl_primitive_desc_query_md(
		    desc, kinds[i].query, 0);
		const size_t n_bytes = dnnl_memory_desc_get_size(d);
		void *place = DNNL_MEMORY_NONE;

		if (i == WEIGHTS)
			p->packed_bytes = (n_bytes + ALIGNMENT - 1) /
			    ALIGNMENT * ALIGNMENT;
		if (i == SCRATCH && n_bytes > 0) {
			place = p->scratch = memory_new(n_bytes, 1,
			    "scratch memory", err);
			if (place == NULL)
				return -1;
		}
		if (engine_check(dnnl_memory_create(&p->memories[i], d,
		    p->engine.handle, place), "describe a matrix", err) != 0)
			return -1;
		p->arguments[i] = (dnnl_exec_arg_t){ kinds[i].index,
		    p->memories[i] };
	}
	return 0;
}

static int
make(struct product *p, size_t m, struct error *err)
{
	dnnl_primitive_desc_t desc = NULL;
	int status = -1;

	if (engine_init(&p->engine, err) != 0 ||
	    describe(&p->plain, p->k, p->n, p->kind == PRODUCT_BF16 ?
	    dnnl_bf16 : dnnl_f32, err) != 0 ||
	    plan(p, m, true, &desc, err) != 0)
		return -1;
	/* Zeros around b would be written anew whenever b is named. */
	if (!is_dense(p, desc)) {
		(void)dnnl_primitive_desc_destroy(desc);
		desc = NULL;
		if (plan(p, m, false, &desc, err) != 0)
			return -1;
	}
	if (engine_check(dnnl_primitive_create(&p->matmul, desc),
	    "make a matrix product", err) == 0)
		status = make_memories(p, desc, err);
	(void)dnnl_primitive_desc_destroy(desc);
	return status;
}

struct product *
product_new(size_t m, size_t n, size_t k, enum product_kind kind,
    struct error *err)
{
	struct product *p;
	int entered, status;

	if (m == 0 || n == 0 || k == 0 || m > MAX_SIDE || n > MAX_SIDE ||
	    k > MAX_SIDE) {
		error_set(err, ERROR_LIMIT,
		    "a matrix product of %zu x %zu x %zu", m, k, n);
		return NULL;
	}
	p = memory_new(1, sizeof(*p), "a matrix product", err);
	if (p == NULL)
		return NULL;
	p->n = n;
	p->k = k;
	p->kind = kind;
	entered = engine_enter();
	status = make(p, m, err);
	engine_leave(entered);
	if (status != 0) {
		product_free(p);
		return NULL;
	}
	return p;
}

void
product_free(struct product *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < N_MEMORIES; i++)
		if (p->memories[i] != NULL)
			(void)dnnl_memory_destroy(p->memories[i]);
	if (p->matmul != NULL)
		(void)dnnl_primitive_destroy(p->matmul);
	engine_release(&p->engine);
	memory_free(p->scratch);
	memory_free(p);
}

size_t
product_packed_bytes(const struct product *p)
{
	return p->packed_bytes;
}

/* b as [k][n] values of the kind. */
static void
copy_plain(const struct product *p, const struct blas_matrix *b, void *plain)
{
	float *floats = plain;
	uint16_t *halves = plain;

	for (size_t i = 0; i < p->k * p->n; i++) {
		const size_t row = i / p->n, column = i % p->n;
		const float x = b->values[b->is_transposed ?
		    column * b->stride + row : row * b->stride + column];

		if (p->kind == PRODUCT_BF16)
			halves[i] = bf16_of(x);
		else
			floats[i] = p->kind == PRODUCT_F32 ? x :
			    bf16_round(x);
	}
}

/* Point a memory at a place; what is only read is not const for oneDNN. */
static int
point(struct product *p, size_t at, const void *place, struct error *err)
{
	return engine_check(dnnl_memory_set_data_handle(p->memories[at],
	    (void *)(uintptr_t)place), "name a matrix", err);
}

int
product_pack(struct product *p, const struct blas_matrix *b, void *packed,
    struct error *err)
{
	void *plain = memory_new(p->k * p->n, product_value_bytes(p->kind),
	    "a matrix", err);
	dnnl_primitive_t reorder = NULL;
	const dnnl_memory_desc_t *want;
	int entered, status = -1;

	if (plain == NULL)
		return -1;
	copy_plain(p, b, plain);
	entered = engine_enter();
	if (engine_check(dnnl_memory_get_memory_desc(p->memories[WEIGHTS],
	    &want), "describe a matrix", err) == 0 &&
	    engine_plan_reorder(&p->engine, &p->plain, want, &reorder,
	    err) == 0) {
		const struct engine_argument arguments[] = {
			{ DNNL_ARG_FROM, NULL, &p->plain, plain },
			{ DNNL_ARG_TO, NULL, want, packed },
		};

		status = engine_run(&p->engine, reorder, arguments, 2, err);
	}
	if (reorder != NULL)
		(void)dnnl_primitive_destroy(reorder);
	engine_leave(entered);
	memory_free(plain);
	return status;
}

int
product_run(struct product *p, const void *a, const void *packed, float *c,
    struct error *err)
{
	int entered, status = -1;

	if (point(p, SOURCE, a, err) != 0 ||
	    point(p, WEIGHTS, packed, err) != 0 ||
	    point(p, RESULT, c, err) != 0)
		return -1;
	entered = engine_enter();
	status = engine_check(dnnl_primitive_execute(p->matmul,
	    p->engine.stream, N_MEMORIES, p->arguments), "multiply", err);
	engine_leave(entered);
	return status;
}
