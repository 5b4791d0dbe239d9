#include <math.h>

#include "base/file.h"
#include "base/memory.h"

#include "audio/clip.h"
#include "draw/heat_map.h"
#include "dsp/stft.h"

#include "separate/spectrogram_picture.h"

#define MAX_SOUNDS SPECTROGRAM_PICTURE_MAX_SOUNDS
#define HOPS_PER_SEC 62.5
#define WINDOW_HOPS 4
#define MIN_RATE_HZ 1000	/* of which a window is 64 samples */
#define RANGE_DB 80.0
#define MAX_COLUMNS 1500
#define WIDTH 900.0
#define PANEL_HEIGHT 260.0

/* How all sounds are cut, by the rate of the first. */
struct cut {
	unsigned rate_hz;	/* 0: none was read yet */
	struct stft *stft;
	size_t n_bins;
	double hop_sec, bin_khz;
};

/* The power of every bin of a sound. */
struct powers {
	float *values;		/* [n_frames][n_bins] */
	size_t n_frames;
};

/* Frames every 16 ms, or as near to it as whole samples come. */
static int
choose_cut(struct cut *cut, unsigned rate_hz, struct error *err)
{
	const size_t n_hop = (size_t)lround(rate_hz / HOPS_PER_SEC);

	if (rate_hz < MIN_RATE_HZ)
		return error_set(err, ERROR_FORMAT, "%u samples a second are "
		    "too few to draw", rate_hz);
	cut->stft = stft_new(WINDOW_HOPS * n_hop, n_hop, err);
	if (cut->stft == NULL)
		return -1;
	cut->rate_hz = rate_hz;
	cut->n_bins = stft_n_bins(cut->stft);
	cut->hop_sec = (double)n_hop / rate_hz;
	cut->bin_khz = rate_hz / 1000.0 / (double)(WINDOW_HOPS * n_hop);
	return 0;
}

static int
measure(struct cut *cut, const char *path,
    const struct spectrogram_picture *p, struct arena *a,
    struct powers *powers, struct error *err)
{
	struct stft_analysis *analysis;
	struct clip clip;
	float *frames;
	size_t n, n_bins;

	if (clip_load(path, cut->rate_hz == 0 ? CLIP_ANY_RATE : cut->rate_hz,
	    p->from_sec, p->duration_sec, a, &clip, err) != 0)
		return -1;
	if (cut->rate_hz == 0 && choose_cut(cut, clip.rate_hz, err) != 0)
		return error_add(err, "%s", path);
	n_bins = cut->n_bins;
	powers->n_frames = (size_t)stft_n_frames(cut->stft, clip.n_samples);
	powers->values = arena_need(a, powers->n_frames * n_bins,
	    sizeof(float), "frames", err);
	frames = memory_new((powers->n_frames + 8) * n_bins, 2 *
	    sizeof(float), "frames", err);
	analysis = frames == NULL ? NULL : stft_analysis_new(cut->stft, err);
	if (powers->values == NULL || analysis == NULL) {
		memory_free(frames);
		return -1;
	}
	n = stft_analysis_put(analysis, clip.samples, clip.n_samples, frames);
	(void)stft_analysis_finish(analysis, frames + n * 2 * n_bins);
	for (size_t i = 0; i < powers->n_frames * n_bins; i++)
		powers->values[i] = frames[2 * i] * frames[2 * i] +
		    frames[2 * i + 1] * frames[2 * i + 1];
	stft_analysis_free(analysis);
	memory_free(frames);
	return 0;
}

static double
highest_of(const struct powers *p, size_t n_bins)
{
	float highest = 0.0f;

	for (size_t i = 0; i < p->n_frames * n_bins; i++)
		highest = fmaxf(highest, p->values[i]);
	return (double)highest;
}

/* Powers as dB over the darkest that is drawn, 0 below it. */
static void
to_db(struct powers *p, size_t n_bins, double highest)
{
	for (size_t i = 0; i < p->n_frames * n_bins; i++) {
		const double db = 10.0 * log10((double)p->values[i] /
		    highest + 1e-20) + RANGE_DB;

		p->values[i] = db > 0.0 ? (float)db : 0.0f;
	}
}

/* One panel; all end where the longest does. */
static int
draw_panel(struct canvas *c, const struct powers *p, const struct cut *cut,
    const char *title, const struct axes_range *time, struct arena *a,
    struct error *err)
{
	const double end_sec = time->low + (double)p->n_frames * cut->hop_sec;
	struct heat_map map = { .title = title, .x_label = "time (s)",
	    .y_label = "frequency (kHz)", .n_rows = cut->n_bins,
	    .n_columns = p->n_frames < MAX_COLUMNS ? p->n_frames :
	    MAX_COLUMNS, .value = { 0.0, RANGE_DB },
	    .x = { time->low, end_sec },
	    .y = { 0.0, (double)cut->n_bins * cut->bin_khz }, .x_axis = *time };

	map.values = heat_map_turn(p->values, p->n_frames, cut->n_bins,
	    map.n_columns, a, err);
	return map.values == NULL ? -1 : heat_map_draw(c, &map, err);
}

static int
draw(struct canvas *c, const struct spectrogram_picture *p,
    const struct powers *powers, const struct cut *cut, struct arena *a,
    struct error *err)
{
	struct axes_range time = { p->from_sec, p->from_sec };

	for (size_t i = 0; i < p->n_sounds; i++)
		time.high = fmax(time.high, time.low +
		    (double)powers[i].n_frames * cut->hop_sec);
	for (size_t i = 0; i < p->n_sounds; i++) {
		const struct canvas_box box = { 0.0, (double)i *
		    PANEL_HEIGHT, WIDTH, PANEL_HEIGHT };
		int status;

		canvas_begin_part(c, &box);
		status = draw_panel(c, &powers[i], cut,
		    file_name(p->paths[i]), &time, a, err);
		canvas_end_part(c);
		if (status != 0)
			return -1;
	}
	return 0;
}

int
spectrogram_picture_write(const char *path,
    const struct spectrogram_picture *p, struct arena *a, struct error *err)
{
	struct cut cut = { .rate_hz = 0 };
	struct powers powers[MAX_SOUNDS];
	struct canvas *c = NULL;
	double highest = 0.0;
	int status = -1;

	for (size_t i = 0; i < p->n_sounds; i++)
		if (measure(&cut, p->paths[i], p, a, &powers[i], err) != 0)
			goto out;
	highest = highest_of(&powers[0], cut.n_bins);
	if (!(highest > 0.0)) {
		error_set(err, ERROR_FORMAT, "%s: nothing but silence to draw",
		    p->paths[0]);
		goto out;
	}
	for (size_t i = 0; i < p->n_sounds; i++)
		to_db(&powers[i], cut.n_bins, highest);
	c = canvas_open(path, WIDTH, PANEL_HEIGHT * (double)p->n_sounds, err);
	if (c == NULL)
		goto out;
	status = draw(c, p, powers, &cut, a, err);
	if (status == 0)
		status = canvas_close(c, err);
	else
		canvas_abandon(c);
out:
	stft_free(cut.stft);
	return status;
}
