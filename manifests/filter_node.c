/* The walk along the nodes of an expression, for each record. */
#include <string.h>

#include "manifests/filter_node.h"

/* What a value is in a record. */
struct value {
	enum { VALUE_OTHER, VALUE_NUMBER, VALUE_TEXT, VALUE_TRUTH } kind;
	double number;
	const char *text;
	bool truth;
};

static struct value
value_of_json(const struct json *j)
{
	struct value v = { .kind = VALUE_OTHER };

	if (j == NULL)
		return v;
	if (json_is_number(j) && json_want_number(j, "", &v.number, NULL) == 0)
		v.kind = VALUE_NUMBER;
	else if (json_is_string(j) &&
	    json_want_string(j, "", &v.text, NULL) == 0)
		v.kind = VALUE_TEXT;
	else if (json_get_bool(j, "", false, &v.truth, NULL) == 0)
		v.kind = VALUE_TRUTH;
	return v;
}

static struct value
value_of(const struct filter_node *n, const struct json *rec)
{
	switch (n->kind) {
	case NODE_NUMBER:
		return (struct value){ VALUE_NUMBER, n->number, NULL, false };
	case NODE_TEXT:
		return (struct value){ VALUE_TEXT, 0.0, n->text, false };
	case NODE_TRUTH:
		return (struct value){ VALUE_TRUTH, 0.0, NULL, n->truth };
	default:
		return value_of_json(json_at(rec, n->text));
	}
}

static bool
is_equal(const struct value *x, const struct value *y)
{
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case VALUE_NUMBER:
		return x->number == y->number;
	case VALUE_TEXT:
		return strcmp(x->text, y->text) == 0;
	case VALUE_TRUTH:
		return x->truth == y->truth;
	default:
		return false;
	}
}

/* Both are numbers or both texts: *order is below, at or above zero. */
static bool
has_order(const struct value *x, const struct value *y, int *order)
{
	if (x->kind != y->kind || (x->kind != VALUE_NUMBER &&
	    x->kind != VALUE_TEXT))
		return false;
	*order = x->kind == VALUE_TEXT ? strcmp(x->text, y->text) :
	    (x->number > y->number) - (x->number < y->number);
	return true;
}

static bool
compares(const struct filter_node *n, const struct json *rec)
{
	const struct value x = value_of(n->left, rec);
	const struct value y = value_of(n->right, rec);
	int order;

	if (n->kind == NODE_EQUAL || n->kind == NODE_UNEQUAL)
		return is_equal(&x, &y) == (n->kind == NODE_EQUAL);
	if (!has_order(&x, &y, &order))
		return false;
	switch (n->kind) {
	case NODE_LESS:
		return order < 0;
	case NODE_AT_MOST:
		return order <= 0;
	case NODE_MORE:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool
is_in(const struct filter_node *n, const struct json *rec)
{
	const struct value x = value_of(n->left, rec);

	if (n->truth) {
		const struct json *list = json_at(rec, n->right->text);

		for (size_t i = 0; json_is_array(list) &&
		    i < json_count(list); i++) {
			const struct value y = value_of_json(json_item(list,
			    i));

			if (is_equal(&x, &y))
				return true;
		}
		return false;
	}
	for (const struct filter_node *item = n->right; item != NULL;
	    item = item->next) {
		const struct value y = value_of(item, rec);

		if (is_equal(&x, &y))
			return true;
	}
	return false;
}

bool
filter_node_holds(const struct filter_node *n, const struct json *rec)
{
	struct value v;

	switch (n->kind) {
	case NODE_OR:
		return filter_node_holds(n->left, rec) ||
		    filter_node_holds(n->right, rec);
	case NODE_AND:
		return filter_node_holds(n->left, rec) &&
		    filter_node_holds(n->right, rec);
	case NODE_NOT:
		return !filter_node_holds(n->left, rec);
	case NODE_EXISTS:
		return json_has(rec, n->left->text) &&
		    !json_is_null(json_at(rec, n->left->text));
	case NODE_IS_TRUE:
		v = value_of(n->left, rec);
		return v.kind == VALUE_TRUTH && v.truth;
	case NODE_MATCH:
		v = value_of(n->left, rec);
		return v.kind == VALUE_TEXT &&
		    regexec(n->regex, v.text, 0, NULL, 0) == 0;
	case NODE_IN:
		return is_in(n, rec);
	default:
		return compares(n, rec);
	}
}
