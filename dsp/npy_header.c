/*
 * The header of .npy files: a Python literal such as
 *	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 360), }
 * of which exactly these three members are taken, in any order.
 */
#include <stdbool.h>
#include <string.h>

#include "dsp/npy.h"

static const unsigned char magic[8] = "\x93NUMPY\x01";

/* Where the parser stands in the text. */
struct cursor {
	const char *at, *end;
};

static void
skip_space(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\n'))
		c->at++;
}

/* Step over the word if it comes next. */
static bool
take(struct cursor *c, const char *word)
{
	const size_t n = strlen(word);

	skip_space(c);
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
		return false;
	c->at += n;
	return true;
}

/* A count of at most NPY_MAX_VALUES. */
static bool
take_count(struct cursor *c, size_t *count)
{
	const char *start;

	skip_space(c);
	start = c->at;
	*count = 0;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
		*count = *count * 10 + (size_t)(*c->at++ - '0');
		if (*count > NPY_MAX_VALUES)
			return false;
	}
	return c->at > start;
}

static int
parse_descr(struct cursor *c, struct npy_layout *l, struct error *err)
{
	if (take(c, "'<f4'"))
		l->type = STORED_FLOAT32;
	else if (take(c, "'<f2'"))
		l->type = STORED_FLOAT16;
	else if (take(c, "'<f8'"))
		l->type = STORED_FLOAT64;
	else
		return error_set(err, ERROR_FORMAT, "an array of another type; "
		    "little-endian float16, float32 and float64 are read");
	return 0;
}

static int
parse_order(struct cursor *c, struct error *err)
{
	if (take(c, "False"))
		return 0;
	return error_set(err, ERROR_FORMAT,
	    "an array in Fortran order; only C order is read");
}

static int
parse_shape(struct cursor *c, struct npy_layout *l, struct error *err)
{
	bool ok;

	l->n_columns = 1;
	ok = take(c, "(") && take_count(c, &l->n_rows) && take(c, ",");
	if (ok && !take(c, ")")) {
		ok = take_count(c, &l->n_columns);
		(void)take(c, ",");
		ok = ok && take(c, ")");
	}
	if (!ok)
		return error_set(err, ERROR_FORMAT,
		    "an array that has not one or two dimensions");
	if (l->n_columns == 0 || l->n_rows > NPY_MAX_VALUES / l->n_columns)
		return error_set(err, ERROR_LIMIT, "an array of %zu x %zu "
		    "values", l->n_rows, l->n_columns);
	return 0;
}

static int
parse_dictionary(struct cursor *c, struct npy_layout *l, struct error *err)
{
	bool has_descr = false, has_order = false, has_shape = false;
	bool ok = take(c, "{");

	while (ok && !take(c, "}")) {
		if (!has_descr && take(c, "'descr':")) {
			has_descr = true;
			if (parse_descr(c, l, err) != 0)
				return -1;
		} else if (!has_order && take(c, "'fortran_order':")) {
			has_order = true;
			if (parse_order(c, err) != 0)
				return -1;
		} else if (!has_shape && take(c, "'shape':")) {
			has_shape = true;
			if (parse_shape(c, l, err) != 0)
				return -1;
		} else {
			ok = false;
		}
		if (ok && !take(c, ",")) {
			ok = take(c, "}");
			break;
		}
	}
	skip_space(c);
	if (!ok || c->at != c->end || !has_descr || !has_order || !has_shape)
		return error_set(err, ERROR_FORMAT, "a .npy header that is "
		    "not descr, fortran_order and shape");
	return 0;
}

int
npy_header_parse(const void *bytes, size_t n_bytes,
    struct npy_layout *layout, struct error *err)
{
	const unsigned char *b = bytes;
	struct cursor c;
	size_t n_text;

	if (n_bytes < 10 || memcmp(b, magic, 6) != 0)
		return error_set(err, ERROR_FORMAT, "not a .npy file");
	if (memcmp(b, magic, 8) != 0)
		return error_set(err, ERROR_FORMAT, "a .npy file of version "
		    "%u.%u; only 1.0 is read", b[6], b[7]);
	n_text = (size_t)b[8] | (size_t)b[9] << 8;
	if (n_text > n_bytes - 10)
		return error_set(err, ERROR_FORMAT,
		    "a .npy header that is too long or cut off");
	c.at = (const char *)bytes + 10;
	c.end = c.at + n_text;
	layout->data_offset = 10 + n_text;
	return parse_dictionary(&c, layout, err);
}
