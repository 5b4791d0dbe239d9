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
