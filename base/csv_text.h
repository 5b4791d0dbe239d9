/*
 * csv_text -- fields of CSV as RFC 4180 writes them.
 */
#ifndef BASE_CSV_TEXT_H
#define BASE_CSV_TEXT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Write one field: in quotes, which are doubled within, when it has a comma, a
 * quote or a line end.  EOF when it cannot be written.
 */
int csv_text_put(FILE *out, const char *text);

/*
 * Take the field at *at, which ends with a zero byte: the field itself, made
 * plain in place, and *at behind it; *ends_row says whether a line end or the
 * end of the text followed.  NULL when a quote is not closed, or is followed by
 * other text.
 */
char *csv_text_take(char **at, bool *ends_row);

#endif
