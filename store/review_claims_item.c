/* What a page is told of one fragment (store/review_claims.h). */
#include <string.h>

#include "store/review_claims.h"
#include "store/fragments.h"
#include "store/member.h"
#include "store/review_row.h"

static const char template[] = "{\"g\":null,\"f\":null,\"id\":null,"
    "\"original_id\":null,\"audio_type\":null,\"title\":null,"
    "\"artist\":null,\"interval\":null,\"original_interval\":null,"
    "\"probability\":null,\"correlation\":null,\"agreement\":null,"
    "\"tempo_ratio\":null,\"transposition_semitones\":null,"
    "\"decision\":null,\"round\":null,\"expires_at\":null,\"own\":null}";

struct making {
	struct json *item;
	bool is_blind;		/* shows no scores and nobody's words */
	bool found;
};

/* An item has the members of the fragment that its template names. */
static int
take_fragment(void *context, struct json *rec, struct error *err)
{
	static const char *const scores[] = { "probability", "correlation",
	    "agreement" };
	struct making *m = context;
	int status = 0;

	m->found = true;
	if (m->is_blind) {
		for (size_t i = 0; i < sizeof(scores) / sizeof(scores[0]); i++)
			json_remove(rec, scores[i]);
		if (json_put_string(rec, "decision", "flag", err) != 0)
			return -1;
	}
	for (size_t i = 0; i < json_count(m->item) && status == 0; i++) {
		const char *name = json_member_name(m->item, i);

		if (json_has(rec, name))
			status = json_put(m->item, name, json_at(rec, name),
			    err);
	}
	return status;
}

/* Columns: title, artist, number of the round, end of the claim. */
static int
take_surroundings(void *context, sqlite3_stmt *row, struct error *err)
{
	struct json *item = ((struct making *)context)->item;

	if (member_put_text(item, "title", row, 0, err) != 0 ||
	    member_put_text(item, "artist", row, 1, err) != 0 ||
	    member_put_number(item, "expires_at", row, 3, err) != 0)
		return -1;
	return !sql_has(row, 2) ? 0 : json_put_size(item, "round",
	    (size_t)sqlite3_column_int64(row, 2), err);
}

static int
put_surroundings(struct catalogue *c, struct making *m, const char *person,
    const struct queue_name *name, int64_t now, struct error *err)
{
	const char *id, *original_id;

	if (json_want_string(m->item, "id", &id, err) != 0 ||
	    json_want_string(m->item, "original_id", &original_id, err) != 0)
		return -1;
	return sql_each(c, sql_query(c, err, "SELECT coalesce(w.title,"
	    " o.title, r.title), coalesce(json_extract(r.extra, '$.artist'),"
	    " json_extract(o.extra, '$.artist')), (SELECT number FROM rounds"
	    " WHERE key = f.round_key), (SELECT expires_at FROM claims AS k"
	    " WHERE k.group_id = f.group_id AND k.fragment_id = f.fragment_id"
	    " AND k.person = ?5 AND k.expires_at > ?6) FROM fragments AS f"
	    " JOIN works AS w ON w.group_id = f.group_id"
	    " LEFT JOIN recordings AS o ON o.group_id = f.group_id"
	    " AND o.id = ?4 LEFT JOIN recordings AS r"
	    " ON r.group_id = f.group_id AND r.id = ?3"
	    " WHERE f.group_id = ?1 AND f.fragment_id = ?2", "ttttti",
	    name->group_id, name->fragment_id, id, original_id, person, now),
	    take_surroundings, m, err);
}

static int
put_own(void *context, struct json *rec, struct error *err)
{
	struct making *m = context;

	return json_put(m->item, "own", json_at(rec, "review"), err);
}

/* {who, verdict, note, reasons} of a review. */
static int
append_said(void *context, struct json *rec, struct error *err)
{
	static const char *const names[][2] = {
		{ "who", "review.reviewer" }, { "verdict", "review.verdict" },
		{ "note", "review.note" }, { "reasons", "review.reasons" },
	};
	struct making *m = context;
	struct json *said = json_new_object(err);
	int status = said == NULL ? -1 : 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) &&
	    status == 0; i++)
		if (json_has(rec, names[i][1]))
			status = json_put(said, names[i][0],
			    json_at(rec, names[i][1]), err);
	if (status == 0)
		status = json_append(m->item, "said", said, err);
	json_free(said);
	return status;
}

#define OF_FRAGMENT " WHERE group_id = ?1 AND fragment_id = ?2"

static int
put_reviews(struct catalogue *c, struct making *m, const char *person,
    const struct queue_name *name, struct error *err)
{
	struct member_reader own = { review_row_restore, NULL, put_own, m };
	struct member_reader said = { review_row_restore, NULL, append_said,
	    m };
	struct json *none;

	if (member_each(c, sql_query(c, err, "SELECT " REVIEW_ROW_COLUMNS
	    " FROM reviews" OF_FRAGMENT " AND reviewer = ?3 UNION ALL"
	    " SELECT " REVIEW_ROW_COLUMNS " FROM gold_reviews" OF_FRAGMENT
	    " AND reviewer = ?3", "ttt", name->group_id, name->fragment_id,
	    person), &own, err) != 0)
		return -1;
	if (m->is_blind)
		return 0;
	if ((none = json_new_array(err)) == NULL)
		return -1;
	if (json_put(m->item, "said", none, err) != 0) {
		json_free(none);
		return -1;
	}
	json_free(none);
	return member_each(c, sql_query(c, err, "SELECT " REVIEW_ROW_COLUMNS
	    " FROM reviews" OF_FRAGMENT " ORDER BY reviewer", "tt",
	    name->group_id, name->fragment_id), &said, err);
}

int
review_claims_item(struct catalogue *c, const struct people_person *person,
    const struct queue_name *name, int64_t now, struct json **item,
    struct error *err)
{
	const struct fragments_filter filter = { .group_id = name->group_id,
	    .fragment_id = name->fragment_id };
	struct making m = { .is_blind = person->role == PEOPLE_ANNOTATOR };

	*item = NULL;
	if ((m.item = json_parse(template, sizeof(template) - 1,
	    err)) == NULL)
		return -1;
	if (fragments_each(c, &filter, take_fragment, &m, err) != 0)
		goto fail;
	if (!m.found) {
		json_free(m.item);
		return 0;
	}
	if (json_put_string(m.item, "g", name->group_id, err) != 0 ||
	    json_put_string(m.item, "f", name->fragment_id, err) != 0 ||
	    put_surroundings(c, &m, person->name, name, now, err) != 0 ||
	    put_reviews(c, &m, person->name, name, err) != 0)
		goto fail;
	*item = m.item;
	return 0;
fail:
	json_free(m.item);
	return -1;
}
