#include <stdio.h>

#include "store/schema.h"

/* To where a reviewer "m" moved the end of a version "v"; NULL: not at all. */
#define MOVED(end) \
	"iif(v.part = 'original', m.original_" end "_sec, m." end "_sec)"
#define MOVED_SAMPLE(end) \
	"coalesce(CAST(round(" MOVED(end) " * v.rate_hz) AS INTEGER)," \
	" v." end "_sample)"

/*
 * What most reviewers of the fragment (g, f) say: NULL when there are none,
 * "flag" when they are even or unsure.
 */
#define VERDICT(g, f) \
	"(SELECT CASE WHEN total((verdict = 'accept')" \
	" - (verdict = 'reject')) > 0 THEN 'keep'" \
	" WHEN total((verdict = 'accept') - (verdict = 'reject')) < 0" \
	" THEN 'drop' WHEN count(*) > 0 THEN 'flag' END FROM reviews" \
	" WHERE group_id = " g " AND fragment_id = " f ")"

#define VERDICT_TRIGGER(event, row) \
	"CREATE TRIGGER verdict_after_" event " AFTER " event " ON reviews" \
	" BEGIN UPDATE fragments SET verdict = " \
	VERDICT(row ".group_id", row ".fragment_id") \
	" WHERE group_id = " row ".group_id" \
	" AND fragment_id = " row ".fragment_id; END;"

/*
 * The same where an adjudicator's word counts alone, and what else follows
 * from the reviews of the fragment (g, f).
 */
#define OF_FRAGMENT(g, f) \
	" FROM reviews AS r WHERE r.group_id = " g \
	" AND r.fragment_id = " f
#define JUDGED(g, f) \
	"verdict = (SELECT CASE WHEN total((verdict = 'accept')" \
	" - (verdict = 'reject')) > 0 THEN 'keep'" \
	" WHEN total((verdict = 'accept') - (verdict = 'reject')) < 0" \
	" THEN 'drop' WHEN count(*) > 0 THEN 'flag' END" OF_FRAGMENT(g, f) \
	" AND (r.role IS NOT NULL OR NOT EXISTS (SELECT 1 FROM reviews AS j" \
	" WHERE j.group_id = r.group_id AND j.fragment_id = r.fragment_id" \
	" AND j.role IS NOT NULL)))," \
	" n_judged = (SELECT count(*)" OF_FRAGMENT(g, f) ")," \
	" standing = (SELECT CASE WHEN count(role) > 0 THEN 'final'" \
	" WHEN min(verdict) <> max(verdict) OR max(verdict) = 'unsure'" \
	" THEN 'disputed' WHEN count(*) > 0 THEN 'agreed' END" \
	OF_FRAGMENT(g, f) ")"
#define JUDGED_TRIGGER(event, row) \
	"DROP TRIGGER verdict_after_" event ";" \
	"CREATE TRIGGER verdict_after_" event " AFTER " event " ON reviews" \
	" BEGIN UPDATE fragments SET " \
	JUDGED(row ".group_id", row ".fragment_id") \
	" WHERE group_id = " row ".group_id" \
	" AND fragment_id = " row ".fragment_id; END;"

/* Who moved an end of "v": the first adjudicator, else the first who did. */
#define MOVER(condition) \
	"(SELECT min(r.reviewer) FROM reviews AS r" \
	"  WHERE r.group_id = v.group_id AND r.fragment_id = v.fragment_id" \
	"  AND r.verdict = 'accept' AND iif(v.part = 'original'," \
	"  r.original_start_sec, iif(v.part = 'other', r.start_sec, NULL))" \
	"  IS NOT NULL" condition ")"

/* What a review says, in a table of them. */
#define REVIEW_COLUMNS \
	"  group_id TEXT NOT NULL," \
	"  fragment_id TEXT NOT NULL," \
	"  reviewer TEXT NOT NULL," \
	"  verdict TEXT NOT NULL" \
	"    CHECK (verdict IN ('accept', 'reject', 'unsure'))," \
	"  note TEXT," \
	"  start_sec REAL CHECK (start_sec >= 0)," \
	"  end_sec REAL CHECK (end_sec > start_sec)," \
	"  original_start_sec REAL CHECK (original_start_sec >= 0)," \
	"  original_end_sec REAL CHECK (original_end_sec >" \
	"    original_start_sec)," \
	"  role TEXT CHECK (role = 'adjudicator')," \
	"  reasons TEXT," \
	"  spent_sec REAL CHECK (spent_sec >= 0)," \
	"  at INTEGER,"

/*
 * In the definition of a table: a column is one of three words by OR, not by
 * IN, for which SQLite fills a table at each row that is written.  What rows
 * may hold stays the same, so the definition may be edited where it stands
 * (sqlite.org/lang_altertable.html, section 7).
 */
#define OR_FOR_IN(table, column, a, b, c) \
	"UPDATE sqlite_schema SET sql = replace(sql, '" column " IN (''" a \
	"'', ''" b "'', ''" c "'')', '" column " = ''" a "'' OR " column \
	" = ''" b "'' OR " column " = ''" c "''')" \
	" WHERE type = 'table' AND name = '" table "';"

#define MAX_PIECES 6	/* of a step: C promises texts of 4095 bytes */

/*
 * Step i brings a file of version i to version i + 1.  A step that was
 * released is never edited; a change of the tables is a new step.
 */
static const char *const steps[CATALOGUE_VERSION][MAX_PIECES] = { {
	"CREATE TABLE works ("
	"  group_id TEXT PRIMARY KEY,"
	"  title TEXT,"
	"  title_key TEXT"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE models ("
	"  sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),"
	"  name TEXT NOT NULL,"
	"  path TEXT NOT NULL,"
	"  recipe_sha256 TEXT,"
	"  manifest_sha256 TEXT,"
	"  seed INTEGER"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE rounds ("
	"  key TEXT PRIMARY KEY,"
	"  number INTEGER NOT NULL CHECK (number >= 0),"
	"  state TEXT NOT NULL CHECK (state IN ('running', 'done')),"
	"  settings TEXT NOT NULL,"
	"  model_in TEXT REFERENCES models (sha256),"
	"  model_new TEXT REFERENCES models (sha256),"
	"  model_out TEXT REFERENCES models (sha256),"
	"  reason TEXT"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE recordings ("
	"  group_id TEXT NOT NULL REFERENCES works (group_id),"
	"  id TEXT NOT NULL,"
	"  audio_type TEXT NOT NULL"
	"    CHECK (audio_type IN ('original', 'cover', 'humming')),"
	"  audio_filepath TEXT,"
	"  offset_sec REAL CHECK (offset_sec >= 0),"
	"  duration_sec REAL CHECK (duration_sec >= 0),"
	"  title TEXT,"
	"  youtube_id TEXT,"
	"  url TEXT,"
	"  is_available INTEGER CHECK (is_available IN (0, 1)),"
	"  error TEXT,"
	"  quarantined_by TEXT REFERENCES rounds (key) ON DELETE SET NULL,"
	"  extra TEXT NOT NULL,"
	"  PRIMARY KEY (group_id, id)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE artefacts ("
	"  group_id TEXT NOT NULL,"
	"  id TEXT NOT NULL,"
	"  member TEXT NOT NULL,"
	"  key TEXT,"
	"  path TEXT NOT NULL,"
	"  PRIMARY KEY (group_id, id, member),"
	"  FOREIGN KEY (group_id, id) REFERENCES recordings (group_id, id)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE steps ("
	"  round_key TEXT NOT NULL REFERENCES rounds (key) ON DELETE CASCADE,"
	"  name TEXT NOT NULL,"
	"  key TEXT NOT NULL,"
	"  path TEXT NOT NULL,"
	"  sha256 TEXT NOT NULL,"
	"  PRIMARY KEY (round_key, name)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE scores ("
	"  round_key TEXT NOT NULL REFERENCES rounds (key) ON DELETE CASCADE,"
	"  subject TEXT NOT NULL,"
	"  measure TEXT NOT NULL,"
	"  value REAL NOT NULL,"
	"  low REAL,"
	"  high REAL,"
	"  n INTEGER NOT NULL,"
	"  PRIMARY KEY (round_key, subject, measure)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE fragments ("
	"  group_id TEXT NOT NULL REFERENCES works (group_id),"
	"  fragment_id TEXT NOT NULL,"
	"  decision TEXT CHECK (decision IN ('keep', 'flag', 'drop')),"
	"  agreement REAL,"
	"  tempo_ratio REAL,"
	"  transposition REAL,"
	"  round_key TEXT REFERENCES rounds (key),"
	"  extra TEXT NOT NULL,"
	"  PRIMARY KEY (group_id, fragment_id)"
	") STRICT, WITHOUT ROWID;"

	"CREATE INDEX fragments_by_round ON fragments (round_key);"

	"CREATE TABLE versions ("
	"  group_id TEXT NOT NULL,"
	"  fragment_id TEXT NOT NULL,"
	"  id TEXT NOT NULL,"
	"  part TEXT NOT NULL CHECK (part IN ('original', 'other', 'row')),"
	"  recording_id TEXT,"
	"  audio_type TEXT NOT NULL"
	"    CHECK (audio_type IN ('original', 'cover', 'humming')),"
	"  youtube_id TEXT,"
	"  rate_hz INTEGER,"
	"  start_sample INTEGER,"
	"  end_sample INTEGER,"
	"  start_sec REAL NOT NULL CHECK (start_sec >= 0),"
	"  end_sec REAL NOT NULL CHECK (end_sec >= start_sec),"
	"  duration_sec REAL,"
	"  correlation REAL,"
	"  check_by_crowdsource INTEGER CHECK (check_by_crowdsource IN (0, 1)),"
	"  is_available INTEGER CHECK (is_available IN (0, 1)),"
	"  extra TEXT NOT NULL,"
	"  PRIMARY KEY (group_id, fragment_id, id),"
	"  FOREIGN KEY (group_id, fragment_id)"
	"    REFERENCES fragments (group_id, fragment_id) ON DELETE CASCADE,"
	"  FOREIGN KEY (group_id, recording_id)"
	"    REFERENCES recordings (group_id, id)"
	") STRICT, WITHOUT ROWID;"

	"CREATE INDEX versions_by_recording"
	"  ON versions (group_id, recording_id);"

	"CREATE TABLE reviews ("
	"  group_id TEXT NOT NULL,"
	"  fragment_id TEXT NOT NULL,"
	"  reviewer TEXT NOT NULL,"
	"  verdict TEXT NOT NULL"
	"    CHECK (verdict IN ('accept', 'reject', 'unsure')),"
	"  note TEXT,"
	"  PRIMARY KEY (group_id, fragment_id, reviewer),"
	"  FOREIGN KEY (group_id, fragment_id)"
	"    REFERENCES fragments (group_id, fragment_id)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE blocks ("
	"  kind TEXT NOT NULL CHECK (kind IN ('work', 'title', 'video')),"
	"  value TEXT NOT NULL,"
	"  set_name TEXT NOT NULL,"
	"  PRIMARY KEY (kind, value)"
	") STRICT, WITHOUT ROWID;" }, {

	"ALTER TABLE reviews ADD COLUMN start_sec REAL"
	"  CHECK (start_sec >= 0);"
	"ALTER TABLE reviews ADD COLUMN end_sec REAL"
	"  CHECK (end_sec > start_sec);"
	"ALTER TABLE reviews ADD COLUMN original_start_sec REAL"
	"  CHECK (original_start_sec >= 0);"
	"ALTER TABLE reviews ADD COLUMN original_end_sec REAL"
	"  CHECK (original_end_sec > original_start_sec);"

	"CREATE VIEW places AS SELECT v.group_id, v.fragment_id, v.id,"
	"  v.part, v.recording_id, v.audio_type, v.youtube_id, v.rate_hz,"
	"  " MOVED_SAMPLE("start") " AS start_sample,"
	"  " MOVED_SAMPLE("end") " AS end_sample,"
	"  coalesce(" MOVED("start") ", v.start_sec) AS start_sec,"
	"  coalesce(" MOVED("end") ", v.end_sec) AS end_sec,"
	"  v.duration_sec, v.correlation, v.check_by_crowdsource,"
	"  v.is_available, v.extra, m.reviewer IS NOT NULL AS is_moved"
	"  FROM versions AS v LEFT JOIN reviews AS m"
	"  ON m.group_id = v.group_id AND m.fragment_id = v.fragment_id"
	"  AND m.reviewer = (SELECT min(r.reviewer) FROM reviews AS r"
	"  WHERE r.group_id = v.group_id AND r.fragment_id = v.fragment_id"
	"  AND r.verdict = 'accept' AND iif(v.part = 'original',"
	"  r.original_start_sec, iif(v.part = 'other', r.start_sec, NULL))"
	"  IS NOT NULL);" }, {

	/* What is asked for often gets a column of its own and an index. */
	"ALTER TABLE fragments ADD COLUMN probability REAL;"
	"ALTER TABLE fragments ADD COLUMN verdict TEXT"
	"  CHECK (verdict IN ('keep', 'flag', 'drop'));"
	"UPDATE fragments SET probability ="
	"  json_extract(extra, '$.probability'),"
	"  extra = json_remove(extra, '$.probability')"
	"  WHERE json_type(extra, '$.probability') IN ('real', 'integer');"
	"UPDATE fragments AS f SET verdict = "
	VERDICT("f.group_id", "f.fragment_id")
	"  WHERE (group_id, fragment_id) IN"
	"  (SELECT group_id, fragment_id FROM reviews);"
	VERDICT_TRIGGER("INSERT", "new")
	VERDICT_TRIGGER("UPDATE", "new")
	VERDICT_TRIGGER("DELETE", "old")
	/* The last two columns spare counting the rows themselves. */
	"CREATE INDEX fragments_by_decision ON fragments"
	"  (coalesce(verdict, decision), group_id, fragment_id, verdict,"
	"  decision);"
	"CREATE INDEX fragments_by_probability ON fragments (probability);"
	"CREATE INDEX recordings_by_id ON recordings (id);"
	"CREATE INDEX recordings_by_type ON recordings (audio_type);"
	"CREATE INDEX recordings_failed ON recordings (group_id, id)"
	"  WHERE error IS NOT NULL;"
	"CREATE INDEX recordings_quarantined ON recordings (group_id, id)"
	"  WHERE quarantined_by IS NOT NULL;" }, {

	/* Adding is quicker. */
	"PRAGMA writable_schema = ON;"
	OR_FOR_IN("recordings", "audio_type", "original", "cover", "humming")
	OR_FOR_IN("fragments", "decision", "keep", "flag", "drop")
	OR_FOR_IN("fragments", "verdict", "keep", "flag", "drop")
	OR_FOR_IN("versions", "part", "original", "other", "row")
	OR_FOR_IN("versions", "audio_type", "original", "cover", "humming")
	"PRAGMA writable_schema = RESET;"
	/* Also tells other processes that the definitions are new. */
	"DROP INDEX fragments_by_round;"
	"CREATE INDEX fragments_by_round ON fragments (round_key)"
	"  WHERE round_key IS NOT NULL;" }, {

	/* Many people judge what is flagged (chad-review). */
	"CREATE TABLE people ("
	"  name TEXT PRIMARY KEY,"
	"  role TEXT NOT NULL"
	"    CHECK (role IN ('annotator', 'adjudicator', 'admin')),"
	"  token_sha256 TEXT UNIQUE,"
	"  is_retired INTEGER NOT NULL DEFAULT 0"
	"    CHECK (is_retired IN (0, 1)),"
	"  n_claims INTEGER NOT NULL DEFAULT 0"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE claims ("
	"  group_id TEXT NOT NULL,"
	"  fragment_id TEXT NOT NULL,"
	"  person TEXT NOT NULL REFERENCES people (name),"
	"  expires_at INTEGER NOT NULL,"
	"  PRIMARY KEY (group_id, fragment_id, person),"
	"  FOREIGN KEY (group_id, fragment_id)"
	"    REFERENCES fragments (group_id, fragment_id) ON DELETE CASCADE"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX claims_by_person ON claims (person, expires_at);"
	"CREATE INDEX claims_by_expiry ON claims (expires_at);"

	"ALTER TABLE reviews ADD COLUMN role TEXT"
	"  CHECK (role = 'adjudicator');"
	"ALTER TABLE reviews ADD COLUMN reasons TEXT;"
	"ALTER TABLE reviews ADD COLUMN spent_sec REAL"
	"  CHECK (spent_sec >= 0);"
	"ALTER TABLE reviews ADD COLUMN at INTEGER;"
	"CREATE INDEX reviews_by_reviewer ON reviews (reviewer, at);"

	"CREATE TABLE gold ("
	"  group_id TEXT NOT NULL,"
	"  fragment_id TEXT NOT NULL,"
	"  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject')),"
	"  PRIMARY KEY (group_id, fragment_id),"
	"  FOREIGN KEY (group_id, fragment_id)"
	"    REFERENCES fragments (group_id, fragment_id)"
	") STRICT, WITHOUT ROWID;"

	"CREATE TABLE gold_reviews (" REVIEW_COLUMNS
	"  PRIMARY KEY (group_id, fragment_id, reviewer),"
	"  FOREIGN KEY (group_id, fragment_id)"
	"    REFERENCES gold (group_id, fragment_id)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX gold_reviews_by_reviewer"
	"  ON gold_reviews (reviewer, at);",

	"CREATE TABLE review_log ("
	"  n INTEGER PRIMARY KEY,"
	"  at INTEGER NOT NULL,"
	"  who TEXT NOT NULL,"
	"  what TEXT NOT NULL,"
	"  group_id TEXT,"
	"  fragment_id TEXT,"
	"  verdict TEXT,"
	"  before TEXT,"
	"  after TEXT,"
	"  request_id TEXT,"
	"  undoes INTEGER REFERENCES review_log (n)"
	") STRICT;"
	"CREATE INDEX review_log_by_who ON review_log (who, what, at);"
	"CREATE INDEX review_log_by_time ON review_log (what, at);"
	"CREATE UNIQUE INDEX review_log_by_request"
	"  ON review_log (who, what, request_id)"
	"  WHERE request_id IS NOT NULL;"
	"CREATE UNIQUE INDEX review_log_undone ON review_log (undoes)"
	"  WHERE undoes IS NOT NULL;"
	"CREATE TRIGGER review_log_before_UPDATE BEFORE UPDATE ON review_log"
	" BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;"
	"CREATE TRIGGER review_log_before_DELETE BEFORE DELETE ON review_log"
	" BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;",

	"ALTER TABLE fragments ADD COLUMN n_judged INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE fragments ADD COLUMN standing TEXT CHECK (standing ="
	"  'agreed' OR standing = 'disputed' OR standing = 'final');"
	"ALTER TABLE fragments ADD COLUMN is_heard INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE fragments ADD COLUMN is_asked INTEGER;"
	JUDGED_TRIGGER("INSERT", "new")
	JUDGED_TRIGGER("UPDATE", "new")
	JUDGED_TRIGGER("DELETE", "old"),

	"UPDATE fragments AS f SET " JUDGED("f.group_id", "f.fragment_id")
	"  WHERE (group_id, fragment_id) IN"
	"  (SELECT group_id, fragment_id FROM reviews);"
	"UPDATE fragments SET is_heard = 1"
	"  WHERE group_id IN (SELECT group_id FROM reviews);"
	/* Only the first review of a work, and the last that goes, tell. */
	"CREATE TRIGGER heard_after_INSERT AFTER INSERT ON reviews"
	" WHEN (SELECT count(*) FROM (SELECT 1 FROM reviews"
	" WHERE group_id = new.group_id LIMIT 2)) = 1 BEGIN"
	" UPDATE fragments SET is_heard = 1 WHERE group_id = new.group_id;"
	" END;"
	"CREATE TRIGGER heard_after_DELETE AFTER DELETE ON reviews"
	" WHEN NOT EXISTS (SELECT 1 FROM reviews"
	" WHERE group_id = old.group_id) BEGIN"
	" UPDATE fragments SET is_heard = 0 WHERE group_id = old.group_id;"
	" END;"
	/* With all columns that counting and claiming ask for. */
	"CREATE INDEX fragments_queued ON fragments (n_judged, is_heard,"
	"  abs(coalesce(probability, 0.5) - 0.5), group_id, fragment_id,"
	"  probability, decision, is_asked, standing, round_key)"
	"  WHERE coalesce(is_asked, decision = 'flag')"
	"  AND standing IS NOT 'final';"
	"CREATE INDEX fragments_disputed ON fragments"
	"  (abs(coalesce(probability, 0.5) - 0.5), group_id, fragment_id,"
	"  probability, standing, round_key) WHERE standing = 'disputed';"

	"DROP VIEW places;"
	"CREATE VIEW places AS SELECT v.group_id, v.fragment_id, v.id,"
	"  v.part, v.recording_id, v.audio_type, v.youtube_id, v.rate_hz,"
	"  " MOVED_SAMPLE("start") " AS start_sample,"
	"  " MOVED_SAMPLE("end") " AS end_sample,"
	"  coalesce(" MOVED("start") ", v.start_sec) AS start_sec,"
	"  coalesce(" MOVED("end") ", v.end_sec) AS end_sec,"
	"  v.duration_sec, v.correlation, v.check_by_crowdsource,"
	"  v.is_available, v.extra, m.reviewer IS NOT NULL AS is_moved"
	"  FROM versions AS v LEFT JOIN reviews AS m"
	"  ON m.group_id = v.group_id AND m.fragment_id = v.fragment_id"
	"  AND m.reviewer = coalesce(" MOVER(" AND r.role IS NOT NULL") ","
	MOVER("") ");" },
};

const struct schema_table *
schema_tables(void)
{
	static const struct schema_table tables[] = {
		{ "works", "group_id", "group_id, title, title_key" },
		{ "models", "sha256", "sha256, name, path, recipe_sha256,"
		    " manifest_sha256, seed" },
		{ "rounds", "key", "key, number, state, settings, model_in,"
		    " model_new, model_out, reason" },
		{ "recordings", "group_id, id", "group_id, id, audio_type,"
		    " audio_filepath, offset_sec, duration_sec, title,"
		    " youtube_id, url, is_available, error, quarantined_by,"
		    " extra" },
		{ "artefacts", "group_id, id, member",
		    "group_id, id, member, key, path" },
		{ "steps", "round_key, name",
		    "round_key, name, key, path, sha256" },
		{ "scores", "round_key, subject, measure", "round_key,"
		    " subject, measure, value, low, high, n" },
		{ "fragments", "group_id, fragment_id", "group_id,"
		    " fragment_id, decision, agreement, tempo_ratio,"
		    " transposition, round_key, extra, probability, is_asked" },
		{ "versions", "group_id, fragment_id, id", "group_id,"
		    " fragment_id, id, part, recording_id, audio_type,"
		    " youtube_id, rate_hz, start_sample, end_sample,"
		    " start_sec, end_sec, duration_sec, correlation,"
		    " check_by_crowdsource, is_available, extra" },
		{ "reviews", "group_id, fragment_id, reviewer", "group_id,"
		    " fragment_id, reviewer, verdict, note, start_sec,"
		    " end_sec, original_start_sec, original_end_sec, role,"
		    " reasons, spent_sec, at" },
		{ "people", "name", "name, role, is_retired" },
		{ "gold", "group_id, fragment_id",
		    "group_id, fragment_id, verdict" },
		{ "gold_reviews", "group_id, fragment_id, reviewer",
		    "group_id, fragment_id, reviewer, verdict, note,"
		    " start_sec, end_sec, original_start_sec,"
		    " original_end_sec, role, reasons, spent_sec, at" },
		{ "blocks", "kind, value", "kind, value, set_name" },
		{ NULL, NULL, NULL },
	};

	return tables;
}

/* PRAGMA takes no parameters, so the numbers are put into the text. */
static int
set_version(struct catalogue *c, struct error *err)
{
	char sql[96];

	(void)snprintf(sql, sizeof(sql),
	    "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    CATALOGUE_APPLICATION_ID, CATALOGUE_VERSION);
	return sql_script(c, sql, err);
}

static int
check_version(const struct catalogue *c, int64_t version, struct error *err)
{
	if (version >= 0 && version <= CATALOGUE_VERSION)
		return 0;
	return error_set(err, ERROR_FORMAT, "%s has tables of version %lld and "
	    "this program knows up to %d: use a newer version of CHAD tools",
	    c->path, (long long)version, CATALOGUE_VERSION);
}

/* Run the steps from the file's version on; another process may be ahead. */
static int
bring_up_to_date(struct catalogue *c, struct error *err)
{
	int64_t version;

	if (sql_script(c, "BEGIN IMMEDIATE", err) != 0)
		return -1;
	if (sql_integer(c, &version, err, "PRAGMA user_version", "") != 0 ||
	    check_version(c, version, err) != 0)
		goto fail;
	for (int64_t i = version; i < CATALOGUE_VERSION; i++)
		for (int k = 0; k < MAX_PIECES && steps[i][k] != NULL; k++)
			if (sql_script(c, steps[i][k], err) != 0)
				goto fail;
	if (set_version(c, err) != 0)
		goto fail;
	if (sql_script(c, "COMMIT", err) == 0)
		return 0;
fail:
	sql_undo(c, "ROLLBACK");
	return -1;
}

/*
 * Whose the file is and how old, all as of one moment: another process may be
 * making the tables.
 */
static int
look(struct catalogue *c, int64_t *application, int64_t *version,
    int64_t *n_tables, struct error *err)
{
	int status;

	if (sql_script(c, "BEGIN", err) != 0)
		return -1;
	status = sql_integer(c, application, err, "PRAGMA application_id", "");
	if (status == 0)
		status = sql_integer(c, version, err, "PRAGMA user_version",
		    "");
	if (status == 0)
		status = sql_integer(c, n_tables, err,
		    "SELECT count(*) FROM sqlite_schema", "");
	return sql_end(c, status, err);
}

int
schema_prepare(struct catalogue *c, bool may_change, struct error *err)
{
	int64_t application, version, n_tables;

	if (look(c, &application, &version, &n_tables, err) != 0)
		return -1;
	if (n_tables > 0 && application != CATALOGUE_APPLICATION_ID)
		return error_set(err, ERROR_FORMAT,
		    "%s is a SQLite file but no catalogue: name one made by "
		    "chad-store", c->path);
	if (check_version(c, version, err) != 0)
		return -1;
	if (version == CATALOGUE_VERSION)
		return 0;
	if (!may_change)
		return error_set(err, ERROR_FORMAT,
		    "%s has tables of an older version: \"chad-store init\" "
		    "brings it up to date", c->path);
	return bring_up_to_date(c, err);
}
