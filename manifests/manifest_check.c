#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/memory.h"

#include "manifests/line_reader.h"
#include "manifests/manifest_check.h"
#include "manifests/manifest_measure.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "manifests/stream.h"

#define MP3_PADDING_SAMPLES 4608	/* as audio/decoder.c allows */

/* What must not come twice, and where it came. */
struct seen {
	char *key;		/* in the check's arena */
	size_t line;
	size_t first_line;	/* of the same key, when it is another's */
};

/* The check of one manifest. */
struct state {
	struct manifest_check *check;
	const char *path;
	char *folder;
	struct manifest_measure *sounds;	/* to be measured, or NULL */
	struct arena *kept;	/* until the end of the manifest */
	struct seen *seen;
	size_t n_seen;
	size_t capacity;
};

static void
tell(struct state *s, size_t line, const char *problem)
{
	s->check->n_problems++;
	s->check->tell(s->check->shared, s->path, line, problem);
}

static void
check_type(struct state *s, const struct json *rec, size_t line)
{
	const char *type;

	if (json_get_string(rec, "audio_type", NULL, &type, NULL) != 0 ||
	    type == NULL)
		return;
	if (strcmp(type, "original") != 0 && strcmp(type, "cover") != 0 &&
	    strcmp(type, "humming") != 0)
		tell(s, line, "\"audio_type\" must be original, cover or "
		    "humming");
}

/* Keep the sound to be measured at the end. */
static int
add_sound(struct state *s, const struct json *rec, const char *path,
    size_t line, struct error *err)
{
	double offset, duration, stated, rate_hz, padding_sec = 0.0;
	const char *codec;

	/* What is wrong with these has been told. */
	if (json_get_number(rec, "offset", 0.0, &offset, NULL) != 0 ||
	    json_get_number(rec, "duration", 0.0, &duration, NULL) != 0)
		offset = duration = 0.0;
	if (json_get_number(rec, "tags.duration_sec", 0.0, &stated, NULL) != 0)
		stated = 0.0;
	/* The header counts frames, the encoder's delay and padding too. */
	if (json_get_string(rec, "tags.codec", "", &codec, NULL) == 0 &&
	    strcmp(codec, "mp3") == 0 && json_want_number(rec,
	    "tags.rate_hz", &rate_hz, NULL) == 0 && rate_hz > 0.0)
		padding_sec = MP3_PADDING_SAMPLES / rate_hz;
	return manifest_measure_add(s->sounds, path, line, offset + duration,
	    stated, padding_sec, err);
}

static void
tell_measure(void *shared, size_t line, const char *problem)
{
	tell(shared, line, problem);
}

static int
check_file(struct state *s, const struct json *rec, size_t line,
    struct arena *a, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	const char *path = record_path(rec, "audio_filepath", s->folder, a,
	    &why);

	if (why.code == ERROR_NOMEM)
		return error_set(err, ERROR_NOMEM, "%s", why.text);
	if (path != NULL && s->check->wants_files && access(path, R_OK) != 0)
		error_set_errno(&why, "cannot read %s", path);
	if (why.code != ERROR_NONE)
		tell(s, line, why.text);
	else if (s->sounds != NULL)
		return add_sound(s, rec, path, line, err);
	return 0;
}

/* An interval, when there is one, is two rising numbers from 0. */
static void
check_interval(struct state *s, const struct json *rec, const char *member,
    size_t line)
{
	const struct json *interval = json_at(rec, member);
	struct error err = { ERROR_NONE, "" };
	double start, end;

	if (interval == NULL)
		return;
	if (json_count(interval) == 2 &&
	    json_want_number(interval, "0", &start, &err) == 0 &&
	    json_want_number(interval, "1", &end, &err) == 0 &&
	    start >= 0.0 && end > start)
		return;
	error_set(&err, ERROR_FORMAT, "\"%s\" must be [start, end] with "
	    "0 <= start < end", member);
	tell(s, line, err.text);
}

static void
check_correlation(struct state *s, const struct json *rec, size_t line)
{
	double value;

	if (json_get_number(rec, "correlation", 0.0, &value, NULL) != 0 ||
	    value < 0.0 || value > 1.0)
		tell(s, line, "\"correlation\" must be a number from 0 to 1");
}

/* Keep what must not come twice, to be looked through at the end. */
static int
keep_key(struct state *s, const struct json *rec, size_t line,
    struct error *err)
{
	const char *id = record_id(rec);
	const char *fragment;
	double offset, duration;
	struct seen *seen;

	if (id[0] == '\0' || json_get_string(rec, "fragment_id", "", &fragment,
	    NULL) != 0)
		return 0;
	if (json_get_number(rec, "offset", 0.0, &offset, NULL) != 0 ||
	    json_get_number(rec, "duration", 0.0, &duration, NULL) != 0)
		return 0;
	if (json_has(rec, "id"))
		offset = duration = 0.0;
	if (memory_grow(&s->seen, &s->capacity, s->n_seen + 1,
	    sizeof(s->seen[0]), "records", err) != 0)
		return -1;
	seen = &s->seen[s->n_seen];
	seen->key = arena_printf(s->kept, "%s\n%s\n%.9g\n%.9g", id, fragment,
	    offset, duration);
	if (seen->key == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for ids");
	seen->line = line;
	s->n_seen++;
	return 0;
}

static int
check_record(struct state *s, const struct json *rec, size_t line,
    struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	struct arena *a;
	int result = 0;

	s->check->n_records++;
	s->check->n_failed += record_has_failed(rec);
	if (record_check(rec, &why) != 0)
		tell(s, line, why.text);
	check_type(s, rec, line);
	check_interval(s, rec, "interval", line);
	check_interval(s, rec, "interval_samples", line);
	check_interval(s, rec, "original_interval", line);
	check_interval(s, rec, "original_interval_samples", line);
	check_correlation(s, rec, line);
	a = arena_new();
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	/* What stands for a line that was none has no sound. */
	if (!json_has(rec, "line") || !record_has_failed(rec))
		result = check_file(s, rec, line, a, err);
	arena_free(a);
	return result != 0 ? -1 : keep_key(s, rec, line, err);
}

static int
compare_keys(const void *a, const void *b)
{
	const struct seen *x = a;
	const struct seen *y = b;
	const int by_key = strcmp(x->key, y->key);

	if (by_key != 0)
		return by_key;
	return (x->line > y->line) - (x->line < y->line);
}

static int
compare_lines(const void *a, const void *b)
{
	const struct seen *x = a;
	const struct seen *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void
tell_what_came_twice(struct state *s)
{
	struct error text;

	if (s->n_seen == 0)
		return;
	qsort(s->seen, s->n_seen, sizeof(s->seen[0]), compare_keys);
	for (size_t i = 1; i < s->n_seen; i++) {
		const struct seen *before = &s->seen[i - 1];

		if (strcmp(before->key, s->seen[i].key) == 0)
			s->seen[i].first_line = before->first_line != 0 ?
			    before->first_line : before->line;
	}
	qsort(s->seen, s->n_seen, sizeof(s->seen[0]), compare_lines);
	for (size_t i = 0; i < s->n_seen; i++) {
		const struct seen *seen = &s->seen[i];

		if (seen->first_line == 0)
			continue;
		error_set(&text, ERROR_FORMAT,
		    "the same record as line %zu: %.*s", seen->first_line,
		    (int)strcspn(seen->key, "\n"), seen->key);
		tell(s, seen->line, text.text);
	}
}

static int
check_lines(struct state *s, struct line_reader *r, struct error *err)
{
	struct record_line line = { NULL, 0, 0, false };
	enum line_kind kind;

	while ((kind = line_reader_next(r, &line.text, &line.n_bytes, err)) >
	    LINE_END) {
		struct error why = { ERROR_NONE, "" };
		struct json *rec;
		int result;

		line.number++;
		line.is_too_long = kind == LINE_TOO_LONG;
		if (record_line_is_blank(&line))
			continue;
		rec = record_line_parse(&line, &why);
		if (why.code == ERROR_NOMEM)
			return error_set(err, ERROR_NOMEM, "%s", why.text);
		if (rec == NULL) {
			tell(s, line.number, why.text);
			continue;
		}
		result = check_record(s, rec, line.number, err);
		json_free(rec);
		if (result != 0)
			return -1;
	}
	if (kind == LINE_FAILED)
		return error_add(err, "%s", s->path);
	tell_what_came_twice(s);
	if (s->sounds == NULL)
		return 0;
	return manifest_measure_run(s->sounds, s->check->measure,
	    s->check->n_threads, s->check->tolerance_sec, tell_measure, s,
	    err);
}

int
manifest_check_run(struct manifest_check *c, const char *path,
    struct error *err)
{
	struct state s = { .check = c,
		.path = path != NULL ? path : "standard input" };
	struct line_reader *r = NULL;
	int result = -1;

	s.kept = arena_new();
	if (s.kept == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (c->measure != NULL &&
	    (s.sounds = manifest_measure_new(err)) == NULL)
		goto done;
	r = line_reader_open(path, RECORD_LINE_BYTES, NULL, NULL, err);
	if (r != NULL && stream_folder(path, &s.folder, err) == 0)
		result = check_lines(&s, r, err);
done:
	line_reader_close(r);
	manifest_measure_free(s.sounds);
	memory_free(s.folder);
	memory_free(s.seen);
	arena_free(s.kept);
	return result;
}
