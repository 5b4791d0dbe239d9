#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "manifests/record.h"

#include "mine/report_quarantine.h"

#define MAX_ROWS 200
#define MIN_VOICED_SHARE 0.05	/* with less there is nothing to compare */

/* What was found in a recording, and which it is. */
struct found {
	const char *group_id, *id;
	const struct json *rec;
	size_t n_kept, n_flagged, n_dropped;
	double best_correlation;
};

static int
compare_found(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;
	const int order = strcmp(a->group_id, b->group_id);

	return order != 0 ? order : strcmp(a->id, b->id);
}

static const char *
text_of(const struct json *rec, const char *member)
{
	const char *text;

	return json_get_string(rec, member, "", &text, NULL) == 0 ? text : "";
}

/* Has its work an original that was analysed? */
static bool
has_original(const struct report_round *round, const char *group_id)
{
	const struct json *rec;

	for (size_t k = 0; (rec = recording_index_of_group(round->index,
	    group_id, k)) != NULL; k++)
		if (strcmp(text_of(rec, "audio_type"), "original") == 0)
			return true;
	return false;
}

/* Covers and hums of works with an original, by group_id and id. */
static struct found *
gather(const struct report_round *round, struct arena *a, size_t *n,
    struct error *err)
{
	const struct stream_list *list = &round->recordings;
	struct found *all = arena_need(a, list->n_records, sizeof(*all),
	    "recordings", err);

	*n = 0;
	for (size_t i = 0; all != NULL && i < list->n_records; i++) {
		const struct json *rec = list->records[i];
		const struct found f = { .group_id = text_of(rec, "group_id"),
		    .id = text_of(rec, "id"), .rec = rec };

		if (!record_has_failed(rec) && strcmp(text_of(rec,
		    "audio_type"), "original") != 0 &&
		    has_original(round, f.group_id))
			all[(*n)++] = f;
	}
	if (all != NULL && *n > 0)
		qsort(all, *n, sizeof(*all), compare_found);
	return all;
}

static void
count(const struct report_round *round, struct found *all, size_t n)
{
	for (size_t i = 0; i < round->fragments.n_records; i++) {
		const struct json *rec = round->fragments.records[i];
		const struct found key = { .group_id = text_of(rec,
		    "group_id"), .id = text_of(rec, "id") };
		struct found *f = n == 0 || !report_round_is(rec, NULL) ?
		    NULL : bsearch(&key, all, n, sizeof(*all), compare_found);
		double correlation;

		if (f == NULL)
			continue;
		f->n_kept += report_round_is(rec, "keep");
		f->n_flagged += report_round_is(rec, "flag");
		f->n_dropped += report_round_is(rec, "drop");
		if (json_want_number(rec, "correlation", &correlation,
		    NULL) == 0 && correlation > f->best_correlation)
			f->best_correlation = correlation;
	}
}

static const char *
reason_of(const struct found *f, struct arena *a)
{
	double share;
	bool is_lost;

	if (f->n_flagged > 0)
		return arena_printf(a, "%zu passages are flagged: people may "
		    "accept them", f->n_flagged);
	if (json_get_bool(f->rec, "separate.dropout", false, &is_lost,
	    NULL) == 0 && is_lost)
		return "the voice is missing or could not be separated";
	if (json_want_number(f->rec, "f0.voiced_share", &share, NULL) == 0 &&
	    share < MIN_VOICED_SHARE)
		return arena_printf(a, "hardly anything is sung: %.0f %% of "
		    "it is voiced", 100.0 * share);
	if (f->n_dropped > 0)
		return arena_printf(a, "%zu passages are too unlike, with "
		    "correlations up to %.2f: perhaps another song",
		    f->n_dropped, f->best_correlation);
	return "nothing in it is like the original: perhaps another song";
}

static void
put_failed(const struct report_round *round, struct page *p)
{
	const char *const head[] = { "work", "recording", "what happened" };
	const struct stream_list *list = &round->recordings;
	size_t n = 0;

	for (size_t i = 0; i < list->n_records; i++) {
		const struct json *rec = list->records[i];
		const char *cells[3] = { text_of(rec, "group_id"),
		    text_of(rec, "id"), text_of(rec, "error") };

		if (!record_has_failed(rec) || ++n > MAX_ROWS)
			continue;
		if (n == 1) {
			page_heading(p, "Failed");
			page_table(p, head, 3);
		}
		page_row(p, cells, 3);
	}
	if (n > 0)
		page_table_end(p);
	if (n > MAX_ROWS)
		page_text(p, "and %zu more", n - MAX_ROWS);
}

int
report_quarantine_put(const struct report_round *round, struct page *p,
    struct arena *a, struct error *err)
{
	const char *const head[] = { "work", "recording", "reason" };
	size_t n, n_rows = 0;
	struct found *all = gather(round, a, &n, err);

	if (all == NULL)
		return -1;
	count(round, all, n);
	page_heading(p, "Quarantine");
	for (size_t i = 0; i < n; i++)
		n_rows += all[i].n_kept == 0;
	if (n_rows == 0)
		page_text(p, "Something was kept of every cover and hum.");
	else {
		page_text(p, "Of %zu recordings nothing was kept.", n_rows);
		page_table(p, head, 3);
	}
	for (size_t i = 0, k = 0; i < n && k < MAX_ROWS; i++) {
		const char *cells[3] = { all[i].group_id, all[i].id };

		if (all[i].n_kept > 0)
			continue;
		cells[2] = reason_of(&all[i], a);
		page_row(p, cells, 3);
		k++;
	}
	if (n_rows > 0)
		page_table_end(p);
	if (n_rows > MAX_ROWS)
		page_text(p, "and %zu more", n_rows - MAX_ROWS);
	put_failed(round, p);
	return 0;
}
