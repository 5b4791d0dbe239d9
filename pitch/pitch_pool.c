#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#include "audio/clip.h"
#include "manifests/record.h"
#include "manifests/stream.h"
#include "synth/band.h"
#include "synth/performance.h"
#include "synth/tune.h"
#include "synth/voice.h"

#include "pitch/pitch_pool.h"
#include "pitch/track_sound.h"

#define SCALE 32767.0f
#define MAX_SOUNDS 100000

/*
 * Middle of the voices' ranges, in semitones of MIDI: from a low male voice
 * (87 Hz) to a child's (659 Hz), and of whistles (587 to 2093 Hz).
 */
#define LOWEST_VOICE 41.0
#define HIGHEST_VOICE 76.0
#define LOWEST_WHISTLE 74.0
#define HIGHEST_WHISTLE 96.0
#define P_HUMMED 0.4
#define P_WHISTLED 0.1

void
pitch_pool_release(struct pitch_pool *p)
{
	for (size_t i = 0; i < p->n_sounds; i++) {
		memory_free(p->sounds[i].samples);
		memory_free(p->sounds[i].f0_hz);
	}
	memory_free(p->sounds);
	*p = (struct pitch_pool){ NULL, 0, 0 };
}

float
pitch_pool_sample(const struct pitch_sound *s, int64_t i)
{
	return i < 0 || (uint64_t)i >= s->n_samples ? 0.0f :
	    (float)s->samples[i] / SCALE;
}

float *
pitch_pool_samples(const struct pitch_sound *s, struct error *err)
{
	float *samples = memory_new(s->n_samples, sizeof(*samples),
	    "samples", err);

	if (samples == NULL)
		return NULL;
	for (size_t i = 0; i < s->n_samples; i++)
		samples[i] = (float)s->samples[i] / SCALE;
	return samples;
}

/* Level of the samples near voiced labels, or of all of them. */
static double
measure_level(const struct pitch_sound *s)
{
	const double hop = PITCH_POOL_HOP_SEC * PITCH_POOL_RATE_HZ;
	double sum = 0.0;
	size_t n = 0;

	for (size_t i = 0; i < s->n_samples; i++) {
		const double x = (double)s->samples[i] / (double)SCALE;
		const double k = round(((double)i -
		    s->shift_sec * PITCH_POOL_RATE_HZ) / hop);

		if (s->f0_hz != NULL && (k < 0.0 ||
		    k >= (double)s->n_frames || s->f0_hz[(size_t)k] <= 0.0f))
			continue;
		sum += x * x;
		n++;
	}
	return n == 0 ? 0.0 : sqrt(sum / (double)n);
}

/* Copy samples and labels (f0_hz may be NULL) into a sound. */
static int
fill_sound(struct pitch_sound *s, const float *samples, size_t n_samples,
    const float *f0_hz, size_t n_frames, double shift_sec, struct error *err)
{
	s->samples = memory_new(n_samples, sizeof(*s->samples), "samples",
	    err);
	if (s->samples == NULL)
		return -1;
	s->n_samples = n_samples;
	s->shift_sec = shift_sec;
	for (size_t i = 0; i < n_samples; i++)
		s->samples[i] = (int16_t)lrintf(fminf(fmaxf(samples[i],
		    -1.0f), 1.0f) * SCALE);
	if (f0_hz != NULL) {
		s->f0_hz = memory_new(n_frames, sizeof(*s->f0_hz), "labels",
		    err);
		if (s->f0_hz == NULL)
			return -1;
		memcpy(s->f0_hz, f0_hz, n_frames * sizeof(*f0_hz));
		s->n_frames = n_frames;
	}
	s->level = measure_level(s);
	return 0;
}

/* The pitch in the middle of a tune, weighted by the notes' lengths. */
static double
middle_pitch(const struct tune *t)
{
	double sum = 0.0, weight = 0.0;

	for (size_t i = 0; i < t->n_notes; i++) {
		sum += t->notes[i].pitch * t->notes[i].duration_sec;
		weight += t->notes[i].duration_sec;
	}
	return weight > 0.0 ? sum / weight : 60.0;
}

/* Somebody sings a new tune in some range. */
static int
perform(const struct pitch_pool_plan *plan, enum voice_kind kind,
    struct random *r, struct arena *a, struct tune *tune,
    struct performance *p, double *transposition, struct error *err)
{
	const struct tune_options options = { plan->sound_sec,
	    plan->sound_sec + 2.0 };
	const double middle = kind == VOICE_WHISTLED ?
	    random_range(r, LOWEST_WHISTLE, HIGHEST_WHISTLE) :
	    random_range(r, LOWEST_VOICE, HIGHEST_VOICE);
	struct performance_style style;

	if (tune_generate(&options, r, a, tune, err) != 0)
		return -1;
	if (random_uniform(r) < 0.5)
		performance_style_hum(&style, r);
	else
		performance_style_cover(&style, r);
	style.transposition = middle - middle_pitch(tune);
	style.intro_sec = style.outro_sec = 0.0;
	style.from_sec = style.to_sec = 0.0;
	*transposition = style.transposition;
	return performance_make(tune, &style, r, a, p, err);
}

static enum voice_kind
draw_kind(struct random *r)
{
	const double draw = random_uniform(r);

	return draw < P_WHISTLED ? VOICE_WHISTLED :
	    draw < P_WHISTLED + P_HUMMED ? VOICE_HUMMED : VOICE_SUNG;
}

static int
sing(const struct performance *p, enum voice_kind kind, struct random *r,
    struct arena *a, float *samples, size_t n_samples, struct error *err)
{
	struct voice voice;

	voice_draw(&voice, kind, r);
	return voice_sing(&voice, p, PITCH_POOL_RATE_HZ, r, a, samples,
	    n_samples, err);
}

/* What the threads share while they synthesise. */
struct synthesis {
	const struct pitch_pool_plan *plan;
	struct pitch_sound *sounds;	/* [plan->n_sounds] */
};

static int
synthesise_one(void *shared, size_t task, size_t thread, struct error *err)
{
	const struct synthesis *job = shared;
	struct arena *a = arena_new();
	enum voice_kind kind = VOICE_SUNG;
	struct performance p;
	struct random r;
	struct tune tune;
	double transposition;
	float *samples = NULL;
	size_t n = 0;
	int status = -1;

	(void)thread;
	random_init_keyed(&r, job->plan->seed,
	    job->plan->has_voice ? 1 : 2, task);
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (job->plan->has_voice)
		kind = draw_kind(&r);
	if (perform(job->plan, kind, &r, a, &tune, &p, &transposition,
	    err) != 0)
		goto out;
	n = (size_t)(p.duration_sec * PITCH_POOL_RATE_HZ);
	samples = arena_need(a, n, sizeof(*samples), "samples", err);
	if (samples == NULL)
		goto out;
	if (job->plan->has_voice ? sing(&p, kind, &r, a, samples, n,
	    err) != 0 :
	    band_play(&tune, &p, transposition, PITCH_POOL_RATE_HZ, &r, a,
	    samples, n, err) != 0)
		goto out;
	status = fill_sound(&job->sounds[task], samples, n,
	    job->plan->has_voice ? p.f0_hz : NULL, p.n_frames, 0.0, err);
out:
	arena_free(a);
	return status;
}

/* Room for n more sounds. */
static int
make_room(struct pitch_pool *p, size_t n, struct error *err)
{
	if (n > MAX_SOUNDS - p->n_sounds)
		return error_set(err, ERROR_LIMIT, "more than %d sounds",
		    MAX_SOUNDS);
	return memory_grow(&p->sounds, &p->n_room, p->n_sounds + n,
	    sizeof(*p->sounds), "sounds", err);
}

int
pitch_pool_synthesise(struct pitch_pool *p,
    const struct pitch_pool_plan *plan, struct pool *threads,
    struct error *err)
{
	struct synthesis job = { plan, NULL };

	if (plan->n_sounds == 0)
		return 0;
	if (make_room(p, plan->n_sounds, err) != 0)
		return -1;
	job.sounds = p->sounds + p->n_sounds;
	p->n_sounds += plan->n_sounds;
	return pool_run(threads, plan->n_sounds, synthesise_one, &job, err);
}

/* The sound as chad-f0 will hear it. */
static int
load_sound(const struct track_sound_files *files, struct arena *a,
    struct clip *clip, struct error *err)
{
	struct clip recording;

	if (clip_load(files->path, PITCH_POOL_RATE_HZ, 0.0, 0.0, a, clip,
	    err) != 0)
		return -1;
	if (files->recording_path == NULL)
		return 0;
	if (clip_load(files->recording_path, PITCH_POOL_RATE_HZ, 0.0, 0.0, a,
	    &recording, err) != 0)
		return -1;
	if (recording.n_samples != clip->n_samples)
		return error_set(err, ERROR_FORMAT, "%s is not as long as %s: "
		    "run chad-separate again", files->path,
		    files->recording_path);
	return under_voice_apply(clip->samples, recording.samples,
	    clip->n_samples, files->share, err);
}

/* Add one record. */
static int
load_record(struct pitch_pool *p, const struct json *rec, const char *folder,
    struct arena *a, struct error *err)
{
	struct track_sound_files files;
	const char *track_path;
	struct track track;
	struct clip clip;
	double shift_sec;

	track_path = record_path(rec, "truth.f0_path", folder, a, err);
	if (track_path == NULL || track_sound_find(rec, folder,
	    UNDER_VOICE_SHARE, a, &files, err) != 0 ||
	    json_get_number(rec, "truth.f0_shift_sec", 0.0, &shift_sec,
	    err) != 0 || track_read(track_path, a, &track, err) != 0 ||
	    load_sound(&files, a, &clip, err) != 0 ||
	    make_room(p, 1, err) != 0)
		return -1;
	if (fabs(track.hop_sec - PITCH_POOL_HOP_SEC) > 1e-9)
		return error_set(err, ERROR_FORMAT,
		    "%s: labels every %g s; 10 ms are needed", track_path,
		    track.hop_sec);
	if (track.n_frames == 0)
		return error_set(err, ERROR_FORMAT, "%s: no labels",
		    track_path);
	return fill_sound(&p->sounds[p->n_sounds++], clip.samples,
	    clip.n_samples, track.f0_hz, track.n_frames, shift_sec, err);
}

int
pitch_pool_load(struct pitch_pool *p, const char *manifest_path,
    struct error *err)
{
	struct arena *a = arena_new();
	struct stream_list list = { .records = NULL };
	int status = -1;

	if (a == NULL) {
		error_set(err, ERROR_NOMEM, "out of memory");
		goto out;
	}
	if (stream_list_load(&list, manifest_path, err) != 0)
		goto out;
	for (size_t i = 0; i < list.n_records; i++) {
		const struct json *rec = list.records[i];

		if (record_has_failed(rec) ||
		    !json_has(rec, "truth.f0_path"))
			continue;
		if (load_record(p, rec, list.folder, a, err) != 0) {
			error_add(err, "\"%s\"", record_id(rec));
			goto out;
		}
		arena_reset(a);
	}
	status = 0;
out:
	stream_list_release(&list);
	arena_free(a);
	return status;
}
