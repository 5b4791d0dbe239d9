/* A parser by recursive descent, whose nodes lie in an arena. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#include "manifests/filter_expr.h"
#include "manifests/filter_node.h"

#define MAX_BYTES 4096
#define MAX_LEVELS 64
#define MAX_REPEATS 1000

struct filter_expr {
	struct arena *a;
	const struct filter_node *root;
	struct regexes {
		regex_t regex;
		struct regexes *next;
	} *regexes;		/* to be freed */
};

struct parser {
	struct filter_expr *e;
	const char *text, *at;
	int level;
	struct error *err;
};

static int
bad(const struct parser *p, const char *what)
{
	return error_set(p->err, ERROR_FORMAT, "place %zu of the expression: "
	    "%s", (size_t)(p->at - p->text) + 1, what);
}

static struct filter_node *
new_node(struct parser *p, enum filter_node_kind kind,
    const struct filter_node *left, const struct filter_node *right)
{
	struct filter_node *n = arena_need(p->e->a, 1, sizeof(*n), "nodes",
	    p->err);

	if (n != NULL)
		*n = (struct filter_node){ .kind = kind, .left = left,
			.right = right };
	return n;
}

static void
skip_space(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

static bool
is_in_name(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.' ||
	    ch == '-';
}

static size_t
name_bytes(const char *at)
{
	size_t n = 0;

	if (isalpha((unsigned char)*at) || *at == '_')
		while (is_in_name(at[n]))
			n++;
	return n;
}

/* Take the word, or the sign, when it is next. */
static bool
take(struct parser *p, const char *word)
{
	const size_t n = strlen(word);

	skip_space(p);
	if (strncmp(p->at, word, n) != 0 ||
	    (isalpha((unsigned char)*word) && is_in_name(p->at[n])))
		return false;
	p->at += n;
	return true;
}

static struct filter_node *
parse_text(struct parser *p)
{
	const char quote = *p->at;
	struct filter_node *n = new_node(p, NODE_TEXT, NULL, NULL);
	char *text = arena_need(p->e->a, strlen(p->at), 1, "bytes", p->err);
	size_t n_bytes = 0;

	if (n == NULL || text == NULL)
		return NULL;
	for (p->at++; *p->at != quote; p->at++) {
		if (*p->at == '\0') {
			bad(p, "a quote is not closed");
			return NULL;
		}
		if (*p->at == '\\' && (p->at[1] == quote ||
		    p->at[1] == '\\'))
			p->at++;
		text[n_bytes++] = *p->at;
	}
	p->at++;
	text[n_bytes] = '\0';
	n->text = text;
	return n;
}

static struct filter_node *
parse_number(struct parser *p)
{
	struct filter_node *n = new_node(p, NODE_NUMBER, NULL, NULL);
	char *end;

	if (n == NULL)
		return NULL;
	n->number = strtod(p->at, &end);
	if (!isfinite(n->number) || is_in_name(*end)) {
		bad(p, "a number is wrong");
		return NULL;
	}
	p->at = end;
	return n;
}

static bool
is_word(const char *at, size_t n)
{
	static const char *const words[] = { "and", "or", "not", "in",
		"exists" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && memcmp(at, words[i], n) == 0)
			return true;
	return false;
}

static struct filter_node *
parse_member(struct parser *p)
{
	struct filter_node *n;
	size_t n_bytes;

	skip_space(p);
	n_bytes = name_bytes(p->at);
	if (n_bytes == 0 || is_word(p->at, n_bytes)) {
		bad(p, *p->at == '\0' ? "it ends too early" :
		    "a value is wanted: a member, a number or a \"text\"");
		return NULL;
	}
	n = new_node(p, NODE_MEMBER, NULL, NULL);
	if (n == NULL || (n->text = arena_printf(p->e->a, "%.*s",
	    (int)n_bytes, p->at)) == NULL)
		return NULL;
	p->at += n_bytes;
	return n;
}

static struct filter_node *
parse_value(struct parser *p)
{
	struct filter_node *n;

	skip_space(p);
	if (*p->at == '"' || *p->at == '\'')
		return parse_text(p);
	if (isdigit((unsigned char)*p->at) || ((*p->at == '-' ||
	    *p->at == '+' || *p->at == '.') &&
	    (isdigit((unsigned char)p->at[1]) || p->at[1] == '.')))
		return parse_number(p);
	if (take(p, "true") || take(p, "false")) {
		n = new_node(p, NODE_TRUTH, NULL, NULL);
		if (n != NULL)
			n->truth = p->at[-2] == 'u';
		return n;
	}
	return parse_member(p);
}

/* Refuse what the library would need too much memory or time for. */
static int
check_regex(const struct parser *p, const char *text)
{
	double repeats = 1.0;

	for (const char *s = text; *s != '\0'; s++) {
		if (*s == '\\' && isdigit((unsigned char)s[1]))
			return bad(p, "regular expressions have no "
			    "references such as \\1 here");
		if (*s == '\\' && s[1] != '\0') {
			s++;
		} else if (*s == '{') {
			const char *comma = s + 1 + strspn(s + 1,
			    "0123456789");
			const double low = strtod(s + 1, NULL);
			const double high = *comma == ',' ?
			    strtod(comma + 1, NULL) : 0.0;

			repeats *= fmax(fmax(low, high), 1.0);
			if (!(repeats <= MAX_REPEATS))
				return bad(p, "the counts in {} are too "
				    "large");
		}
	}
	return 0;
}

static struct filter_node *
parse_match(struct parser *p, const struct filter_node *left, bool is_negated)
{
	struct regexes *r;
	struct filter_node *text, *n;

	skip_space(p);
	if (*p->at != '"' && *p->at != '\'') {
		bad(p, "behind ~ a regular expression in quotes is wanted");
		return NULL;
	}
	if ((text = parse_text(p)) == NULL || check_regex(p, text->text) != 0)
		return NULL;
	r = arena_need(p->e->a, 1, sizeof(*r), "regular expressions", p->err);
	if (r == NULL)
		return NULL;
	if (regcomp(&r->regex, text->text, REG_EXTENDED | REG_NOSUB) != 0) {
		bad(p, "the regular expression before it is wrong");
		return NULL;
	}
	r->next = p->e->regexes;
	p->e->regexes = r;
	n = new_node(p, NODE_MATCH, left, NULL);
	if (n == NULL)
		return NULL;
	n->regex = &r->regex;
	return is_negated ? new_node(p, NODE_NOT, n, NULL) : n;
}

static struct filter_node *
parse_in(struct parser *p, const struct filter_node *left, bool is_negated)
{
	struct filter_node *first = NULL, *last = NULL, *n;

	if (!take(p, "(")) {
		first = parse_member(p);
		if (first == NULL)
			return NULL;
	} else {
		do {
			n = parse_value(p);
			if (n == NULL)
				return NULL;
			if (last != NULL)
				last->next = n;
			else
				first = n;
			last = n;
		} while (take(p, ","));
		if (!take(p, ")")) {
			bad(p, "a list ends with \")\"");
			return NULL;
		}
	}
	n = new_node(p, NODE_IN, left, first);
	/* A member alone is itself a list. */
	if (n != NULL)
		n->truth = last == NULL;
	return n != NULL && is_negated ? new_node(p, NODE_NOT, n, NULL) : n;
}

static struct filter_node *
parse_comparison(struct parser *p)
{
	static const struct {
		const char *sign;
		enum filter_node_kind kind;
	} signs[] = { { "==", NODE_EQUAL }, { "!=", NODE_UNEQUAL },
		{ "<=", NODE_AT_MOST }, { ">=", NODE_AT_LEAST },
		{ "<", NODE_LESS }, { ">", NODE_MORE } };
	const struct filter_node *left = parse_value(p), *right;

	if (left == NULL)
		return NULL;
	if (take(p, "!~"))
		return parse_match(p, left, true);
	if (take(p, "~"))
		return parse_match(p, left, false);
	if (take(p, "in"))
		return parse_in(p, left, false);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (take(p, signs[i].sign))
			return (right = parse_value(p)) == NULL ? NULL :
			    new_node(p, signs[i].kind, left, right);
	if (take(p, "not")) {
		if (take(p, "in"))
			return parse_in(p, left, true);
		bad(p, "behind a value, \"not\" goes with \"in\"");
		return NULL;
	}
	if (left->kind == NODE_MEMBER)
		return new_node(p, NODE_IS_TRUE, left, NULL);
	bad(p, "a comparison is wanted: == != < <= > >= ~ !~ in");
	return NULL;
}

static struct filter_node *parse_or(struct parser *p);

static struct filter_node *
parse_condition(struct parser *p)
{
	struct filter_node *n = NULL;

	if (++p->level > MAX_LEVELS) {
		bad(p, "too many levels");
		return NULL;
	}
	if (take(p, "not")) {
		n = parse_condition(p);
		if (n != NULL)
			n = new_node(p, NODE_NOT, n, NULL);
	} else if (take(p, "(")) {
		n = parse_or(p);
		if (n != NULL && !take(p, ")")) {
			bad(p, "\")\" is wanted");
			return NULL;
		}
	} else if (take(p, "exists")) {
		n = parse_member(p);
		if (n != NULL)
			n = new_node(p, NODE_EXISTS, n, NULL);
	} else {
		n = parse_comparison(p);
	}
	p->level--;
	return n;
}

static struct filter_node *
parse_and(struct parser *p)
{
	struct filter_node *left = parse_condition(p), *right;

	while (left != NULL && take(p, "and")) {
		right = parse_condition(p);
		left = right == NULL ? NULL :
		    new_node(p, NODE_AND, left, right);
	}
	return left;
}

static struct filter_node *
parse_or(struct parser *p)
{
	struct filter_node *left = parse_and(p), *right;

	while (left != NULL && take(p, "or")) {
		right = parse_and(p);
		left = right == NULL ? NULL :
		    new_node(p, NODE_OR, left, right);
	}
	return left;
}

struct filter_expr *
filter_expr_parse(const char *text, struct error *err)
{
	struct filter_expr *e = memory_new(1, sizeof(*e), "expression", err);
	struct parser p = { e, text, text, 0, err };

	if (e == NULL)
		return NULL;
	e->a = arena_new();
	if (e->a == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else if (strlen(text) > MAX_BYTES)
		error_set(err, ERROR_LIMIT, "the expression has more than %d "
		    "bytes", MAX_BYTES);
	else if ((e->root = parse_or(&p)) != NULL) {
		skip_space(&p);
		if (*p.at == '\0')
			return e;
		bad(&p, "\"and\" or \"or\" is wanted, or the end");
	}
	filter_expr_free(e);
	return NULL;
}

void
filter_expr_free(struct filter_expr *e)
{
	if (e == NULL)
		return;
	for (struct regexes *r = e->regexes; r != NULL; r = r->next)
		regfree(&r->regex);
	arena_free(e->a);
	memory_free(e);
}

bool
filter_expr_wants(const struct filter_expr *e, const struct json *rec)
{
	return filter_node_holds(e->root, rec);
}
