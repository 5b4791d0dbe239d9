#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "manifests/record.h"

#include "review/sound_source.h"

/* The members to look for, in order; ends with NULL. */
static const char *const *
members_of(const struct json *rec, enum sound_source_kind kind)
{
	static const char *const mix[] = { "audio_filepath", "decode.path",
	    NULL };
	static const char *const decoded[] = { "decode.path",
	    "audio_filepath", NULL };
	static const char *const voice[] = { "vocals_filepath", NULL };
	/* The recording of a copy by chad-distort is what it made. */
	static const char *const distorted[] = { "decode.path", NULL };

	if (kind == SOUND_SOURCE_VOICE)
		return voice;
	if (json_has(rec, "distort.of"))
		return distorted;
	return kind == SOUND_SOURCE_MIX ? mix : decoded;
}

const char *
sound_source_mark(const char *path, struct arena *a, struct error *err)
{
	struct stat st;
	const char *mark;

	if (stat(path, &st) != 0)
		memset(&st, 0, sizeof(st));
	mark = arena_printf(a, "%s %" PRIdMAX " %" PRIdMAX ".%09ld", path,
	    (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
	    (long)st.st_mtim.tv_nsec);
	if (mark == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	return mark;
}

/* What is only true of the file as the user gave it. */
static int
take_part(const struct json *rec, struct sound_source *s, struct error *err)
{
	if (json_get_number(rec, "offset", 0.0, &s->offset_sec, err) != 0 ||
	    json_get_number(rec, "duration", 0.0, &s->duration_sec,
	    err) != 0 ||
	    json_get_size(rec, "decode.stream", 0, &s->stream, err) != 0)
		return -1;
	return json_get_bool(rec, "decode.truncated", false, &s->is_truncated,
	    err);
}

static int
make_key(struct sound_source *s, struct arena *a, struct error *err)
{
	const char *mark = sound_source_mark(s->path, a, err);
	char part[128];

	if (mark == NULL)
		return -1;
	(void)snprintf(part, sizeof(part), "%.9f %.9f %zu %d",
	    s->offset_sec, s->duration_sec, s->stream, s->is_truncated);
	hash_texts(s->key, mark, part, (const char *)NULL);
	return 0;
}

int
sound_source_find(const struct json *rec, enum sound_source_kind kind,
    struct arena *a, struct sound_source *s, struct error *err)
{
	const char *const *member = members_of(rec, kind);
	const char *missing = NULL;

	for (; *member != NULL; member++) {
		const char *path;

		if (!json_has(rec, *member))
			continue;
		if ((path = record_path(rec, *member, NULL, a, err)) == NULL)
			return -1;
		if (!file_exists(path)) {
			missing = missing == NULL ? path : missing;
			continue;
		}
		memset(s, 0, sizeof(*s));
		s->path = path;
		s->is_given = strcmp(*member, "audio_filepath") == 0;
		if (s->is_given && take_part(rec, s, err) != 0)
			return -1;
		return make_key(s, a, err);
	}
	if (missing != NULL)
		return error_set(err, ERROR_IO, "%s of \"%s\" is not there",
		    missing, record_id(rec));
	return error_set(err, ERROR_FORMAT, kind == SOUND_SOURCE_VOICE ?
	    "the voice of \"%s\" was not separated (chad-separate)" :
	    "\"%s\" has no sound (audio_filepath)", record_id(rec));
}

struct decoder *
sound_source_open(const struct sound_source *s, unsigned rate_hz,
    double from_sec, double duration_sec, struct error *err)
{
	const struct decoder_options o = { .rate_hz = rate_hz,
	    .n_channels = 1, .stream = s->stream,
	    .offset_sec = s->offset_sec + from_sec,
	    .duration_sec = duration_sec > 0.0 ? duration_sec :
	    s->duration_sec > from_sec ? s->duration_sec - from_sec : 0.0,
	    .accept_truncated = s->is_truncated, .accept_nonfinite = true };

	return decoder_open(s->path, &o, err);
}
