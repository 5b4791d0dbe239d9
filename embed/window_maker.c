#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#include "dsp/activations.h"
#include "synth/performance.h"
#include "synth/tune.h"

#include "embed/crop.h"
#include "embed/image_kind.h"

#include "embed/window_maker.h"

#define MAX_TRIES 50
#define MAX_SPEED 2.0
#define MAX_GROUP_ITEMS 8
#define MAX_WINDOWS 8
#define TUNE_MIN_SEC 24.0
#define TUNE_MAX_SEC 40.0

static const char *const kind_names[WINDOW_MAKER_N_KINDS] = {
	"pairs", "distorted", "melodies", "tunes",
};

struct window_maker {
	const struct training_set *set;
	const struct window_maker_options *options;
	const struct image_kind *kind;	/* the options' */
	size_t n_columns, n_wide;
	float *wide;		/* [n_wide][n_bins]: what is stretched */
	float *columns;		/* [n_columns][n_bins] */
	struct arena *scratch;
};

static int
read_number(const struct json *recipe, const char *path, double fallback,
    double high, double *value, struct error *err)
{
	if (json_get_number(recipe, path, fallback, value, err) != 0)
		return -1;
	if (!(*value >= 0 && *value <= high))
		return error_set(err, ERROR_LIMIT, "%s is %g: expected 0 to %g",
		    path, *value, high);
	return 0;
}

int
window_maker_options_read(const struct json *recipe,
    const struct image_kind *kind, struct window_maker_options *o,
    struct error *err)
{
	for (size_t i = 0; i < WINDOW_MAKER_N_KINDS; i++) {
		char path[32];

		snprintf(path, sizeof(path), "data.%s", kind_names[i]);
		if (read_number(recipe, path, 0, 1e6, &o->weights[i],
		    err) != 0)
			return -1;
	}
	if (json_get_size(recipe, "data.group_items", 2, &o->n_group_items,
	    err) != 0)
		return -1;
	if (o->n_group_items < 2 || o->n_group_items > MAX_GROUP_ITEMS)
		return error_set(err, ERROR_LIMIT, "data.group_items is %zu: "
		    "expected 2 to %d", o->n_group_items, MAX_GROUP_ITEMS);
	if (json_get_size(recipe, "data.windows", 1, &o->n_windows, err) != 0)
		return -1;
	if (o->n_windows < 1 || o->n_windows > MAX_WINDOWS)
		return error_set(err, ERROR_LIMIT, "data.windows is %zu: "
		    "expected 1 to %d", o->n_windows, MAX_WINDOWS);
	if (read_number(recipe, "data.window_step_sec", 0.5, 4,
	    &o->window_step_sec, err) != 0 ||
	    read_number(recipe, "data.hum_share", 0.7, 1, &o->hum_share,
	    err) != 0 ||
	    read_number(recipe, "data.poor_share", 0, 1, &o->poor_share,
	    err) != 0 ||
	    read_number(recipe, "data.shift_sec", 0.4, 4, &o->shift_sec,
	    err) != 0 ||
	    read_number(recipe, "data.min_voiced", 0.3, 0.9, &o->min_voiced,
	    err) != 0)
		return -1;
	o->kind = kind;
	augment_options_none(&o->original);
	if (json_has(recipe, "original_augmentation") &&
	    augment_options_read(recipe, "original_augmentation", kind,
	    &o->original, err) != 0)
		return -1;
	return augment_options_read(recipe, "augmentation", kind, &o->other,
	    err);
}

int
window_maker_options_fit(struct window_maker_options *o,
    const struct training_set *set, struct error *err)
{
	double sum = 0;

	for (size_t i = 0; i < WINDOW_MAKER_N_KINDS; i++)
		if (o->weights[i] > 0 && i != WINDOW_MAKER_PAIRS &&
		    !o->kind->is_tracked)
			return error_set(err, ERROR_FORMAT, "the recipe's "
			    "data.%s are made as activations: an encoder of "
			    "%s takes data.pairs alone", kind_names[i],
			    o->kind->name);
	if (set->n_pairs == 0)
		o->weights[WINDOW_MAKER_PAIRS] =
		    o->weights[WINDOW_MAKER_DISTORTED] = 0;
	if (set->n_melodies == 0)
		o->weights[WINDOW_MAKER_MELODIES] = 0;
	for (size_t i = 0; i < WINDOW_MAKER_N_KINDS; i++)
		sum += o->weights[i];
	if (!(sum > 0))
		return error_set(err, ERROR_FORMAT, "the recipe's \"data\" "
		    "wants nothing that the manifest has (%zu pairs, %zu "
		    "melodies)", set->n_pairs, set->n_melodies);
	return 0;
}

struct window_maker *
window_maker_new(const struct training_set *set,
    const struct window_maker_options *o, size_t n_columns,
    struct error *err)
{
	struct window_maker *m = memory_new(1, sizeof(*m), "window maker",
	    err);

	if (m == NULL)
		return NULL;
	m->set = set;
	m->options = o;
	m->kind = o->kind;
	m->n_columns = n_columns;
	m->n_wide = (size_t)(MAX_SPEED * (double)n_columns) + 2;
	m->wide = memory_new(m->n_wide * m->kind->n_bins,
	    sizeof(*m->wide), "columns", err);
	m->columns = memory_new(n_columns * m->kind->n_bins,
	    sizeof(*m->columns), "columns", err);
	m->scratch = arena_new();
	if (m->wide == NULL || m->columns == NULL || m->scratch == NULL) {
		if (m->scratch == NULL)
			error_set(err, ERROR_NOMEM, "out of memory");
		window_maker_free(m);
		return NULL;
	}
	return m;
}

void
window_maker_free(struct window_maker *m)
{
	if (m == NULL)
		return;
	memory_free(m->wide);
	memory_free(m->columns);
	arena_free(m->scratch);
	memory_free(m);
}

static size_t
image_size(const struct window_maker *m)
{
	return m->kind->n_image_bins * m->n_columns;
}

/*
 * Augment m->columns and crop them into the image; false when too little of
 * it is voiced.
 */
static bool
finish_image(struct window_maker *m, const struct augment_options *o,
    struct random *r, float *image)
{
	const struct image_kind *kind = m->kind;
	double centre;

	augment_columns(kind, o, r, m->columns, m->n_columns);
	if (!kind->centre(m->columns, m->n_columns, m->options->min_voiced,
	    &centre))
		return false;
	kind->image(m->columns, m->n_columns, centre +
	    augment_draw_centre(kind, o, r), image);
	augment_image(kind, o, r, image, m->n_columns);
	return true;
}

/* The window around "middle", a column of the side's excerpt. */
static void
take_side(struct window_maker *m, const struct training_side *side,
    double middle, double speed)
{
	const ptrdiff_t first = (ptrdiff_t)floor(middle) -
	    (ptrdiff_t)(m->n_wide / 2);

	excerpt_expand(&side->excerpt, first, m->n_wide, m->wide);
	augment_resample(m->kind, m->wide, m->n_wide, middle - (double)first,
	    speed, m->columns, m->n_columns);
}

static double
draw_shift(const struct window_maker *m, struct random *r)
{
	const double reach = m->options->shift_sec / IMAGE_KIND_COLUMN_SEC;

	return random_range(r, -reach, reach);
}

/*
 * Where in the passage, 0..1, the middle of the window lies: so that the
 * window stays within the passage where that is longer.
 */
static double
draw_place(const struct window_maker *m, const struct training_pair *p,
    struct random *r)
{
	const double shorter = fmin(p->original.n_columns,
	    p->other.n_columns);
	const double half = 0.5 * (double)m->n_columns / shorter;
	const double place = random_range(r, fmin(half, 0.4),
	    fmax(1 - half, 0.6));

	return place;
}

/* Where window w of a side lies from its middle, in columns. */
static double
window_shift(const struct window_maker *m, size_t w)
{
	return ((double)w - 0.5 * (double)(m->options->n_windows - 1)) *
	    m->options->window_step_sec / IMAGE_KIND_COLUMN_SEC;
}

/* The windows of a side around "middle" into images [n_windows]. */
static bool
take_windows(struct window_maker *m, const struct training_side *side,
    double middle, const struct augment_options *o, struct random *r,
    float *images)
{
	const double speed = augment_draw_speed(o, r);
	bool is_good = true;

	for (size_t w = 0; w < m->options->n_windows && is_good; w++) {
		take_side(m, side, middle + window_shift(m, w) * speed,
		    speed);
		is_good = finish_image(m, o, r, images + w * image_size(m));
	}
	return is_good;
}

/* One try at a group of a pair; *is_good is false when it is unvoiced. */
static void
draw_pair(struct window_maker *m, struct random *r, bool is_distorted,
    size_t n_items, float *images, size_t *work, bool *is_good)
{
	const struct training_pair *p =
	    &m->set->pairs[random_below(r, m->set->n_pairs)];
	const bool is_swapped = is_distorted && random_uniform(r) < 0.5;
	const double place = draw_place(m, p, r);
	const size_t size = image_size(m) * m->options->n_windows;

	*work = p->work;
	*is_good = true;
	for (size_t i = 0; i < n_items && *is_good; i++) {
		struct augment_options o = i == 0 ? m->options->original :
		    m->options->other;
		const struct training_side *side = (is_distorted ?
		    is_swapped : i % 2 == 1) ? &p->other : &p->original;
		double middle = side->first_column + place * side->n_columns;

		if (i > 0) {
			middle += draw_shift(m, r);
			if (is_distorted)
				o.p_wander = 1;
		}
		*is_good = take_windows(m, side, middle, &o, r,
		    images + i * size);
	}
}

/* A singer who sings what is written, as a melody in a database. */
static void
plain_style(struct performance_style *s)
{
	memset(s, 0, sizeof(*s));
	s->tempo_ratio = 1;
}

static void
draw_hum(const struct window_maker *m, struct random *r,
    struct performance_style *s)
{
	const double poor_share = m->options->poor_share;

	performance_style_hum(s, r);
	if (poor_share > 0 && random_uniform(r) < poor_share)
		performance_style_spoil(s, r);
}

/* How item i of a sung group is sung. */
static void
draw_style(const struct window_maker *m, struct random *r, size_t i,
    struct performance_style *s)
{
	const double reach = log(1 + m->options->other.stretch);

	if (i == 0 && random_uniform(r) < 0.5) {
		plain_style(s);
		return;
	}
	if (i == 0) {
		performance_style_original(s, r);
	} else {
		if (random_uniform(r) < m->options->hum_share)
			draw_hum(m, r, s);
		else
			performance_style_cover(s, r);
		s->tempo_ratio = exp(random_range(r, -reach, reach));
	}
	s->p_cut_section = s->p_repeat_section = s->p_interlude = 0;
	s->intro_sec = s->outro_sec = 0;
}

/* Where the tune's time t is sung: by the segment that comes closest. */
static double
sung_time(const struct performance *p, double t)
{
	double best = 0, best_distance = HUGE_VAL;

	for (size_t i = 0; i < p->n_segments; i++) {
		const struct performance_segment *s = &p->segments[i];

		for (size_t k = 1; k < s->n_points; k++) {
			const struct performance_point *a = &s->points[k - 1];
			const struct performance_point *b = &s->points[k];
			const double at = fmax(a->tune_sec,
			    fmin(t, b->tune_sec));
			const double span = b->tune_sec - a->tune_sec;

			if (fabs(at - t) >= best_distance)
				continue;
			best_distance = fabs(at - t);
			best = a->sung_sec + (span > 0 ? (at - a->tune_sec) /
			    span : 0) * (b->sung_sec - a->sung_sec);
		}
	}
	return best;
}

/* Fill m->columns with the performance around middle_sec. */
static void
take_performance(struct window_maker *m, const struct performance *p,
    double middle_sec)
{
	float rows[2 * ACTIVATIONS_N_BINS];

	for (size_t k = 0; k < m->n_columns; k++) {
		const double at = (middle_sec + ((double)k -
		    (double)m->n_columns / 2) * IMAGE_KIND_COLUMN_SEC) /
		    PERFORMANCE_HOP_SEC;
		float *column = m->columns + k * ACTIVATIONS_N_BINS;

		/* Two of the four frames say enough. */
		for (size_t i = 0; i < 2; i++) {
			const double frame = floor(at + 0.5) + 2 * (double)i;
			const bool is_in = frame >= 0 &&
			    frame < (double)p->n_frames;

			activations_of_f0(is_in ?
			    (double)p->f0_hz[(size_t)frame] : 0,
			    rows + i * ACTIVATIONS_N_BINS);
		}
		crop_column(rows, 2, column);
	}
}

/* One try at a group of a tune sung n_items times around time t. */
static int
sing_group(struct window_maker *m, struct random *r, const struct tune *tune,
    size_t n_items, float *images, bool *is_good, struct error *err)
{
	const double half = 0.5 * (double)m->n_columns * IMAGE_KIND_COLUMN_SEC;
	const size_t n_windows = m->options->n_windows;
	const size_t size = image_size(m);
	const double reach = half * 1.6 + 1 + window_shift(m, n_windows - 1) *
	    IMAGE_KIND_COLUMN_SEC * MAX_SPEED;
	const double t = random_range(r, fmin(half * 0.7, tune->duration_sec *
	    0.5), fmax(tune->duration_sec - half * 0.7,
	    tune->duration_sec * 0.5 + 1e-3));

	*is_good = true;
	for (size_t i = 0; i < n_items && *is_good; i++) {
		const struct augment_options *o = i == 0 ?
		    &m->options->original : &m->options->other;
		struct performance_style style;
		struct performance p;
		double at;

		draw_style(m, r, i, &style);
		style.from_sec = fmax(0, t - reach);
		style.to_sec = fmin(tune->duration_sec, t + reach);
		if (performance_make(tune, &style, r, m->scratch, &p,
		    err) != 0)
			return -1;
		at = sung_time(&p, t);
		if (i > 0)
			at += draw_shift(m, r) * IMAGE_KIND_COLUMN_SEC;
		for (size_t w = 0; w < n_windows && *is_good; w++) {
			take_performance(m, &p, at + window_shift(m, w) *
			    IMAGE_KIND_COLUMN_SEC);
			*is_good = finish_image(m, o, r, images +
			    (i * n_windows + w) * size);
		}
	}
	return 0;
}

static int
draw_sung(struct window_maker *m, struct random *r, bool is_tune,
    size_t n_items, float *images, size_t *work, bool *is_good,
    struct error *err)
{
	const struct tune_options length = { TUNE_MIN_SEC, TUNE_MAX_SEC };
	struct tune made;
	int status;

	if (is_tune) {
		*work = (size_t)random_next(r);
		status = tune_generate(&length, r, m->scratch, &made, err);
		if (status == 0)
			status = sing_group(m, r, &made, n_items, images,
			    is_good, err);
	} else {
		const struct training_melody *melody =
		    &m->set->melodies[random_below(r, m->set->n_melodies)];

		*work = melody->work;
		status = sing_group(m, r, &melody->tune, n_items, images,
		    is_good, err);
	}
	arena_reset(m->scratch);
	return status;
}

static enum window_maker_kind
draw_kind(const struct window_maker_options *o, struct random *r)
{
	double sum = 0, at;
	size_t last = 0;

	for (size_t i = 0; i < WINDOW_MAKER_N_KINDS; i++)
		sum += o->weights[i];
	at = random_uniform(r) * sum;
	for (size_t i = 0; i < WINDOW_MAKER_N_KINDS; i++) {
		if (!(o->weights[i] > 0))
			continue;
		last = i;
		if (at < o->weights[i])
			break;
		at -= o->weights[i];
	}
	return (enum window_maker_kind)last;
}

int
window_maker_draw(struct window_maker *m, struct random *r,
    size_t n_items, float *images, size_t *work, struct error *err)
{
	for (size_t i = 0; i < MAX_TRIES; i++) {
		const enum window_maker_kind kind = draw_kind(m->options, r);
		bool is_good = false;

		if (kind == WINDOW_MAKER_PAIRS ||
		    kind == WINDOW_MAKER_DISTORTED)
			draw_pair(m, r, kind == WINDOW_MAKER_DISTORTED,
			    n_items, images, work, &is_good);
		else if (draw_sung(m, r, kind == WINDOW_MAKER_TUNES, n_items,
		    images, work, &is_good, err) != 0)
			return -1;
		if (is_good)
			return 0;
	}
	return error_set(err, ERROR_FORMAT, "%d windows in a row were hardly "
	    "voiced: there is too little singing in the training data",
	    MAX_TRIES);
}

bool
window_maker_take_pair(struct window_maker *m,
    const struct training_pair *pair, float *images)
{
	const struct training_side *const sides[] = { &pair->original,
	    &pair->other };
	struct augment_options none;
	struct random r;
	bool is_good = true;

	random_init(&r, 0);
	augment_options_none(&none);
	for (size_t i = 0; i < 2 && is_good; i++) {
		take_side(m, sides[i], sides[i]->first_column +
		    0.5 * sides[i]->n_columns, 1);
		is_good = finish_image(m, &none, &r, images +
		    i * image_size(m));
	}
	return is_good;
}
