#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "audio/clip.h"
#include "base/file.h"
#include "base/random.h"
#include "base/spawn.h"
#include "manifests/record.h"

#include "mine/report_media.h"

#define N_MATRICES 2		/* of a decision */
#define MAX_WORDS 20
#define MAX_CLIP_SEC 600.0

/* What chad-plot is told, ended by NULL. */
struct drawing {
	const char *word[MAX_WORDS];
	size_t n;
};

static void
add(struct drawing *d, const char *word)
{
	if (d->n + 1 < MAX_WORDS)
		d->word[d->n++] = word;
}

static void
add_option(struct drawing *d, const char *name, const char *value)
{
	add(d, name);
	add(d, value);
}

/* A path in the report's folder. */
static const char *
path_of(const struct report_media *m, const char *file, struct error *err)
{
	const char *path = arena_printf(m->a, "%s/%s", m->folder, file);

	if (path == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	return path;
}

/* Draw "file"; the words that follow the kind and --out are in "more". */
static int
draw(const struct report_media *m, struct page *p, const char *kind,
    const char *file, const char *text, const struct drawing *more,
    struct error *err)
{
	const char *path = path_of(m, file, err);
	struct drawing d = { .n = 0 };
	struct spawn_command command;
	int status = 0;

	if (path == NULL)
		return -1;
	add(&d, "chad-plot");
	add(&d, kind);
	add(&d, "--quiet");
	add_option(&d, "--out", path);
	for (size_t i = 0; i < more->n; i++)
		add(&d, more->word[i]);
	command.argv = d.word;
	if (spawn_pipeline(&command, 1, NULL, "/dev/null", &status, err) != 0)
		return -1;
	if (status == 0)
		page_picture(p, file, text);
	else
		page_text(p, "There is no picture here (%s): chad-plot could "
		    "not draw it.", text);
	return 0;
}

static bool
has_member(const struct stream_list *list, const char *member)
{
	for (size_t i = 0; i < list->n_records; i++)
		if (json_has(list->records[i], member))
			return true;
	return false;
}

/* The threshold of the score, as text, or NULL when there is none. */
static const char *
mark_of(const struct report_media *m, const char *setting)
{
	double value;

	if (setting == NULL || json_want_number(m->round->settings, setting,
	    &value, NULL) != 0)
		return NULL;
	return arena_printf(m->a, "%.6g", value);
}

static int
draw_histograms(const struct report_media *m, struct page *p,
    struct error *err)
{
	static const struct {
		const char *member, *setting;
	} scores[] = {
		{ "correlation", "keep" }, { "agreement", "min_agreement" },
		{ "probability", NULL },
	};

	for (size_t i = 0; i < 3; i++) {
		const char *member = scores[i].member;
		const char *mark = mark_of(m, scores[i].setting);
		struct drawing d = { .n = 0 };
		char file[64], text[128];

		if (!has_member(&m->round->fragments, member))
			continue;
		(void)snprintf(file, sizeof(file), "%s.svg", member);
		(void)snprintf(text, sizeof(text), "How many fragments have "
		    "which %s%s", member, mark == NULL ? "" :
		    "; dashed: the threshold that was given");
		add_option(&d, "--member", member);
		if (mark != NULL)
			add_option(&d, "--mark", mark);
		add(&d, m->round->fragments_path);
		if (draw(m, p, "histogram", file, text, &d, err) != 0)
			return -1;
	}
	return 0;
}

int
report_media_scores(const struct report_media *m, struct page *p,
    struct error *err)
{
	struct drawing d = { .n = 0 };

	if (m->round->fragments_path == NULL ||
	    m->round->fragments.n_records == 0) {
		page_text(p, "There are no fragments to draw the scores of.");
		return 0;
	}
	if (draw_histograms(m, p, err) != 0)
		return -1;
	/* A map of a few points is none. */
	if (m->round->embedded_path == NULL ||
	    m->round->recordings.n_records < 6)
		return 0;
	add_option(&d, "--max-points", "600");
	add_option(&d, "--perplexity", "15");
	add(&d, m->round->embedded_path);
	return draw(m, p, "map", "map.png", "Windows of the recordings by "
	    "their fingerprints (t-SNE): near ones are alike; colours and "
	    "forms tell works apart", &d, err);
}

int
report_media_curve(const struct report_media *m, struct page *p,
    struct error *err)
{
	const char *model = m->round->model_path;
	struct drawing d = { .n = 0 };
	const char *curve;
	size_t n;

	if (model == NULL) {
		page_text(p, "No model was trained in this round, or its file "
		    "is gone.");
		return 0;
	}
	n = strlen(model);
	n -= n > 12 && strcmp(model + n - 12, ".safetensors") == 0 ? 12 : 0;
	curve = arena_printf(m->a, "%.*s.curve.csv", (int)n, model);
	if (curve == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (!file_exists(curve)) {
		page_text(p, "The learning curve is gone: %s", curve);
		return 0;
	}
	add(&d, curve);
	return draw(m, p, "curve", "curve.svg",
	    "The loss of the new model by step, and its mean", &d, err);
}

/*
 * Cut a passage of a recording; where that fails the page says so.  The sound
 * starts where the record's times count from.
 */
static int
cut(const struct report_media *m, struct page *p, const struct json *rec,
    const char *file, const double interval[2], const char *text,
    struct error *err)
{
	const char *out_path = path_of(m, file, err);
	struct error why = { ERROR_NONE, "" };
	double seconds = interval[1] - interval[0];
	struct arena *scratch;
	const char *path;
	struct clip clip;
	bool is_cut;

	if (out_path == NULL)
		return -1;
	if (rec == NULL) {
		page_text(p, "%s: the recording is not in this round's list.",
		    text);
		return 0;
	}
	if ((scratch = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	seconds = seconds > MAX_CLIP_SEC ? MAX_CLIP_SEC : seconds;
	path = record_sound_path(rec, false, NULL, NULL, scratch, &why);
	is_cut = path != NULL && clip_load(path, CLIP_ANY_RATE, interval[0],
	    seconds, scratch, &clip, &why) == 0 && clip_write(out_path,
	    CLIP_FLAC16, clip.rate_hz, clip.samples, clip.n_samples,
	    &why) == 0;
	arena_free(scratch);
	if (is_cut)
		page_sound(p, file, text);
	else if (why.code == ERROR_OUTPUT || why.code == ERROR_NOMEM) {
		*err = why;
		return -1;
	} else
		page_text(p, "%s: no sound (%s).", text, why.text);
	return 0;
}

/* A number of the fragment, as text; "-" for none. */
static const char *
number_of(const struct report_media *m, const struct json *fragment,
    const char *member)
{
	double value;
	const char *text;

	if (json_want_number(fragment, member, &value, NULL) != 0)
		return "-";
	text = arena_printf(m->a, "%.3f", value);
	return text == NULL ? "-" : text;
}

static const char *
text_of(const struct json *rec, const char *member, const char *fallback)
{
	const char *text;

	return json_get_string(rec, member, fallback, &text, NULL) == 0 ?
	    text : fallback;
}

static const char *
truth_of(const struct json *fragment)
{
	bool is_right;

	if (!json_has(fragment, "is_right") ||
	    json_get_bool(fragment, "is_right", false, &is_right, NULL) != 0)
		return "";
	return is_right ? "; by the truth it is right" :
	    "; by the truth it is wrong";
}

/* What a person has to know to review the fragment. */
static void
describe(const struct report_media *m, struct page *p,
    const struct json *fragment, const struct json *cover, size_t number)
{
	page_text(p, "%zu. %s of %s%s%s (group_id %s, fragment_id %s): "
	    "correlation %s, agreement %s, %s times the length, %s "
	    "semitones%s", number, text_of(fragment, "id", "?"),
	    text_of(fragment, "original_id", "?"), cover != NULL &&
	    json_has(cover, "title") ? ", " : "", cover == NULL ? "" :
	    text_of(cover, "title", ""), text_of(fragment, "group_id", "?"),
	    text_of(fragment, "fragment_id", "?"),
	    number_of(m, fragment, "correlation"),
	    number_of(m, fragment, "agreement"),
	    number_of(m, fragment, "tempo_ratio"),
	    number_of(m, fragment, "transposition_semitones"),
	    truth_of(fragment));
}

static int
draw_matrix(const struct report_media *m, struct page *p,
    const struct json *fragment, const char *decision, size_t number,
    struct error *err)
{
	struct drawing d = { .n = 0 };
	char file[64];

	if (m->round->embedded_path == NULL) {
		page_text(p, "The fingerprints' list is gone: no matrix.");
		return 0;
	}
	(void)snprintf(file, sizeof(file), "matrix-%s-%zu.png", decision,
	    number);
	add_option(&d, "--original", text_of(fragment, "original_id", ""));
	add_option(&d, "--cover", text_of(fragment, "id", ""));
	add(&d, m->round->embedded_path);
	add(&d, m->round->fragments_path);
	return draw(m, p, "similarity", file, "Similarity of the windows of "
	    "the two recordings, and the fragments that were found", &d, err);
}

static int
show(const struct report_media *m, struct page *p,
    const struct json *fragment, const char *decision, size_t number,
    struct error *err)
{
	const char *group_id = text_of(fragment, "group_id", "");
	const struct json *cover = recording_index_find(m->round->index,
	    group_id, text_of(fragment, "id", ""));
	const struct json *original = recording_index_find(m->round->index,
	    group_id, text_of(fragment, "original_id", ""));
	double at[2][2];
	char file[64];

	if (json_want_number(fragment, "original_interval.0", &at[0][0],
	    err) != 0 || json_want_number(fragment, "original_interval.1",
	    &at[0][1], err) != 0 || json_want_number(fragment, "interval.0",
	    &at[1][0], err) != 0 || json_want_number(fragment, "interval.1",
	    &at[1][1], err) != 0)
		return -1;
	describe(m, p, fragment, cover, number);
	for (size_t i = 0; i < 2; i++) {
		char text[96];

		(void)snprintf(file, sizeof(file), "sounds/%s-%zu-%s.flac",
		    decision, number, i == 0 ? "original" : "cover");
		(void)snprintf(text, sizeof(text), "%s, %.1f to %.1f s",
		    i == 0 ? "original" : "cover", at[i][0], at[i][1]);
		if (cut(m, p, i == 0 ? original : cover, file, at[i], text,
		    err) != 0)
			return -1;
	}
	return number > N_MATRICES ? 0 : draw_matrix(m, p, fragment,
	    decision, number, err);
}

/* Which fragments of the decision, at most n_sounds, the seed draws. */
static size_t
sample(const struct report_media *m, const char *decision, size_t *chosen)
{
	const struct stream_list *list = &m->round->fragments;
	struct random r;
	size_t n_seen = 0, n = 0;

	random_init_keyed(&r, m->seed, m->round->number,
	    (uint64_t)(unsigned char)decision[0]);
	/* Algorithm R of Vitter, "Random sampling with a reservoir", 1985. */
	for (size_t i = 0; i < list->n_records; i++) {
		size_t k;

		if (!report_round_is(list->records[i], decision))
			continue;
		k = n < m->n_sounds ? n++ : random_below(&r, n_seen + 1);
		if (k < m->n_sounds)
			chosen[k] = i;
		n_seen++;
	}
	return n;
}

int
report_media_examples(const struct report_media *m, const char *decision,
    struct page *p, struct error *err)
{
	size_t *chosen = arena_need(m->a, m->n_sounds, sizeof(*chosen),
	    "examples", err);
	size_t n;

	if (chosen == NULL)
		return -1;
	n = sample(m, decision, chosen);
	if (n == 0)
		page_text(p, "There are none.");
	for (size_t i = 0; i < n; i++)
		if (show(m, p, m->round->fragments.records[chosen[i]],
		    decision, i + 1, err) != 0)
			return -1;
	return 0;
}
