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

/* Do both have the same digits in the same order? */
static bool
has_same_numbers(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a != '\0' && !(*a >= '0' && *a <= '9'))
			a++;
		while (*b != '\0' && !(*b >= '0' && *b <= '9'))
			b++;
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

/* Does the shorter stand within the longer, in whole words? */
static bool
holds(const char *longer, const char *shorter)
{
	const size_t n = strlen(shorter);

	if (n < 8 || strchr(shorter, ' ') == NULL)
		return false;
	for (const char *s = longer; (s = strstr(s, shorter)) != NULL; s++)
		if ((s == longer || s[-1] == ' ') &&
		    (s[n] == '\0' || s[n] == ' '))
			return true;
	return false;
}

/* Levenshtein's distance, or something above most when it is above. */
static size_t
distance(const char *a, size_t n_a, const char *b, size_t n_b, size_t most)
{
	size_t row[TITLE_MAX_LIKE + 1];

	for (size_t k = 0; k <= n_b; k++)
		row[k] = k;
	for (size_t i = 1; i <= n_a; i++) {
		size_t corner = row[0], least = row[0] = i;

		for (size_t k = 1; k <= n_b; k++) {
			const size_t above = row[k];
			size_t best = corner + (a[i - 1] != b[k - 1]);

			best = above + 1 < best ? above + 1 : best;
			best = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
			row[k] = best;
			corner = above;
			least = best < least ? best : least;
		}
		if (least > most)
			return most + 1;
	}
	return row[n_b];
}

bool
title_is_like(const char *a, const char *b)
{
	const size_t n_a = strlen(a), n_b = strlen(b);
	const size_t most = (n_a < n_b ? n_a : n_b) / 8;
	const size_t apart = n_a < n_b ? n_b - n_a : n_a - n_b;

	if (strcmp(a, b) == 0)
		return true;
	if (n_a > TITLE_MAX_LIKE || n_b > TITLE_MAX_LIKE ||
	    !has_same_numbers(a, b))
		return false;
	if (n_a < n_b ? holds(b, a) : holds(a, b))
		return true;
	return apart <= most && distance(a, n_a, b, n_b, most) <= most;
}
