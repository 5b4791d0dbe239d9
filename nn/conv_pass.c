#include "nn/conv_pass.h"

/*
 * Along h oneDNN has direct kernels, which skip the padding; along w it takes
 * matrix products, which win back to the data on long lines, and back to the
 * weights from few channels.
 */
#define BACK_DATA_MIN_LENGTH 32
#define BACK_WEIGHTS_MIN_CHANNELS 16

/* Of the problem as oneDNN is told it. */
struct dims {
	dnnl_dims_t in, weights, out, bias;
	dnnl_dims_t stride, begin, end;
};

static bool
is_transposed(const struct step *s)
{
	return s->node->kind == GRAPH_CONV_TRANSPOSED;
}

bool
conv_has_bias(const struct step *s)
{
	return !s->node->conv.no_bias || s->norm != NULL;
}

/* Along h alone. */
static bool
is_line(const struct step *s)
{
	const struct graph_conv *c = &s->node->conv;

	return s->in[0].w == 1 && c->kernel_w == 1 && c->stride_w == 1;
}

static void
set_2d(dnnl_dims_t d, size_t n, size_t c, size_t h, size_t w, bool is_turned)
{
	d[0] = (dnnl_dim_t)n;
	d[1] = (dnnl_dim_t)c;
	d[2] = (dnnl_dim_t)(is_turned ? w : h);
	d[3] = (dnnl_dim_t)(is_turned ? h : w);
}

static void
set_pair(dnnl_dims_t d, size_t h, size_t w, bool is_turned)
{
	d[0] = (dnnl_dim_t)(is_turned ? w : h);
	d[1] = (dnnl_dim_t)(is_turned ? h : w);
}

static struct dims
dims_of(const struct step *s, bool is_turned)
{
	const struct graph_conv *c = &s->node->conv;
	const struct graph_shape in = s->in[0], out = s->shape;
	struct dims d;

	d.bias[0] = (dnnl_dim_t)out.c;
	set_2d(d.out, s->n_items, out.c, out.h, out.w, is_turned);
	set_2d(d.in, s->n_items, in.c, in.h, in.w, is_turned);
	set_2d(d.weights, out.c, in.c, c->kernel_h, c->kernel_w, is_turned);
	set_pair(d.stride, c->stride_h, c->stride_w, is_turned);
	set_pair(d.begin, c->pad_top, c->pad_left, is_turned);
	set_pair(d.end, c->pad_bottom, c->pad_right, is_turned);
	return d;
}

static bool
is_turned(const struct step *s, enum conv_way way)
{
	if (!is_line(s))
		return false;
	if (way == CONV_BACK_WEIGHTS)
		return s->in[0].c < BACK_WEIGHTS_MIN_CHANNELS;
	return way == CONV_FORWARD || s->in[0].h >= BACK_DATA_MIN_LENGTH;
}

/* oneDNN's description of the operation. */
static dnnl_status_t
describe(const struct step *s, const struct conv_pass *p,
    const struct dims *d, enum conv_way way, dnnl_convolution_desc_t *desc)
{
	const dnnl_memory_desc_t *bias = conv_has_bias(s) ? &p->bias : NULL;
	const dnnl_prop_kind_t forward = s->is_training ?
	    dnnl_forward_training : dnnl_forward_inference;

	if (is_transposed(s)) {
		const dnnl_alg_kind_t direct = dnnl_deconvolution_direct;

		if (way == CONV_BACK_DATA)
			return dnnl_deconvolution_backward_data_desc_init(
			    desc, direct, &p->in, &p->weights, &p->out,
			    d->stride, d->begin, d->end);
		if (way == CONV_BACK_WEIGHTS)
			return dnnl_deconvolution_backward_weights_desc_init(
			    desc, direct, &p->in, &p->weights, bias, &p->out,
			    d->stride, d->begin, d->end);
		return dnnl_deconvolution_forward_desc_init(desc, forward,
		    direct, &p->in, &p->weights, NULL, &p->out, d->stride,
		    d->begin, d->end);
	}
	if (way == CONV_BACK_DATA)
		return dnnl_convolution_backward_data_desc_init(desc,
		    dnnl_convolution_direct, &p->in, &p->weights, &p->out,
		    d->stride, d->begin, d->end);
	if (way == CONV_BACK_WEIGHTS)
		return dnnl_convolution_backward_weights_desc_init(desc,
		    dnnl_convolution_direct, &p->in, &p->weights, bias,
		    &p->out, d->stride, d->begin, d->end);
	return dnnl_convolution_forward_desc_init(desc, forward,
	    dnnl_convolution_direct, &p->in, &p->weights, bias, &p->out,
	    d->stride, d->begin, d->end);
}

/* Scratch is ours, and the ReLU is done on the way out. */
static dnnl_status_t
make_attributes(const struct step *s, dnnl_primitive_attr_t *attributes)
{
	dnnl_post_ops_t after;
	dnnl_status_t status;

	status = dnnl_primitive_attr_clone(attributes,
	    s->engine->attributes);
	if (status != dnnl_success || !s->has_relu || is_transposed(s))
		return status;
	status = dnnl_post_ops_create(&after);
	if (status == dnnl_success) {
		status = dnnl_post_ops_append_eltwise(after, 1.0f,
		    dnnl_eltwise_relu, s->slope, 0.0f);
		if (status == dnnl_success)
			status = dnnl_primitive_attr_set_post_ops(*attributes,
			    after);
		(void)dnnl_post_ops_destroy(after);
	}
	if (status != dnnl_success)
		(void)dnnl_primitive_attr_destroy(*attributes);
	return status;
}

static dnnl_status_t
plan_forward(const struct step *s, const struct conv_pass *p,
    const struct dims *d, dnnl_primitive_desc_t *planned)
{
	dnnl_primitive_attr_t attributes;
	dnnl_convolution_desc_t desc;
	dnnl_status_t status;

	status = describe(s, p, d, CONV_FORWARD, &desc);
	if (status == dnnl_success)
		status = make_attributes(s, &attributes);
	if (status != dnnl_success)
		return status;
	status = dnnl_primitive_desc_create(planned, &desc, attributes,
	    s->engine->handle, NULL);
	(void)dnnl_primitive_attr_destroy(attributes);
	return status;
}

/* The ways back want the forward one as a hint. */
static dnnl_status_t
plan_back(const struct step *s, const struct conv_pass *p,
    const struct dims *d, enum conv_way way, dnnl_primitive_desc_t *planned)
{
	dnnl_convolution_desc_t desc;
	dnnl_primitive_desc_t hint;
	dnnl_status_t status;

	status = describe(s, p, d, CONV_FORWARD, &desc);
	if (status == dnnl_success)
		status = dnnl_primitive_desc_create(&hint, &desc,
		    s->engine->attributes, s->engine->handle, NULL);
	if (status != dnnl_success)
		return status;
	status = describe(s, p, d, way, &desc);
	if (status == dnnl_success)
		status = dnnl_primitive_desc_create(planned, &desc,
		    s->engine->attributes, s->engine->handle, hint);
	(void)dnnl_primitive_desc_destroy(hint);
	return status;
}

static dnnl_status_t
describe_memory(const struct step *s, struct conv_pass *p,
    const struct dims *d)
{
	const dnnl_format_tag_t plain = is_transposed(s) ? dnnl_iohw :
	    dnnl_oihw;
	dnnl_status_t status;

	status = dnnl_memory_desc_init_by_tag(&p->in, 4, d->in, dnnl_f32,
	    dnnl_nhwc);
	if (status == dnnl_success)
		status = dnnl_memory_desc_init_by_tag(&p->out, 4, d->out,
		    dnnl_f32, dnnl_nhwc);
	if (status == dnnl_success)
		status = dnnl_memory_desc_init_by_tag(&p->bias, 1, d->bias,
		    dnnl_f32, dnnl_x);
	if (status == dnnl_success)
		status = dnnl_memory_desc_init_by_tag(&p->plain, 4,
		    d->weights, dnnl_f32, plain);
	if (status == dnnl_success)
		status = dnnl_memory_desc_init_by_tag(&p->weights, 4,
		    d->weights, dnnl_f32, dnnl_format_tag_any);
	return status;
}

int
conv_pass_init(struct conv_pass *p, const struct step *s, enum conv_way way,
    struct error *err)
{
	const struct dims d = dims_of(s, is_turned(s, way));
	dnnl_primitive_desc_t planned;
	dnnl_status_t status;

	p->primitive = NULL;
	status = describe_memory(s, p, &d);
	if (status == dnnl_success)
		status = way == CONV_FORWARD ?
		    plan_forward(s, p, &d, &planned) :
		    plan_back(s, p, &d, way, &planned);
	if (engine_check(status, "plan a convolution", err) != 0)
		return error_add(err, "%s", s->node->name);
	p->weights = *dnnl_primitive_desc_query_md(planned,
	    way == CONV_BACK_WEIGHTS ? dnnl_query_diff_weights_md :
	    dnnl_query_weights_md, 0);
	p->scratch = *dnnl_primitive_desc_query_md(planned,
	    dnnl_query_scratchpad_md, 0);
	status = dnnl_primitive_create(&p->primitive, planned);
	(void)dnnl_primitive_desc_destroy(planned);
	if (engine_check(status, "make a convolution", err) != 0)
		return error_add(err, "%s", s->node->name);
	return 0;
}

void
conv_pass_release(struct conv_pass *p)
{
	if (p->primitive != NULL)
		(void)dnnl_primitive_destroy(p->primitive);
	p->primitive = NULL;
}
