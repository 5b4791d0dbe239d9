/*
 * NeMo manifests (NVIDIA NeMo 1 and 2, "Preparing Custom ASR Data"): JSON Lines
 * with audio_filepath, duration and text; offset may be there.  Our records are
 * such lines; reading finds the sounds and drops nulls, and writing sees to it
 * that the three are there.
 */
#include <string.h>

#include "formats/format_list.h"
#include "formats/intake.h"
#include "formats/sound_length.h"
#include "manifests/record.h"
#include "manifests/stream.h"

bool
nemo_fits(const char *path, const char *text, size_t n_bytes)
{
	(void)path;
	return n_bytes > 0 && text[strspn(text, " \t\r\n")] == '{' &&
	    strstr(text, "\"audio_filepath\"") != NULL;
}

static int
take_line(void *context, const char *key, struct json *value, size_t line,
    struct error *err)
{
	const struct format_input *in = context;
	struct error why = { ERROR_NONE, "" };
	const char *path;

	(void)key;
	if (json_is_object(value))
		intake_drop_nulls(value);
	if (record_check(value, &why) == 0 &&
	    json_want_string(value, "audio_filepath", &path, &why) == 0)
		return intake_put_sound(in, value, path, err) != 0 ? -1 :
		    in->take(in->shared, value, err);
	return intake_bad_json(in, line, value, &why, err);
}

int
nemo_read(const struct format_input *in, struct error *err)
{
	struct format_input copy = *in;

	return intake_pieces(in, false, take_line, &copy, err);
}

/* The three members first, then what else there is. */
static int
fill_line(struct json *line, const struct json *rec,
    const struct format_output *out, struct arena *a, struct error *err)
{
	const char *path, *text;
	double sec;

	if (json_want_string(rec, "audio_filepath", &path, err) != 0 ||
	    json_get_string(rec, "text", "", &text, err) != 0 ||
	    sound_length_of(rec, out->folder, &sec, a, err) != 0)
		return -1;
	if (json_put_string(line, "audio_filepath", path, err) != 0 ||
	    json_put_number(line, "duration", sec, err) != 0 ||
	    json_put_string(line, "text", text, err) != 0)
		return -1;
	for (size_t i = 0; i < json_count(rec); i++) {
		const char *name = json_member_name(rec, i);

		if (strcmp(name, "history") != 0 && strchr(name, '.') ==
		    NULL && !json_has(line, name) && json_put(line, name,
		    json_item(rec, i), err) != 0)
			return -1;
	}
	if (record_rebase(line, out->folder, err) != 0)
		return -1;
	return record_rebase(line, out->here, err);
}

int
nemo_write(const struct format_output *out, struct error *err)
{
	struct arena *a = arena_new();
	int result = a == NULL ? error_set(err, ERROR_NOMEM, "out of memory") :
	    0;

	for (size_t i = 0; i < out->n_records && result == 0; i++) {
		struct error why = { ERROR_NONE, "" };
		struct json *line;

		if (record_has_failed(out->records[i]))
			continue;
		if ((line = json_new_object(err)) == NULL) {
			result = -1;
			break;
		}
		if (fill_line(line, out->records[i], out, a, &why) == 0)
			result = stream_write(out->out, line, a, err);
		else
			result = format_leave_out(out, i, &why, err);
		json_free(line);
		arena_reset(a);
	}
	arena_free(a);
	return result;
}
