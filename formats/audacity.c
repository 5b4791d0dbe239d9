/*
 * Audacity's label tracks (the manual of Audacity 3, "Importing and Exporting
 * Labels"): START<TAB>END<TAB>TEXT in seconds, one a line; the line
 * \<TAB>LOW<TAB>HIGH behind a label gives its band of frequencies, kept as
 * "audacity.band_hz"; -1 is an open end.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#include "formats/format_list.h"
#include "formats/intake.h"
#include "formats/labels.h"
#include "manifests/record.h"

/* A number that fills the text; some languages write a comma. */
static bool
parse_number(const char *text, double *value)
{
	char copy[64];
	char *end;

	if (text[0] == '\0' || strlen(text) >= sizeof(copy) ||
	    strspn(text, " 0123456789.,-+eE") != strlen(text))
		return false;
	(void)strncpy(copy, text, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	if (strchr(copy, ',') != NULL)
		*strchr(copy, ',') = '.';
	*value = strtod(copy, &end);
	return end != copy && end[strspn(end, " ")] == '\0' &&
	    fabs(*value) <= LABELS_MAX_SEC;
}

bool
audacity_fits(const char *path, const char *text, size_t n_bytes)
{
	double start, end;
	char *rest;

	(void)path;
	if (n_bytes == 0)
		return false;
	start = strtod(text, &rest);
	if (rest == text || *rest != '\t' || memchr(text, '.',
	    (size_t)(rest - text)) == NULL)
		return false;
	text = rest + 1;
	end = strtod(text, &rest);
	return rest != text && end >= start && (*rest == '\t' ||
	    *rest == '\n' || *rest == '\r' || *rest == '\0');
}

/* The label of a line, which has been cut. */
static int
parse_label(const char *const *fields, size_t n_fields, char *text,
    struct labels_item *item, struct error *err)
{
	if (n_fields < 2 || !parse_number(fields[0], &item->start_sec) ||
	    !parse_number(fields[1], &item->end_sec))
		return error_set(err, ERROR_FORMAT, "must be a start, an end "
		    "and a text, with tabs between them");
	if (item->start_sec < 0.0 || item->end_sec < item->start_sec ||
	    item->end_sec > LABELS_MAX_SEC)
		return error_set(err, ERROR_FORMAT, "the label from %s to %s "
		    "does not rise from 0", fields[0], fields[1]);
	item->text = NULL;
	if (n_fields > 2 && fields[2][0] != '\0') {
		utf8_clean(text, fields[2], strlen(fields[2]));
		item->text = text;
	}
	return 0;
}

/* The band on the line behind a label, as members of its record, or NULL. */
static int
take_band(const struct format_input *in, struct intake_line *line,
    struct json **own, struct error *err)
{
	struct intake_line next = *line;
	const char *fields[3];
	double low, high;
	size_t n;

	*own = NULL;
	if (!intake_next(in, &next) || next.n_bytes == 0 ||
	    next.text[0] != '\\')
		return 0;
	if (intake_fields(in, &next, fields, 3, &n, err) != 0)
		return -1;
	if (n != 3 || !parse_number(fields[1], &low) ||
	    !parse_number(fields[2], &high))
		return 0;
	*line = next;
	*own = json_new_object(err);
	if (*own == NULL || json_append_number(*own, "audacity.band_hz", low,
	    err) != 0 || json_append_number(*own, "audacity.band_hz", high,
	    err) != 0)
		return -1;
	return 0;
}

int
audacity_read(const struct format_input *in, struct error *err)
{
	struct intake_line line = { .number = 0 };
	size_t n_labels = 0;
	int result = 0;

	while (result == 0 && intake_next(in, &line)) {
		struct error why = { ERROR_NONE, "" };
		struct labels_item item;
		struct json *own = NULL;
		const char *fields[3];
		size_t n;
		char *text;

		if (line.n_bytes == 0)
			continue;
		text = arena_need(in->a, line.n_bytes + 1, 1, "bytes", err);
		if (text == NULL || intake_fields(in, &line, fields, 3, &n,
		    err) != 0)
			return -1;
		if (parse_label(fields, n, text, &item, &why) != 0) {
			result = intake_bad(in, line.number, line.text,
			    line.n_bytes, &why, err);
			continue;
		}
		result = take_band(in, &line, &own, err);
		if (result == 0)
			result = labels_take(in, ++n_labels, &item, own, err);
		json_free(own);
	}
	return result;
}

static int
write_label(FILE *f, const struct json *rec, const struct labels_item *item)
{
	double low, high;

	if (fprintf(f, "%.6f\t%.6f\t", item->start_sec, item->end_sec) < 0)
		return -1;
	for (const char *s = item->text != NULL ? item->text : "";
	    *s != '\0'; s++)
		if (putc(*s == '\t' || *s == '\n' || *s == '\r' ? ' ' : *s,
		    f) == EOF)
			return -1;
	if (putc('\n', f) == EOF)
		return -1;
	if (json_want_number(rec, "audacity.band_hz.0", &low, NULL) == 0 &&
	    json_want_number(rec, "audacity.band_hz.1", &high, NULL) == 0 &&
	    fprintf(f, "\\\t%.6f\t%.6f\n", low, high) < 0)
		return -1;
	return 0;
}

int
audacity_write(const struct format_output *out, struct error *err)
{
	for (size_t i = 0; i < out->n_records; i++) {
		struct labels_item item;
		int has;

		if (record_has_failed(out->records[i]))
			continue;
		has = labels_find(out, i, &item, err);
		if (has < 0)
			return -1;
		if (has > 0 && write_label(out->out, out->records[i],
		    &item) != 0)
			return error_set_errno(err, "cannot write a label");
	}
	return 0;
}
