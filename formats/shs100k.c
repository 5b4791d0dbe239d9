/*
 * SHS100K (Xu, Chen and Liu, ICASSP 2018), as in the repository
 * NovaFrost/SHS100K2: the file "list", its columns set_id, ver_id, title,
 * performer, url and status between tabs, and the lists of the split
 * (SHS100K-TRAIN, -VAL, -TEST) with the first two.  The id is set_id_ver_id.
 * The list does not say which version is the original, so there is no
 * audio_type; the status is kept as it is.
 */
#include <string.h>

#include "formats/format_list.h"
#include "formats/intake.h"
#include "manifests/record.h"

enum { SET, VERSION, TITLE, PERFORMER, URL, STATUS, N_FIELDS };

static const char *const members[N_FIELDS] = { "group_id", "shs100k.ver_id",
	"title", "artist", "url", "shs100k.status" };

/* Digits, and white space around them. */
static bool
is_number(const char *text, size_t n)
{
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\r'))
		n--;
	for (size_t i = 0; i < n; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return n > 0;
}

bool
shs100k_fits(const char *path, const char *text, size_t n_bytes)
{
	const char *end = memchr(text, '\n', n_bytes);
	const char *line_end = end != NULL ? end : text + n_bytes;
	const char *tab = memchr(text, '\t', (size_t)(line_end - text));
	const char *second;

	(void)path;
	if (tab == NULL || !is_number(text, (size_t)(tab - text)))
		return false;
	second = memchr(tab + 1, '\t', (size_t)(line_end - tab - 1));
	return is_number(tab + 1, (size_t)((second != NULL ? second :
	    line_end) - tab - 1));
}

static int
fill_record(const struct format_input *in, struct json *rec,
    const char *const *fields, size_t n_fields, struct error *err)
{
	char youtube_id[12];
	const char *id;

	if ((n_fields != N_FIELDS && n_fields != N_FIELDS - 1 &&
	    n_fields != 2) || !is_number(fields[SET], strlen(fields[SET])) ||
	    !is_number(fields[VERSION], strlen(fields[VERSION])))
		return error_set(err, ERROR_FORMAT, "must be set_id and ver_id,"
		    " numbers, and may have title, performer, url and status,"
		    " with tabs between them");
	id = arena_printf(in->a, "%s_%s", fields[SET], fields[VERSION]);
	if (id == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (json_put_string(rec, "id", id, err) != 0)
		return -1;
	for (size_t i = 0; i < n_fields; i++)
		if (fields[i][0] != '\0' && json_put_string(rec, members[i],
		    fields[i], err) != 0)
			return -1;
	if (n_fields > URL && intake_youtube_id(fields[URL], youtube_id) &&
	    json_put_string(rec, "youtube_id", youtube_id, err) != 0)
		return -1;
	return intake_find_sound(in, rec, id, err);
}

int
shs100k_read(const struct format_input *in, struct error *err)
{
	struct intake_line line = { .number = 0 };
	int result = 0;

	while (result == 0 && intake_next(in, &line)) {
		struct error why = { ERROR_NONE, "" };
		const char *fields[N_FIELDS];
		struct json *rec;
		size_t n_fields;

		if (line.n_bytes == 0)
			continue;
		if (intake_fields(in, &line, fields, N_FIELDS, &n_fields,
		    err) != 0 || (rec = json_new_object(err)) == NULL)
			return -1;
		if (fill_record(in, rec, fields, n_fields, &why) == 0)
			result = in->take(in->shared, rec, err);
		else
			result = intake_bad(in, line.number, line.text,
			    line.n_bytes, &why, err);
		json_free(rec);
	}
	return result;
}

/* What would break the line becomes a space. */
static int
put_field(FILE *f, const char *text, char end)
{
	for (; *text != '\0'; text++)
		if (putc(*text == '\t' || *text == '\n' || *text == '\r' ?
		    ' ' : *text, f) == EOF)
			return EOF;
	return putc(end, f);
}

static int
find_fields(const struct format_output *out, const struct json *rec,
    const char *fields[N_FIELDS], struct error *err)
{
	for (size_t i = 0; i < N_FIELDS; i++) {
		const char *text, *id = record_id(rec);

		if (json_get_string(rec, members[i], "", &text, err) != 0)
			return -1;
		if (i == VERSION && text[0] == '\0')
			text = strrchr(id, '_') != NULL ? strrchr(id, '_') +
			    1 : "";
		if (i == URL && text[0] == '\0' && json_has(rec,
		    "youtube_id")) {
			if (json_want_string(rec, "youtube_id", &text,
			    err) != 0)
				return -1;
			text = arena_printf(out->a,
			    "https://www.youtube.com/watch?v=%s", text);
			if (text == NULL)
				return error_set(err, ERROR_NOMEM,
				    "out of memory");
		}
		if (i <= VERSION && !is_number(text, strlen(text)))
			return error_set(err, ERROR_FORMAT, "SHS100K wants "
			    "numbers: group_id such as \"12\", id such as "
			    "\"12_3\"");
		fields[i] = text;
	}
	return 0;
}

static int
write_record(const struct format_output *out, size_t i, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	const char *fields[N_FIELDS];

	if (find_fields(out, out->records[i], fields, &why) != 0)
		return format_leave_out(out, i, &why, err);
	for (size_t k = 0; k < N_FIELDS; k++)
		if (put_field(out->out, fields[k], k + 1 < N_FIELDS ? '\t' :
		    '\n') == EOF)
			return error_set_errno(err, "cannot write the list");
	return 0;
}

int
shs100k_write(const struct format_output *out, struct error *err)
{
	for (size_t i = 0; i < out->n_records; i++)
		if (!record_has_failed(out->records[i]) &&
		    write_record(out, i, err) != 0)
			return -1;
	return 0;
}
