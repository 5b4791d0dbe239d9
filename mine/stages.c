#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/file.h"
#include "manifests/record.h"
#include "manifests/stream.h"

#include "mine/stages.h"

/* Changed when the way a round uses the commands changes their results. */
#define REVISION "3"

#define MAX_WORDS 24
#define ANALYSIS_MAX_COMMANDS 5

/* The words of a command line, ended by NULL. */
struct words {
	const char *word[MAX_WORDS];
	size_t n;
};

static void
add(struct words *w, const char *word)
{
	if (w->n + 1 < MAX_WORDS)
		w->word[w->n++] = word;
}

/* An option and its value; nothing when the value is NULL. */
static void
add_option(struct words *w, const char *name, const char *value)
{
	if (value == NULL)
		return;
	add(w, name);
	add(w, value);
}

static int
add_number(struct words *w, const char *name, double value, struct arena *a,
    struct error *err)
{
	const char *text = arena_printf(a, "%.15g", value);

	if (text == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	add_option(w, name, text);
	return 0;
}

static int
add_seed(struct words *w, uint64_t seed, struct arena *a, struct error *err)
{
	const char *text = arena_printf(a, "%llu", (unsigned long long)seed);

	if (text == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	add_option(w, "--seed", text);
	return 0;
}

/* What every command that works record by record is told. */
static void
add_stream(struct words *w, const struct steps *s)
{
	add_option(w, "--work", s->work_folder);
	add_option(w, "--threads", s->threads);
	if (cli_is_quiet())
		add(w, "--quiet");
}

/* "" for a model that is not there: only who needs it says so. */
static int
model_sha256(const char *path, char hex[HASH_HEX_BYTES], struct error *err)
{
	hex[0] = '\0';
	return path == NULL || !file_exists(path) ? 0 :
	    hash_file(path, hex, err);
}

/*
 * Begin the step, run the pipeline when its file is not there, note it.
 */
static int
make(const struct steps *s, struct steps_file *f, const char *name,
    const char *key, const char *suffix, const char *in_path,
    const struct words *words, size_t n_words, struct error *err)
{
	struct spawn_command commands[ANALYSIS_MAX_COMMANDS];
	bool done;

	if (steps_begin(s, f, name, key, suffix, &done, err) != 0)
		return -1;
	for (size_t i = 0; i < n_words; i++)
		commands[i].argv = words[i].word;
	if (!done && steps_pipe(s, f, in_path, commands, n_words, err) != 0)
		return -1;
	return steps_end(s, f, err);
}

/*
 * The commands from sound to pitch and, where it is wanted, to a CQT, of copies
 * from the recorder "seed" unless that is NULL; returns how many.
 */
static size_t
analysis(const struct steps *s, const struct round_options *o,
    const char *seed, struct words w[ANALYSIS_MAX_COMMANDS])
{
	size_t n = 0;

	memset(w, 0, ANALYSIS_MAX_COMMANDS * sizeof(*w));
	add(&w[n], "chad-decode");
	add_stream(&w[n++], s);
	if (seed != NULL) {
		add(&w[n], "chad-distort");
		add_option(&w[n], "--seed", seed);
		add_stream(&w[n++], s);
	}
	if (o->separate) {
		add(&w[n], "chad-separate");
		add_option(&w[n], "--pass", "humming");
		add_option(&w[n], "--model", o->voice_model);
		add_stream(&w[n++], s);
	}
	add(&w[n], "chad-f0");
	add(&w[n], "--activations");
	add_option(&w[n], "--method", o->f0_method);
	add_option(&w[n], "--model", o->f0_model);
	add_stream(&w[n++], s);
	if (o->wants_cqt) {
		add(&w[n], "chad-feature");
		add_option(&w[n], "--kind", "cqt");
		add_option(&w[n], "--hop", "640");
		add(&w[n], "--vocals");
		add_stream(&w[n++], s);
	}
	return n;
}

static int
analysis_key(const struct round_options *o, const struct lists_file *list,
    const char *seed, char key[HASH_HEX_BYTES], struct error *err)
{
	char voice[HASH_HEX_BYTES], pitch[HASH_HEX_BYTES];

	if (model_sha256(o->voice_model, voice, err) != 0 ||
	    model_sha256(o->f0_model, pitch, err) != 0)
		return -1;
	hash_texts(key, "analyse", REVISION, CLI_VERSION, list->sha256,
	    o->separate ? "separate" : "voices",
	    o->f0_method == NULL ? "" : o->f0_method, voice, pitch,
	    seed == NULL && o->wants_cqt ? "" : seed,
	    o->wants_cqt ? "cqt" : NULL, (const char *)NULL);
	return 0;
}

/* Append the whole of a file; NULL appends nothing. */
static int
append_file(FILE *out, const char *path, struct error *err)
{
	char block[4096];
	size_t n;
	FILE *in;
	int status = 0;

	if (path == NULL)
		return 0;
	if ((in = fopen(path, "rb")) == NULL)
		return error_set_errno(err, "reading %s", path);
	while ((n = fread(block, 1, sizeof(block), in)) > 0 && status == 0)
		if (fwrite(block, 1, n, out) != n)
			status = error_set_errno(err, "copying %s", path);
	if (status == 0 && ferror(in))
		status = error_set_errno(err, "reading %s", path);
	(void)fclose(in);
	return status;
}

static int
join_files(const char *first_path, const char *second_path,
    const char *out_path, struct error *err)
{
	struct file_new *out = file_create(out_path, err);

	if (out == NULL)
		return -1;
	if (append_file(file_stream(out), first_path, err) != 0 ||
	    append_file(file_stream(out), second_path, err) != 0) {
		file_abandon(out);
		return -1;
	}
	return file_commit(out, err);
}

/* The step that puts two files one after the other. */
static int
join(const struct steps *s, const char *name, const char *first_path,
    const char *first_sha256, const struct steps_file *second,
    struct steps_file *f, struct error *err)
{
	char key[HASH_HEX_BYTES];
	bool done;

	hash_texts(key, "join", REVISION, first_sha256, second->sha256,
	    (const char *)NULL);
	if (steps_begin(s, f, name, key, "jsonl", &done, err) != 0)
		return -1;
	if (!done && join_files(first_path, second->path, f->path, err) != 0)
		return -1;
	return steps_end(s, f, err);
}

/*
 * Records that failed are tried again in the next run: the file may be back, or
 * the disk have room.  What was done is not done again, being named by its
 * content.
 */
static int
forget_failed(const struct steps_file *f, struct error *err)
{
	struct stream_list list;
	bool has_failed = false;

	if (stream_list_load(&list, f->path, err) != 0)
		return -1;
	for (size_t i = 0; i < list.n_records && !has_failed; i++)
		has_failed = record_has_failed(list.records[i]);
	stream_list_release(&list);
	if (has_failed && unlink(f->path) != 0)
		return error_set_errno(err, "cannot remove %s", f->path);
	return 0;
}

int
stages_analyse(const struct steps *s, const struct round_options *o,
    const char *name, const struct lists_file *list, struct steps_file *f,
    struct error *err)
{
	struct lists_file ready, raw;
	struct steps_file part = { .sha256 = "" };
	struct words words[ANALYSIS_MAX_COMMANDS];
	char key[HASH_HEX_BYTES];
	size_t n_words;
	bool done;

	if (lists_split(s, list, o->wants_cqt, &ready, &raw, err) != 0 ||
	    analysis_key(o, &raw, NULL, key, err) != 0)
		return -1;
	n_words = analysis(s, o, NULL, words);
	if (raw.n_records > 0 && (steps_begin(s, &part, name, key, "jsonl",
	    &done, err) != 0 || (done && forget_failed(&part, err) != 0)))
		return -1;
	if (raw.n_records > 0 && make(s, &part, name, key, "jsonl", raw.path,
	    words, n_words, err) != 0)
		return -1;
	if (ready.n_records == 0 && raw.n_records > 0) {
		*f = part;
		return 0;
	}
	return join(s, name, ready.path, ready.sha256, &part, f, err);
}

/* A labelled hum that is there as sound. */
static bool
can_be_distorted(const struct json *rec)
{
	return json_has(rec, "truth.original_id") &&
	    !json_has(rec, "f0.activations");
}

int
stages_analyse_hums(const struct steps *s, const struct round_options *o,
    const struct lists_file *list, struct steps_file *f, struct error *err)
{
	struct lists_file sounds;

	if (stages_analyse(s, o, "analyse-hums", list, f, err) != 0 ||
	    lists_select(s, list, can_be_distorted, &sounds, err) != 0)
		return -1;
	for (size_t i = 1; sounds.n_records > 0 && i <= o->n_distorted; i++) {
		const char *seed = arena_printf(s->a, "%zu", i);
		const struct steps_file before = *f;
		struct words words[ANALYSIS_MAX_COMMANDS];
		char key[HASH_HEX_BYTES];
		struct steps_file copies;

		if (seed == NULL)
			return error_set(err, ERROR_NOMEM, "out of memory");
		if (analysis_key(o, &sounds, seed, key, err) != 0 ||
		    make(s, &copies, "distort-hums", key, "jsonl",
		    sounds.path, words, analysis(s, o, seed, words),
		    err) != 0 ||
		    join(s, "analyse-hums", before.path, before.sha256,
		    &copies, f, err) != 0)
			return -1;
	}
	return 0;
}

int
stages_embed(const struct steps *s, const char *name,
    const struct stages_model *model, const struct steps_file *in,
    bool is_query, struct steps_file *f, struct error *err)
{
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];

	add(&w, "chad-embed");
	add_option(&w, "--model", model->path);
	if (is_query)
		add(&w, "--query");
	add_stream(&w, s);
	hash_texts(key, "embed", REVISION, CLI_VERSION, in->sha256,
	    model->sha256, is_query ? "query" : "song", (const char *)NULL);
	return make(s, f, name, key, "jsonl", in->path, &w, 1, err);
}

int
stages_align(const struct steps *s, const char *name,
    const struct round_thresholds *t,
    const struct stages_calibration *calibration,
    const struct steps_file *embedded, struct steps_file *f,
    struct error *err)
{
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];

	add(&w, "chad-align");
	if (add_number(&w, "--keep", t->keep, s->a, err) != 0 ||
	    add_number(&w, "--flag", t->flag, s->a, err) != 0 ||
	    add_number(&w, "--min-agreement", t->min_agreement, s->a,
	    err) != 0 ||
	    add_number(&w, "--repeat-agreement", t->repeat_agreement, s->a,
	    err) != 0 ||
	    add_number(&w, "--flag-agreement", t->flag_agreement, s->a,
	    err) != 0)
		return -1;
	hash_texts(key, "align", REVISION, CLI_VERSION, embedded->sha256,
	    calibration->sha256, w.word[2], w.word[4], w.word[6], w.word[8],
	    w.word[10], (const char *)NULL);
	add_option(&w, "--calibration", calibration->path);
	add_stream(&w, s);
	return make(s, f, name, key, "jsonl", embedded->path, &w, 1, err);
}

int
stages_pairs(const struct steps *s, const char *name, const char *in_path,
    const char *in_sha256, struct steps_file *f, struct error *err)
{
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];

	add(&w, "chad-align");
	add(&w, "--works");
	hash_texts(key, "pairs", REVISION, CLI_VERSION, in_sha256,
	    (const char *)NULL);
	add_stream(&w, s);
	return make(s, f, name, key, "jsonl", in_path, &w, 1, err);
}

/* All of them in one file, named by what is in it. */
static int
join_found(const struct steps *s, const struct steps_file *const *found,
    size_t n_found, struct steps_file *f, struct error *err)
{
	char key[HASH_HEX_BYTES] = "";
	struct file_new *out;
	bool done;

	for (size_t i = 0; i < n_found; i++) {
		char before[HASH_HEX_BYTES];

		memcpy(before, key, sizeof(before));
		hash_texts(key, "found", REVISION, before, found[i]->sha256,
		    (const char *)NULL);
	}
	if (steps_begin(s, f, "found-truth", key, "jsonl", &done, err) != 0)
		return -1;
	if (!done) {
		if ((out = file_create(f->path, err)) == NULL)
			return -1;
		for (size_t i = 0; i < n_found; i++)
			if (append_file(file_stream(out), found[i]->path,
			    err) != 0) {
				file_abandon(out);
				return -1;
			}
		if (file_commit(out, err) != 0)
			return -1;
	}
	return steps_end(s, f, err);
}

int
stages_calibrate(const struct steps *s,
    const struct steps_file *const *found, size_t n_found,
    const struct steps_file *truth, struct steps_file *f, struct error *err)
{
	struct steps_file all;
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];
	bool done;

	if (join_found(s, found, n_found, &all, err) != 0)
		return -1;
	hash_texts(key, "calibrate", REVISION, CLI_VERSION, all.sha256,
	    truth->sha256, (const char *)NULL);
	if (steps_begin(s, f, "calibrate", key, "json", &done, err) != 0)
		return -1;
	add(&w, "chad-eval");
	add(&w, "align");
	add_option(&w, "--truth", truth->path);
	add_option(&w, "--data", "the truth given to a round of chad-mine");
	add_option(&w, "--fit", f->path);
	if (cli_is_quiet())
		add(&w, "--quiet");
	add(&w, all.path);
	if (!done && steps_command(s, f, w.word, err) != 0)
		return -1;
	return steps_end(s, f, err);
}

int
stages_check(const struct steps *s, const char *name,
    const struct steps_file *fragments, const struct steps_file *truth,
    struct steps_file *f, struct error *err)
{
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];

	add(&w, "chad-eval");
	add(&w, "align");
	add(&w, "--each");
	add_option(&w, "--truth", truth->path);
	hash_texts(key, "check", REVISION, CLI_VERSION, fragments->sha256,
	    truth->sha256, (const char *)NULL);
	return make(s, f, name, key, "jsonl", fragments->path, &w, 1, err);
}

int
stages_train(const struct steps *s, const struct round_options *o,
    const char *recipe_sha256, const struct lists_file *pairs,
    struct steps_file *f, struct error *err)
{
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];
	const char *seed;
	bool done;

	add(&w, "chad-train");
	add_option(&w, "--manifest", pairs->path);
	if (add_seed(&w, o->seed, s->a, err) != 0)
		return -1;
	seed = w.word[w.n - 1];
	hash_texts(key, "train", REVISION, CLI_VERSION, recipe_sha256,
	    pairs->sha256, seed, (const char *)NULL);
	if (steps_begin(s, f, "train", key, "safetensors", &done, err) != 0)
		return -1;
	add_option(&w, "--out", f->path);
	add_option(&w, "--threads", s->threads);
	if (cli_is_quiet())
		add(&w, "--quiet");
	add(&w, o->recipe_path);
	if (!done && steps_command(s, f, w.word, err) != 0)
		return -1;
	return steps_end(s, f, err);
}

int
stages_search(const struct steps *s, const struct round_options *o,
    const char *name, const struct steps_file *queries,
    const struct steps_file *database, struct steps_file *f,
    struct error *err)
{
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];

	add(&w, "chad-eval");
	add(&w, "retrieval");
	add(&w, "--json");
	/* The models are compared, not what pitch makes of their answers. */
	add(&w, "--no-rescore");
	add_option(&w, "--database", database->path);
	if (add_seed(&w, o->seed, s->a, err) != 0)
		return -1;
	hash_texts(key, "search", REVISION, CLI_VERSION, queries->sha256,
	    database->sha256, w.word[w.n - 1], (const char *)NULL);
	add_option(&w, "--threads", s->threads);
	return make(s, f, name, key, "json", queries->path, &w, 1, err);
}

int
stages_score(const struct steps *s, const struct round_options *o,
    const struct lists_file *fragments, const struct lists_file *truth,
    struct steps_file *f, struct error *err)
{
	struct words w = { .n = 0 };
	char key[HASH_HEX_BYTES];

	add(&w, "chad-eval");
	add(&w, "align");
	add(&w, "--json");
	add_option(&w, "--truth", truth->path);
	if (add_seed(&w, o->seed, s->a, err) != 0)
		return -1;
	hash_texts(key, "score", REVISION, CLI_VERSION, fragments->sha256,
	    truth->sha256, w.word[w.n - 1], (const char *)NULL);
	return make(s, f, "score", key, "json", fragments->path, &w, 1, err);
}
