#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#include "mine/page.h"
#include "mine/report.h"
#include "mine/report_media.h"
#include "mine/report_quarantine.h"
#include "mine/report_round.h"
#include "mine/round_changes.h"

/* What one page is made from. */
struct report {
	struct catalogue *catalogue;
	const struct report_options *o;
	const struct report_round *round, *before;	/* before: or NULL */
	struct page *page;
	struct arena *a;
};

static const char *const decisions[] = { "keep", "flag", "drop" };
static const char *const words[] = { "kept", "flagged", "dropped",
    "not there" };

/* A formatted text for a cell; "" when memory is out. */
#define CELL(a, ...) cell_of(arena_printf(a, __VA_ARGS__))

static const char *
cell_of(const char *text)
{
	return text == NULL ? "" : text;
}

static bool
find_score(const struct report *r, const char *subject, const char *measure,
    struct rounds_score *score)
{
	bool found = false;

	if (subject == NULL)
		return false;
	*score = (struct rounds_score) { .subject = subject,
	    .measure = measure };
	return rounds_find_score(r->catalogue, r->round->result.key, score,
	    &found, NULL) == 0 && found;
}

/* "0.812 [0.780, 0.844]", "0.812" or "-". */
static const char *
interval_of(const struct report *r, const char *subject, const char *measure)
{
	struct rounds_score s;

	if (!find_score(r, subject, measure, &s))
		return "-";
	if (!s.has_interval)
		return CELL(r->a, "%.3f", s.value);
	return CELL(r->a, "%.3f [%.3f, %.3f]", s.value, s.low, s.high);
}

static void
put_fragments(const struct report *r)
{
	const char *const head[] = { "", "fragments", "seconds" };
	const struct stream_list *list = &r->round->fragments;

	page_heading(r->page, "Fragments");
	page_table(r->page, head, 3);
	for (size_t k = 0; k < 3; k++) {
		const char *cells[3] = { words[k] };
		double seconds = 0.0;
		size_t n = 0;

		for (size_t i = 0; i < list->n_records; i++)
			if (report_round_is(list->records[i], decisions[k])) {
				seconds += report_round_seconds(
				    list->records[i]);
				n++;
			}
		cells[1] = CELL(r->a, "%zu", n);
		cells[2] = CELL(r->a, "%.1f", seconds);
		page_row(r->page, cells, 3);
	}
	page_table_end(r->page);
	page_text(r->page, "Precision of the kept fragments, within 0.5 s: "
	    "%s; recall of the time that is shared: %s.",
	    interval_of(r, "fragments", "precision"),
	    interval_of(r, "fragments", "recall"));
}

/* A threshold of a round; false when it was not set. */
static bool
threshold_of(const struct report_round *round, const char *name,
    double *value)
{
	return round != NULL && json_want_number(round->settings, name,
	    value, NULL) == 0;
}

static void
put_thresholds(const struct report *r)
{
	static const char *const names[] = { "keep", "flag", "min_agreement",
	    "repeat_agreement", "flag_agreement" };
	const char *const head[] = { "threshold", "this round",
	    "round before" };
	struct rounds_score s;
	double value;

	page_heading(r->page, "Thresholds");
	page_table(r->page, head, 3);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *cells[3] = { names[i], "-", "-" };

		if (threshold_of(r->round, names[i], &value))
			cells[1] = CELL(r->a, "%.4g", value);
		if (threshold_of(r->before, names[i], &value))
			cells[2] = CELL(r->a, "%.4g", value);
		page_row(r->page, cells, 3);
	}
	page_table_end(r->page);
	if (find_score(r, "thresholds", "min_agreement", &s))
		page_text(r->page, "By the truth that was given, "
		    "min_agreement was set to %.4f: precision %s there.",
		    s.value, interval_of(r, "thresholds", "precision"));
}

static void
put_change_table(const struct report *r, const struct round_changes *c)
{
	const char *const head[] = { "before \\ now", words[0], words[1],
	    words[2], words[3] };

	page_table(r->page, head, 5);
	for (size_t i = 0; i < ROUND_CHANGES_N; i++) {
		const char *cells[5] = { words[i] };

		for (size_t k = 0; k < ROUND_CHANGES_N; k++)
			cells[k + 1] = i == ROUND_CHANGES_NONE &&
			    k == ROUND_CHANGES_NONE ? "" :
			    CELL(r->a, "%zu", c->n[i][k]);
		page_row(r->page, cells, 5);
	}
	page_table_end(r->page);
}

static int
put_changes(const struct report *r, struct error *err)
{
	struct round_changes c;
	size_t n_kept_on = 0, n_otherwise = 0;

	page_heading(r->page, "What changed");
	if (r->before == NULL || r->before->number == 0) {
		page_text(r->page, "This is the first round of mining: there "
		    "is none to compare it with.");
		return 0;
	}
	if (r->before->fragments_path == NULL ||
	    r->round->fragments_path == NULL) {
		page_text(r->page, "The fragments of one of the two rounds "
		    "are gone from the work folder.");
		return 0;
	}
	if (round_changes_find(&r->before->fragments, &r->round->fragments,
	    &c, err) != 0)
		return -1;
	for (size_t i = 0; i < ROUND_CHANGES_NONE; i++)
		for (size_t k = 0; k < ROUND_CHANGES_NONE; k++)
			*(i == k ? &n_kept_on : &n_otherwise) += c.n[i][k];
	page_text(r->page, "Against round %zu: %zu fragments are at the same "
	    "place, %zu have moved, %zu are new, %zu are gone. Of those in "
	    "both, %zu are decided as before and %zu otherwise.",
	    r->before->number, c.n_same, c.n_moved, c.n_new, c.n_gone,
	    n_kept_on, n_otherwise);
	put_change_table(r, &c);
	return 0;
}

static void
put_model(const struct report *r, const char *name, const char *sha256)
{
	const char *cells[6] = { name };
	struct rounds_score s;

	if (sha256 == NULL)
		return;
	cells[1] = CELL(r->a, "%.12s", sha256);
	cells[2] = interval_of(r, sha256, "top1");
	cells[3] = interval_of(r, sha256, "top10");
	cells[4] = interval_of(r, sha256, "mrr");
	cells[5] = find_score(r, sha256, "top10", &s) ?
	    CELL(r->a, "%zu", s.n) : "-";
	page_row(r->page, cells, 6);
}

static void
put_models(const struct report *r)
{
	const struct rounds_result *result = &r->round->result;
	const char *const head[] = { "model", "SHA-256", "top-1 [95 %]",
	    "top-10 [95 %]", "MRR [95 %]", "held-out hums" };

	page_heading(r->page, "Models");
	page_table(r->page, head, 6);
	if (r->round->number > 0)
		put_model(r, "old", result->model_in);
	put_model(r, "new", result->model_new);
	page_table_end(r->page);
	page_text(r->page, "The round ended with %.12s: %s.",
	    result->model_out == NULL ? "?" : result->model_out,
	    result->reason == NULL ? "no reason is known" : result->reason);
	if (result->model_out_path != NULL)
		page_text(r->page, "It is %s", result->model_out_path);
}

static int
put_media(const struct report *r, const char *folder, struct error *err)
{
	const struct report_media m = { folder, r->round, r->o->n_sounds,
	    r->o->seed, r->a };

	page_heading(r->page, "Training");
	if (report_media_curve(&m, r->page, err) != 0)
		return -1;
	if (r->round->number == 0)
		return 0;
	page_heading(r->page, "Scores");
	if (report_media_scores(&m, r->page, err) != 0)
		return -1;
	page_heading(r->page, "Kept: a sample");
	if (report_media_examples(&m, "keep", r->page, err) != 0)
		return -1;
	page_heading(r->page, "Flagged for people: a sample");
	return report_media_examples(&m, "flag", r->page, err);
}

static int
fill(const struct report *r, const char *folder, struct error *err)
{
	page_link(r->page, "../index.html", "all rounds");
	put_models(r);
	if (r->round->number > 0) {
		put_fragments(r);
		if (put_changes(r, err) != 0)
			return -1;
		put_thresholds(r);
		if (report_quarantine_put(r->round, r->page, r->a, err) != 0)
			return -1;
	}
	return put_media(r, folder, err);
}

/* One round's folder; its row of the table of all is put on "all". */
static int
write_round(struct report *r, const char *folder, struct page *all,
    struct error *err)
{
	const char *title = arena_printf(r->a, "Round %zu",
	    r->round->number);
	const char *cells[6];
	struct rounds_score s;

	if (title == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if ((r->page = page_open(folder, title, err)) == NULL)
		return -1;
	if (fill(r, folder, err) != 0) {
		page_abandon(r->page);
		return error_add(err, "round %zu", r->round->number);
	}
	cells[0] = CELL(r->a, "%zu", r->round->number);
	for (size_t k = 0; k < 3; k++)
		cells[k + 1] = find_score(r, "fragments", decisions[k], &s) ?
		    CELL(r->a, "%.0f", s.value) : "-";
	cells[4] = interval_of(r, r->round->result.model_new, "top10");
	cells[5] = r->round->result.reason;
	page_row(all, cells, 6);
	return page_commit(r->page, err);
}

/*
 * Load the rounds one after the other, each beside the one before.  "all" is
 * the page of all of them.
 */
static int
write_rounds(struct report *r, struct page *all, size_t *n_rounds,
    struct error *err)
{
	struct report_round two[2] = { { .number = 0 }, { .number = 0 } };
	bool found = true;
	int status = 0;

	for (size_t k = 0; status == 0; k++) {
		struct report_round *now = &two[k % 2];
		const char *folder = arena_printf(r->a, "%s/round-%zu",
		    r->o->folder, k);

		report_round_release(now);
		if (folder == NULL) {
			status = error_set(err, ERROR_NOMEM, "out of memory");
			break;
		}
		status = report_round_load(r->catalogue, k, k == 0 ? NULL :
		    folder, r->a, now, &found, err);
		if (status != 0 || !found)
			break;
		r->round = now;
		r->before = k == 0 ? NULL : &two[(k + 1) % 2];
		status = write_round(r, folder, all, err);
		*n_rounds += status == 0;
	}
	report_round_release(&two[0]);
	report_round_release(&two[1]);
	return status;
}

static int
write_all(struct report *r, size_t *n_rounds, struct error *err)
{
	const char *const head[] = { "round", words[0], words[1], words[2],
	    "top-10 of the new model [95 %]", "decision" };
	struct page *all = page_open(r->o->folder, "CHAD tools: the rounds",
	    err);
	int status;

	if (all == NULL)
		return -1;
	page_table(all, head, 6);
	status = write_rounds(r, all, n_rounds, err);
	page_table_end(all);
	for (size_t k = *n_rounds; k-- > 0;)
		page_link(all, CELL(r->a, "round-%zu/index.html", k),
		    CELL(r->a, "round %zu", k));
	if (status == 0 && *n_rounds == 0)
		status = error_set(err, ERROR_FORMAT, "no round is done: run "
		    "chad-mine first");
	if (status == 0)
		return page_commit(all, err);
	page_abandon(all);
	return -1;
}

int
report_write(struct catalogue *c, const struct report_options *o,
    size_t *n_rounds, struct error *err)
{
	struct report r = { .catalogue = c, .o = o };
	int status;

	*n_rounds = 0;
	if ((r.a = arena_new()) == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = write_all(&r, n_rounds, err);
	arena_free(r.a);
	return status;
}
