#include "base/json.h"
#include "base/table.h"

#include "store/people.h"

#include "review/people_text.h"

static int
fill_row(const struct json *person, struct json *row, struct error *err)
{
	const char *name, *role;
	size_t n_verdicts, n_gold, n_right;
	char gold[64] = "-";
	bool is_retired;

	if (json_want_string(person, "name", &name, err) != 0 ||
	    json_want_string(person, "role", &role, err) != 0 ||
	    json_get_bool(person, "is_retired", false, &is_retired,
	    err) != 0 ||
	    json_want_size(person, "n_verdicts", &n_verdicts, err) != 0 ||
	    json_want_size(person, "gold_n", &n_gold, err) != 0 ||
	    json_want_size(person, "gold_right", &n_right, err) != 0)
		return -1;
	if (n_gold > 0)
		(void)snprintf(gold, sizeof(gold), "%zu of %zu", n_right,
		    n_gold);
	if (json_put_string(row, "name", name, err) != 0 ||
	    json_put_string(row, "role", is_retired ? "retired" : role,
	    err) != 0 ||
	    json_put_size(row, "verdicts", n_verdicts, err) != 0)
		return -1;
	return json_put_string(row, "gold", gold, err);
}

/* context: the rows of the table */
static int
add_row(void *context, struct json *person, struct error *err)
{
	struct json *row = json_new_object(err);
	int status = -1;

	if (row != NULL && fill_row(person, row, err) == 0)
		status = json_append(context, "", row, err);
	json_free(row);
	return status;
}

int
people_text_write(struct catalogue *c, struct arena *a, FILE *out,
    struct error *err)
{
	struct json *rows = json_new_array(err);
	const char *text = NULL;

	if (rows != NULL && people_each(c, add_row, rows, err) == 0)
		text = table_text(rows, a, err);
	json_free(rows);
	if (text == NULL)
		return -1;
	return fputs(text, out) == EOF ?
	    error_set_errno(err, "writing the table") : 0;
}
