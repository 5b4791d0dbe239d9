/*
 * csv_text -- fields of CSV as RFC 4180 writes them.
 */
#ifndef BASE_CSV_TEXT_H
#define BASE_CSV_TEXT_H

#include <stdio.h>

/*
 * Write one field: in quotes, which are doubled within, when it has a comma, a
 * quote or a line end.  EOF when it cannot be written.
 */
int csv_text_put(FILE *out, const char *text);

#endif
