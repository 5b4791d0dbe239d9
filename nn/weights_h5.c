#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The names and structs of version 1.10 in all versions since. */
#define H5_USE_110_API
#include <hdf5.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"

#include "nn/bzip2.h"
#include "nn/weights_h5.h"

#define MAX_OBJECTS 65536
/* What deflate can at best make of one byte. */
#define MAX_EXPANSION 1032
#define CORE_BLOCK_BYTES ((size_t)1 << 16)

static const char magic_hdf5[] = "\x89HDF\r\n\x1a\n";
static const char magic_bzip2[] = "BZh";

/* The file while its objects are visited. */
struct visit {
	struct weights *w;
	size_t n_objects;
	bool is_told;		/* err says what was wrong */
	struct error *err;
};

static int
refuse(struct visit *v, const char *name, const char *why)
{
	v->is_told = true;
	return error_set(v->err, ERROR_FORMAT, "tensor %s %s", name, why);
}

/* Are the values of a dataset in this file, and about as many as it says? */
static int
check_storage(struct visit *v, const char *name, hid_t set, size_t n_values,
    size_t value_bytes)
{
	const hid_t list = H5Dget_create_plist(set);
	const H5D_layout_t layout = H5Pget_layout(list);
	const int n_external = layout == H5D_CONTIGUOUS ?
	    H5Pget_external_count(list) : 0;
	const size_t n_stored = (size_t)H5Dget_storage_size(set);
	size_t n_most = n_stored / value_bytes;

	(void)H5Pclose(list);
	if (n_external != 0 || (layout != H5D_COMPACT &&
	    layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED))
		return refuse(v, name, "has no values in this file");
	if (layout == H5D_CHUNKED)
		n_most = n_stored > SIZE_MAX / MAX_EXPANSION ? SIZE_MAX :
		    n_stored * MAX_EXPANSION / value_bytes;
	if (n_values > n_most)
		return refuse(v, name, "is larger than what the file holds");
	return 0;
}

/* The shape; a number has that of one value. */
static int
read_shape(struct visit *v, const char *name, hid_t set, size_t *rank,
    size_t *shape, size_t *n_values)
{
	hsize_t dims[H5S_MAX_RANK];
	const hid_t space = H5Dget_space(set);
	const int n_dims = H5Sget_simple_extent_ndims(space);
	const H5S_class_t kind = H5Sget_simple_extent_type(space);
	const bool is_read = n_dims >= 0 && n_dims <= WEIGHTS_MAX_RANK &&
	    (kind == H5S_SIMPLE || kind == H5S_SCALAR) &&
	    H5Sget_simple_extent_dims(space, dims, NULL) == n_dims;

	(void)H5Sclose(space);
	if (!is_read)
		return refuse(v, name, "has no shape, or too many dimensions");
	*rank = n_dims == 0 ? 1 : (size_t)n_dims;
	shape[0] = 1;
	*n_values = 1;
	for (int d = 0; d < n_dims; d++) {
		if (dims[d] > WEIGHTS_MAX_BYTES ||
		    (dims[d] != 0 && *n_values > WEIGHTS_MAX_BYTES / dims[d]))
			return refuse(v, name, "is too large");
		shape[d] = (size_t)dims[d];
		*n_values *= shape[d];
	}
	return 0;
}

static int
add_tensor(struct visit *v, const char *name, hid_t set, size_t value_bytes)
{
	size_t shape[WEIGHTS_MAX_RANK], rank = 0, n_values = 0;
	float *values;

	if (read_shape(v, name, set, &rank, shape, &n_values) != 0 ||
	    check_storage(v, name, set, n_values, value_bytes) != 0)
		return -1;
	if (weights_add(v->w, name, rank, shape, &values, v->err) != 0) {
		v->is_told = true;
		return -1;
	}
	if (n_values > 0 && H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
	    H5P_DEFAULT, values) < 0)
		return refuse(v, name, "cannot be read: the file is damaged");
	for (size_t i = 0; i < n_values; i++)
		if (!isfinite(values[i]))
			return refuse(v, name,
			    "holds a value that is not finite");
	return 0;
}

/* Called for each object; those that are not floating point are passed by. */
static herr_t
visit_object(hid_t root, const char *name, const H5O_info_t *info,
    void *context)
{
	struct visit *v = context;
	size_t value_bytes = 0;
	hid_t set, type;
	int status = 0;

	if (++v->n_objects > MAX_OBJECTS) {
		v->is_told = true;
		return error_set(v->err, ERROR_LIMIT,
		    "an HDF5 file of more than %d objects", MAX_OBJECTS);
	}
	if (info->type != H5O_TYPE_DATASET)
		return 0;
	set = H5Dopen2(root, name, H5P_DEFAULT);
	if (set < 0)
		return -1;
	type = H5Dget_type(set);
	if (H5Tget_class(type) == H5T_FLOAT)
		value_bytes = H5Tget_size(type);
	if (value_bytes > 0)
		status = add_tensor(v, name, set, value_bytes);
	else if (type < 0)
		status = -1;
	(void)H5Tclose(type);
	(void)H5Dclose(set);
	return status;
}

/* Open the bytes as a file; negative when they are none. */
static hid_t
open_bytes(const void *bytes, size_t n_bytes)
{
	const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
	hid_t file = -1;

	/* A copy is made, so that the bytes stay as they are. */
	if (H5Pset_fapl_core(list, CORE_BLOCK_BYTES, false) >= 0 &&
	    H5Pset_file_image(list, (void *)(uintptr_t)bytes, n_bytes) >= 0)
		file = H5Fopen("weights", H5F_ACC_RDONLY, list);
	(void)H5Pclose(list);
	return file;
}

struct weights *
weights_h5_parse(const void *bytes, size_t n_bytes, struct error *err)
{
	struct visit v = { .err = err };
	hid_t file;
	int status;

	if (n_bytes < sizeof(magic_hdf5) - 1 ||
	    memcmp(bytes, magic_hdf5, sizeof(magic_hdf5) - 1) != 0) {
		error_set(err, ERROR_FORMAT, "not an HDF5 file");
		return NULL;
	}
	if (H5open() < 0 || H5Eset_auto2(H5E_DEFAULT, NULL, NULL) < 0) {
		error_set(err, ERROR_NOMEM, "libhdf5 cannot begin");
		return NULL;
	}
	(void)H5PLset_loading_state(0);
	v.w = weights_new(err);
	if (v.w == NULL)
		return NULL;
	file = open_bytes(bytes, n_bytes);
	status = file < 0 ? -1 : H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC,
	    visit_object, &v);
	if (status < 0 && !v.is_told)
		error_set(err, ERROR_FORMAT,
		    "the HDF5 file is damaged or cut off");
	if (file >= 0)
		(void)H5Fclose(file);
	if (status < 0) {
		weights_free(v.w);
		return NULL;
	}
	return v.w;
}

bool
weights_h5_is_magic(const unsigned char magic[WEIGHTS_H5_MAGIC_BYTES])
{
	return memcmp(magic, magic_hdf5, sizeof(magic_hdf5) - 1) == 0 ||
	    memcmp(magic, magic_bzip2, sizeof(magic_bzip2) - 1) == 0;
}

struct weights *
weights_h5_load(const char *path, struct error *err)
{
	struct arena *a = arena_new();
	struct weights *w = NULL;
	const void *bytes;
	void *expanded = NULL;
	size_t n_bytes;

	if (a == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory");
		return NULL;
	}
	bytes = file_read(path, WEIGHTS_H5_MAX_BYTES, a, &n_bytes, err);
	if (bytes == NULL)
		goto out;
	if (n_bytes >= sizeof(magic_bzip2) - 1 &&
	    memcmp(bytes, magic_bzip2, sizeof(magic_bzip2) - 1) == 0) {
		expanded = bzip2_expand(bytes, n_bytes, WEIGHTS_H5_MAX_BYTES,
		    &n_bytes, err);
		arena_reset(a);
		bytes = expanded;
	}
	if (bytes != NULL)
		w = weights_h5_parse(bytes, n_bytes, err);
	if (w == NULL)
		error_add(err, "%s", path);
out:
	memory_free(expanded);
	arena_free(a);
	return w;
}
