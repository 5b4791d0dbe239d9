#include <string.h>

#include "base/arena.h"

#include "manifests/record_table.h"
#include "manifests/stream.h"
#include "store/inspect.h"
#include "store/reviews.h"
#include "store/rounds.h"

#include "exchange/listing.h"

/* Whom records are handed to. */
struct sink {
	int (*put)(void *context, struct json *rec, struct error *err);
	void *context;
};

static int
find_works(struct catalogue *c, const struct listing *q, const struct sink *to,
    struct error *err)
{
	(void)q;
	return recordings_each_work(c, to->put, to->context, err);
}

static int
find_recordings(struct catalogue *c, const struct listing *q,
    const struct sink *to, struct error *err)
{
	return recordings_each(c, &q->recordings, to->put, to->context, err);
}

static int
find_fragments(struct catalogue *c, const struct listing *q,
    const struct sink *to, struct error *err)
{
	return fragments_each(c, &q->fragments, to->put, to->context, err);
}

static int
find_reviews(struct catalogue *c, const struct listing *q,
    const struct sink *to, struct error *err)
{
	(void)q;
	return reviews_each(c, to->put, to->context, err);
}

static int
find_rounds(struct catalogue *c, const struct listing *q,
    const struct sink *to, struct error *err)
{
	(void)q;
	return rounds_each(c, to->put, to->context, err);
}

static int
find_counts(struct catalogue *c, const struct listing *q,
    const struct sink *to, struct error *err)
{
	(void)q;
	return inspect_counts(c, to->put, to->context, err);
}

static const struct subject {
	const char *name;
	int (*find)(struct catalogue *c, const struct listing *q,
	    const struct sink *to, struct error *err);
	const char *columns[12];	/* of CSV and tables */
} subjects[] = {
	{ "works", find_works,
	    { "group_id", "title", "n_recordings", "n_fragments", NULL } },
	{ "recordings", find_recordings,
	    { "group_id", "id", "audio_type", "title", "youtube_id",
	    "is_available", "duration", "audio_filepath", "error", NULL } },
	{ "fragments", find_fragments,
	    { "group_id", "fragment_id", "id", "original_id", "interval",
	    "original_interval", "correlation", "agreement", "probability",
	    "decision", NULL } },
	{ "reviews", find_reviews,
	    { "group_id", "fragment_id", "review.reviewer", "review.verdict",
	    "review.note", NULL } },
	{ "rounds", find_rounds,
	    { "number", "state", "key", "model_in", "model_new", "model_out",
	    "reason", NULL } },
	{ "counts", find_counts, { "what", "n", NULL } },
};

/* Lines on their way out. */
struct lines {
	FILE *out;
	struct arena *a;
};

static int
put_line(void *context, struct json *rec, struct error *err)
{
	struct lines *lines = context;
	const int status = stream_write(lines->out, rec, lines->a, err);

	arena_reset(lines->a);
	return status;
}

static int
print_lines(struct catalogue *c, const struct listing *q,
    const struct subject *subject, FILE *out, struct error *err)
{
	struct lines lines = { out, arena_new() };
	const struct sink to = { put_line, &lines };
	int status;

	if (lines.a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	status = subject->find(c, q, &to, err);
	arena_free(lines.a);
	return status;
}

static int
put_in_table(void *context, struct json *rec, struct error *err)
{
	return record_table_put(context, rec, err);
}

static int
print_table(struct catalogue *c, const struct listing *q,
    const struct subject *subject, FILE *out, struct error *err)
{
	struct record_table *table = record_table_new(out,
	    strcmp(q->format, "csv") == 0 ? RECORD_TABLE_CSV :
	    RECORD_TABLE_ALIGNED, subject->columns, err);
	const struct sink to = { put_in_table, table };
	int status;

	if (table == NULL)
		return -1;
	status = subject->find(c, q, &to, err);
	if (status == 0)
		status = record_table_end(table, err);
	record_table_free(table);
	return status;
}

int
listing_print(struct catalogue *c, const struct listing *q, FILE *out,
    struct error *err)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		if (strcmp(q->what, subjects[i].name) == 0)
			return strcmp(q->format, "jsonl") == 0 ?
			    print_lines(c, q, &subjects[i], out, err) :
			    print_table(c, q, &subjects[i], out, err);
	return error_set(err, ERROR_FORMAT, "query what? works, recordings, "
	    "fragments, reviews, rounds or counts");
}
