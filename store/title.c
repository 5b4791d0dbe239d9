#include <stdbool.h>
#include <string.h>

#include "store/title.h"

static char
lower(char ch)
{
	return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

static bool
is_word(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ||
	    (unsigned char)ch >= 128;
}

/* True when the text goes on with "feat.", "ft." or "featuring". */
static bool
names_guest(const char *s)
{
	static const char *const words[] = { "featuring ", "feat.", "feat ",
	    "ft.", "ft " };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t k = 0;

		while (words[i][k] != '\0' && lower(s[k]) == words[i][k])
			k++;
		if (words[i][k] == '\0')
			return true;
	}
	return false;
}

static void
normalise(const char *title, bool skip_brackets, char *key, size_t n_bytes)
{
	size_t used = 0;
	size_t depth = 0;
	bool at_word = true;

	for (const char *s = title; *s != '\0'; s++) {
		const char ch = lower(*s);

		if (at_word && used > 0 && names_guest(s))
			break;
		at_word = !is_word(ch);
		if (strchr("([{", *s) != NULL)
			depth++;
		if (strchr(")]}", *s) != NULL && depth > 0)
			depth--;
		if (skip_brackets && depth > 0)
			continue;
		if (is_word(ch) && used + 1 < n_bytes)
			key[used++] = ch;
		else if (used > 0 && key[used - 1] != ' ' &&
		    used + 1 < n_bytes)
			key[used++] = ' ';
	}
	while (used > 0 && key[used - 1] == ' ')
		used--;
	key[used] = '\0';
}

void
title_normalise(const char *title, char *key, size_t n_bytes)
{
	if (n_bytes == 0)
		return;
	normalise(title, true, key, n_bytes);
	if (key[0] == '\0')
		normalise(title, false, key, n_bytes);
}
