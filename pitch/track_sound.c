#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "manifests/record.h"

#include "pitch/track_sound.h"
#include "pitch/tracker.h"

#define SKIP_SAMPLES 1024
/* A part may reach this far beyond the end: durations are often rounded. */
#define PART_SLACK_SEC 0.1

/* Is the voice chad-separate's, and not the recording itself? */
static int
is_separated(const struct json *rec, const char *member, bool *is,
    struct error *err)
{
	bool was_passed;

	if (json_get_bool(rec, "separate.passed", false, &was_passed,
	    err) != 0)
		return -1;
	*is = strcmp(member, "vocals_filepath") == 0 && !was_passed &&
	    json_has(rec, "separate.key");
	return 0;
}

int
track_sound_find(const struct json *rec, const char *folder, double share,
    struct arena *a, struct track_sound_files *files, struct error *err)
{
	bool is_mixed;

	*files = (struct track_sound_files){ .share = share };
	files->path = record_sound_path(rec, true, folder, &files->member, a,
	    err);
	if (files->path == NULL ||
	    json_get_number(rec, "offset", 0.0, &files->offset_sec,
	    err) != 0 ||
	    json_get_number(rec, "duration", 0.0, &files->duration_sec,
	    err) != 0 ||
	    is_separated(rec, files->member, &is_mixed, err) != 0)
		return -1;
	if (strcmp(files->member, "audio_filepath") != 0)
		files->offset_sec = files->duration_sec = 0.0;
	if (!is_mixed || !(share > 0.0))
		return 0;
	files->recording_path = record_sound_path(rec, false, folder, NULL, a,
	    err);
	return files->recording_path == NULL ? -1 : 0;
}

static int
get_input(void *context, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	struct track_sound_input *in = context;

	return in->decoder != NULL ?
	    decoder_get(in->decoder, samples, n_max, n_read, err) :
	    clip_reader_get(in->reader, samples, n_max, n_read, err);
}

static int
get_part(void *context, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	struct track_sound *s = context;
	const size_t n = s->n_left < n_max ? (size_t)s->n_left : n_max;

	if (s->whole.get(s->whole.context, samples, n, n_read, err) != 0)
		return -1;
	s->n_left = *n_read < n ? 0 : s->n_left - n;
	return 0;
}

/* The part that is meant, in samples of n_samples. */
static int
find_part(const struct track_sound_files *f, uint64_t n_samples,
    uint64_t *first, uint64_t *n, struct error *err)
{
	const double from = f->offset_sec * TRACKER_RATE_HZ;
	const double duration_sec = f->duration_sec;

	if (!(from >= 0.0) || from > (double)n_samples)
		return error_set(err, ERROR_FORMAT, "offset %g s lies outside "
		    "the sound", f->offset_sec);
	*first = (uint64_t)(from + 0.5);
	*n = *first < n_samples ? n_samples - *first : 0;
	if (duration_sec > PART_SLACK_SEC &&
	    (duration_sec - PART_SLACK_SEC) * TRACKER_RATE_HZ > (double)*n)
		return error_set(err, ERROR_FORMAT, "the part from %g s to "
		    "%g s is not in the sound, which is %.3f s long",
		    f->offset_sec, f->offset_sec + duration_sec,
		    (double)n_samples / TRACKER_RATE_HZ);
	if (duration_sec > 0.0 &&
	    duration_sec * TRACKER_RATE_HZ < (double)*n)
		*n = (uint64_t)(duration_sec * TRACKER_RATE_HZ + 0.5);
	return 0;
}

/*
 * Open the file, or have it decoded when its rate is another.  n_samples at
 * the tracker's rate, as both will give them.
 */
static int
open_input(struct track_sound_input *in, const char *path,
    struct frames_source *source, struct error *err)
{
	/* As a clip is read: what is NaN becomes 0. */
	const struct decoder_options options = { .rate_hz = TRACKER_RATE_HZ,
	    .accept_nonfinite = true };
	uint64_t n_samples;
	unsigned rate_hz;

	in->reader = clip_reader_open(path, CLIP_ANY_RATE, err);
	if (in->reader == NULL)
		return -1;
	n_samples = clip_reader_n_samples(in->reader);
	rate_hz = clip_reader_rate_hz(in->reader);
	if (rate_hz != TRACKER_RATE_HZ) {
		n_samples = (uint64_t)llround((double)n_samples *
		    TRACKER_RATE_HZ / rate_hz);
		clip_reader_close(in->reader);
		in->reader = NULL;
		in->decoder = decoder_open(path, &options, err);
		if (in->decoder == NULL)
			return -1;
	}
	*source = (struct frames_source){ get_input, in, n_samples,
	    TRACKER_RATE_HZ };
	return 0;
}

/* The sound from its beginning. */
static int
open_whole(struct track_sound *s, const struct track_sound_files *files,
    struct error *err)
{
	struct frames_source recording;

	if (open_input(&s->voice, files->path, &s->whole, err) != 0)
		return -1;
	if (files->recording_path == NULL)
		return 0;
	if (open_input(&s->recording, files->recording_path, &recording,
	    err) != 0)
		return -1;
	s->under = under_voice_new(&s->whole, &recording, files->share, err);
	if (s->under == NULL)
		return -1;
	s->whole = under_voice_source(s->under);
	return 0;
}

int
track_sound_open(struct track_sound *s, const struct track_sound_files *files,
    struct frames_source *source, struct error *err)
{
	float skipped[SKIP_SAMPLES];
	size_t n = SKIP_SAMPLES;
	uint64_t first = 0;

	if (open_whole(s, files, err) != 0 || find_part(files,
	    s->whole.n_samples, &first, &s->n_left, err) != 0)
		return -1;
	for (; first > 0 && n == SKIP_SAMPLES; first -= n) {
		const size_t n_wanted = first < SKIP_SAMPLES ? (size_t)first :
		    SKIP_SAMPLES;

		if (s->whole.get(s->whole.context, skipped, n_wanted, &n,
		    err) != 0)
			return -1;
	}
	*source = (struct frames_source){ get_part, s, s->n_left,
	    TRACKER_RATE_HZ };
	return 0;
}

void
track_sound_close(struct track_sound *s)
{
	under_voice_free(s->under);
	clip_reader_close(s->voice.reader);
	decoder_close(s->voice.decoder);
	clip_reader_close(s->recording.reader);
	decoder_close(s->recording.decoder);
}
