/*
 * filter_node -- a parsed expression, between its parser (filter_expr.c) and
 * the walk along its nodes for each record.
 *
 * Private to manifests/filter_expr.c.
 */
#ifndef MANIFESTS_FILTER_NODE_H
#define MANIFESTS_FILTER_NODE_H

#include <regex.h>
#include <stdbool.h>

#include "base/json.h"

enum filter_node_kind {
	NODE_OR, NODE_AND, NODE_NOT,	/* of left (and right) */
	NODE_EXISTS, NODE_IS_TRUE,	/* of left, a member */
	NODE_EQUAL, NODE_UNEQUAL, NODE_LESS, NODE_AT_MOST, NODE_MORE,
	NODE_AT_LEAST,			/* of left and right, values */
	NODE_MATCH,			/* left, a value, by regex */
	NODE_IN,			/* left in the chain that is right */
	NODE_MEMBER, NODE_NUMBER, NODE_TEXT, NODE_TRUTH	/* values */
};

struct filter_node {
	enum filter_node_kind kind;
	const struct filter_node *left, *right;
	const struct filter_node *next;	/* of a list */
	const char *text;	/* of a text; the path of a member */
	double number;
	bool truth;
	regex_t *regex;
};

/* Does the condition hold of the record? */
bool filter_node_holds(const struct filter_node *n, const struct json *rec);

#endif
