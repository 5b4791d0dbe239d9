#include <math.h>
#include <stdint.h>

#include "audio/clip.h"
#include "audio/decoder.h"
#include "manifests/record.h"

#include "review/sound_source.h"
#include "review/view_array.h"
#include "review/view_side.h"

#define C0_HZ 16.3516
#define FULL_SCALE 127.0
/* What a file is read at that no command wrote. */
#define RATE_HZ 16000

/* Keep why something is missing; only lack of memory is an error. */
static int
note(struct view_side *s, const struct error *why, struct arena *a,
    struct error *err)
{
	if (why->code == ERROR_NOMEM)
		return error_set(err, ERROR_NOMEM, "%s", why->text);
	if (s->why == NULL && (s->why = arena_strdup(a, why->text)) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	return 0;
}

static int
read_track(struct view_side *s, struct arena *a, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	const char *path;

	if (!json_has(s->rec, "f0.path")) {
		(void)error_set(&why, ERROR_FORMAT, "\"%s\" has no pitch "
		    "track (chad-f0)", record_id(s->rec));
		return note(s, &why, a, err);
	}
	path = record_path(s->rec, "f0.path", NULL, a, &why);
	if (path == NULL || track_read(path, a, &s->track, &why) != 0)
		return note(s, &why, a, err);
	s->has_track = true;
	return 0;
}

int
view_side_init(struct view_side *s, const struct json *rec,
    const double interval[2], double around_sec, struct arena *a,
    struct error *err)
{
	double end;

	*s = (struct view_side){ .rec = rec };
	if (read_track(s, a, err) != 0)
		return -1;
	end = s->has_track ? (double)s->track.n_frames * s->track.hop_sec :
	    interval[1];
	if (json_get_number(rec, "decode.duration_sec", end,
	    &s->duration_sec, err) != 0)
		return -1;
	/* A fragment that reaches beyond the end is shown all the same. */
	s->duration_sec = fmax(s->duration_sec, interval[1]);
	s->from_sec = fmax(0.0, interval[0] - around_sec);
	s->to_sec = fmin(s->duration_sec, interval[1] + around_sec);
	return 0;
}

float
view_side_cents(const struct view_side *s, double t_sec)
{
	const double k = s->has_track ?
	    floor(t_sec / s->track.hop_sec + 0.5) : -1.0;
	double f0_hz;

	if (!(k >= 0.0 && k < (double)s->track.n_frames))
		return NAN;
	f0_hz = (double)s->track.f0_hz[(size_t)k];
	return f0_hz > 0.0 ? (float)(1200.0 * log2(f0_hz / C0_HZ)) : NAN;
}

static size_t
n_steps(const struct view_side *s)
{
	return (size_t)ceil((s->to_sec - s->from_sec) / VIEW_SIDE_STEP_SEC -
	    1e-6);
}

static int
put_f0(const struct view_side *s, struct json *side, struct arena *a,
    struct error *err)
{
	const size_t n = n_steps(s);
	float *cents = arena_need(a, n, sizeof(*cents), "cents", err);

	if (cents == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		cents[i] = view_side_cents(s, s->from_sec + (double)i *
		    VIEW_SIDE_STEP_SEC);
	if (json_put_rounded(side, "f0.start", s->from_sec, 6, err) != 0 ||
	    json_put_rounded(side, "f0.step", VIEW_SIDE_STEP_SEC, 6,
	    err) != 0)
		return -1;
	return view_array_put(side, "f0.cents", cents, n, 0, a, err);
}

/* The window's samples; fewer where the file ends. */
static int
read_window(const struct view_side *s, const struct sound_source *from,
    struct arena *a, struct clip *clip, struct error *err)
{
	const double sec = s->to_sec - s->from_sec;
	const size_t n_max = (size_t)(sec * RATE_HZ) + 1;
	struct decoder *d;
	int status;

	if (!from->is_given)
		return clip_load(from->path, CLIP_ANY_RATE, s->from_sec, sec,
		    a, clip, err);
	clip->rate_hz = RATE_HZ;
	clip->samples = arena_need(a, n_max, sizeof(*clip->samples),
	    "samples", err);
	if (clip->samples == NULL || (d = sound_source_open(from, RATE_HZ,
	    s->from_sec, sec, err)) == NULL)
		return -1;
	status = decoder_get(d, clip->samples, n_max, &clip->n_samples, err);
	decoder_close(d);
	return status;
}

static int8_t
quantise(float x)
{
	return (int8_t)lrint(fmin(1.0, fmax(-1.0, (double)x)) * FULL_SCALE);
}

/* Lowest and highest of the samples of step i. */
static void
find_peaks(const struct clip *clip, size_t i, int8_t peaks[2])
{
	const double n_step = VIEW_SIDE_STEP_SEC * clip->rate_hz;
	size_t k = (size_t)((double)i * n_step);
	size_t end = (size_t)((double)(i + 1) * n_step);
	float low, high;

	end = end < clip->n_samples ? end : clip->n_samples;
	low = high = k < end ? clip->samples[k] : 0.0f;
	for (; k < end; k++) {
		low = clip->samples[k] < low ? clip->samples[k] : low;
		high = clip->samples[k] > high ? clip->samples[k] : high;
	}
	peaks[0] = quantise(low);
	peaks[1] = quantise(high);
}

/* Put the peaks of the source, or null where it cannot be read. */
static int
put_peaks(struct view_side *s, struct json *side, const char *path,
    enum sound_source_kind kind, struct arena *a, struct error *err)
{
	const size_t n = n_steps(s);
	int8_t *peaks = arena_need(a, 2 * n, sizeof(*peaks), "peaks", err);
	struct error why = { ERROR_NONE, "" };
	struct sound_source from;
	struct clip clip = { .n_samples = 0 };

	if (peaks == NULL)
		return -1;
	if (sound_source_find(s->rec, kind, a, &from, &why) != 0 ||
	    read_window(s, &from, a, &clip, &why) != 0) {
		/*
		 * That there is no sound says more than that there is no
		 * track; the copies say why there is no voice.
		 */
		if (kind != SOUND_SOURCE_VOICE)
			s->why = NULL;
		if (kind != SOUND_SOURCE_VOICE && note(s, &why, a, err) != 0)
			return -1;
		return json_put_null(side, path, err);
	}
	for (size_t i = 0; i < n; i++)
		find_peaks(&clip, i, &peaks[2 * i]);
	return view_array_put_bytes(side, path, peaks, 2 * n, a, err);
}

int
view_side_put(struct view_side *s, struct json *view, const char *name,
    struct arena *a, struct error *err)
{
	struct json *side = json_new_object(err);
	int status = -1;

	if (side == NULL)
		return -1;
	if (json_put_string(side, "id", record_id(s->rec), err) == 0 &&
	    view_array_put_pair(side, "window", s->from_sec, s->to_sec,
	    err) == 0 &&
	    json_put_rounded(side, "duration", s->duration_sec, 6,
	    err) == 0 && put_f0(s, side, a, err) == 0 &&
	    json_put_rounded(side, "peaks.start", s->from_sec, 6,
	    err) == 0 &&
	    json_put_rounded(side, "peaks.step", VIEW_SIDE_STEP_SEC, 6,
	    err) == 0 &&
	    put_peaks(s, side, "peaks.mix", SOUND_SOURCE_DECODED, a,
	    err) == 0 &&
	    put_peaks(s, side, "peaks.voice", SOUND_SOURCE_VOICE, a,
	    err) == 0 && (s->why == NULL ||
	    json_put_string(side, "why", s->why, err) == 0))
		status = json_put(view, name, side, err);
	json_free(side);
	return status;
}
