#include <stdbool.h>
#include <string.h>

#include "nn/pickle_value.h"

#define MAX_STACK 16384
#define MAX_MEMO (1u << 20)
#define MAX_ITEMS (1u << 20)
#define MAX_DEPTH 8	/* of nested dictionaries */
#define MAX_TEXT 4096

struct machine {
	const unsigned char *at, *end;
	struct arena *arena;
	struct pickle_value **stack;
	size_t n_stack;
	struct pickle_value **memo;
	size_t n_memo, n_memo_room;
	struct error *err;
};

static int
broken(struct machine *m, const char *what)
{
	return error_set(m->err, ERROR_FORMAT, "a broken pickle: %s", what);
}

static struct pickle_value *
new_value(struct machine *m, enum pickle_kind kind)
{
	return pickle_value_new(kind, m->arena, m->err);
}

static int
push(struct machine *m, struct pickle_value *v)
{
	if (v == NULL)
		return -1;
	if (m->n_stack == MAX_STACK)
		return broken(m, "its stack is too deep");
	m->stack[m->n_stack++] = v;
	return 0;
}

/* The value on top, taken off, or NULL with an error. */
static struct pickle_value *
pop(struct machine *m)
{
	if (m->n_stack == 0 || m->stack[m->n_stack - 1]->kind == KIND_MARK) {
		broken(m, "its stack is empty");
		return NULL;
	}
	return m->stack[--m->n_stack];
}

/* The next n bytes, or NULL with an error. */
static const unsigned char *
take(struct machine *m, size_t n)
{
	const unsigned char *bytes = m->at;

	if ((size_t)(m->end - m->at) < n) {
		broken(m, "it is cut off");
		return NULL;
	}
	m->at += n;
	return bytes;
}

/* An unsigned little-endian number of n bytes. */
static int
take_number(struct machine *m, size_t n, uint64_t *number)
{
	const unsigned char *bytes = take(m, n);

	if (bytes == NULL)
		return -1;
	*number = stored_integer(bytes, n);
	return 0;
}

static int
push_integer(struct machine *m, int64_t integer)
{
	struct pickle_value *v = new_value(m, KIND_INTEGER);

	if (v != NULL)
		v->integer = integer;
	return push(m, v);
}

/* An integer of n bytes, signed if it has four or more. */
static int
read_integer(struct machine *m, size_t n)
{
	uint64_t number;

	if (take_number(m, n, &number) != 0)
		return -1;
	if (n == 4)
		return push_integer(m, (int32_t)(uint32_t)number);
	return push_integer(m, (int64_t)number);
}

/* LONG1: a length byte and that many bytes in two's complement. */
static int
read_long(struct machine *m)
{
	uint64_t n, number;

	if (take_number(m, 1, &n) != 0)
		return -1;
	if (n > 8)
		return broken(m, "a number over 64 bits");
	if (take_number(m, (size_t)n, &number) != 0)
		return -1;
	if (n > 0 && n < 8 && (number >> (8 * n - 1) & 1) != 0)
		number |= UINT64_MAX << (8 * n);
	return push_integer(m, (int64_t)number);
}

/* A text whose length is a number of n bytes. */
static int
read_text(struct machine *m, size_t n)
{
	uint64_t length;
	const unsigned char *bytes;
	struct pickle_value *v;
	char *text;

	if (take_number(m, n, &length) != 0)
		return -1;
	if (length > MAX_TEXT)
		return broken(m, "a text that is too long");
	bytes = take(m, (size_t)length);
	if (bytes == NULL)
		return -1;
	if (memchr(bytes, 0, (size_t)length) != NULL)
		return broken(m, "a text with a zero byte");
	text = arena_need(m->arena, (size_t)length + 1, 1, "text", m->err);
	v = new_value(m, KIND_TEXT);
	if (text == NULL || v == NULL)
		return -1;
	memcpy(text, bytes, (size_t)length);
	v->text = text;
	return push(m, v);
}

static int
push_name(struct machine *m, const char *text)
{
	return push(m, pickle_value_of_name(text, m->arena, m->err));
}

/* GLOBAL: two lines, the module and the name. */
static int
read_name(struct machine *m)
{
	char text[128];
	size_t n = 0;

	for (int n_lines = 0; n_lines < 2;) {
		const unsigned char *byte = take(m, 1);

		if (byte == NULL)
			return -1;
		if (n == sizeof(text) - 1)
			return broken(m, "a name that is too long");
		text[n++] = (char)*byte;
		if (*byte == '\n') {
			n_lines++;
			text[n - 1] = n_lines == 1 ? ' ' : '\0';
		}
	}
	return push_name(m, text);
}

/* STACK_GLOBAL: module and name are the two texts on the stack. */
static int
join_name(struct machine *m)
{
	const struct pickle_value *name = pop(m), *module = pop(m);
	const char *text;

	if (name == NULL || module == NULL)
		return -1;
	if (name->kind != KIND_TEXT || module->kind != KIND_TEXT)
		return broken(m, "a name that is no text");
	text = arena_printf(m->arena, "%s %s", module->text, name->text);
	if (text == NULL)
		return error_set(m->err, ERROR_NOMEM, "out of memory");
	return push_name(m, text);
}

static int
append(struct machine *m, struct pickle_value *to, struct pickle_value *v)
{
	if (to->n_items == MAX_ITEMS)
		return broken(m, "a list that is too long");
	if (to->n_items == to->n_room) {
		const size_t n_room = to->n_room == 0 ? 8 : 2 * to->n_room;
		struct pickle_value **items = arena_need(m->arena, n_room,
		    sizeof(*items), "pickle items", m->err);

		if (items == NULL)
			return -1;
		if (to->n_items > 0)
			memcpy(items, to->items,
			    to->n_items * sizeof(*items));
		to->items = items;
		to->n_room = n_room;
	}
	to->items[to->n_items++] = v;
	return 0;
}

/* Replace the last n values by a tuple of them. */
static int
make_tuple(struct machine *m, size_t n)
{
	struct pickle_value *tuple = new_value(m, KIND_TUPLE);

	if (tuple == NULL)
		return -1;
	for (size_t i = m->n_stack - n; i < m->n_stack; i++)
		if (append(m, tuple, m->stack[i]) != 0)
			return -1;
	m->n_stack -= n;
	return push(m, tuple);
}

/* How many values lie above the last mark; the mark is taken out. */
static int
count_marked(struct machine *m, size_t *n)
{
	for (size_t i = m->n_stack; i-- > 0;) {
		if (m->stack[i]->kind != KIND_MARK)
			continue;
		*n = m->n_stack - i - 1;
		memmove(m->stack + i, m->stack + i + 1,
		    *n * sizeof(*m->stack));
		m->n_stack--;
		return 0;
	}
	return broken(m, "a mark is missing");
}

/* Put the last n values into the list or dictionary below them. */
static int
fill(struct machine *m, enum pickle_kind kind, size_t n)
{
	struct pickle_value *to;

	if (m->n_stack < n + 1)
		return broken(m, "its stack is empty");
	to = m->stack[m->n_stack - n - 1];
	if (to->kind != kind || (kind == KIND_DICTIONARY && n % 2 != 0))
		return broken(m, "items without a list or dictionary");
	for (size_t i = m->n_stack - n; i < m->n_stack; i++) {
		if (m->stack[i]->kind == KIND_MARK)
			return broken(m, "a mark among items");
		if (append(m, to, m->stack[i]) != 0)
			return -1;
	}
	m->n_stack -= n;
	return 0;
}

static int
memo_put(struct machine *m, uint64_t index)
{
	if (m->n_stack == 0)
		return broken(m, "its stack is empty");
	if (index >= MAX_MEMO)
		return broken(m, "a memory cell out of range");
	if (index >= m->n_memo_room) {
		size_t n_room = m->n_memo_room == 0 ? 1024 : m->n_memo_room;
		struct pickle_value **memo;

		while (n_room <= index)
			n_room *= 2;
		memo = arena_need(m->arena, n_room, sizeof(*memo),
		    "pickle memory", m->err);
		if (memo == NULL)
			return -1;
		if (m->n_memo_room > 0)
			memcpy(memo, m->memo,
			    m->n_memo_room * sizeof(*memo));
		m->memo = memo;
		m->n_memo_room = n_room;
	}
	m->memo[index] = m->stack[m->n_stack - 1];
	m->n_memo = m->n_memo > index ? m->n_memo : (size_t)index + 1;
	return 0;
}

/* BINPUT, BINGET and their long forms: the index has n bytes. */
static int
memo_use(struct machine *m, size_t n, bool is_put)
{
	uint64_t index;

	if (take_number(m, n, &index) != 0)
		return -1;
	if (is_put)
		return memo_put(m, index);
	if (index >= m->n_memo_room || m->memo[index] == NULL ||
	    m->memo[index]->kind == KIND_MARK)
		return broken(m, "an empty memory cell");
	return push(m, m->memo[index]);
}

/* BINPERSID: the tuple on top names a storage. */
static int
make_storage(struct machine *m)
{
	const struct pickle_value *tuple = pop(m);

	if (tuple == NULL)
		return -1;
	return push(m, pickle_value_storage(tuple, m->arena, m->err));
}

/* REDUCE: call the name below with the tuple of arguments on top. */
static int
call(struct machine *m)
{
	const struct pickle_value *arguments = pop(m), *name = pop(m);

	if (arguments == NULL || name == NULL)
		return -1;
	if (name->kind != KIND_NAME || arguments->kind != KIND_TUPLE)
		return broken(m, "a call of what is no name");
	switch (name->name) {
	case NAME_ORDERED_DICT:
		return push(m, new_value(m, KIND_DICTIONARY));
	case NAME_TENSOR:
		return push(m, pickle_value_tensor(arguments, m->arena,
		    m->err));
	case NAME_PARAMETER:
		if (arguments->n_items == 0 ||
		    arguments->items[0]->kind != KIND_TENSOR)
			return broken(m, "a parameter that is no tensor");
		return push(m, arguments->items[0]);
	case NAME_STORAGE:
		break;
	}
	return broken(m, "a call of a storage type");
}

/* Instructions that put a constant on the stack. */
static int
run_constant(struct machine *m, unsigned instruction)
{
	switch (instruction) {
	case '(':
		return push(m, new_value(m, KIND_MARK));
	case 'N':
		return push(m, new_value(m, KIND_NOTHING));
	case ')':
		return push(m, new_value(m, KIND_TUPLE));
	case '}':
		return push(m, new_value(m, KIND_DICTIONARY));
	case ']':
		return push(m, new_value(m, KIND_LIST));
	case 0x88:
		return push_integer(m, 1);
	case 0x89:
		return push_integer(m, 0);
	case 'K':
		return read_integer(m, 1);
	case 'M':
		return read_integer(m, 2);
	case 'J':
		return read_integer(m, 4);
	case 0x8a:
		return read_long(m);
	case 'G':
		if (take(m, 8) == NULL)
			return -1;
		return push(m, new_value(m, KIND_NOTHING));
	case 'X':
		return read_text(m, 4);
	case 0x8c:
		return read_text(m, 1);
	case 'c':
		return read_name(m);
	}
	return error_set(m->err, ERROR_FORMAT, "a pickle with instruction "
	    "0x%02x, which files of tensors do not need", instruction);
}

/* Instructions that work on what is on the stack. */
static int
run_instruction(struct machine *m, unsigned instruction)
{
	size_t n = 0;

	switch (instruction) {
	case 't':
		return count_marked(m, &n) != 0 ? -1 : make_tuple(m, n);
	case 0x85: case 0x86: case 0x87:
		n = instruction - 0x84;
		if (m->n_stack < n)
			return broken(m, "its stack is empty");
		return make_tuple(m, n);
	case 'u':
		return count_marked(m, &n) != 0 ? -1 :
		    fill(m, KIND_DICTIONARY, n);
	case 's':
		return fill(m, KIND_DICTIONARY, 2);
	case 'e':
		return count_marked(m, &n) != 0 ? -1 : fill(m, KIND_LIST, n);
	case 'a':
		return fill(m, KIND_LIST, 1);
	case 'q': case 'r':
		return memo_use(m, instruction == 'q' ? 1 : 4, true);
	case 'h': case 'j':
		return memo_use(m, instruction == 'h' ? 1 : 4, false);
	case 0x94:
		return memo_put(m, m->n_memo);
	case 0x93:
		return join_name(m);
	case 'Q':
		return make_storage(m);
	case 'R':
		return call(m);
	case 'b':		/* attributes of a dictionary: not needed */
		return pop(m) == NULL ? -1 : 0;
	case 0x95:		/* a frame: only a hint for readers */
		return take(m, 8) == NULL ? -1 : 0;
	}
	return run_constant(m, instruction);
}

/* Run to the end; what is left on the stack is the pickled object. */
static struct pickle_value *
run(struct machine *m)
{
	const unsigned char *byte = take(m, 2);

	if (byte == NULL)
		return NULL;
	if (byte[0] != 0x80 || byte[1] < 2 || byte[1] > 5) {
		error_set(m->err, ERROR_FORMAT,
		    "not a pickle of protocol 2 to 5");
		return NULL;
	}
	while ((byte = take(m, 1)) != NULL && *byte != '.')
		if (run_instruction(m, *byte) != 0)
			return NULL;
	return byte == NULL ? NULL : pop(m);
}

/* The list being made of the tensors found. */
struct listing {
	struct arena *arena;
	struct pickle_tensor *tensors;
	size_t n_tensors, n_seen;
	struct error *err;
};

/* Take the tensors of a dictionary, whose own name is prefix. */
static int
list(struct listing *l, const struct pickle_value *dictionary,
    const char *prefix, int depth)
{
	for (size_t i = 0; i + 1 < dictionary->n_items; i += 2) {
		const struct pickle_value *key = dictionary->items[i];
		const struct pickle_value *item = dictionary->items[i + 1];
		const char *name;

		if (++l->n_seen > PICKLE_MAX_TENSORS || depth == MAX_DEPTH)
			return error_set(l->err, ERROR_LIMIT, "too many "
			    "tensors, or dictionaries nested too deeply");
		if (key->kind != KIND_TEXT || (item->kind != KIND_TENSOR &&
		    item->kind != KIND_DICTIONARY))
			continue;
		name = arena_printf(l->arena, "%s%s%s", prefix,
		    *prefix == '\0' ? "" : ".", key->text);
		if (name == NULL)
			return error_set(l->err, ERROR_NOMEM,
			    "out of memory for names");
		if (item->kind == KIND_DICTIONARY) {
			if (list(l, item, name, depth + 1) != 0)
				return -1;
			continue;
		}
		l->tensors[l->n_tensors] = *item->tensor;
		l->tensors[l->n_tensors++].name = name;
	}
	return 0;
}

int
pickle_tensors(const void *bytes, size_t n_bytes, struct arena *a,
    struct pickle_tensor **tensors, size_t *n_tensors, struct error *err)
{
	struct machine m = { .at = bytes, .arena = a, .err = err };
	struct listing l = { .arena = a, .err = err };
	const struct pickle_value *top;

	if (n_bytes > PICKLE_MAX_BYTES)
		return error_set(err, ERROR_LIMIT, "a pickle of %zu bytes; "
		    "at most %zu are read", n_bytes, PICKLE_MAX_BYTES);
	m.end = m.at + n_bytes;
	m.stack = arena_need(a, MAX_STACK, sizeof(*m.stack), "pickle stack",
	    err);
	l.tensors = arena_need(a, PICKLE_MAX_TENSORS, sizeof(*l.tensors),
	    "tensors", err);
	if (m.stack == NULL || l.tensors == NULL)
		return -1;
	top = run(&m);
	if (top == NULL)
		return -1;
	if (top->kind != KIND_DICTIONARY)
		return error_set(err, ERROR_FORMAT,
		    "the pickle is no dictionary of tensors");
	if (list(&l, top, "", 0) != 0)
		return -1;
	*tensors = l.tensors;
	*n_tensors = l.n_tensors;
	return 0;
}
