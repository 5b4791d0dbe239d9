#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "draw/heat_map.h"
#include "draw/strokes.h"
#include "dsp/activations.h"

#include "pitch/activation_picture.h"

#define N ACTIVATIONS_N_BINS
#define MAX_COLUMNS 2048	/* even */
#define MAX_JUMP 3.0		/* semitones between points that are joined */
#define WIDTH 1100.0
#define HEIGHT 460.0
#define LINE_WIDTH 0.9

struct activation_picture {
	float *columns;			/* [MAX_COLUMNS][N] */
	size_t n_per_column;		/* frames in each, a power of two */
	size_t n_frames;
};

/* The two strips, [n_columns] each. */
struct strips {
	float *confidence, *voiced;
};

struct activation_picture *
activation_picture_new(struct error *err)
{
	struct activation_picture *p = memory_new(1, sizeof(*p), "picture",
	    err);

	if (p == NULL)
		return NULL;
	p->columns = memory_new(MAX_COLUMNS * N, sizeof(*p->columns),
	    "values of a picture", err);
	if (p->columns == NULL) {
		activation_picture_free(p);
		return NULL;
	}
	activation_picture_reset(p);
	return p;
}

void
activation_picture_free(struct activation_picture *p)
{
	if (p == NULL)
		return;
	memory_free(p->columns);
	memory_free(p);
}

void
activation_picture_reset(struct activation_picture *p)
{
	p->n_per_column = 1;
	p->n_frames = 0;
	memset(p->columns, 0, MAX_COLUMNS * N * sizeof(*p->columns));
}

/* Make "to" the larger of both, bin by bin. */
static void
lift(float *to, const float *row)
{
	for (size_t b = 0; b < N; b++)
		if (row[b] > to[b])
			to[b] = row[b];
}

/* Every two columns become one. */
static void
halve(struct activation_picture *p)
{
	const size_t half = MAX_COLUMNS / 2;

	for (size_t i = 0; i < half; i++) {
		float *to = p->columns + i * N;
		const float *from = p->columns + 2 * i * N;

		memmove(to, from, N * sizeof(*to));
		lift(to, from + N);
	}
	memset(p->columns + half * N, 0, half * N * sizeof(*p->columns));
	p->n_per_column *= 2;
}

void
activation_picture_put(struct activation_picture *p, const float *rows,
    size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		if (p->n_frames == MAX_COLUMNS * p->n_per_column)
			halve(p);
		lift(p->columns + p->n_frames / p->n_per_column * N,
		    rows + i * N);
		p->n_frames++;
	}
}

static size_t
count_columns(const struct activation_picture *p)
{
	return (p->n_frames + p->n_per_column - 1) / p->n_per_column;
}

const float *
activation_picture_columns(const struct activation_picture *p,
    size_t *n_columns, size_t *n_per_column)
{
	*n_columns = count_columns(p);
	*n_per_column = p->n_per_column;
	return p->columns;
}

/* The columns as rows, the lowest pitch first.  NULL with an error. */
static float *
turn(const struct activation_picture *p, struct arena *a, struct error *err)
{
	const size_t n_columns = count_columns(p);
	float *rows = arena_need(a, N * n_columns, sizeof(*rows),
	    "values of a picture", err);

	for (size_t i = 0; rows != NULL && i < n_columns; i++)
		for (size_t b = 0; b < N; b++)
			rows[b * n_columns + i] = p->columns[i * N + b];
	return rows;
}

/* MIDI note: 69 is the a of 440 Hz. */
static double
note_of(double f0_hz)
{
	return 69.0 + 12.0 * log2(f0_hz / 440.0);
}

/* The pitch: of each column the voiced frame of the most confidence. */
static int
pitch_strokes(const struct activation_picture *p, const struct track *track,
    struct strokes *s, struct arena *a, struct error *err)
{
	bool is_break = true;

	if (strokes_init(s, count_columns(p), a, err) != 0)
		return -1;
	for (size_t k = 0; k < track->n_frames; k += p->n_per_column) {
		size_t best = k;
		double note;

		for (size_t i = k; i < track->n_frames &&
		    i < k + p->n_per_column; i++)
			if (track->f0_hz[i] > 0.0f &&
			    (!(track->f0_hz[best] > 0.0f) ||
			    track->confidence[i] > track->confidence[best]))
				best = i;
		if (!(track->f0_hz[best] > 0.0f)) {
			is_break = true;
			continue;
		}
		note = note_of((double)track->f0_hz[best]);
		if (s->n > 0 && fabs(note - s->y[s->n - 1]) > MAX_JUMP)
			is_break = true;
		strokes_add(s, is_break, (double)best * track->hop_sec, note);
		is_break = false;
	}
	return 0;
}

/* The highest confidence in each column, and whether most is voiced. */
static int
make_strips(const struct activation_picture *p, const struct track *track,
    struct strips *strips, struct arena *a, struct error *err)
{
	const size_t n_columns = count_columns(p);
	const float share = 1.0f / (float)p->n_per_column;

	strips->confidence = arena_need(a, n_columns, sizeof(float),
	    "values of a picture", err);
	strips->voiced = arena_need(a, n_columns, sizeof(float),
	    "values of a picture", err);
	if (strips->confidence == NULL || strips->voiced == NULL)
		return -1;
	for (size_t k = 0; k < track->n_frames; k++) {
		const size_t i = k / p->n_per_column;

		strips->confidence[i] = fmaxf(strips->confidence[i],
		    track->confidence[k]);
		if (track->f0_hz[k] > 0.0f)
			strips->voiced[i] += share;
	}
	return 0;
}

int
activation_picture_write(struct activation_picture *p, const char *path,
    const char *title, const struct track *track, bool has_voicing,
    struct arena *a, struct error *err)
{
	const double bin = ACTIVATIONS_BIN_CENTS / 100.0;
	const double first_sec = -0.5 * track->hop_sec;
	const size_t n_columns = count_columns(p);
	struct heat_map map = { .title = title, .x_label = "time (s)",
	    .y_label = "pitch (MIDI note)", .value = { 0.0, 1.0 },
	    .n_rows = N, .n_columns = n_columns, .width = WIDTH,
	    .height = HEIGHT };
	struct strips strips;
	struct strokes pitch;
	struct axes_line line;

	if (track->n_frames != p->n_frames || n_columns == 0)
		return error_set(err, ERROR_BUG, "a picture of %zu frames and "
		    "a track of %zu", p->n_frames, track->n_frames);
	map.values = turn(p, a, err);
	if (map.values == NULL ||
	    pitch_strokes(p, track, &pitch, a, err) != 0 ||
	    make_strips(p, track, &strips, a, err) != 0)
		return -1;
	line = strokes_line(&pitch, "f0", PALETTE_VERMILLION);
	line.width = LINE_WIDTH;
	map.lines = &line;
	map.n_lines = 1;
	map.x.low = map.x_axis.low = first_sec;
	map.x.high = first_sec + track->hop_sec *
	    (double)(n_columns * p->n_per_column);
	map.x_axis.high = first_sec + track->hop_sec *
	    (double)track->n_frames;
	map.y.low = note_of(activations_cents_to_hz(
	    ACTIVATIONS_FIRST_CENTS)) - 0.5 * bin;
	map.y.high = map.y.low + bin * (double)N;
	map.strips[0] = (struct heat_map_strip){ "confidence",
	    strips.confidence };
	map.strips[1] = (struct heat_map_strip){ "voiced", strips.voiced };
	map.n_strips = has_voicing ? 2 : 0;
	return heat_map_write(path, &map, err);
}
