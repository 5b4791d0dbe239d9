#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

int
error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return -1;
	err->code = code;
	va_start(ap, fmt);
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	va_end(ap);
	return -1;
}

int
error_set_errno(struct error *err, const char *fmt, ...)
{
	const int saved_errno = errno;
	va_list ap;
	size_t used;

	if (err == NULL)
		return -1;
	err->code = saved_errno == ENOMEM ? ERROR_NOMEM :
	    saved_errno == ENOSPC || saved_errno == EDQUOT ||
	    saved_errno == EROFS ? ERROR_OUTPUT : ERROR_IO;
	va_start(ap, fmt);
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
	va_end(ap);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s",
	    strerror(saved_errno));
	return -1;
}

int
error_add(struct error *err, const char *fmt, ...)
{
	char before[ERROR_TEXT_BYTES];
	char after[ERROR_TEXT_BYTES];
	va_list ap;

	if (err == NULL)
		return -1;
	memcpy(after, err->text, sizeof(after));
	va_start(ap, fmt);
	if (vsnprintf(before, sizeof(before), fmt, ap) < 0)
		before[0] = '\0';
	va_end(ap);
	(void)snprintf(err->text, sizeof(err->text), "%.500s: %.520s", before,
	    after);
	return -1;
}
