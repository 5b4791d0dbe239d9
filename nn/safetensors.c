/*
 * Reading: the header is parsed, every tensor is held against the data that
 * is there, and only then is anything allocated for it.  Writing: the header's
 * text is made here, since names of tensors may have dots.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/stored.h"

#include "nn/weights.h"

#define HEADER_MAX_BYTES ((size_t)16 << 20)
#define METADATA "__metadata__"

struct type_name {
	const char *name;
	enum stored_type type;
};

static const struct type_name types[] = {
	{ "F32", STORED_FLOAT32 },
	{ "F16", STORED_FLOAT16 },
	{ "BF16", STORED_BFLOAT16 },
	{ "F64", STORED_FLOAT64 }
};

/* One tensor of the header. */
struct entry {
	const char *name;
	const struct type_name *type;
	size_t rank, shape[WEIGHTS_MAX_RANK];
	size_t begin, end;	/* in the data */
};

static int
read_shape(const struct json *j, struct entry *e, struct error *err)
{
	const struct json *shape = json_at(j, "shape");
	size_t i;

	e->rank = json_count(shape);
	if (shape == NULL || !json_is_array(shape) ||
	    e->rank > WEIGHTS_MAX_RANK)
		return error_set(err, ERROR_FORMAT,
		    "shape is not an array of at most %d sizes",
		    WEIGHTS_MAX_RANK);
	for (i = 0; i < e->rank; i++) {
		char digit[2] = { (char)('0' + i), '\0' };

		if (json_want_size(shape, digit, &e->shape[i], err) != 0)
			return error_add(err, "shape");
	}
	return 0;
}

/* The offsets must be what type and shape need, within the data. */
static int
read_offsets(const struct json *j, size_t n_data, struct entry *e,
    struct error *err)
{
	size_t need = stored_bytes(e->type->type);
	size_t i;

	if (json_want_size(j, "data_offsets.0", &e->begin, err) != 0 ||
	    json_want_size(j, "data_offsets.1", &e->end, err) != 0)
		return -1;
	if (e->begin > e->end || e->end > n_data)
		return error_set(err, ERROR_FORMAT, "bytes %zu to %zu are not "
		    "within the file's %zu bytes of data", e->begin, e->end,
		    n_data);
	for (i = 0; i < e->rank; i++) {
		if (e->shape[i] != 0 && need > n_data / e->shape[i])
			return error_set(err, ERROR_FORMAT,
			    "the shape does not fit in the file");
		need *= e->shape[i];
	}
	if (need != e->end - e->begin)
		return error_set(err, ERROR_FORMAT, "%zu bytes of data where "
		    "type and shape need %zu", e->end - e->begin, need);
	return 0;
}

static int
read_entry(const struct json *j, const char *name, size_t n_data,
    struct entry *e, struct error *err)
{
	const char *type;
	size_t i;

	e->name = name;
	if (json_want_string(j, "dtype", &type, err) != 0)
		return error_add(err, "tensor %.100s", name);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, type) == 0)
			e->type = &types[i];
	if (e->type == NULL)
		return error_set(err, ERROR_FORMAT, "tensor %.100s is of type "
		    "%.20s; F32, F16, BF16 and F64 are read", name, type);
	if (read_shape(j, e, err) != 0 ||
	    read_offsets(j, n_data, e, err) != 0)
		return error_add(err, "tensor %.100s", name);
	return 0;
}

static int
compare_begin(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

/* Every byte of the data belongs to one tensor. */
static int
check_cover(const struct entry *entries, size_t n, size_t n_data,
    struct arena *a, struct error *err)
{
	const struct entry **sorted;
	size_t i, at = 0;

	sorted = arena_need(a, n, sizeof(*sorted), "tensors", err);
	if (sorted == NULL)
		return -1;
	for (i = 0; i < n; i++)
		sorted[i] = &entries[i];
	qsort(sorted, n, sizeof(*sorted), compare_begin);
	for (i = 0; i < n; i++) {
		if (sorted[i]->begin != at)
			return error_set(err, ERROR_FORMAT, "tensor %.100s "
			    "begins at byte %zu of the data, not at %zu",
			    sorted[i]->name, sorted[i]->begin, at);
		at = sorted[i]->end;
	}
	if (at != n_data)
		return error_set(err, ERROR_FORMAT, "%zu bytes of data belong "
		    "to no tensor", n_data - at);
	return 0;
}

static int
add_tensor(struct weights *w, const struct entry *e,
    const unsigned char *data, struct error *err)
{
	const size_t step = stored_bytes(e->type->type);
	const size_t n_values = (e->end - e->begin) / step;
	float *values;
	size_t i;

	if (weights_add(w, e->name, e->rank, e->shape, &values, err) != 0)
		return -1;
	for (i = 0; i < n_values; i++) {
		values[i] = stored_value(data + e->begin + i * step,
		    e->type->type);
		if (!isfinite(values[i]))
			return error_set(err, ERROR_FORMAT, "value %zu of "
			    "tensor %s is not a finite number", i, e->name);
	}
	return 0;
}

/* Texts that read as a JSON object or array are given back as such. */
static int
read_metadata(struct json *metadata, const struct json *in, struct error *err)
{
	const size_t n = json_is_object(in) ? json_count(in) : 0;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *name = json_member_name(in, i);
		struct json *value = NULL;
		const char *text;
		int failed;

		if (name[0] == '\0' || strchr(name, '.') != NULL)
			continue;
		if (json_want_string(in, name, &text, err) != 0)
			return error_add(err, METADATA);
		if (text[0] == '{' || text[0] == '[')
			value = json_parse(text, strlen(text), NULL);
		if (value != NULL)
			failed = json_put(metadata, name, value, err);
		else
			failed = json_put_string(metadata, name, text, err);
		json_free(value);
		if (failed)
			return -1;
	}
	return 0;
}

static int
read_tensors(struct weights *w, const struct json *header,
    const unsigned char *data, size_t n_data, struct arena *a,
    struct error *err)
{
	const size_t n_members = json_count(header);
	struct entry *entries;
	size_t i, n = 0;

	if (!json_is_object(header) || n_members > WEIGHTS_MAX_TENSORS + 1)
		return error_set(err, ERROR_FORMAT, "the header is not an "
		    "object of at most %d tensors", WEIGHTS_MAX_TENSORS);
	entries = arena_need(a, n_members, sizeof(*entries), "tensors", err);
	if (entries == NULL)
		return -1;
	for (i = 0; i < n_members; i++) {
		const char *name = json_member_name(header, i);
		const struct json *value = json_item(header, i);

		if (strcmp(name, METADATA) == 0) {
			if (read_metadata(weights_metadata(w), value,
			    err) != 0)
				return -1;
		} else if (read_entry(value, name, n_data, &entries[n++],
		    err) != 0) {
			return -1;
		}
	}
	if (check_cover(entries, n, n_data, a, err) != 0)
		return -1;
	for (i = 0; i < n; i++)
		if (add_tensor(w, &entries[i], data, err) != 0)
			return -1;
	return 0;
}

struct weights *
weights_parse(const void *bytes, size_t n_bytes, struct error *err)
{
	const unsigned char *b = bytes;
	struct weights *w = NULL;
	struct json *header = NULL;
	struct arena *a = NULL;
	uint64_t n_header;
	int failed = -1;

	if (n_bytes < 8 || (n_header = stored_integer(b, 8)) > n_bytes - 8 ||
	    n_header > HEADER_MAX_BYTES || n_header < 2) {
		(void)error_set(err, ERROR_FORMAT, "not a safetensors file: "
		    "it does not begin with a header's length");
		return NULL;
	}
	header = json_parse((const char *)b + 8, (size_t)n_header, err);
	if (header == NULL) {
		(void)error_add(err, "the header of the safetensors file");
		return NULL;
	}
	if ((a = arena_new()) == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory for weights");
	else if ((w = weights_new(err)) != NULL)
		failed = read_tensors(w, header, b + 8 + n_header,
		    n_bytes - 8 - (size_t)n_header, a, err);
	arena_free(a);
	json_free(header);
	if (failed) {
		weights_free(w);
		return NULL;
	}
	return w;
}

/* The metadata with every member as a text. */
static char *
metadata_text(const struct json *metadata, struct arena *a,
    struct error *err)
{
	struct json *texts = json_new_object(err);
	char *text = NULL;
	size_t i;

	if (texts == NULL)
		return NULL;
	for (i = 0; i < json_count(metadata); i++) {
		const char *name = json_member_name(metadata, i);
		const struct json *member = json_at(metadata, name);
		const char *value;

		if (member != NULL && (json_is_object(member) ||
		    json_is_array(member))) {
			if ((value = json_text(member, a, err)) == NULL)
				goto out;
		} else if (json_want_string(metadata, name, &value,
		    err) != 0) {
			(void)error_add(err, "metadata");
			goto out;
		}
		if (json_put_string(texts, name, value, err) != 0)
			goto out;
	}
	text = json_text(texts, a, err);
out:
	json_free(texts);
	return text;
}

static void
print_entries(FILE *out, const struct weights *w)
{
	size_t i, k, at = 0;

	for (i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);
		const size_t n_bytes = t->n_values * sizeof(float);

		fprintf(out, ",\"%s\":{\"dtype\":\"F32\",\"shape\":[",
		    t->name);
		for (k = 0; k < t->rank; k++)
			fprintf(out, k == 0 ? "%zu" : ",%zu", t->shape[k]);
		fprintf(out, "],\"data_offsets\":[%zu,%zu]}", at,
		    at + n_bytes);
		at += n_bytes;
	}
}

/* The header, padded with spaces to a multiple of 8; free with free. */
static char *
make_header(const struct weights *w, size_t *n_bytes, struct error *err)
{
	struct arena *a = arena_new();
	const char *metadata = NULL;
	char *header = NULL;
	FILE *out = NULL;
	int failed = -1;

	if (a != NULL)
		metadata = metadata_text(weights_metadata_const(w), a, err);
	if (metadata != NULL)
		out = open_memstream(&header, n_bytes);
	if (out != NULL) {
		fprintf(out, "{\"" METADATA "\":%s", metadata);
		print_entries(out, w);
		fputc('}', out);
		while (ftell(out) % 8 != 0)
			fputc(' ', out);
		failed = ferror(out);
		failed |= fclose(out);
	}
	arena_free(a);
	if (failed) {
		if (a == NULL || metadata != NULL)
			(void)error_set(err, ERROR_NOMEM,
			    "out of memory for the header of the weights");
		free(header);
		return NULL;
	}
	return header;
}

int
weights_save(const char *path, const struct weights *w, struct error *err)
{
	unsigned char length[8];
	struct file_new *f = NULL;
	size_t n_header, i;
	char *header;
	FILE *out;

	if ((header = make_header(w, &n_header, err)) == NULL)
		return -1;
	for (i = 0; i < 8; i++)
		length[i] = (unsigned char)((uint64_t)n_header >> (8 * i));
	if ((f = file_create(path, err)) == NULL) {
		free(header);
		return -1;
	}
	out = file_stream(f);
	(void)fwrite(length, 1, sizeof(length), out);
	(void)fwrite(header, 1, n_header, out);
	for (i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);

		(void)fwrite(t->values, sizeof(float), t->n_values, out);
	}
	free(header);
	return file_commit(f, err);
}
