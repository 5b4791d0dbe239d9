#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "manifests/artefact.h"
#include "manifests/record.h"
#include "store/fragments.h"
#include "store/recordings.h"

#include "review/drift.h"
#include "review/fragment_view.h"
#include "review/sound_copy.h"
#include "review/sound_source.h"
#include "review/view_array.h"
#include "review/view_prints.h"
#include "review/view_side.h"

#define MAX_SEC 1800.0		/* of a fragment */
#define DRIFT_STEP_SEC 0.25
#define PLACE_BYTES 256

static const struct artefact_recipe recipe = { .tool = "fragment-view",
    .revision = "1", .options = "", .model_sha256 = "" };

/* Where the fragment lies. */
struct place {
	double other[2], original[2];	/* intervals */
	double slope;			/* original seconds per other's */
	bool has_key;
	double transposition;		/* semitones, other minus original */
};

static int
take(void *context, struct json *rec, struct error *err)
{
	struct json **to = context;

	json_free(*to);
	*to = json_clone(rec, err);
	return *to == NULL ? -1 : 0;
}

/* The recording that the fragment's member names. */
static int
find_recording(struct catalogue *c, const struct json *fragment,
    const char *group_id, const char *member, struct json **rec,
    struct error *err)
{
	struct recordings_filter filter = { .group_id = group_id };

	if (json_want_string(fragment, member, &filter.id, err) != 0 ||
	    recordings_each(c, &filter, take, rec, err) != 0)
		return -1;
	if (*rec == NULL)
		return error_set(err, ERROR_FORMAT, "the recording \"%s\" of "
		    "\"%s\" is not in the catalogue", filter.id, group_id);
	return 0;
}

int
fragment_view_init(struct fragment_view *v, struct catalogue *c,
    const struct print_list *prints, const char *group_id,
    const char *fragment_id, bool *found, struct error *err)
{
	const struct fragments_filter filter = { .group_id = group_id,
	    .fragment_id = fragment_id };

	*found = false;
	*v = (struct fragment_view){ .prints = prints };
	if (fragments_each(c, &filter, take, &v->fragment, err) != 0)
		goto fail;
	if (v->fragment == NULL)
		return 0;
	if (find_recording(c, v->fragment, group_id, "original_id",
	    &v->original, err) != 0 || find_recording(c, v->fragment,
	    group_id, "id", &v->other, err) != 0)
		goto fail;
	*found = true;
	return 0;
fail:
	fragment_view_release(v);
	return -1;
}

void
fragment_view_release(struct fragment_view *v)
{
	json_free(v->fragment);
	json_free(v->original);
	json_free(v->other);
	memset(v, 0, sizeof(*v));
}

static int
take_interval(const struct json *fragment, const char *name,
    double interval[2], struct error *err)
{
	char at[64];

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(at, sizeof(at), "%s.%zu", name, i);
		if (json_want_number(fragment, at, &interval[i], err) != 0)
			return -1;
	}
	if (!(interval[0] >= 0.0 && interval[1] > interval[0]))
		return error_set(err, ERROR_FORMAT, "\"%s\" is empty", name);
	if (interval[1] - interval[0] > MAX_SEC)
		return error_set(err, ERROR_LIMIT, "\"%s\" is %.0f s long; "
		    "at most %.0f s can be shown", name,
		    interval[1] - interval[0], MAX_SEC);
	return 0;
}

static int
take_place(const struct json *fragment, struct place *p, struct error *err)
{
	if (take_interval(fragment, "interval", p->other, err) != 0 ||
	    take_interval(fragment, "original_interval", p->original,
	    err) != 0 ||
	    json_get_number(fragment, "transposition_semitones", 0.0,
	    &p->transposition, err) != 0)
		return -1;
	p->has_key = json_has(fragment, "transposition_semitones");
	p->slope = (p->original[1] - p->original[0]) /
	    (p->other[1] - p->other[0]);
	return 0;
}

/* The moment of the original that the other's moment lies on. */
static double
in_original(const struct place *p, double t_other)
{
	return p->original[0] + (t_other - p->other[0]) * p->slope;
}

static double
in_other(const struct place *p, double t_original)
{
	return p->other[0] + (t_original - p->original[0]) / p->slope;
}

/* What the view shows of a recording may depend on. */
static const char *
side_mark(const struct fragment_view *v, const struct json *rec,
    struct arena *a, struct error *err)
{
	static const enum sound_source_kind kinds[2] = {
		SOUND_SOURCE_DECODED, SOUND_SOURCE_VOICE };
	struct print_entry e;
	struct sound_source s[2];
	const char *f0 = "", *prints = "", *path, *mark;

	for (size_t i = 0; i < 2; i++)
		if (sound_source_find(rec, kinds[i], a, &s[i], NULL) != 0)
			s[i].key[0] = '\0';
	if (json_has(rec, "f0.path") && ((path = record_path(rec, "f0.path",
	    NULL, a, err)) == NULL ||
	    (f0 = sound_source_mark(path, a, err)) == NULL))
		return NULL;
	if (view_prints_find(v->prints, rec, &e) &&
	    (prints = sound_source_mark(e.path, a, err)) == NULL)
		return NULL;
	mark = arena_printf(a, "%s\n%s\n%s\n%s\n%s", record_id(rec),
	    s[0].key, s[1].key, f0, prints);
	if (mark == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	return mark;
}

/* Where the cache has the view, or will have it. */
static const char *
path_of(const struct fragment_view *v, const char *folder,
    const struct place *p, struct arena *a, struct error *err)
{
	const char *original = side_mark(v, v->original, a, err);
	const char *other = original == NULL ? NULL :
	    side_mark(v, v->other, a, err);
	char place[PLACE_BYTES], input[HASH_HEX_BYTES], key[HASH_HEX_BYTES];

	if (other == NULL)
		return NULL;
	(void)snprintf(place, sizeof(place), "%.6f %.6f %.6f %.6f %d %.3f",
	    p->other[0], p->other[1], p->original[0], p->original[1],
	    p->has_key, p->transposition);
	hash_texts(input, place, original, other, (const char *)NULL);
	artefact_key(&recipe, input, key);
	return artefact_path(folder, &recipe, key, "json", a, err);
}

bool
fragment_view_is_made(const struct fragment_view *v, const char *folder,
    struct arena *a)
{
	struct place p;
	const char *path;

	if (take_place(v->fragment, &p, NULL) != 0)
		return false;
	path = path_of(v, folder, &p, a, NULL);
	return path != NULL && file_exists(path);
}

/* The line through both ends, as far as either window goes. */
static int
put_alignment(struct json *view, const struct place *p,
    const struct view_side *original, const struct view_side *other,
    struct error *err)
{
	const double from = fmin(other->from_sec, in_other(p,
	    original->from_sec));
	const double to = fmax(other->to_sec, in_other(p, original->to_sec));

	if (view_array_put_pair(view, "line.from", from, in_original(p, from),
	    err) != 0 || view_array_put_pair(view, "line.to", to,
	    in_original(p, to), err) != 0 ||
	    json_append(view, "alignment", json_at(view, "line.from"),
	    err) != 0 || json_append(view, "alignment",
	    json_at(view, "line.to"), err) != 0)
		return -1;
	json_remove(view, "line");
	return 0;
}

/* Both pitch tracks along the alignment, for drift_at. */
static int
lay_tracks(const struct place *p, const struct view_side *original,
    const struct view_side *other, struct arena *a, struct drift *d,
    struct error *err)
{
	const double step = VIEW_SIDE_STEP_SEC;
	const size_t n = (size_t)((other->to_sec - other->from_sec) / step) +
	    1;
	float *here = arena_need(a, n, sizeof(*here), "cents", err);
	float *there = arena_need(a, n + 2 * DRIFT_MAX_STEPS, sizeof(*there),
	    "cents", err);

	if (here == NULL || there == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		here[i] = view_side_cents(other, other->from_sec +
		    (double)i * step);
	for (size_t i = 0; i < n + 2 * DRIFT_MAX_STEPS; i++)
		there[i] = view_side_cents(original, in_original(p,
		    other->from_sec + ((double)i - DRIFT_MAX_STEPS) * step)) +
		    (float)(100.0 * p->transposition);
	*d = (struct drift){ .step_sec = step, .other = here,
	    .original = there, .n = n };
	return 0;
}

static int
put_drift(struct json *view, const struct place *p,
    const struct view_side *original, const struct view_side *other,
    struct arena *a, struct error *err)
{
	const size_t n = (size_t)((other->to_sec - other->from_sec) /
	    DRIFT_STEP_SEC) + 1;
	float *times = arena_need(a, n, sizeof(*times), "times", err);
	float *sec = arena_need(a, n, sizeof(*sec), "drifts", err);
	struct drift d;

	if (times == NULL || sec == NULL ||
	    lay_tracks(p, original, other, a, &d, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const double t = (double)i * DRIFT_STEP_SEC;
		const size_t k = (size_t)(t / VIEW_SIDE_STEP_SEC + 0.5);

		times[i] = (float)(other->from_sec + t);
		sec[i] = p->has_key && k < d.n ?
		    (float)(drift_at(&d, k) * p->slope) : NAN;
	}
	if (view_array_put(view, "drift.times", times, n, 3, a, err) != 0)
		return -1;
	return view_array_put(view, "drift.sec", sec, n, 4, a, err);
}

static struct json *
draw(const struct fragment_view *v, const struct place *p, struct arena *a,
    struct error *err)
{
	struct json *view = json_new_object(err);
	struct view_side original, other;

	if (view == NULL)
		return NULL;
	if (view_side_init(&original, v->original, p->original,
	    FRAGMENT_VIEW_AROUND_SEC, a, err) != 0 ||
	    view_side_init(&other, v->other, p->other,
	    FRAGMENT_VIEW_AROUND_SEC, a, err) != 0 ||
	    view_side_put(&original, view, "original", a, err) != 0 ||
	    view_side_put(&other, view, "other", a, err) != 0 ||
	    (p->has_key ? json_put_rounded(view, "transposition_semitones",
	    p->transposition, 3, err) : json_put_null(view,
	    "transposition_semitones", err)) != 0 ||
	    put_alignment(view, p, &original, &other, err) != 0 ||
	    put_drift(view, p, &original, &other, a, err) != 0 ||
	    view_prints_put(view, v->prints, &other, &original, a,
	    err) != 0 || json_put_null(view, "tempo_bpm", err) != 0) {
		json_free(view);
		return NULL;
	}
	return view;
}

int
fragment_view_make(const struct fragment_view *v, const char *folder,
    struct arena *a, struct error *err)
{
	struct place p;
	struct json *view;
	const char *path, *text;
	int status = -1;

	if (take_place(v->fragment, &p, err) != 0 ||
	    (path = path_of(v, folder, &p, a, err)) == NULL)
		return -1;
	if (file_exists(path))
		return 0;
	if ((view = draw(v, &p, a, err)) == NULL)
		return -1;
	if ((text = json_text(view, a, err)) != NULL)
		status = file_write(path, text, strlen(text), err);
	json_free(view);
	return status;
}

/* Put a copy at the path, or null and why. */
static int
put_copy(struct json *view, const char *side, const char *name,
    const struct json *rec, enum sound_source_kind kind, const char *folder,
    struct arena *a, struct error *err)
{
	struct error why = { ERROR_NONE, "" };
	struct sound_source s;
	struct json *copy = NULL;
	char at[32];
	int status;

	(void)snprintf(at, sizeof(at), "%s.%s", side, name);
	if (sound_source_find(rec, kind, a, &s, &why) == 0)
		copy = sound_copy_load(&s, folder, &why);
	if (copy != NULL) {
		status = json_put(view, at, copy, err);
		json_free(copy);
		return status;
	}
	if (json_put_null(view, at, err) != 0)
		return -1;
	(void)snprintf(at, sizeof(at), "%s.why", side);
	return json_has(view, at) ? 0 : json_put_bytes(view, at, why.text,
	    strlen(why.text), err);
}

struct json *
fragment_view_load(const struct fragment_view *v, const char *folder,
    struct arena *a, struct error *err)
{
	const enum sound_source_kind mix = SOUND_SOURCE_MIX;
	const enum sound_source_kind voice = SOUND_SOURCE_VOICE;
	struct json *view = NULL;
	struct place p;
	const char *path;

	if (take_place(v->fragment, &p, err) != 0 ||
	    (path = path_of(v, folder, &p, a, err)) == NULL ||
	    (view = json_load(path, err)) == NULL)
		return NULL;
	if (put_copy(view, "original", "mix", v->original, mix, folder, a,
	    err) != 0 || put_copy(view, "original", "voice", v->original,
	    voice, folder, a, err) != 0 || put_copy(view, "other", "mix",
	    v->other, mix, folder, a, err) != 0 || put_copy(view, "other",
	    "voice", v->other, voice, folder, a, err) != 0) {
		json_free(view);
		return NULL;
	}
	return view;
}
