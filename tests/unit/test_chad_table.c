/*
 * The CHAD table: rows as pandas writes them are read to the value, and what
 * is written is, byte for byte, what pandas would write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/chad_table.h"

#define HEADER "group_id,fragment_id,id,audio_type,youtube_id,interval," \
	"correlation,check_by_crowdsource,is_available,duration\n"

struct rows {
	struct json *rec[8];
	size_t n;
};

static int
keep_row(void *context, struct json *rec, struct error *err)
{
	struct rows *rows = context;

	assert_true(rows->n < 8);
	rows->rec[rows->n] = json_clone(rec, err);
	assert_non_null(rows->rec[rows->n]);
	rows->n++;
	return 0;
}

static void
free_rows(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		json_free(rows->rec[i]);
	rows->n = 0;
}

static int
read_text(const char *text, struct rows *rows, struct error *err)
{
	rows->n = 0;
	return chad_table_read(text, strlen(text), keep_row, rows, err);
}

static void
check_member(const struct rows *rows, size_t i, const char *member,
    const char *expected)
{
	const char *value;

	assert_true(i < rows->n);
	assert_int_equal(json_want_string(rows->rec[i], member, &value,
	    NULL), 0);
	assert_string_equal(value, expected);
}

static void
test_values(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct rows rows;
	double start, correlation;
	bool flagged;

	(void)state;
	assert_int_equal(read_text(HEADER
	    "12,3,45,cover,dQw4w9WgXcQ,\"[12.34, 22.34]\",0.87,False,True,"
	    "10.0\n", &rows, &err), 0);
	assert_int_equal(rows.n, 1);
	check_member(&rows, 0, "group_id", "12");
	check_member(&rows, 0, "youtube_id", "dQw4w9WgXcQ");
	assert_int_equal(json_want_number(rows.rec[0], "interval.0", &start,
	    &err), 0);
	assert_true(start == 12.34);
	assert_int_equal(json_want_number(rows.rec[0], "correlation",
	    &correlation, &err), 0);
	assert_true(correlation == 0.87);
	assert_int_equal(json_get_bool(rows.rec[0], "check_by_crowdsource",
	    true, &flagged, &err), 0);
	assert_false(flagged);
	free_rows(&rows);
}

static void
test_quoting(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct rows rows;

	(void)state;
	assert_int_equal(read_text("\xEF\xBB\xBF" HEADER
	    "\"a,\"\"b\"\"\",f,i,humming,,\"(1, 2)\",,,,\r\n"
	    "\n"
	    "g,f,i,humming,,\"[0, 2.5]\",,,,", &rows, &err), 0);
	assert_int_equal(rows.n, 2);
	check_member(&rows, 0, "group_id", "a,\"b\"");
	assert_false(json_has(rows.rec[0], "youtube_id"));
	assert_false(json_has(rows.rec[0], "duration"));
	check_member(&rows, 1, "group_id", "g");
	free_rows(&rows);
}

/* Columns in another order, and one more that is kept. */
static void
test_columns(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct rows rows;

	(void)state;
	assert_int_equal(read_text(",duration,is_available,"
	    "check_by_crowdsource,correlation,interval,youtube_id,"
	    "audio_type,id,fragment_id,group_id,artist\n"
	    "0,10,True,True,nan,\"[1, 11]\",y,original,i,f,g,Somebody\n",
	    &rows, &err), 0);
	check_member(&rows, 0, "extra.artist", "Somebody");
	check_member(&rows, 0, "group_id", "g");
	assert_false(json_has(rows.rec[0], "correlation"));
	free_rows(&rows);
}

/* A row that is not right is told of; the others are read. */
static void
test_bad_rows(void **state)
{
	static const char *const bad[] = {
		"g,f,i,cover,,\"[1, 2\",,,,\n",
		"g,f,i,cover,,\"[1 2]\",,,,\n",
		"g,f,i,cover,,\"[nan, 2]\",,,,\n",
		"g,f,i,cover,,\"[1, 2]\",high,,,\n",
		"g,f,i,cover,,\"[1, 2]\",,yes,,\n",
		"g,f,i,cover,,\"[1, 2]\",,,,inf\n",
		"g,f,i,cover\n",
		"g,f,i,cover,,\"[1, 2]\",,,,,\n",
		"g,f,i,cover,,\"(1, 2) 3\",,,,\n",
		"g,f,\xFF,cover,,,,,,\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { ERROR_NONE, "" };
		struct rows rows;
		char text[512];

		(void)snprintf(text, sizeof(text), "%s%s%s", HEADER, bad[i],
		    "g,f,i,cover,,\"[1, 2]\",,,,\n");
		assert_int_equal(read_text(text, &rows, &err), 0);
		assert_int_equal(rows.n, 2);
		assert_true(json_has(rows.rec[0], "error"));
		if (strchr(bad[i], '\xFF') == NULL) {
			*strrchr(text, '\n') = '\0';
			*strrchr(text, '\n') = '\0';
			check_member(&rows, 0, "line", text + strlen(HEADER));
		}
		assert_false(json_has(rows.rec[1], "error"));
		free_rows(&rows);
	}
}

static void
test_bad_tables(void **state)
{
	static const char *const bad[] = {
		"",
		"group_id,fragment_id\n1,2\n",
		"group_id," HEADER,
		"\"group_id\"x," HEADER,
		"\"" HEADER,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { ERROR_NONE, "" };
		struct rows rows;

		assert_int_equal(read_text(bad[i], &rows, &err), -1);
		assert_int_equal(err.code, ERROR_FORMAT);
		free_rows(&rows);
	}
}

/* One line is given up, and what the rows around it say is read. */
static void
test_rows_given_up(void **state)
{
#define GOOD "g,f,i,cover,,\"[1, 2]\",,,,\n"
	static const struct {
		const char *rows, *errors;	/* a line each */
	} cases[] = {
		/* The quote is closed by the next row's, or never. */
		{ "g,f,\"i,cover,,,,,,\n",
		    "line 3: text behind a closing quote\n" },
		{ "g,f,\"i,cover,,,,,,\n\n\"\"\",\n",
		    "line 3: 4 fields where the header has 10\n"
		    "line 5: text behind a closing quote\n" },
		{ "\"g,f,i\n,\"x\n",
		    "line 3: text behind a closing quote\n"
		    "line 4: a quote is not closed\n" },
		{ "g,f,\"i\"i,cover,,,,,,\n",
		    "line 3: text behind a closing quote\n" },
		/* The rest of such a row does not pass for one. */
		{ "g,f,i,cover,,,,,,,\"a\nb\"\n",
		    "line 3: 11 fields where the header has 10\n"
		    "line 4: a quote within a field\n" },
		{ "x,\"a\nb\",f,i,cover,,,,,,\n",
		    "line 3: 11 fields where the header has 10\n"
		    "line 4: a quote within a field\n" },
		/* A row of the right number of fields is given up whole. */
		{ "g,f,\"a\nb\",cover,,,,,,\n",
		    "line 3: id holds a control character\n" },
		{ "g,f,a\x7f,cover,,,,,,\n",
		    "line 3: id holds a control character\n" },
		{ "g,f,i,cover,,,,,,-1\n",
		    "line 3: duration is -1 and must not be negative\n" },
	};
	struct error err = { ERROR_NONE, "" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512], errors[512] = "";
		struct rows rows;

		(void)snprintf(text, sizeof(text), "%s%s%s%s", HEADER, GOOD,
		    cases[i].rows, i == 2 ? "" : GOOD);
		assert_int_equal(read_text(text, &rows, &err), 0);
		assert_true(rows.n > 2 && !json_has(rows.rec[0], "error"));
		assert_true(i == 2 || !json_has(rows.rec[rows.n - 1],
		    "error"));
		for (size_t k = 0; k < rows.n; k++) {
			const char *why = "";

			assert_int_equal(json_get_string(rows.rec[k], "error",
			    "", &why, &err), 0);
			(void)strcat(strcat(errors, why), why[0] == '\0' ? "" :
			    "\n");
		}
		assert_string_equal(errors, cases[i].errors);
		free_rows(&rows);
	}
#undef GOOD
}

/* A field that is too long, a row of too many, a zero byte: the row's fault. */
static void
test_limits(void **state)
{
	static const char good[] = "g,f,i,cover,,,,,,\n";
	static const char zero[] = "g,f,\0,cover,,,,,,\n";
	const size_t n_long = 3 << 19;
	struct error err = { ERROR_NONE, "" };
	const char *line;
	struct rows rows;
	size_t n_bytes;
	char *text;
	FILE *out = open_memstream(&text, &n_bytes);

	(void)state;
	assert_non_null(out);
	assert_true(fputs(HEADER, out) >= 0);
	for (size_t i = 0; i < n_long; i++)
		assert_true(putc(i == 0 ? '"' : 'x', out) != EOF);
	assert_true(fprintf(out, "\"\n%s", good) > 0);
	for (size_t i = 0; i < 300; i++)
		assert_true(putc(',', out) != EOF);
	assert_true(fprintf(out, "\n%s", good) > 0);
	assert_true(fwrite(zero, 1, sizeof(zero) - 1, out) > 0);
	assert_true(fputs(good, out) >= 0 && fclose(out) == 0);
	rows.n = 0;
	assert_int_equal(chad_table_read(text, n_bytes, keep_row, &rows, &err),
	    0);
	assert_int_equal(rows.n, 6);
	check_member(&rows, 0, "error",
	    "line 2: a field of more than 1048576 bytes");
	assert_int_equal(json_want_string(rows.rec[0], "line", &line, &err),
	    0);
	assert_int_equal(strlen(line), 1 << 19);
	check_member(&rows, 1, "id", "i");
	check_member(&rows, 2, "error", "line 4: more than 256 fields");
	check_member(&rows, 3, "id", "i");
	check_member(&rows, 4, "error", "line 6: a zero byte, which no CSV "
	    "has");
	check_member(&rows, 4, "line", "g,f,?,cover,,,,,,");
	check_member(&rows, 5, "id", "i");
	free_rows(&rows);
	free(text);
}

/* Lines are counted, not rows: quoted fields may hold line ends. */
static void
test_lines(void **state)
{
	struct error err = { ERROR_NONE, "" };
	struct rows rows;
	const char *why;

	(void)state;
	assert_int_equal(read_text(HEADER "g,\"f\n\n\",i,cover,,,,,,\n"
	    "g,f,i,cover,,,high,,,\n", &rows, &err), 0);
	assert_int_equal(rows.n, 2);
	assert_int_equal(json_want_string(rows.rec[1], "error", &why, &err),
	    0);
	assert_non_null(strstr(why, "line 5: correlation"));
	free_rows(&rows);
}

/* Fields as pandas writes them: floats by repr, lists by str, True, False. */
static void
test_written_as_pandas(void **state)
{
	static const char table[] = HEADER
	    "1,2,3,original,,\"(0.0, 9.5)\",,False,True,9.5\n"
	    "1,2,4,cover,a-b_c,\"(12.34, 22.34)\",0.8712,True,False,10.0\n"
	    "1,2,,cover,,\"(12, 22)\",1,True,False,10\n"
	    "\"x,\"\"y\"\"\",2,5,humming,,\"(1e-05, 123456.789)\",1.0,True,"
	    "False,123456.78899\n";
	struct error err = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	struct rows rows;
	size_t n_bytes;
	char *text = NULL;
	FILE *out;

	(void)state;
	assert_non_null(a);
	assert_int_equal(read_text(table, &rows, &err), 0);
	out = open_memstream(&text, &n_bytes);
	assert_non_null(out);
	assert_int_equal(chad_table_write_header(out, NULL, &err), 0);
	for (size_t i = 0; i < rows.n; i++)
		assert_int_equal(chad_table_write_row(out, rows.rec[i], NULL, a,
		    &err), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, table);
	free(text);
	free_rows(&rows);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_bad_rows),
		cmocka_unit_test(test_rows_given_up),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_written_as_pandas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
