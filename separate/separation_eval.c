#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

#include "audio/clip.h"
#include "manifests/record.h"
#include "manifests/recording_scores.h"

#include "separate/bss_eval.h"
#include "separate/separate_score.h"
#include "separate/separation_eval.h"

#define MOST_DB 100.0

/* The sounds of a recording; estimates and truths in the order of targets. */
enum sound {
	MIXTURE, VOICE_FOUND, BAND_FOUND, VOICE_TRUE, BAND_TRUE, N_SOUNDS
};

static const char *const members[N_SOUNDS] = { NULL, "vocals_filepath",
	"accompaniment_filepath", "truth.vocals_filepath",
	"truth.accompaniment_filepath" };

static const char *const silences[N_SOUNDS] = { "the mixture is silent",
	"the estimated voice is silent",
	"the estimated accompaniment is silent",
	"the true voice is silent", "the true accompaniment is silent" };

struct sounds {
	struct clip clips[N_SOUNDS];
	double *samples[N_SOUNDS];	/* the same as doubles */
	size_t n_samples;
	unsigned rate_hz;
};

/* ---- loading ---- */

static bool
has_members(const struct json *rec)
{
	return json_has(rec, members[VOICE_FOUND]) &&
	    json_has(rec, members[VOICE_TRUE]) &&
	    (json_has(rec, "decode.path") || json_has(rec, "audio_filepath"));
}

static int
load_mixture(const struct json *rec, const char *folder, struct arena *a,
    struct sounds *s, const char **path, struct error *err)
{
	const char *member;
	double offset_sec = 0.0, duration_sec = 0.0;

	*path = record_sound_path(rec, false, folder, &member, a, err);
	if (*path == NULL)
		return -1;
	/* What was decoded is the part that is meant. */
	if (strcmp(member, "audio_filepath") == 0 &&
	    (json_get_number(rec, "offset", 0.0, &offset_sec, err) != 0 ||
	    json_get_number(rec, "duration", 0.0, &duration_sec, err) != 0))
		return -1;
	return clip_load(*path, CLIP_ANY_RATE, offset_sec, duration_sec, a,
	    &s->clips[MIXTURE], err);
}

/* Load one of the others, which must be like the mixture. */
static int
load_sound(const struct json *rec, enum sound which, const char *folder,
    const char *mixture_path, struct arena *a, struct sounds *s,
    struct error *err)
{
	const struct clip *mixture = &s->clips[MIXTURE];
	struct clip *clip = &s->clips[which];
	const char *path = record_path(rec, members[which], folder, a, err);

	if (path == NULL || clip_load(path, mixture->rate_hz, 0.0, 0.0, a,
	    clip, err) != 0)
		return -1;
	if (clip->n_samples != mixture->n_samples)
		return error_set(err, ERROR_FORMAT, "%s and %s are not of "
		    "one length", mixture_path, path);
	return clip->n_channels == 1 ? 0 : error_set(err, ERROR_FORMAT,
	    "%s has %zu channels where one is measured; run chad-decode "
	    "first", path, clip->n_channels);
}

/* The mixture less the voice. */
static int
subtract(struct sounds *s, enum sound voice, enum sound band,
    struct arena *a, struct error *err)
{
	const struct clip *mixture = &s->clips[MIXTURE];
	struct clip *rest = &s->clips[band];

	*rest = *mixture;
	rest->samples = arena_need(a, mixture->n_samples,
	    sizeof(*rest->samples), "samples", err);
	if (rest->samples == NULL)
		return -1;
	for (size_t i = 0; i < mixture->n_samples; i++)
		rest->samples[i] = mixture->samples[i] -
		    s->clips[voice].samples[i];
	return 0;
}

static int
widen(struct sounds *s, struct arena *a, struct error *err)
{
	for (size_t i = 0; i < N_SOUNDS; i++) {
		s->samples[i] = arena_need(a, s->n_samples,
		    sizeof(*s->samples[i]), "samples", err);
		if (s->samples[i] == NULL)
			return -1;
		for (size_t t = 0; t < s->n_samples; t++)
			s->samples[i][t] = (double)s->clips[i].samples[t];
	}
	return 0;
}

static int
load(const struct json *rec, const char *folder, struct arena *a,
    struct sounds *s, struct error *err)
{
	const char *path;

	if (load_mixture(rec, folder, a, s, &path, err) != 0)
		return -1;
	if (s->clips[MIXTURE].n_channels != 1)
		return error_set(err, ERROR_FORMAT, "%s has %zu channels "
		    "where one is measured; run chad-decode first", path,
		    s->clips[MIXTURE].n_channels);
	s->n_samples = s->clips[MIXTURE].n_samples;
	s->rate_hz = s->clips[MIXTURE].rate_hz;
	for (size_t i = VOICE_FOUND; i < N_SOUNDS; i++) {
		if (json_has(rec, members[i]) && load_sound(rec,
		    (enum sound)i, folder, path, a, s, err) != 0)
			return -1;
	}
	if ((!json_has(rec, members[BAND_FOUND]) &&
	    subtract(s, VOICE_FOUND, BAND_FOUND, a, err) != 0) ||
	    (!json_has(rec, members[BAND_TRUE]) &&
	    subtract(s, VOICE_TRUE, BAND_TRUE, a, err) != 0))
		return -1;
	return widen(s, a, err);
}

/* ---- measuring ---- */

static double
limited(double value_db)
{
	return fmax(-MOST_DB, fmin(MOST_DB, value_db));
}

static int
measure_target(const struct bss_eval *e, const struct sounds *s,
    size_t target, double *values, struct error *err)
{
	const double *found = s->samples[VOICE_FOUND + target];
	const double *mixture = s->samples[MIXTURE];
	struct bss_eval_measures m, before;

	if (bss_eval_measure(e, &found, target, &m, err) != 0 ||
	    bss_eval_measure(e, &mixture, target, &before, err) != 0)
		return -1;
	values[SEPARATION_EVAL_SI_SDR] = separate_score_si_sdr(
	    s->clips[VOICE_TRUE + target].samples,
	    s->clips[VOICE_FOUND + target].samples, s->n_samples);
	values[SEPARATION_EVAL_SDR] = limited(m.sdr_db);
	values[SEPARATION_EVAL_SIR] = limited(m.sir_db);
	values[SEPARATION_EVAL_SAR] = limited(m.sar_db);
	values[SEPARATION_EVAL_NSDR] = limited(m.sdr_db) -
	    limited(before.sdr_db);
	return 0;
}

static int
compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the values. */
static double
median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return n % 2 == 1 ? values[n / 2] :
	    0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/* The medians of one target over the frames in which nobody is silent. */
static void
fill_medians(const struct bss_eval_measures *frames[SEPARATION_EVAL_TARGETS],
    size_t target, size_t n_windows, double *scratch, double *values)
{
	for (size_t k = SEPARATION_EVAL_FRAME_SDR;
	    k < SEPARATION_EVAL_N_SCORES; k++) {
		size_t n = 0;

		for (size_t i = 0; i < n_windows; i++) {
			const struct bss_eval_measures *m =
			    &frames[target][i];
			const double ordered[] = { m->image_sdr_db,
			    m->isr_db, m->sir_db, m->sar_db };

			if (!frames[0][i].is_silent && !frames[1][i].is_silent)
				scratch[n++] = limited(
				    ordered[k - SEPARATION_EVAL_FRAME_SDR]);
		}
		values[k] = n == 0 ? 0.0 : median(scratch, n);
	}
}

static int
measure_frames(const struct bss_eval *e, const struct sounds *s,
    struct separation_eval_recording *found, struct arena *a,
    struct error *err)
{
	const struct bss_eval_measures *frames[SEPARATION_EVAL_TARGETS];
	const size_t n = bss_eval_n_windows(s->n_samples, s->rate_hz,
	    s->rate_hz);
	double *scratch = arena_need(a, n, sizeof(*scratch), "frames", err);
	size_t t, i;

	if (scratch == NULL)
		return -1;
	for (t = 0; t < SEPARATION_EVAL_TARGETS; t++) {
		const double *estimate = s->samples[VOICE_FOUND + t];
		struct bss_eval_measures *m = arena_need(a, n, sizeof(*m),
		    "frames", err);

		if (m == NULL || bss_eval_measure_windows(e, &estimate, t,
		    s->rate_hz, s->rate_hz, m, err) != 0)
			return -1;
		frames[t] = m;
	}
	for (t = 0; t < SEPARATION_EVAL_TARGETS; t++)
		fill_medians(frames, t, n, scratch, found->values[t]);
	for (i = 0; i < n; i++)
		if (!frames[0][i].is_silent && !frames[1][i].is_silent)
			found->n_frames++;
	return 0;
}

static int
measure(const struct json *rec, const char *folder,
    struct separation_eval_recording *found, struct arena *a,
    struct error *err)
{
	struct sounds s = { .n_samples = 0 };
	const double *references[SEPARATION_EVAL_TARGETS];
	struct bss_eval_signals r = { references, SEPARATION_EVAL_TARGETS, 1,
	    0 };
	struct bss_eval *e;
	int status = 0;

	if (load(rec, folder, a, &s, err) != 0)
		return -1;
	for (size_t i = 0; i < N_SOUNDS; i++) {
		const double *samples = s.samples[i];

		if (bss_eval_is_silent(&samples, 1, 0, s.n_samples)) {
			found->reason = silences[i];
			return 0;
		}
	}
	found->n_samples = r.n_samples = s.n_samples;
	references[0] = s.samples[VOICE_TRUE];
	references[1] = s.samples[BAND_TRUE];
	if ((e = bss_eval_new(&r, err)) == NULL)
		return -1;
	for (size_t t = 0; status == 0 && t < SEPARATION_EVAL_TARGETS; t++)
		status = measure_target(e, &s, t, found->values[t], err);
	if (status == 0)
		status = measure_frames(e, &s, found, a, err);
	bss_eval_free(e);
	return status;
}

/* ---- the list ---- */

struct job {
	const struct stream_list *list;
	const struct json **records;	/* [n]: those that are measured */
	struct separation_eval_recording *recordings;
};

static int
measure_task(void *shared, size_t task, struct arena *a, struct error *err)
{
	const struct job *job = shared;
	const int status = measure(job->records[task], job->list->folder,
	    &job->recordings[task], a, err);

	return status == 0 ? 0 : error_add(err, "\"%s\"",
	    job->recordings[task].id);
}

int
separation_eval_run(const struct stream_list *list, size_t n_threads,
    struct arena *a, struct separation_eval_result *result,
    struct error *err)
{
	struct job job = { .list = list };
	size_t n = 0;

	*result = (struct separation_eval_result){ .recordings = NULL };
	job.records = arena_need(a, list->n_records, sizeof(*job.records),
	    "records", err);
	job.recordings = arena_need(a, list->n_records,
	    sizeof(*job.recordings), "recordings", err);
	if (job.records == NULL || job.recordings == NULL)
		return -1;
	for (size_t i = 0; i < list->n_records; i++) {
		const struct json *rec = list->records[i];

		if (record_has_failed(rec) || !has_members(rec))
			continue;
		job.records[n] = rec;
		job.recordings[n].id = record_id(rec);
		job.recordings[n++].group = recording_scores_group(list, i);
	}
	if (n == 0)
		return error_set(err, ERROR_FORMAT, "no record has a mixture, "
		    "\"%s\" and \"%s\"", members[VOICE_FOUND],
		    members[VOICE_TRUE]);
	if (pool_run_arenas(n_threads, n, measure_task, &job, err) != 0)
		return -1;
	result->recordings = job.recordings;
	result->n_recordings = n;
	for (size_t i = 0; i < n; i++)
		result->n_scored += job.recordings[i].reason == NULL;
	return result->n_scored > 0 ? 0 : error_set(err, ERROR_FORMAT,
	    "no recording can be scored: of the first, \"%s\", %s",
	    job.recordings[0].id, job.recordings[0].reason);
}
