#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#include "nn/graph.h"
#include "nn/graph_node.h"

#define MAX_SIDE ((size_t)1 << 20)	/* h, w, c, kernels, pads */
#define MAX_VALUES ((size_t)1 << 26)	/* of one item */
#define MAX_WEIGHTS ((size_t)1 << 28)	/* of one layer */

struct graph *
graph_new(struct error *err)
{
	return memory_new(1, sizeof(struct graph), "network graph", err);
}

void
graph_free(struct graph *g)
{
	memory_free(g);
}

/* Keep the first mistake; gives -1. */
static int ERROR_PRINTF(2, 3)
refuse(struct graph *g, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (g == NULL || g->has_mistake)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	g->has_mistake = true;
	return error_set(&g->mistake, ERROR_BUG, "layer %zu of the network: %s",
	    g->n_nodes, text);
}

static bool
is_shape_ok(struct graph_shape s)
{
	return s.h >= 1 && s.h <= MAX_SIDE && s.w >= 1 && s.w <= MAX_SIDE &&
	    s.c >= 1 && s.c <= MAX_SIDE && s.h * s.w <= MAX_VALUES &&
	    s.h * s.w * s.c <= MAX_VALUES;
}

static bool
is_name_ok(const char *name)
{
	const size_t n = name == NULL ? 0 : strlen(name);

	return n >= 1 && n < GRAPH_MAX_NAME &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == n;
}

/* The node of value x, or NULL with the mistake kept. */
static struct graph_node *
operand(struct graph *g, int x)
{
	if (g == NULL || g->has_mistake)
		return NULL;
	if (x < 0 || (size_t)x >= g->n_nodes) {
		(void)refuse(g, "there is no value %d", x);
		return NULL;
	}
	return &g->nodes[x];
}

/* Append a node of the shape; NULL with the mistake kept. */
static struct graph_node *
append(struct graph *g, enum graph_kind kind, int a, int b,
    struct graph_shape shape)
{
	struct graph_node *n;

	if (g == NULL || g->has_mistake)
		return NULL;
	if (g->n_nodes == GRAPH_MAX_NODES) {
		(void)refuse(g, "more than %d layers", GRAPH_MAX_NODES);
		return NULL;
	}
	if (!is_shape_ok(shape)) {
		(void)refuse(g, "the shape %zu x %zu x %zu is not possible",
		    shape.h, shape.w, shape.c);
		return NULL;
	}
	n = &g->nodes[g->n_nodes];
	n->kind = kind;
	n->operand[0] = a;
	n->operand[1] = b;
	n->shape = shape;
	n->first_parameter = g->n_tensors;
	if (a >= 0)
		g->nodes[a].n_uses++;
	if (b >= 0)
		g->nodes[b].n_uses++;
	g->n_nodes++;
	return n;
}

/* The number of a node just appended. */
static int
number_of(const struct graph *g, const struct graph_node *n)
{
	return n == NULL || g->has_mistake ? -1 : (int)(n - g->nodes);
}

static int
add_tensor(struct graph *g, struct graph_node *n, const char *suffix,
    enum graph_role role, size_t rank, const size_t *shape, size_t fan_in)
{
	struct graph_parameter *p;
	size_t i;

	if (g->n_tensors == GRAPH_MAX_TENSORS)
		return refuse(g, "too many parameters");
	p = &g->tensors[g->n_tensors];
	(void)snprintf(p->name, sizeof(p->name), "%s.%s", n->name, suffix);
	for (i = 0; i < g->n_tensors; i++)
		if (strcmp(g->tensors[i].name, p->name) == 0)
			return refuse(g, "two layers are called \"%s\"",
			    n->name);
	p->role = role;
	p->rank = rank;
	p->fan_in = fan_in;
	p->n_values = 1;
	for (i = 0; i < rank; i++) {
		p->shape[i] = shape[i];
		if (shape[i] > MAX_WEIGHTS / p->n_values)
			return refuse(g, "%s is too large", p->name);
		p->n_values *= shape[i];
	}
	g->n_tensors++;
	n->n_parameters++;
	return 0;
}

static int
set_name(struct graph *g, struct graph_node *n, const char *name)
{
	if (!is_name_ok(name))
		return refuse(g, "a layer's name is 1 to %d letters, digits, "
		    "dots, hyphens or underscores", GRAPH_MAX_NAME - 1);
	(void)snprintf(n->name, sizeof(n->name), "%s", name);
	return 0;
}

int
graph_input(struct graph *g, const char *name, size_t h, size_t w, size_t c)
{
	struct graph_node *n;

	n = append(g, GRAPH_INPUT, -1, -1, (struct graph_shape){ h, w, c });
	if (n == NULL || set_name(g, n, name) != 0)
		return -1;
	if (g->n_inputs == GRAPH_MAX_ENDS)
		return refuse(g, "more than %d inputs", GRAPH_MAX_ENDS);
	(void)snprintf(g->inputs[g->n_inputs].name, GRAPH_MAX_NAME, "%s",
	    name);
	g->inputs[g->n_inputs++].value = number_of(g, n);
	return number_of(g, n);
}

/* Fill in strides of 0 and hold everything against the limits. */
static int
check_conv(struct graph *g, struct graph_conv *conv)
{
	const size_t *const sides[] = { &conv->out_channels, &conv->kernel_h,
	    &conv->kernel_w, &conv->stride_h, &conv->stride_w };
	const size_t pad_h = conv->pad_top > conv->pad_bottom ?
	    conv->pad_top : conv->pad_bottom;
	const size_t pad_w = conv->pad_left > conv->pad_right ?
	    conv->pad_left : conv->pad_right;
	size_t i;

	if (conv->stride_h == 0)
		conv->stride_h = 1;
	if (conv->stride_w == 0)
		conv->stride_w = 1;
	for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (*sides[i] < 1 || *sides[i] > MAX_SIDE)
			return refuse(g, "a convolution's sizes are from 1 to "
			    "%zu", MAX_SIDE);
	if (pad_h >= conv->kernel_h || pad_w >= conv->kernel_w)
		return refuse(g, "a convolution is padded by less than its "
		    "kernel's size");
	return 0;
}

static int
add_conv_tensors(struct graph *g, struct graph_node *n, size_t first,
    size_t second, size_t fan_in)
{
	const struct graph_conv *conv = &n->conv;
	const size_t shape[4] = { first, second, conv->kernel_h,
	    conv->kernel_w };

	if (add_tensor(g, n, "weight", GRAPH_WEIGHT, 4, shape, fan_in) != 0)
		return -1;
	if (!conv->no_bias && add_tensor(g, n, "bias", GRAPH_BIAS, 1,
	    &conv->out_channels, 0) != 0)
		return -1;
	return 0;
}

int
graph_conv(struct graph *g, const char *name, int x,
    const struct graph_conv *conv)
{
	const struct graph_node *in = operand(g, x);
	struct graph_conv c = *conv;
	struct graph_shape shape;
	struct graph_node *n;
	size_t h, w;

	if (in == NULL || check_conv(g, &c) != 0)
		return -1;
	h = in->shape.h + c.pad_top + c.pad_bottom;
	w = in->shape.w + c.pad_left + c.pad_right;
	if (h < c.kernel_h || w < c.kernel_w)
		return refuse(g, "%s: the kernel is larger than its input",
		    name == NULL ? "" : name);
	shape.h = (h - c.kernel_h) / c.stride_h + 1;
	shape.w = (w - c.kernel_w) / c.stride_w + 1;
	shape.c = c.out_channels;
	n = append(g, GRAPH_CONV, x, -1, shape);
	if (n == NULL || set_name(g, n, name) != 0)
		return -1;
	n->conv = c;
	if (add_conv_tensors(g, n, c.out_channels, in->shape.c,
	    in->shape.c * c.kernel_h * c.kernel_w) != 0)
		return -1;
	return number_of(g, n);
}

int
graph_conv_transposed(struct graph *g, const char *name, int x,
    const struct graph_conv *conv)
{
	const struct graph_node *in = operand(g, x);
	struct graph_conv c = *conv;
	struct graph_shape shape;
	struct graph_node *n;
	size_t h, w;

	if (in == NULL || check_conv(g, &c) != 0)
		return -1;
	h = (in->shape.h - 1) * c.stride_h + c.kernel_h;
	w = (in->shape.w - 1) * c.stride_w + c.kernel_w;
	if (h <= c.pad_top + c.pad_bottom || w <= c.pad_left + c.pad_right)
		return refuse(g, "%s: the pads leave nothing",
		    name == NULL ? "" : name);
	shape.h = h - c.pad_top - c.pad_bottom;
	shape.w = w - c.pad_left - c.pad_right;
	shape.c = c.out_channels;
	n = append(g, GRAPH_CONV_TRANSPOSED, x, -1, shape);
	if (n == NULL || set_name(g, n, name) != 0)
		return -1;
	n->conv = c;
	/* Each output sees about a stride-th part of the kernel. */
	if (add_conv_tensors(g, n, in->shape.c, c.out_channels,
	    (in->shape.c * c.kernel_h * c.kernel_w + c.stride_h * c.stride_w -
	    1) / (c.stride_h * c.stride_w)) != 0)
		return -1;
	return number_of(g, n);
}

int
graph_batch_norm(struct graph *g, const char *name, int x, double epsilon,
    double momentum)
{
	const struct graph_node *in = operand(g, x);
	const size_t c = in == NULL ? 0 : in->shape.c;
	struct graph_node *n;

	if (in == NULL)
		return -1;
	if (!(epsilon > 0 && epsilon < 1) || !(momentum > 0 && momentum <= 1))
		return refuse(g, "a batch norm's epsilon and momentum are "
		    "above 0 and at most 1");
	n = append(g, GRAPH_BATCH_NORM, x, -1, in->shape);
	if (n == NULL || set_name(g, n, name) != 0)
		return -1;
	n->number[0] = epsilon;
	n->number[1] = momentum;
	if (add_tensor(g, n, "weight", GRAPH_SCALE, 1, &c, 0) != 0 ||
	    add_tensor(g, n, "bias", GRAPH_SHIFT, 1, &c, 0) != 0 ||
	    add_tensor(g, n, "running_mean", GRAPH_MEAN, 1, &c, 0) != 0 ||
	    add_tensor(g, n, "running_var", GRAPH_VARIANCE, 1, &c, 0) != 0)
		return -1;
	return number_of(g, n);
}

/* A node of its operand's shape, with one number. */
static int
same_shape(struct graph *g, enum graph_kind kind, int x, double number)
{
	const struct graph_node *in = operand(g, x);
	struct graph_node *n;

	if (in == NULL)
		return -1;
	n = append(g, kind, x, -1, in->shape);
	if (n != NULL)
		n->number[0] = number;
	return number_of(g, n);
}

int
graph_relu(struct graph *g, int x)
{
	return same_shape(g, GRAPH_RELU, x, 0);
}

int
graph_leaky_relu(struct graph *g, int x, double slope)
{
	if (!(slope >= 0 && slope < 1))
		return refuse(g, "a leaky ReLU's slope is at least 0 and "
		    "less than 1");
	return same_shape(g, GRAPH_RELU, x, slope);
}

int
graph_sigmoid(struct graph *g, int x)
{
	return same_shape(g, GRAPH_SIGMOID, x, 0);
}

int
graph_tanh(struct graph *g, int x)
{
	return same_shape(g, GRAPH_TANH, x, 0);
}

int
graph_dropout(struct graph *g, int x, double p)
{
	if (!(p >= 0 && p < 1))
		return refuse(g, "a dropout's probability is at least 0 and "
		    "less than 1");
	return same_shape(g, GRAPH_DROPOUT, x, p);
}

int
graph_l2_normalise(struct graph *g, int x)
{
	return same_shape(g, GRAPH_L2_NORMALISE, x, 0);
}

static int
add_pool(struct graph *g, enum graph_kind kind, int x,
    const struct graph_pool *pool)
{
	const struct graph_node *in = operand(g, x);
	struct graph_pool p = *pool;
	struct graph_shape shape;
	struct graph_node *n;

	if (in == NULL)
		return -1;
	if (p.stride_h == 0)
		p.stride_h = p.kernel_h;
	if (p.stride_w == 0)
		p.stride_w = p.kernel_w;
	if (p.kernel_h < 1 || p.kernel_h > MAX_SIDE || p.kernel_w < 1 ||
	    p.kernel_w > MAX_SIDE || p.pad_h > p.kernel_h / 2 ||
	    p.pad_w > p.kernel_w / 2)
		return refuse(g, "a pool is padded by at most half its size");
	if (in->shape.h + 2 * p.pad_h < p.kernel_h ||
	    in->shape.w + 2 * p.pad_w < p.kernel_w)
		return refuse(g, "a pool of %zu x %zu is larger than its "
		    "input of %zu x %zu", p.kernel_h, p.kernel_w, in->shape.h,
		    in->shape.w);
	shape.h = (in->shape.h + 2 * p.pad_h - p.kernel_h) / p.stride_h + 1;
	shape.w = (in->shape.w + 2 * p.pad_w - p.kernel_w) / p.stride_w + 1;
	shape.c = in->shape.c;
	n = append(g, kind, x, -1, shape);
	if (n != NULL)
		n->pool = p;
	return number_of(g, n);
}

int
graph_max_pool(struct graph *g, int x, const struct graph_pool *pool)
{
	return add_pool(g, GRAPH_MAX_POOL, x, pool);
}

int
graph_average_pool(struct graph *g, int x, const struct graph_pool *pool)
{
	return add_pool(g, GRAPH_AVERAGE_POOL, x, pool);
}

int
graph_global_average_pool(struct graph *g, int x)
{
	const struct graph_node *in = operand(g, x);

	if (in == NULL)
		return -1;
	return add_pool(g, GRAPH_AVERAGE_POOL, x, &(struct graph_pool){
	    .kernel_h = in->shape.h, .kernel_w = in->shape.w });
}

int
graph_dense(struct graph *g, const char *name, int x, size_t out,
    bool no_bias)
{
	const struct graph_node *in = operand(g, x);
	struct graph_node *n;
	size_t shape[2];

	if (in == NULL)
		return -1;
	shape[0] = out;
	shape[1] = graph_shape_values(in->shape);
	n = append(g, GRAPH_DENSE, x, -1, (struct graph_shape){ 1, 1, out });
	if (n == NULL || set_name(g, n, name) != 0)
		return -1;
	n->no_bias = no_bias;
	if (add_tensor(g, n, "weight", GRAPH_WEIGHT, 2, shape, shape[1]) != 0)
		return -1;
	if (!no_bias &&
	    add_tensor(g, n, "bias", GRAPH_BIAS, 1, &out, 0) != 0)
		return -1;
	return number_of(g, n);
}

int
graph_mix(struct graph *g, const char *name, int x, size_t out)
{
	const struct graph_node *in = operand(g, x);
	struct graph_shape to;
	struct graph_node *n;
	size_t shape[2];

	if (in == NULL)
		return -1;
	shape[0] = out;
	shape[1] = in->shape.w;
	to = (struct graph_shape){ in->shape.h, out, in->shape.c };
	n = append(g, GRAPH_MIX, x, -1, to);
	if (n == NULL || set_name(g, n, name) != 0 || add_tensor(g, n,
	    "weight", GRAPH_WEIGHT, 2, shape, shape[1]) != 0)
		return -1;
	return number_of(g, n);
}

static int
add_join(struct graph *g, enum graph_kind kind, int a, int b)
{
	const struct graph_node *left = operand(g, a);
	const struct graph_node *right = operand(g, b);
	struct graph_shape shape;

	if (left == NULL || right == NULL)
		return -1;
	shape = left->shape;
	if (left->shape.h != right->shape.h ||
	    left->shape.w != right->shape.w ||
	    (kind != GRAPH_CONCAT && left->shape.c != right->shape.c))
		return refuse(g, "values of %zu x %zu x %zu and "
		    "%zu x %zu x %zu do not fit together", left->shape.h,
		    left->shape.w, left->shape.c, right->shape.h,
		    right->shape.w, right->shape.c);
	if (kind == GRAPH_CONCAT)
		shape.c += right->shape.c;
	return number_of(g, append(g, kind, a, b, shape));
}

int
graph_add(struct graph *g, int a, int b)
{
	return add_join(g, GRAPH_ADD, a, b);
}

int
graph_multiply(struct graph *g, int a, int b)
{
	return add_join(g, GRAPH_MULTIPLY, a, b);
}

int
graph_concat(struct graph *g, int a, int b)
{
	return add_join(g, GRAPH_CONCAT, a, b);
}

int
graph_output(struct graph *g, const char *name, int x)
{
	struct graph_node *n = operand(g, x);

	if (n == NULL)
		return -1;
	if (!is_name_ok(name))
		return refuse(g, "an output without a name");
	if (n->kind == GRAPH_INPUT || n->is_output)
		return refuse(g, "output \"%s\" is an input or another output",
		    name);
	if (g->n_outputs == GRAPH_MAX_ENDS)
		return refuse(g, "more than %d outputs", GRAPH_MAX_ENDS);
	n->is_output = true;
	n->n_uses++;
	(void)snprintf(g->outputs[g->n_outputs].name, GRAPH_MAX_NAME, "%s",
	    name);
	g->outputs[g->n_outputs++].value = x;
	return x;
}

int
graph_finish(struct graph *g, struct error *err)
{
	size_t i;

	if (g->has_mistake) {
		if (err != NULL)
			*err = g->mistake;
		return -1;
	}
	if (g->n_inputs == 0 || g->n_outputs == 0)
		return error_set(err, ERROR_BUG,
		    "a network has at least one input and one output");
	for (i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].n_uses == 0)
			return error_set(err, ERROR_BUG, "layer %zu of the "
			    "network (%s) is not used", i, g->nodes[i].name);
	return 0;
}
