#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "fetch/answer.h"

/* A number of at most 15 digits, behind which *text is moved. */
static bool
take_number(const char **text, size_t *value)
{
	const size_t n_digits = strspn(*text, "0123456789");
	size_t n = 0;

	if (n_digits == 0 || n_digits > 15)
		return false;
	for (size_t i = 0; i < n_digits; i++)
		n = 10 * n + (size_t)((*text)[i] - '0');
	*text += n_digits;
	*value = n;
	return true;
}

/* "bytes 0-499/1234", "bytes 0-499/" and a star, or with a star instead. */
static void
take_range(struct answer *a, const char *text)
{
	size_t first = 0, last = 0, total = 0;
	bool has_range, has_total;

	a->has_range = a->has_total = false;
	if (strncasecmp(text, "bytes ", 6) != 0)
		return;
	text += 6;
	has_range = text[0] != '*';
	if (!has_range)
		text++;
	else if (!take_number(&text, &first) || *text++ != '-' ||
	    !take_number(&text, &last) || first > last)
		return;
	if (*text++ != '/')
		return;
	has_total = text[0] != '*';
	if (!has_total)
		text++;
	else if (!take_number(&text, &total) || (has_range && total <= last))
		return;
	if (text[0] != '\0')
		return;
	a->has_range = has_range;
	a->has_total = has_total;
	a->first = first;
	a->last = last;
	a->total = total;
}

static void
take_length(struct answer *a, const char *text)
{
	a->has_length = take_number(&text, &a->n_bytes) && text[0] == '\0';
}

/* "HTTP/1.1 200 OK" */
static bool
take_status(struct answer *a, const char *line)
{
	const char *code;
	size_t status;

	if (strncasecmp(line, "HTTP/", 5) != 0)
		return false;
	memset(a, 0, sizeof(*a));
	code = strchr(line, ' ');
	if (code == NULL)
		return true;
	code += strspn(code, " ");
	if (strspn(code, "0123456789") == 3 && take_number(&code, &status))
		a->status = (long)status;
	return true;
}

/* The value behind "NAME:", or NULL when the line is of another name. */
static const char *
value_of(const char *line, const char *name)
{
	const size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	return line + n + 1 + strspn(line + n + 1, " \t");
}

void
answer_line(struct answer *a, const char *line, size_t n_bytes)
{
	const struct {
		const char *name;
		char *value;
	} texts[] = {
		{ "ETag", a->etag },
		{ "Last-Modified", a->last_modified },
		{ "Date", a->date },
		{ "Content-Type", a->content_type },
		{ "Retry-After", a->retry_after },
	};
	char text[ANSWER_TEXT_BYTES + 32];
	const char *value;

	while (n_bytes > 0 && strchr("\r\n \t", line[n_bytes - 1]) != NULL &&
	    line[n_bytes - 1] != '\0')
		n_bytes--;
	if (n_bytes >= sizeof(text))
		return;
	for (size_t i = 0; i < n_bytes; i++)
		if ((line[i] < 32 && line[i] != '\t') || line[i] > 126)
			return;
	memcpy(text, line, n_bytes);
	text[n_bytes] = '\0';
	if (take_status(a, text))
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		value = value_of(text, texts[i].name);
		if (value != NULL && strlen(value) < ANSWER_TEXT_BYTES)
			memcpy(texts[i].value, value, strlen(value) + 1);
	}
	if ((value = value_of(text, "Content-Length")) != NULL)
		take_length(a, value);
	if ((value = value_of(text, "Content-Range")) != NULL)
		take_range(a, value);
}

const char *
answer_validator(const struct answer *a)
{
	const size_t n = strlen(a->etag);
	time_t modified, sent;

	if (n >= 2 && a->etag[0] == '"' && a->etag[n - 1] == '"')
		return a->etag;
	modified = curl_getdate(a->last_modified, NULL);
	sent = curl_getdate(a->date, NULL);
	return modified > 0 && sent > modified ? a->last_modified : "";
}

double
answer_wait_sec(const struct answer *a, double now_sec)
{
	const char *text = a->retry_after;
	time_t until, sent;
	size_t sec;
	double wait_sec;

	if (text[0] == '\0')
		return -1.0;
	if (text[strspn(text, "0123456789")] == '\0') {
		wait_sec = take_number(&text, &sec) ? (double)sec :
		    ANSWER_MAX_WAIT_SEC;
	} else {
		until = curl_getdate(text, NULL);
		sent = curl_getdate(a->date, NULL);
		if (until < 0)
			return -1.0;
		wait_sec = (double)until -
		    (sent > 0 ? (double)sent : now_sec);
	}
	return wait_sec < 0.0 ? 0.0 : wait_sec > ANSWER_MAX_WAIT_SEC ?
	    ANSWER_MAX_WAIT_SEC : wait_sec;
}
