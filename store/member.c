#include <string.h>

#include "base/arena.h"

#include "store/member.h"

int
member_key(const struct json *rec, const char *name, const char **value,
    struct error *err)
{
	if (json_want_string(rec, name, value, err) != 0)
		return -1;
	if ((*value)[0] == '\0')
		return error_set(err, ERROR_FORMAT, "\"%s\" is empty", name);
	if (strlen(*value) > MEMBER_MAX_BYTES)
		return error_set(err, ERROR_LIMIT,
		    "\"%s\" is longer than %d bytes", name, MEMBER_MAX_BYTES);
	return 0;
}

int
member_audio_type(const struct json *rec, const char **value,
    struct error *err)
{
	if (json_want_string(rec, "audio_type", value, err) != 0)
		return -1;
	if (strcmp(*value, "original") == 0 || strcmp(*value, "cover") == 0 ||
	    strcmp(*value, "humming") == 0)
		return 0;
	return error_set(err, ERROR_FORMAT,
	    "\"audio_type\" is \"%.40s\" and must be original, cover or "
	    "humming", *value);
}

/* True when the member is there and not null. */
static bool
is_there(const struct json *rec, const char *name)
{
	const struct json *value = json_at(rec, name);
	bool truth;

	return value != NULL && (json_is_string(value) ||
	    json_is_number(value) || json_is_array(value) ||
	    json_is_object(value) ||
	    json_get_bool(rec, name, false, &truth, NULL) == 0);
}

int
member_text(const struct json *rec, const char *name, const char **value,
    struct error *err)
{
	*value = NULL;
	if (!is_there(rec, name))
		return 0;
	if (json_want_string(rec, name, value, err) != 0)
		return -1;
	if ((*value)[0] == '\0')
		*value = NULL;
	return 0;
}

int
member_number(const struct json *rec, const char *name, double *value,
    const double **pointer, struct error *err)
{
	*pointer = NULL;
	if (!is_there(rec, name))
		return 0;
	if (json_want_number(rec, name, value, err) != 0)
		return -1;
	*pointer = value;
	return 0;
}

int
member_truth(const struct json *rec, const char *name, int64_t *value,
    const int64_t **pointer, struct error *err)
{
	bool is_true;

	*pointer = NULL;
	if (!is_there(rec, name))
		return 0;
	if (json_get_bool(rec, name, false, &is_true, err) != 0)
		return -1;
	*value = is_true ? 1 : 0;
	*pointer = value;
	return 0;
}

int
member_interval(const struct json *rec, const char *name, double *start,
    double *end, struct error *err)
{
	const struct json *interval = json_at(rec, name);

	if (interval == NULL || !json_is_array(interval) ||
	    json_count(interval) != 2)
		return error_set(err, ERROR_FORMAT,
		    "\"%s\" is not a list of two times", name);
	if (json_want_number(interval, "0", start, err) != 0 ||
	    json_want_number(interval, "1", end, err) != 0)
		return error_add(err, "\"%s\"", name);
	if (*start < 0 || *end <= *start)
		return error_set(err, ERROR_FORMAT,
		    "\"%s\" goes from %g to %g: it must begin at 0 or later "
		    "and end after its begin", name, *start, *end);
	return 0;
}

int
member_put_text(struct json *rec, const char *name, sqlite3_stmt *row,
    int column, struct error *err)
{
	if (!sql_has(row, column))
		return 0;
	return json_put_string(rec, name, sql_text(row, column), err);
}

int
member_put_number(struct json *rec, const char *name, sqlite3_stmt *row,
    int column, struct error *err)
{
	if (!sql_has(row, column))
		return 0;
	return json_put_number(rec, name, sqlite3_column_double(row, column),
	    err);
}

int
member_put_truth(struct json *rec, const char *name, sqlite3_stmt *row,
    int column, struct error *err)
{
	if (!sql_has(row, column))
		return 0;
	return json_put_bool(rec, name, sqlite3_column_int(row, column) != 0,
	    err);
}

int
member_put_interval(struct json *rec, const char *name, sqlite3_stmt *row,
    int column, struct error *err)
{
	if (!sql_has(row, column) || !sql_has(row, column + 1))
		return 0;
	json_remove(rec, name);
	if (json_append_number(rec, name, sqlite3_column_double(row, column),
	    err) != 0)
		return -1;
	return json_append_number(rec, name,
	    sqlite3_column_double(row, column + 1), err);
}

static int
read_row(void *context, sqlite3_stmt *row, struct error *err)
{
	const struct member_reader *r = context;
	struct json *rec = r->restore(r->from, row, err);
	const int status = rec == NULL ? -1 : r->each(r->context, rec, err);

	json_free(rec);
	return status;
}

int
member_each(struct catalogue *c, sqlite3_stmt *statement,
    struct member_reader *reader, struct error *err)
{
	return sql_each(c, statement, read_row, reader, err);
}

const char *
member_extra(struct catalogue *c, const struct json *rec,
    const char *const *names, struct error *err)
{
	arena_reset(c->scratch);
	return json_text_without(rec, names, c->scratch, err);
}

static int
put_column(struct json *line, sqlite3_stmt *row, int i, struct error *err)
{
	const char *name = sqlite3_column_name(row, i);

	switch (sqlite3_column_type(row, i)) {
	case SQLITE_NULL:
		return 0;
	case SQLITE_TEXT:
		return json_put_string(line, name, sql_text(row, i), err);
	case SQLITE_INTEGER:
		if (sqlite3_column_int64(row, i) < 0)
			break;
		return json_put_size(line, name,
		    (size_t)sqlite3_column_int64(row, i), err);
	default:
		break;
	}
	return json_put_number(line, name, sqlite3_column_double(row, i), err);
}

int
member_put_columns(struct json *rec, sqlite3_stmt *row, struct error *err)
{
	for (int i = 0; i < sqlite3_column_count(row); i++)
		if (put_column(rec, row, i, err) != 0)
			return -1;
	return 0;
}

struct json *
member_restore(void *from, sqlite3_stmt *row, struct error *err)
{
	struct json *rec = json_new_object(err);

	(void)from;
	if (rec == NULL || member_put_columns(rec, row, err) == 0)
		return rec;
	json_free(rec);
	return NULL;
}
