#include <string.h>

#include "base/csv_text.h"

int
csv_text_put(FILE *out, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL)
		return fputs(text, out);
	if (putc('"', out) == EOF)
		return EOF;
	for (const char *s = text; *s != '\0'; s++)
		if ((*s == '"' && putc('"', out) == EOF) ||
		    putc(*s, out) == EOF)
			return EOF;
	return putc('"', out);
}

char *
csv_text_take(char **at, bool *ends_row)
{
	char *const field = *at + (**at == '"'), *to = field, *s = field;
	char last;

	if (**at == '"') {
		for (; *s != '"' || s[1] == '"'; *to++ = *s++) {
			if (*s == '\0')
				return NULL;
			s += *s == '"';
		}
		s++;
	} else {
		s += strcspn(s, ",\r\n");
		to = s;
	}
	s += *s == '\r' && s[1] == '\n';
	if ((last = *s) != ',' && last != '\n' && last != '\0')
		return NULL;
	*to = '\0';
	*ends_row = last != ',';
	*at = s + (last != '\0');
	return field;
}
