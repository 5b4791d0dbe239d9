#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/utf8.h"

#include "store/member.h"
#include "store/people.h"
#include "store/review_log.h"
#include "store/sql.h"

#define TOKEN_RANDOM_BYTES 32

static const char *const roles[] = { "annotator", "adjudicator", "admin" };

const char *
people_role_name(enum people_role role)
{
	return roles[role];
}

int
people_role_parse(const char *word, enum people_role *role,
    struct error *err)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(word, roles[i]) == 0) {
			*role = (enum people_role)i;
			return 0;
		}
	return error_set(err, ERROR_FORMAT, "the role \"%.40s\" must be "
	    "annotator, adjudicator or admin", word);
}

static int
check_name(const char *name, struct error *err)
{
	const size_t n_bytes = strlen(name);
	size_t n;

	if (n_bytes == 0 || n_bytes > PEOPLE_MAX_NAME_BYTES)
		return error_set(err, ERROR_FORMAT, "a name has %zu bytes: "
		    "give one of 1 to %d", n_bytes, PEOPLE_MAX_NAME_BYTES);
	for (size_t i = 0; i < n_bytes; i += n) {
		const unsigned char *s = (const unsigned char *)name + i;

		n = utf8_length(name + i, n_bytes - i);
		/* Those of ASCII, and U+0080 to U+009F. */
		if (n == 0 || s[0] < 0x20 || s[0] == 0x7f ||
		    (s[0] == 0xc2 && s[1] < 0xa0))
			return error_set(err, ERROR_FORMAT, "a name must be "
			    "UTF-8 without control characters");
	}
	return 0;
}

/* 32 random bytes as base64url without padding (RFC 4648, section 5). */
static int
make_token(char token[PEOPLE_TOKEN_BYTES], struct error *err)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char bytes[TOKEN_RANDOM_BYTES + 1] = { 0 };
	ssize_t n;

	do
		n = getrandom(bytes, TOKEN_RANDOM_BYTES, 0);
	while (n < 0 && errno == EINTR);
	if (n != TOKEN_RANDOM_BYTES)
		return error_set_errno(err, "no random bytes for a token");
	for (size_t i = 0; i < PEOPLE_TOKEN_BYTES - 1; i++) {
		const size_t bit = i * 6;
		const unsigned pair = (unsigned)bytes[bit / 8] << 8 |
		    bytes[bit / 8 + 1];

		token[i] = digits[pair >> (10 - bit % 8) & 63];
	}
	token[PEOPLE_TOKEN_BYTES - 1] = '\0';
	return 0;
}

static int
log_it(struct catalogue *c, const char *what, const char *name,
    const char *by, int64_t now, struct error *err)
{
	const struct review_log_row row = { .at = now, .who = by,
	    .what = what, .verdict = name };

	return review_log_put(c, &row, err);
}

int
people_invite(struct catalogue *c, const char *name,
    const enum people_role *role, const char *by, int64_t now,
    char token[PEOPLE_TOKEN_BYTES], struct error *err)
{
	char hex[HASH_HEX_BYTES];
	int status;

	if (check_name(name, err) != 0 || make_token(token, err) != 0)
		return -1;
	hash_bytes(token, PEOPLE_TOKEN_BYTES - 1, hex);
	if (catalogue_begin(c, err) != 0)
		return -1;
	status = sql_run(c, err, "INSERT INTO people (name, role,"
	    " token_sha256) VALUES (?1, coalesce(?2, 'annotator'), ?3)"
	    " ON CONFLICT DO UPDATE SET role = coalesce(?2, role),"
	    " token_sha256 = excluded.token_sha256, is_retired = 0", "ttt",
	    name, role == NULL ? NULL : people_role_name(*role), hex);
	if (status == 0)
		status = log_it(c, "invite", name, by, now, err);
	return sql_end(c, status, err);
}

int
people_retire(struct catalogue *c, const char *name, const char *by,
    int64_t now, struct error *err)
{
	int status;

	if (catalogue_begin(c, err) != 0)
		return -1;
	status = sql_run(c, err, "UPDATE people SET is_retired = 1,"
	    " token_sha256 = NULL WHERE name = ?1", "t", name);
	if (status == 0 && sqlite3_changes(c->db) == 0)
		status = error_set(err, ERROR_FORMAT, "%s has no person named "
		    "\"%.80s\"", c->path, name);
	if (status == 0)
		status = sql_run(c, err, "DELETE FROM claims"
		    " WHERE person = ?1", "t", name);
	if (status == 0)
		status = log_it(c, "retire", name, by, now, err);
	return sql_end(c, status, err);
}

static int
take_person(void *context, sqlite3_stmt *row, struct error *err)
{
	struct people_person *person = context;
	const char *name = sql_text(row, 0);

	if (strlen(name) > PEOPLE_MAX_NAME_BYTES)
		return error_set(err, ERROR_FORMAT, "a person's name is "
		    "longer than %d bytes", PEOPLE_MAX_NAME_BYTES);
	memcpy(person->name, name, strlen(name) + 1);
	return people_role_parse(sql_text(row, 1), &person->role, err);
}

int
people_find(struct catalogue *c, const char *token,
    struct people_person *person, bool *found, struct error *err)
{
	char hex[HASH_HEX_BYTES];

	person->name[0] = '\0';
	*found = false;
	if (strlen(token) != PEOPLE_TOKEN_BYTES - 1)
		return 0;
	hash_bytes(token, PEOPLE_TOKEN_BYTES - 1, hex);
	if (sql_each(c, sql_query(c, err, "SELECT name, role FROM people"
	    " WHERE token_sha256 = ?1", "t", hex), take_person, person,
	    err) != 0)
		return -1;
	*found = person->name[0] != '\0';
	return 0;
}

int
people_count(struct catalogue *c, size_t *n, struct error *err)
{
	int64_t value;
	const int status = sql_integer(c, &value, err,
	    "SELECT count(*) FROM people WHERE is_retired = 0", "");

	*n = (size_t)value;
	return status;
}

/* from: nothing. */
static struct json *
restore(void *from, sqlite3_stmt *row, struct error *err)
{
	struct json *rec = json_new_object(err);

	(void)from;
	if (rec == NULL || (member_put_columns(rec, row, err) == 0 &&
	    json_put_bool(rec, "is_retired", sqlite3_column_int(row, 2) != 0,
	    err) == 0))
		return rec;
	json_free(rec);
	return NULL;
}

int
people_each(struct catalogue *c,
    int (*each)(void *context, struct json *person, struct error *err),
    void *context, struct error *err)
{
	struct member_reader reader = { restore, NULL, each, context };

	return member_each(c, sql_query(c, err, "SELECT p.name, p.role,"
	    " p.is_retired, r.n + count(a.reviewer) AS n_verdicts,"
	    " coalesce(sum(a.verdict = g.verdict), 0) AS gold_right,"
	    " count(a.reviewer) AS gold_n,"
	    " nullif(max(coalesce(r.at, -1), coalesce(max(a.at), -1)), -1)"
	    " AS last_at FROM people AS p"
	    " LEFT JOIN (SELECT x.name, count(y.reviewer) AS n,"
	    " max(y.at) AS at FROM people AS x LEFT JOIN reviews AS y"
	    " ON y.reviewer = x.name GROUP BY x.name) AS r ON r.name = p.name"
	    " LEFT JOIN gold_reviews AS a ON a.reviewer = p.name"
	    " LEFT JOIN gold AS g ON g.group_id = a.group_id"
	    " AND g.fragment_id = a.fragment_id"
	    " GROUP BY p.name ORDER BY p.name", ""), &reader, err);
}
