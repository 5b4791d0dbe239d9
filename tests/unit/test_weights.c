/*
 * Weights and safetensors files: what is written is read back, files written
 * by hand are understood, and bad ones are refused with a reason.
 */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "nn/graph.h"
#include "nn/weights.h"

/* A file of this header and these bytes behind it. */
static struct weights *
parse(const char *header, const void *data, size_t n_data, struct error *err)
{
	const size_t n_header = strlen(header);
	unsigned char *bytes = malloc(8 + n_header + n_data);
	struct weights *w;
	size_t i;

	assert_non_null(bytes);
	for (i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)n_header >> (8 * i));
	memcpy(bytes + 8, header, n_header);
	if (n_data > 0)
		memcpy(bytes + 8 + n_header, data, n_data);
	w = weights_parse(bytes, 8 + n_header + n_data, err);
	free(bytes);
	return w;
}

static void
test_round_trip(void **state)
{
	char path[] = "/tmp/test_weights_XXXXXX";
	const size_t shape[2] = { 2, 3 };
	struct error err = { ERROR_NONE, "" };
	struct weights *w = weights_new(&err);
	struct weights *back;
	const char *text;
	float *values;
	double number;
	int fd, i;

	(void)state;
	assert_non_null(w);
	assert_int_equal(weights_add(w, "a.b.weight", 2, shape, &values,
	    &err), 0);
	for (i = 0; i < 6; i++)
		values[i] = 0.1f * (float)i - 1e-30f;
	assert_int_equal(weights_add(w, "empty", 0, NULL, &values, &err), 0);
	values[0] = -7.0f;
	assert_int_equal(weights_add(w, "a.b.weight", 2, shape, NULL, &err),
	    -1);
	assert_int_equal(json_put_string(weights_metadata(w), "licence",
	    "CC0 \"x\" {", &err), 0);
	assert_int_equal(json_put_number(weights_metadata(w),
	    "network.width", 16, &err), 0);

	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(weights_save(path, w, &err), 0);
	back = weights_load(path, &err);
	assert_non_null(back);
	assert_int_equal(weights_n_tensors(back), 2);
	assert_string_equal(weights_tensor(back, 0)->name, "a.b.weight");
	assert_int_equal(weights_tensor(back, 0)->rank, 2);
	assert_int_equal(weights_tensor(back, 0)->shape[1], 3);
	assert_memory_equal(weights_tensor(back, 0)->values,
	    weights_find(w, "a.b.weight")->values, 6 * sizeof(float));
	assert_true(weights_find(back, "empty")->values[0] == -7.0f);
	assert_int_equal(strlen(weights_sha256(back)), 64);
	assert_int_equal(json_want_string(weights_metadata(back), "licence",
	    &text, &err), 0);
	assert_string_equal(text, "CC0 \"x\" {");
	assert_int_equal(json_want_number(weights_metadata(back),
	    "network.width", &number, &err), 0);
	assert_true(number == 16.0);
	weights_free(back);
	weights_free(w);
	unlink(path);
}

static void
test_value_types(void **state)
{
	/* 1, -2 and the smallest half; 1.5 as bf16; -0.25 as double. */
	const unsigned char data[] = { 0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00,
	    0xc0, 0x3f, 0, 0, 0, 0, 0, 0, 0xd0, 0xbf };
	struct error err = { ERROR_NONE, "" };
	struct weights *w = parse("{\"h\":{\"dtype\":\"F16\",\"shape\":[3],"
	    "\"data_offsets\":[0,6]},\"d\":{\"dtype\":\"F64\",\"shape\":[1,1],"
	    "\"data_offsets\":[8,16]},\"b\":{\"dtype\":\"BF16\",\"shape\":[],"
	    "\"data_offsets\":[6,8]}} ", data, sizeof(data), &err);

	(void)state;
	assert_non_null(w);
	assert_true(weights_find(w, "h")->values[0] == 1.0f);
	assert_true(weights_find(w, "h")->values[1] == -2.0f);
	assert_true(weights_find(w, "h")->values[2] == ldexpf(1.0f, -24));
	assert_true(weights_find(w, "b")->values[0] == 1.5f);
	assert_true(weights_find(w, "d")->values[0] == -0.25f);
	assert_int_equal(weights_find(w, "b")->rank, 0);
	weights_free(w);
}

struct bad_file {
	const char *header;
	size_t n_data;
	const char *reason;	/* a part of the message */
};

static void
test_bad_files(void **state)
{
	static const struct bad_file bad[] = {
		{ "[]", 0, "object" },
		{ "{", 0, "header" },
		{ "{\"a\":1}", 0, "dtype" },
		{ "{\"a\":{\"dtype\":\"I8\",\"shape\":[4],"
		    "\"data_offsets\":[0,4]}}", 4, "I8" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],"
		    "\"data_offsets\":[0,4]}}", 4, "shape" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
		    "\"data_offsets\":[0,4]}}", 3, "within" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
		    "\"data_offsets\":[4,8]}}", 8, "begins" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
		    "\"data_offsets\":[0,4]}}", 8, "no tensor" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
		    "\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\","
		    "\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "begins" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,"
		    "4],\"data_offsets\":[0,0]}}", 0, "fit" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],"
		    "\"data_offsets\":[0,4]}}", 4, "shape" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1],"
		    "\"data_offsets\":[0,4]}}", 4, "shape" },
		{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
		    "\"data_offsets\":[4,0]}}", 4, "within" },
		{ "{\"\":{\"dtype\":\"F32\",\"shape\":[1],"
		    "\"data_offsets\":[0,4]}}", 4, "name" },
		{ "{\"__metadata__\":{\"x\":1}}", 0, "metadata" }
	};
	const unsigned char data[8] = { 0 };
	const unsigned char nan[4] = { 0, 0, 0xc0, 0x7f };
	struct error err = { ERROR_NONE, "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(parse(bad[i].header, data, bad[i].n_data, &err));
		if (strstr(err.text, bad[i].reason) == NULL)
			fail_msg("%s: \"%s\"", bad[i].header, err.text);
	}
	assert_null(parse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],"
	    "\"data_offsets\":[0,4]}}", nan, 4, &err));
	assert_non_null(strstr(err.text, "finite"));
	assert_null(weights_parse("abc", 3, &err));
	assert_null(weights_parse("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10,
	    &err));
	assert_null(weights_load("/nonexistent/x", &err));
}

static void
test_for_graph(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	struct weights *w, *copy;
	const struct weights_tensor *t;
	double sum = 0, squares = 0;
	size_t i;
	int x;

	(void)state;
	x = graph_input(g, "in", 8, 4, 16);
	x = graph_conv(g, "c", x, &(struct graph_conv){ .out_channels = 64,
	    .kernel_h = 3, .kernel_w = 3, .pad_top = 1, .stride_h = 2 });
	x = graph_batch_norm(g, "n", x, 1e-5, 0.1);
	graph_output(g, "out", x);
	assert_int_equal(graph_finish(g, &err), 0);
	assert_int_equal(graph_output_shape(g, 0).h, 4);
	assert_int_equal(graph_output_shape(g, 0).w, 2);
	assert_int_equal(graph_n_parameters(g), 64 * 16 * 9 + 3 * 64);

	w = weights_for(g, 7, &err);
	assert_non_null(w);
	assert_int_equal(weights_check(w, g, &err), 0);
	t = weights_find(w, "c.weight");
	for (i = 0; i < t->n_values; i++) {
		sum += (double)t->values[i];
		squares += (double)t->values[i] * (double)t->values[i];
	}
	/* Five standard errors of the mean and of the variance. */
	assert_true(fabs(sum / (double)t->n_values) <
	    5 * sqrt(2.0 / 144 / (double)t->n_values));
	assert_true(fabs(squares / (double)t->n_values * 72 - 1) <
	    5 * sqrt(2.0 / (double)t->n_values));
	assert_true(weights_find(w, "n.running_var")->values[3] == 1.0f);
	copy = weights_copy(w, &err);
	assert_non_null(copy);
	assert_memory_equal(weights_find(copy, "c.weight")->values, t->values,
	    t->n_values * sizeof(float));
	weights_find(copy, "n.running_var")->values[5] = -1e-4f;
	assert_int_equal(weights_check(copy, g, &err), -1);
	assert_non_null(strstr(err.text, "n.running_var"));
	weights_free(copy);
	copy = weights_new(&err);
	assert_int_equal(weights_check(copy, g, &err), -1);
	assert_non_null(strstr(err.text, "c.weight"));
	weights_free(copy);
	weights_free(w);
	graph_free(g);
}

static void
test_graph_mistakes(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct graph *g = graph_new(&err);
	int x, y;

	(void)state;
	x = graph_input(g, "in", 4, 4, 1);
	y = graph_conv(g, "c", x, &(struct graph_conv){ .out_channels = 2,
	    .kernel_h = 9, .kernel_w = 1 });
	assert_int_equal(y, -1);
	assert_int_equal(graph_relu(g, y), -1);
	graph_output(g, "out", y);
	assert_int_equal(graph_finish(g, &err), -1);
	assert_non_null(strstr(err.text, "larger than its input"));
	graph_free(g);

	g = graph_new(&err);
	x = graph_input(g, "in", 4, 4, 1);
	y = graph_dense(g, "d", x, 3, false);
	y = graph_dense(g, "d", y, 3, false);
	assert_int_equal(graph_finish(g, &err), -1);
	assert_non_null(strstr(err.text, "called \"d\""));
	graph_free(g);

	g = graph_new(&err);
	x = graph_input(g, "in", 4, 4, 1);
	graph_relu(g, x);
	graph_output(g, "out", graph_tanh(g, x));
	assert_int_equal(graph_finish(g, &err), -1);
	assert_non_null(strstr(err.text, "not used"));
	graph_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_value_types),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_for_graph),
		cmocka_unit_test(test_graph_mistakes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
