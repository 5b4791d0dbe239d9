#include <math.h>

#include "base/hash.h"

#include "manifests/record.h"

#include "align/fragment_record.h"

#define ID_DIGITS 16

/* Copy the member "from" of one record as "to" of another, if it is there. */
static int
carry(struct json *rec, const char *to, const struct json *source,
    const char *from, struct error *err)
{
	const struct json *value = json_at(source, from);

	return value == NULL ? 0 : json_put(rec, to, value, err);
}

struct json *
fragment_record_new(const struct json *original, const struct json *cover,
    struct error *err)
{
	struct json *rec = json_new_object(err);

	if (rec == NULL)
		return NULL;
	if (carry(rec, "group_id", cover, "group_id", err) != 0 ||
	    json_put_string(rec, "fragment_id", "", err) != 0 ||
	    json_put_string(rec, "id", record_id(cover), err) != 0 ||
	    carry(rec, "audio_type", cover, "audio_type", err) != 0 ||
	    carry(rec, "audio_filepath", cover, "audio_filepath", err) != 0 ||
	    carry(rec, "youtube_id", cover, "youtube_id", err) != 0 ||
	    json_put_string(rec, "original_id", record_id(original),
	    err) != 0 ||
	    carry(rec, "original_audio_filepath", original, "audio_filepath",
	    err) != 0 ||
	    carry(rec, "original_youtube_id", original, "youtube_id",
	    err) != 0) {
		json_free(rec);
		return NULL;
	}
	return rec;
}

static size_t
sample_of(double sec)
{
	return (size_t)floor(sec * FRAGMENT_RECORD_RATE_HZ + 0.5);
}

/* Put an interval as samples and as seconds. */
static int
put_interval(struct json *rec, const char *samples_name,
    const char *seconds_name, size_t from, size_t to, struct error *err)
{
	const double rate_hz = FRAGMENT_RECORD_RATE_HZ;

	json_remove(rec, samples_name);
	json_remove(rec, seconds_name);
	if (json_append_size(rec, samples_name, from, err) != 0 ||
	    json_append_size(rec, samples_name, to, err) != 0 ||
	    json_append_number(rec, seconds_name, (double)from / rate_hz,
	    err) != 0)
		return -1;
	return json_append_number(rec, seconds_name, (double)to / rate_hz,
	    err);
}

/* The same for the same recordings and starts, whatever else was found. */
static int
put_id(struct json *rec, size_t original_sample, size_t cover_sample,
    struct arena *a, struct error *err)
{
	const char *starts = arena_printf(a, "%zu %zu", original_sample,
	    cover_sample);
	const char *original, *cover;
	char hex[HASH_HEX_BYTES];

	if (starts == NULL)
		return error_set(err, ERROR_NOMEM, "naming a fragment");
	if (json_want_string(rec, "original_id", &original, err) != 0 ||
	    json_want_string(rec, "id", &cover, err) != 0)
		return -1;
	hash_texts(hex, original, cover, starts, (const char *)NULL);
	hex[ID_DIGITS] = '\0';
	return json_put_string(rec, "fragment_id", hex, err);
}

/* Where a player finds it in the file of the cover. */
static int
put_place(struct json *rec, const struct json *cover, size_t from, size_t to,
    struct error *err)
{
	const double rate_hz = FRAGMENT_RECORD_RATE_HZ;
	double offset_sec;

	if (json_get_number(cover, "offset", 0.0, &offset_sec, err) != 0)
		return -1;
	offset_sec += (double)from / rate_hz;
	if (json_put_rounded(rec, "offset", offset_sec, 7, err) != 0)
		return -1;
	return json_put_rounded(rec, "duration", (double)(to - from) / rate_hz,
	    7, err);
}

static int
put_scores(struct json *rec, const struct aligner_fragment *f,
    struct error *err)
{
	if (json_put_rounded(rec, "correlation", f->correlation, 4,
	    err) != 0 ||
	    json_put_rounded(rec, "agreement", f->agreement, 4, err) != 0 ||
	    json_put_rounded(rec, "tempo_ratio", f->tempo_ratio, 4,
	    err) != 0 ||
	    json_put_rounded(rec, "transposition_semitones",
	    f->transposition_semitones, 2, err) != 0 ||
	    json_put_bool(rec, "is_repeat", f->is_repeat, err) != 0 ||
	    json_put_rounded(rec, "voiced_sec", f->voiced_sec, 2,
	    err) != 0)
		return -1;
	return json_put_rounded(rec, "margin", f->margin, 4, err);
}

int
fragment_record_decide(struct json *rec, enum aligner_decision decision,
    struct error *err)
{
	if (json_put_bool(rec, "check_by_crowdsource",
	    decision == ALIGNER_FLAG, err) != 0)
		return -1;
	return json_put_string(rec, "decision",
	    aligner_decision_name(decision), err);
}

int
fragment_record_put(struct json *rec, const struct json *cover,
    const struct aligner_fragment *f, struct arena *a, struct error *err)
{
	const size_t from = sample_of(f->from_sec);
	const size_t to = sample_of(f->to_sec);
	const size_t original_from = sample_of(f->original_from_sec);
	const size_t original_to = sample_of(f->original_to_sec);

	if (json_put_size(rec, "rate_hz", FRAGMENT_RECORD_RATE_HZ,
	    err) != 0 ||
	    put_interval(rec, "interval_samples", "interval", from, to,
	    err) != 0 ||
	    put_interval(rec, "original_interval_samples",
	    "original_interval", original_from, original_to, err) != 0 ||
	    put_id(rec, original_from, from, a, err) != 0 ||
	    put_place(rec, cover, from, to, err) != 0)
		return -1;
	return put_scores(rec, f, err);
}

int
fragment_record_line(const struct json *rec, struct time_line *line,
    double *from_sec, double *to_sec, struct error *err)
{
	double end_sec;

	if (json_want_number(rec, "original_interval.0", from_sec,
	    err) != 0 ||
	    json_want_number(rec, "original_interval.1", to_sec, err) != 0 ||
	    json_want_number(rec, "interval.0", &line->cover_sec, err) != 0 ||
	    json_want_number(rec, "interval.1", &end_sec, err) != 0)
		return -1;
	if (!(*to_sec > *from_sec) || !(end_sec > line->cover_sec))
		return error_set(err, ERROR_FORMAT,
		    "an interval does not end after its start");
	line->original_sec = *from_sec;
	line->tempo_ratio = (end_sec - line->cover_sec) /
	    (*to_sec - *from_sec);
	return 0;
}
