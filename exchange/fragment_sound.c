#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "audio/decoder.h"

#include "exchange/fragment_sound.h"

#define USUAL_RATE_HZ 16000
#define END_TOLERANCE_SEC 0.1	/* as store/inspect.h allows */

/* The part of the decoded file. */
static int
cut_decoded(const struct fragment_sound *s, const char *in, const char *out,
    double start, double sec, struct arena *a, double *got_sec,
    struct error *err)
{
	struct clip clip;

	if (clip_load(in, CLIP_ANY_RATE, start, sec, a, &clip, err) != 0)
		return -1;
	*got_sec = (double)clip.n_samples / clip.rate_hz;
	return clip_write(out, s->format, clip.rate_hz, clip.samples,
	    clip.n_samples, err);
}

/* The part of the recording itself. */
static int
cut_recording(const struct fragment_sound *s, const char *in, const char *out,
    double start, double sec, double *got_sec, struct error *err)
{
	const struct decoder_options options = {
		.rate_hz = s->rate_hz == 0 ? USUAL_RATE_HZ : s->rate_hz,
		.n_channels = s->n_channels, .offset_sec = start,
		.duration_sec = sec,
	};
	struct decoder *d = decoder_open(in, &options, err);
	struct clip_writer *w = NULL;

	if (d != NULL)
		w = clip_writer_open_channels(out, s->format, options.rate_hz,
		    s->n_channels, err);
	if (w == NULL || decoder_copy(d, w, err) != 0) {
		clip_writer_abandon(w);
		decoder_close(d);
		return -1;
	}
	*got_sec = (double)decoder_facts(d).n_samples / options.rate_hz;
	decoder_close(d);
	return clip_writer_commit(w, err);
}

/* What it is cut from: *is_decoded, and *in, which is borrowed. */
static int
choose_source(const struct fragment_sound *s, const struct json *row,
    bool *is_decoded, const char **in, struct error *err)
{
	*is_decoded = s->rate_hz == 0 && json_has(row, "sound.decoded");
	if (*is_decoded)
		return json_want_string(row, "sound.decoded", in, err);
	if (!json_has(row, "sound.audio_filepath"))
		return error_set(err, ERROR_FORMAT, "no recording of the work "
		    "has this id or youtube_id and a sound: add one with "
		    "audio_filepath");
	return json_want_string(row, "sound.audio_filepath", in, err);
}

int
fragment_sound_cut(const struct fragment_sound *s, const struct json *row,
    const char *path, struct arena *a, double *before_sec, struct error *err)
{
	double start, end, first, sec, offset, got_sec;
	bool is_decoded;
	const char *in;
	int status;

	if (json_want_number(row, "interval.0", &start, err) != 0 ||
	    json_want_number(row, "interval.1", &end, err) != 0 ||
	    json_get_number(row, "sound.offset", 0, &offset, err) != 0 ||
	    choose_source(s, row, &is_decoded, &in, err) != 0)
		return -1;
	*before_sec = start < s->context_sec ? start : s->context_sec;
	first = start - *before_sec;
	sec = end + s->context_sec - first;
	status = is_decoded ?
	    cut_decoded(s, in, path, first, sec, a, &got_sec, err) :
	    cut_recording(s, in, path, offset + first, sec, &got_sec,
	    err);
	if (status != 0 || first + got_sec >= end - END_TOLERANCE_SEC)
		return status;
	(void)unlink(path);
	return error_set(err, ERROR_FORMAT, "%s ends at %.3f s and the "
	    "fragment at %.3f s", in, first + got_sec, end);
}
