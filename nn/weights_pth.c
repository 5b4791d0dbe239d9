#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <zip.h>

#include "base/arena.h"

#include "nn/pickle.h"
#include "nn/weights_pth.h"

#define MAX_ENTRIES 65536
#define MAX_NAME 512

/* The archive while it is read. */
struct archive {
	zip_t *zip;
	char root[MAX_NAME];	/* folder of data.pkl, with its slash, or "" */
	struct arena *arena;
	struct error *err;
};

/* Find the only entry "data.pkl" or "ROOT/data.pkl". */
static int
find_root(struct archive *f)
{
	const zip_int64_t n_entries = zip_get_num_entries(f->zip, 0);

	if (n_entries < 0 || n_entries > MAX_ENTRIES)
		return error_set(f->err, ERROR_LIMIT,
		    "a zip archive of too many entries");
	for (zip_int64_t i = 0; i < n_entries; i++) {
		const char *name = zip_get_name(f->zip, (zip_uint64_t)i, 0);
		const char *slash = name == NULL ? NULL : strrchr(name, '/');
		const char *base = slash == NULL ? name : slash + 1;
		size_t n_root;

		if (base == NULL || strcmp(base, "data.pkl") != 0)
			continue;
		n_root = (size_t)(base - name);
		if (n_root >= sizeof(f->root))
			break;
		memcpy(f->root, name, n_root);
		f->root[n_root] = '\0';
		return 0;
	}
	return error_set(f->err, ERROR_FORMAT, "not a file of torch.save: the "
	    "archive holds no data.pkl");
}

/* The bytes of entry ROOT/name in arena memory; NULL with an error. */
static unsigned char *
read_entry(struct archive *f, const char *name, size_t max_bytes,
    size_t *n_bytes)
{
	const char *full = arena_printf(f->arena, "%s%s", f->root, name);
	unsigned char *bytes = NULL;
	zip_stat_t st;
	zip_file_t *in;

	if (full == NULL) {
		error_set(f->err, ERROR_NOMEM, "out of memory");
		return NULL;
	}
	if (zip_stat(f->zip, full, 0, &st) != 0 ||
	    (st.valid & ZIP_STAT_SIZE) == 0 || st.size > max_bytes) {
		error_set(f->err, ERROR_FORMAT,
		    "its entry %s is missing or too large", name);
		return NULL;
	}
	*n_bytes = (size_t)st.size;
	in = zip_fopen(f->zip, full, 0);
	if (in == NULL) {
		error_set(f->err, ERROR_FORMAT, "its entry %s: %s", name,
		    zip_strerror(f->zip));
		return NULL;
	}
	bytes = arena_need(f->arena, *n_bytes, 1, "bytes of an archive",
	    f->err);
	if (bytes != NULL &&
	    zip_fread(in, bytes, *n_bytes) != (zip_int64_t)*n_bytes) {
		error_set(f->err, ERROR_FORMAT,
		    "its entry %s cannot be read whole", name);
		bytes = NULL;
	}
	zip_fclose(in);
	return bytes;
}

/* Files that say so must be little-endian, as the rest are. */
static int
check_byte_order(struct archive *f)
{
	const char *full = arena_printf(f->arena, "%sbyteorder", f->root);
	const unsigned char *text;
	size_t n_bytes;

	if (full == NULL)
		return error_set(f->err, ERROR_NOMEM, "out of memory");
	if (zip_name_locate(f->zip, full, 0) < 0)
		return 0;
	text = read_entry(f, "byteorder", 16, &n_bytes);
	if (text == NULL)
		return -1;
	if (n_bytes != 6 || memcmp(text, "little", 6) != 0)
		return error_set(f->err, ERROR_FORMAT,
		    "a big-endian file; only little-endian ones are read");
	return 0;
}

/*
 * Copy the values that t names from its storage, in the order of its shape.
 * False when one is not finite.
 */
static bool
gather(const struct pickle_tensor *t, const unsigned char *storage,
    float *values)
{
	const size_t n_bytes = stored_bytes(t->type);
	size_t index[PICKLE_MAX_RANK] = { 0 };
	size_t at = t->offset;

	for (size_t i = 0; i < t->n_values; i++) {
		values[i] = stored_value(storage + at * n_bytes, t->type);
		if (!isfinite(values[i]))
			return false;
		for (size_t d = t->rank; d-- > 0;) {
			at += t->stride[d];
			if (++index[d] < t->shape[d])
				break;
			at -= index[d] * t->stride[d];
			index[d] = 0;
		}
	}
	return true;
}

static int
add_tensor(struct archive *f, const struct pickle_tensor *t,
    struct weights *w)
{
	const size_t n_expected = t->n_storage_values * stored_bytes(t->type);
	const char *entry = arena_printf(f->arena, "data/%s", t->storage);
	const unsigned char *storage;
	float *values;
	size_t n_bytes;

	if (entry == NULL)
		return error_set(f->err, ERROR_NOMEM, "out of memory");
	storage = read_entry(f, entry, n_expected < WEIGHTS_MAX_BYTES ?
	    n_expected : WEIGHTS_MAX_BYTES, &n_bytes);
	if (storage == NULL)
		return -1;
	if (n_bytes != n_expected)
		return error_set(f->err, ERROR_FORMAT, "storage of %s: %zu "
		    "bytes where %zu are announced", t->name, n_bytes,
		    n_expected);
	/* A number has the shape of one value. */
	if (weights_add(w, t->name, t->rank == 0 ? 1 : t->rank,
	    t->rank == 0 ? (const size_t[]){ 1 } : t->shape, &values,
	    f->err) != 0)
		return -1;
	if (!gather(t, storage, values))
		return error_set(f->err, ERROR_FORMAT,
		    "%s holds a value that is not finite", t->name);
	return 0;
}

static int
read_archive(struct archive *f, struct weights *w)
{
	struct arena *descriptions = f->arena;
	struct pickle_tensor *tensors;
	const unsigned char *pickle;
	size_t n_bytes, n_tensors;
	int status = 0;

	if (find_root(f) != 0 || check_byte_order(f) != 0)
		return -1;
	pickle = read_entry(f, "data.pkl", PICKLE_MAX_BYTES, &n_bytes);
	if (pickle == NULL || pickle_tensors(pickle, n_bytes, f->arena,
	    &tensors, &n_tensors, f->err) != 0)
		return -1;
	/* Storages are read one after the other into memory of their own. */
	f->arena = arena_new();
	if (f->arena == NULL)
		status = error_set(f->err, ERROR_NOMEM, "out of memory");
	for (size_t i = 0; status == 0 && i < n_tensors; i++) {
		if (tensors[i].is_float)
			status = add_tensor(f, &tensors[i], w);
		arena_reset(f->arena);
	}
	arena_free(f->arena);
	f->arena = descriptions;
	return status;
}

/* Say why libzip could not open a file. */
static void
say_why(int code, struct error *err)
{
	zip_error_t why;

	if (code == ZIP_ER_NOZIP) {
		error_set(err, ERROR_FORMAT, "not a file of torch.save since "
		    "PyTorch 1.6: it is no zip archive");
		return;
	}
	zip_error_init_with_code(&why, code);
	error_set(err, ERROR_IO, "%s", zip_error_strerror(&why));
	zip_error_fini(&why);
}

struct weights *
weights_pth_load(const char *path, struct error *err)
{
	struct archive f = { .arena = arena_new(), .err = err };
	struct weights *w = weights_new(err);
	int status = -1, code = 0;

	if (f.arena == NULL || w == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory");
		goto out;
	}
	f.zip = zip_open(path, ZIP_RDONLY, &code);
	if (f.zip == NULL) {
		say_why(code, err);
		goto out;
	}
	status = read_archive(&f, w);
	zip_discard(f.zip);
out:
	arena_free(f.arena);
	if (status != 0) {
		weights_free(w);
		error_add(err, "%s", path);
		return NULL;
	}
	return w;
}
