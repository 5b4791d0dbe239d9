#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bzlib.h>
#include <cmocka.h>
#include <hdf5.h>

#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "nn/weights_h5.h"
#include "pitch/pitch_keras.h"
#include "pitch/pitch_net.h"

/* A file in memory, to be written by libhdf5. */
static hid_t
begin(void)
{
	const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
	hid_t file;

	assert_true(H5Pset_fapl_core(list, 1 << 16, false) >= 0);
	file = H5Fcreate("x", H5F_ACC_TRUNC, H5P_DEFAULT, list);
	assert_true(file >= 0);
	H5Pclose(list);
	return file;
}

/* The bytes of the file; free with memory_free. */
static void *
end(hid_t file, size_t *n_bytes)
{
	struct error err;
	void *bytes;
	ssize_t n;

	H5Fflush(file, H5F_SCOPE_GLOBAL);
	n = H5Fget_file_image(file, NULL, 0);
	assert_true(n > 0);
	bytes = memory_new((size_t)n, 1, "bytes", &err);
	assert_non_null(bytes);
	assert_int_equal(H5Fget_file_image(file, bytes, (size_t)n), n);
	H5Fclose(file);
	*n_bytes = (size_t)n;
	return bytes;
}

/* Add a data set of "type", of "values" unless NULL; "list" says how. */
static void
put_as(hid_t file, const char *path, hid_t type, hid_t list, size_t rank,
    const size_t *shape, const float *values)
{
	const hid_t links = H5Pcreate(H5P_LINK_CREATE);
	hsize_t dims[WEIGHTS_MAX_RANK + 2];
	hid_t space, set;

	for (size_t d = 0; d < rank; d++)
		dims[d] = shape[d];
	H5Pset_create_intermediate_group(links, 1);
	space = H5Screate_simple((int)rank, dims, NULL);
	set = H5Dcreate2(file, path, type, space, links, list, H5P_DEFAULT);
	assert_true(set >= 0);
	if (values != NULL)
		assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
		    H5P_DEFAULT, values) >= 0);
	H5Dclose(set);
	H5Sclose(space);
	H5Pclose(links);
}

static void
put(hid_t file, const char *path, size_t rank, const size_t *shape,
    const float *values)
{
	put_as(file, path, H5T_IEEE_F32LE, H5P_DEFAULT, rank, shape, values);
}

/* A list for data in chunks of the whole shape, compressed. */
static hid_t
deflated(size_t rank, const size_t *shape)
{
	const hid_t list = H5Pcreate(H5P_DATASET_CREATE);
	hsize_t dims[WEIGHTS_MAX_RANK];

	for (size_t d = 0; d < rank; d++)
		dims[d] = shape[d];
	H5Pset_chunk(list, (int)rank, dims);
	H5Pset_deflate(list, 1);
	return list;
}

static const size_t shape_23[2] = { 2, 3 };
static const float values_6[6] = { 0.5f, -1.0f, 2.0f, 0.0f, 3.25f, -64.0f };

static void
tensors_have_the_files_names_shapes_and_values(void **state)
{
	static const struct {
		const char *name;
		bool is_double, is_deflated;
	} sets[] = { { "b/c/kernel:0", false, false }, { "a", true, false },
		{ "b/packed", false, true } };
	const hid_t file = begin();
	struct weights *w;
	struct error err;
	size_t n_bytes;
	void *bytes;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const hid_t list = sets[i].is_deflated ?
		    deflated(2, shape_23) : H5P_DEFAULT;

		put_as(file, sets[i].name, sets[i].is_double ?
		    H5T_IEEE_F64BE : H5T_IEEE_F32LE, list, 2, shape_23,
		    values_6);
		if (sets[i].is_deflated)
			H5Pclose(list);
	}
	put(file, "number", 0, NULL, values_6);
	put_as(file, "counter", H5T_STD_I64LE, H5P_DEFAULT, 2, shape_23,
	    values_6);
	/* A group that holds itself, and a way out of the file. */
	H5Lcreate_hard(file, "b", file, "b/c/again", H5P_DEFAULT,
	    H5P_DEFAULT);
	H5Lcreate_external("other.h5", "/x", file, "out", H5P_DEFAULT,
	    H5P_DEFAULT);
	bytes = end(file, &n_bytes);
	w = weights_h5_parse(bytes, n_bytes, &err);
	assert_non_null(w);
	assert_int_equal(weights_n_tensors(w), 4);
	for (size_t i = 0; i < 3; i++) {
		const struct weights_tensor *t = weights_find(w,
		    sets[i].name);

		assert_non_null(t);
		assert_int_equal(t->rank, 2);
		assert_memory_equal(t->shape, shape_23, sizeof(shape_23));
		assert_memory_equal(t->values, values_6, sizeof(values_6));
	}
	assert_int_equal(weights_find(w, "number")->rank, 1);
	assert_true(weights_find(w, "number")->values[0] == 0.5f);
	weights_free(w);
	memory_free(bytes);
}

/* Parsing must fail with a sentence that has "why". */
static void
refused(const void *bytes, size_t n_bytes, const char *why)
{
	struct error err;

	if (weights_h5_parse(bytes, n_bytes, &err) != NULL)
		fail_msg("%zu bytes were read; wanted \"%s\"", n_bytes, why);
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", err.text, why);
}

static void
claims_beyond_the_file_are_refused(void **state)
{
	static const size_t many[1] = { (size_t)1 << 40 };
	static const size_t some[1] = { 1 << 20 };
	static const size_t flat[7] = { 1, 1, 1, 1, 1, 1, 1 };
	static const char *const why[] = { "is too large",
		"is larger than what the file holds",
		"has no values in this file", "too many dimensions",
		"is larger than what the file holds" };
	const float nan_value = NAN;
	size_t n_bytes;
	void *bytes;
	hid_t file;

	(void)state;
	for (size_t i = 0; i < sizeof(why) / sizeof(*why); i++) {
		const hid_t list = i == 4 ? deflated(1, some) :
		    H5Pcreate(H5P_DATASET_CREATE);

		file = begin();
		if (i == 2)
			H5Pset_external(list, "/etc/hostname", 0,
			    H5F_UNLIMITED);
		put_as(file, "x", H5T_IEEE_F32LE, list, i == 3 ? 7 : 1,
		    i == 0 ? many : i == 3 ? flat : some, NULL);
		bytes = end(file, &n_bytes);
		refused(bytes, n_bytes, why[i]);
		memory_free(bytes);
		H5Pclose(list);
	}
	file = begin();
	put(file, "x", 0, NULL, &nan_value);
	bytes = end(file, &n_bytes);
	refused(bytes, n_bytes, "not finite");
	memory_free(bytes);
}

static void
files_cut_off_anywhere_are_refused(void **state)
{
	const hid_t file = begin();
	size_t n_bytes;
	char *bytes;

	(void)state;
	put(file, "b/c/kernel:0", 2, shape_23, values_6);
	bytes = end(file, &n_bytes);
	for (size_t n = 0; n < n_bytes; n += n < 64 ? 1 : 61)
		refused(bytes, n, n < 8 ? "not an HDF5 file" :
		    "damaged or cut off");
	/* the address of the root group, far outside */
	memset(bytes + 64, 0x7f, 8);
	refused(bytes, n_bytes, "damaged or cut off");
	memory_free(bytes);
}

/* A file of these bytes, deleted at the end of the test. */
static void
load(const void *bytes, size_t n_bytes, const char *why)
{
	char path[] = "/tmp/test_weights_h5.XXXXXX";
	const int fd = mkstemp(path);
	struct weights *w;
	struct error err;

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_write(path, bytes, n_bytes, &err), 0);
	w = weights_h5_load(path, &err);
	unlink(path);
	if (why == NULL) {
		assert_non_null(w);
		assert_memory_equal(weights_find(w, "b/c/kernel:0")->values,
		    values_6, sizeof(values_6));
		weights_free(w);
		return;
	}
	assert_null(w);
	assert_non_null(strstr(err.text, path));
	if (strstr(err.text, why) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", err.text, why);
}

static void
bzip2_is_expanded(void **state)
{
	const hid_t file = begin();
	char packed[8192];
	unsigned n_first = 4096, n_second = 4096;
	size_t n_bytes;
	char *bytes;

	(void)state;
	put(file, "b/c/kernel:0", 2, shape_23, values_6);
	bytes = end(file, &n_bytes);
	load(bytes, n_bytes, NULL);
	/* Two streams, as from a parallel bzip2. */
	assert_int_equal(BZ2_bzBuffToBuffCompress(packed, &n_first, bytes,
	    1000, 9, 0, 0), BZ_OK);
	assert_int_equal(BZ2_bzBuffToBuffCompress(packed + n_first,
	    &n_second, bytes + 1000, (unsigned)n_bytes - 1000, 9, 0, 0),
	    BZ_OK);
	load(packed, n_first + n_second, NULL);
	load(packed, n_first, "damaged or cut off");
	load(packed, n_first + n_second - 1, "the .bz2 file ends early");
	load(packed, 4, "the .bz2 file ends early");
	packed[n_first / 2] ^= 0x10;
	load(packed, n_first + n_second, "the .bz2 file is damaged");
	load("kernel", 6, "not an HDF5 file");
	load("", 0, "not an HDF5 file");
	memory_free(bytes);
}

/*
 * The ways in which versions of Keras have written a weight; layer and weight
 * count from 0 within their kind.
 */
enum layout { CREPE, SAVED, KERAS_3, COUNTED, PACKED };

static const char *const torch_names[3][4] = {
	{ "weight", "bias" },
	{ "weight", "bias", "running_mean", "running_var" },
	{ "weight", "bias" },
};
static const char *const keras_names[3][4] = {
	{ "kernel", "bias" },
	{ "gamma", "beta", "moving_mean", "moving_variance" },
	{ "kernel", "bias" },
};
static const char *const classes[3] = { "conv2d", "batch_normalization",
	"dense" };

static void
name_of(enum layout layout, size_t kind, size_t layer, size_t weight,
    char path[128])
{
	const char *name = keras_names[kind][weight];
	char own[32];

	if (kind == 2)
		snprintf(own, sizeof(own), "classifier");
	else
		snprintf(own, sizeof(own), "conv%zu%s", layer + 1,
		    kind == 1 ? "-BN" : "");
	if (layout == CREPE || layout == PACKED)
		snprintf(path, 128, "%s/%s_%d/%s:0", own, own,
		    layout == CREPE ? 3 : 12, name);
	else if (layout == SAVED)
		snprintf(path, 128, "model_weights/%s/%s/%s:0", own, own,
		    name);
	else if (layout == KERAS_3)
		snprintf(path, 128, "model_weights/%s/%s/%s", own, own, name);
	else if (layer == 0)
		snprintf(path, 128, "layers/%s/vars/%zu", classes[kind],
		    weight);
	else
		snprintf(path, 128, "layers/%s_%zu/vars/%zu", classes[kind],
		    layer, weight);
}

/* Where value i of a tensor in PyTorch's order stands in that of Keras. */
static size_t
place(const struct weights_tensor *p, size_t i)
{
	size_t out, in, tap;

	if (p->rank < 2)
		return i;
	if (p->rank == 2)
		return i % p->shape[1] * p->shape[0] + i / p->shape[1];
	/*
	 * [out][in][height][1] to [height][1][in][out]; the model's first
	 * layer holds tap 4 * k + phase as [out][phase][k][1].
	 */
	out = i / (p->shape[1] * p->shape[2]);
	in = i / p->shape[2] % p->shape[1];
	tap = i % p->shape[2];
	if (strcmp(p->name, "conv1.weight") == 0)
		return (tap * PITCH_NET_PHASES + in) * p->shape[0] + out;
	return (tap * p->shape[1] + in) * p->shape[0] + out;
}

/* The shape of a model's tensor in Keras. */
static size_t
keras_shape(const struct weights_tensor *p, size_t shape[4])
{
	if (p->rank == 4) {
		const bool is_first = strcmp(p->name, "conv1.weight") == 0;

		shape[0] = is_first ? p->shape[1] * p->shape[2] : p->shape[2];
		shape[1] = 1;
		shape[2] = is_first ? 1 : p->shape[1];
		shape[3] = p->shape[0];
	} else if (p->rank == 2) {
		shape[0] = p->shape[1];
		shape[1] = p->shape[0];
	} else {
		shape[0] = p->shape[0];
	}
	return p->rank;
}

/* Which weight of Keras a model's tensor is. */
static void
find_place(const char *name, size_t *kind, size_t *layer, size_t *weight)
{
	const char *dot = strchr(name, '.');

	*kind = strncmp(name, "classifier", 10) == 0 ? 2 :
	    strstr(name, "_BN") != NULL ? 1 : 0;
	*layer = *kind == 2 ? 0 : (size_t)(name[4] - '1');
	assert_non_null(dot);
	for (*weight = 0; strcmp(torch_names[*kind][*weight], dot + 1) != 0;)
		(*weight)++;
}

/* A model as Keras would write it, without the tensor "skip". */
static void *
write_keras(const struct weights *model, enum layout layout,
    const char *skip, size_t *n_bytes)
{
	const hid_t file = begin();
	struct error err;

	for (size_t i = 0; i < weights_n_tensors(model); i++) {
		const struct weights_tensor *p =
		    weights_tensor(model, i);
		float *values = memory_new(p->n_values, sizeof(*values), "x",
		    &err);
		size_t shape[4], kind, layer, weight, rank;
		char path[128];
		hid_t list = H5P_DEFAULT;

		assert_non_null(values);
		for (size_t k = 0; k < p->n_values; k++)
			values[place(p, k)] = p->values[k];
		rank = keras_shape(p, shape);
		find_place(p->name, &kind, &layer, &weight);
		name_of(layout, kind, layer, weight, path);
		if (layout == PACKED)
			list = deflated(rank, shape);
		if (strcmp(p->name, skip) != 0)
			put_as(file, path, layout == KERAS_3 ?
			    H5T_IEEE_F64BE : H5T_IEEE_F32LE, list, rank,
			    shape, values);
		if (layout == PACKED)
			H5Pclose(list);
		memory_free(values);
	}
	if (layout == SAVED) {
		put(file, "optimizer_weights/conv1/bias:0", 2, shape_23,
		    values_6);
		put(file, "optimizer_weights/Adam/conv1/kernel/m:0", 2,
		    shape_23, values_6);
	}
	return end(file, n_bytes);
}

/* From a file's bytes to a model. */
static struct weights *
import(const void *bytes, size_t n_bytes, struct error *err)
{
	struct weights *keras = weights_h5_parse(bytes, n_bytes, err);
	struct weights *published, *model;

	assert_non_null(keras);
	published = pitch_keras_convert(keras, err);
	weights_free(keras);
	if (published == NULL)
		return NULL;
	model = pitch_net_import(published, err);
	weights_free(published);
	return model;
}

static struct weights *
random_model(const char *capacity)
{
	struct graph *g;
	struct random r;
	struct weights *w;
	struct error err;

	random_init_keyed(&r, 5, 0, 0);
	g = pitch_net_new(capacity, false, PITCH_NET_DROPOUT, &err);
	assert_non_null(g);
	w = weights_for(g, 1, &err);
	assert_non_null(w);
	graph_free(g);
	/* No two tensors alike. */
	for (size_t i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);

		if (t->rank == 1)
			for (size_t k = 0; k < t->n_values; k++)
				t->values[k] = (float)random_uniform(&r);
	}
	return w;
}

static void
all_capacities_are_imported_from_all_layouts(void **state)
{
	static const struct {
		const char *capacity;
		enum layout layout;
	} files[] = { { "tiny", CREPE }, { "tiny", SAVED },
		{ "tiny", KERAS_3 }, { "tiny", COUNTED }, { "tiny", PACKED },
		{ "small", PACKED }, { "medium", SAVED }, { "large", COUNTED },
		{ "full", CREPE } };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct weights *want = random_model(files[i].capacity);
		size_t n_bytes;
		void *bytes = write_keras(want, files[i].layout, "",
		    &n_bytes);
		struct weights *got = import(bytes, n_bytes, &err);

		if (got == NULL)
			fail_msg("layout %d: %s", files[i].layout, err.text);
		assert_int_equal(weights_n_tensors(got),
		    weights_n_tensors(want));
		for (size_t k = 0; k < weights_n_tensors(want); k++) {
			const struct weights_tensor *t =
			    weights_tensor(want, k);

			assert_memory_equal(t->values, weights_find(got,
			    t->name)->values, t->n_values * sizeof(float));
		}
		weights_free(got);
		memory_free(bytes);
		weights_free(want);
	}
}

static void
networks_that_are_not_crepes_are_refused(void **state)
{
	static const size_t shapes[3][4] = { { 64, 128, 16 },
		{ 64, 1, 128, 17 }, { 2, 3 } };
	static const char *const why[] = {
		"conv2/conv2_3/kernel:0 has 3 dimensions",
		"conv2.weight is 17, the network needs 16",
		"not a CREPE network" };
	struct weights *w = random_model("tiny");
	struct error err;
	size_t n_bytes;
	void *bytes = write_keras(w, CREPE, "conv3_BN.running_var",
	    &n_bytes);
	float *values = memory_new(64 * 128 * 17, sizeof(*values), "x", &err);

	(void)state;
	assert_non_null(values);
	assert_null(import(bytes, n_bytes, &err));
	assert_non_null(strstr(err.text,
	    "the weights have no tensor conv3_BN.running_var"));
	memory_free(bytes);
	for (size_t i = 0; i < 3; i++) {
		hid_t list = H5Pcreate(H5P_FILE_ACCESS), file;

		bytes = write_keras(w, CREPE, "conv2.weight", &n_bytes);
		H5Pset_fapl_core(list, 1 << 16, false);
		H5Pset_file_image(list, bytes, n_bytes);
		memory_free(bytes);
		file = i < 2 ? H5Fopen("x", H5F_ACC_RDWR, list) : begin();
		H5Pclose(list);
		put(file, i < 2 ? "conv2/conv2_3/kernel:0" : "layer/kernel:0",
		    i == 0 ? 3 : i == 1 ? 4 : 2, shapes[i], values);
		bytes = end(file, &n_bytes);
		assert_null(import(bytes, n_bytes, &err));
		if (strstr(err.text, why[i]) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", err.text, why[i]);
		memory_free(bytes);
	}
	memory_free(values);
	weights_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    tensors_have_the_files_names_shapes_and_values),
		cmocka_unit_test(claims_beyond_the_file_are_refused),
		cmocka_unit_test(files_cut_off_anywhere_are_refused),
		cmocka_unit_test(bzip2_is_expanded),
		cmocka_unit_test(all_capacities_are_imported_from_all_layouts),
		cmocka_unit_test(networks_that_are_not_crepes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
