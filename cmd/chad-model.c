/*
 * chad-model -- look into weight files, fetch and import those of others.
 *
 *	chad-model show FILE.safetensors
 *	chad-model calibrate FILE NEW --voicing-threshold C
 *	chad-model import WEIGHTS FILE.safetensors --licence TEXT
 *	chad-model list
 *	chad-model fetch NAME
 *	chad-model fetch --url URL --sha256 HEX --licence TEXT --out FILE
 *
 * Networks are those of CREPE and of Open-Unmix.  Weights of PyTorch (.pth),
 * Keras (.h5, .h5.bz2) and safetensors, told apart by their first bytes, are
 * read without Python and nothing in them is run.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include "fetch/download.h"
#include "fetch/model_table.h"

#include "manifests/stream.h"
#include "nn/weights.h"
#include "nn/weights_h5.h"
#include "nn/weights_pth.h"

#include "mine/leak_audit.h"
#include "pitch/pitch_keras.h"
#include "pitch/pitch_net.h"

#include "separate/umx_model.h"

/* What the user chose. */
struct settings {
	const char *licence;
	const char *source;
	const char *manifest;
	double voicing_threshold;	/* negative: not given */
	const char *out;
	const char *url;
	const char *sha256;
	size_t timeout_sec;
};

/* What is known of a file that is imported. */
struct origin {
	const char *path;
	const char *name;	/* that it was published under */
	const char *licence;
	const char *source;	/* or NULL */
};

/* One line a tensor: name, shape, number of values. */
static size_t
print_tensors(const struct weights *w)
{
	size_t n_values = 0;

	for (size_t i = 0; i < weights_n_tensors(w); i++) {
		const struct weights_tensor *t = weights_tensor(w, i);

		printf("tensor %s [", t->name);
		for (size_t d = 0; d < t->rank; d++)
			printf("%s%zu", d == 0 ? "" : ", ", t->shape[d]);
		printf("]\n");
		n_values += t->n_values;
	}
	return n_values;
}

static int
show(const struct settings *set, char *const *operand, struct error *err)
{
	const char *path = operand[0];
	struct arena *a = arena_new();
	struct weights *w = weights_load(path, err);
	const char *text = NULL;
	size_t n_values;

	(void)set;
	if (a == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else if (w != NULL)
		text = json_text_pretty(weights_metadata_const(w), a, err);
	if (text != NULL) {
		printf("sha256 %s\n", weights_sha256(w));
		n_values = print_tensors(w);
		printf("total %zu tensors, %zu values\n",
		    weights_n_tensors(w), n_values);
		printf("metadata %s\n", text);
	}
	weights_free(w);
	arena_free(a);
	return text == NULL ? -1 : 0;
}

/* Where the weights come from, and on what terms. */
static int
put_provenance(struct weights *w, const struct origin *from,
    struct error *err)
{
	struct json *metadata = weights_metadata(w);
	char sha256[HASH_HEX_BYTES];

	if (hash_file(from->path, sha256, err) != 0)
		return -1;
	if (json_put_bytes(metadata, "provenance.imported_from", from->name,
	    strlen(from->name), err) != 0 ||
	    json_put_string(metadata, "provenance.sha256", sha256, err) != 0)
		return -1;
	if (from->source != NULL && json_put_string(metadata,
	    "provenance.source", from->source, err) != 0)
		return -1;
	return json_put_string(metadata, "licence", from->licence, err);
}

enum kind { KIND_PTH, KIND_H5, KIND_SAFETENSORS };

/* A safetensors file begins with 8 bytes of length and the header's brace. */
#define MAGIC_BYTES (WEIGHTS_H5_MAGIC_BYTES + 1)

/* What the file begins as. */
static int
read_kind(const char *path, enum kind *kind, struct error *err)
{
	unsigned char magic[MAGIC_BYTES] = { 0 };
	FILE *in = fopen(path, "rb");
	bool is_bad;

	if (in == NULL)
		return error_set_errno(err, "cannot open %s", path);
	is_bad = fread(magic, 1, sizeof(magic), in) < sizeof(magic) &&
	    ferror(in) != 0;
	if (is_bad)
		(void)error_set_errno(err, "cannot read %s", path);
	(void)fclose(in);
	if (is_bad)
		return -1;
	if (weights_h5_is_magic(magic))
		*kind = KIND_H5;
	else if (memcmp(magic, "PK", 2) == 0)
		*kind = KIND_PTH;
	else if (magic[MAGIC_BYTES - 1] == '{')
		*kind = KIND_SAFETENSORS;
	else
		return error_set(err, ERROR_FORMAT, "%s: not a weight file of "
		    "PyTorch since 1.6 (a zip archive), nor of Keras (HDF5), "
		    "nor safetensors", path);
	return 0;
}

static struct weights *
load_keras(const char *path, struct error *err)
{
	struct weights *keras = weights_h5_load(path, err), *published;

	if (keras == NULL)
		return NULL;
	published = pitch_keras_convert(keras, err);
	if (published == NULL)
		error_add(err, "%s", path);
	weights_free(keras);
	return published;
}

/* The tensors of a file as they are called in PyTorch. */
static struct weights *
load_published(const char *path, struct error *err)
{
	enum kind kind = KIND_PTH;

	if (read_kind(path, &kind, err) != 0)
		return NULL;
	return kind == KIND_H5 ? load_keras(path, err) :
	    kind == KIND_PTH ? weights_pth_load(path, err) :
	    weights_load(path, err);
}

/* The model that the file's weights are, as out_path. */
static int
import_file(const struct origin *from, const char *out_path,
    struct error *err)
{
	struct weights *published = load_published(from->path, err);
	struct weights *converted = NULL, *model = published;
	int status = -1;

	if (published == NULL)
		return -1;
	/* One that says what network it is, is a model already. */
	if (!json_has(weights_metadata_const(published),
	    "network.architecture"))
		model = converted = umx_model_is_published(published) ?
		    umx_model_import(published, err) :
		    pitch_net_import(published, err);
	if (model == NULL)
		error_add(err, "%s", from->path);
	else if (put_provenance(model, from, err) == 0)
		status = weights_save(out_path, model, err);
	weights_free(converted);
	weights_free(published);
	return status;
}

static int
import(const struct settings *set, char *const *operand, struct error *err)
{
	const struct origin from = { operand[0], file_name(operand[0]),
		set->licence, set->source };

	if (file_is_same(operand[0], operand[1]))
		return error_set(err, ERROR_FORMAT, "%s is the file that is "
		    "imported: name another one to write", operand[1]);
	return import_file(&from, operand[1], err);
}

/* The table, a line each, with columns that stand below each other. */
static int
list(const struct settings *set, char *const *operand, struct error *err)
{
	(void)set;
	(void)operand;
	(void)err;
	printf("%-15s  %-10s  %8s  %-15s  %-64s  %s\n", "name", "for",
	    "bytes", "licence", "sha256", "address");
	for (size_t i = 0; i < model_table_n_entries; i++) {
		const struct model_table_entry *e = &model_table[i];
		const size_t n_digits = strlen(e->sha256);
		char n_bytes[24] = "?";
		char pin[80];

		if (e->n_bytes > 0)
			(void)snprintf(n_bytes, sizeof(n_bytes), "%zu",
			    e->n_bytes);
		(void)snprintf(pin, sizeof(pin), n_digits + 1 <
		    HASH_HEX_BYTES ? "%s, only these %zu digits are known" :
		    "%s", e->sha256, n_digits);
		printf("%-15s  %-10s  %8s  %-15s  %-64s  %s\n", e->name,
		    e->use, n_bytes, e->licence, pin, e->url);
	}
	return 0;
}

/* The last part of an address, without what follows a "?" or "#". */
static const char *
published_name(const char *url, struct arena *a, struct error *err)
{
	const char *whole = arena_printf(a, "%.*s",
	    (int)strcspn(url, "?#"), url);

	if (whole == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a name");
	return whole == NULL ? NULL : file_name(whole);
}

/* Fetch beside the model that is to be and import from there. */
static int
fetch_entry(const struct model_table_entry *e, const struct settings *set,
    const char *out_path, struct arena *a, struct error *err)
{
	const struct download d = {
		.url = e->url,
		.path = arena_printf(a, "%s.part", out_path),
		.sha256 = e->sha256,
		.n_bytes = e->n_bytes,
		.max_bytes = e->n_bytes > 0 ? e->n_bytes : WEIGHTS_MAX_BYTES,
		.stall_sec = set->timeout_sec,
		.progress = "chad-model"
	};
	const struct origin from = { d.path, published_name(e->url, a, err),
		e->licence, set->source != NULL ? set->source : e->url };
	struct download_result got;

	if (from.name == NULL)
		return -1;
	if (d.path == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for a path");
	if (download_file(&d, &got, err) != 0)
		return -1;
	if (strlen(e->sha256) + 1 < HASH_HEX_BYTES)
		cli_note("only the first %zu digits of the SHA-256 are pinned; "
		    "this file's is %s", strlen(e->sha256), got.sha256);
	if (import_file(&from, out_path, err) != 0) {
		/* The right file, but none of ours: no use in keeping it. */
		if (err->code == ERROR_FORMAT)
			(void)unlink(d.path);
		return error_add(err, "%s", e->url);
	}
	(void)unlink(d.path);
	return 0;
}

static int
fetch(const struct settings *set, char *const *operand, struct error *err)
{
	const struct model_table_entry given = { NULL, NULL, 0, set->licence,
		set->sha256, set->url };
	const struct model_table_entry *e = set->url != NULL ? &given :
	    model_table_find(operand[0]);
	struct arena *a;
	const char *out_path;
	int status = -1;

	if (e == NULL)
		return error_set(err, ERROR_FORMAT, "\"%s\" is none of the "
		    "known weights: see chad-model list, or give --url",
		    operand[0]);
	a = arena_new();
	out_path = a == NULL || set->out != NULL ? set->out :
	    arena_printf(a, "%s.safetensors", e->name);
	if (out_path == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a path");
	else
		status = fetch_entry(e, set, out_path, a, err);
	arena_free(a);
	return status;
}

/* A copy of a pitch model with another threshold of voicing. */
static int
calibrate(const struct settings *set, char *const *operand,
    struct error *err)
{
	struct weights *model = weights_load(operand[0], err);
	struct graph *g = NULL;
	int status = -1;

	if (model == NULL)
		return -1;
	g = pitch_net_of_model(model, err);
	if (g == NULL)
		error_add(err, "%s", operand[0]);
	else if (json_put_number(weights_metadata(model),
	    "features.voicing_threshold", set->voicing_threshold, err) == 0)
		status = weights_save(operand[1], model, err);
	graph_free(g);
	weights_free(model);
	return status;
}

static void
say_leak(void *context, const char *sentence)
{
	(void)context;
	(void)printf("%s\n", sentence);
}

/* 1: there are leaks, or what may be some. */
static int
audit(const struct settings *set, char *const *operand, struct error *err)
{
	struct stream_list records;
	struct leak_audit r;
	int status;

	if (stream_list_load(&records, operand[1], err) != 0)
		return -1;
	status = leak_audit_run(operand[0], set->manifest, &records,
	    say_leak, NULL, &r, err);
	stream_list_release(&records);
	if (status != 0)
		return -1;
	(void)printf("%s: %zu works, %zu titles and %zu videos trained on; "
	    "of %zu records %zu leaks, %zu perhaps\n",
	    r.n_leaks + r.n_alike == 0 ? "clean" : "leak", r.n_works,
	    r.n_titles, r.n_videos, r.n_records, r.n_leaks, r.n_alike);
	if (r.n_untitled > 0)
		cli_note("%zu records have neither title nor video: of these "
		    "only group_id was compared", r.n_untitled);
	return r.n_leaks + r.n_alike == 0 ? 0 : 1;
}

/* What an import lacks; NULL: nothing. */
static const char *
import_lacks(const struct settings *set)
{
	return set->licence != NULL ? NULL :
	    "import needs --licence, such as --licence MIT";
}

static const char *
calibrate_lacks(const struct settings *set)
{
	return set->voicing_threshold >= 0.0 ? NULL :
	    "calibrate needs --voicing-threshold, such as "
	    "--voicing-threshold 0.4";
}

/* Of weights in the table, licence and hash are known. */
static const char *
fetch_name_lacks(const struct settings *set)
{
	if (set->url != NULL)
		return "fetch takes a name or --url, not both";
	if (set->sha256 != NULL || set->licence != NULL)
		return "fetch knows the hash and the licence of a name: give "
		    "--sha256 and --licence with --url alone";
	return NULL;
}

static const char *
fetch_url_lacks(const struct settings *set)
{
	if (set->url == NULL)
		return "fetch needs a name of chad-model list, or --url";
	if (set->sha256 == NULL || !download_is_pin(set->sha256))
		return "fetch --url needs --sha256, the 64 hex digits that "
		    "tell the file from others, or at least the first 8";
	if (set->licence == NULL)
		return "fetch --url needs --licence, such as --licence MIT";
	if (set->out == NULL)
		return "fetch --url needs --out, the file to write";
	return NULL;
}

/* What can be asked for, by the first operand and the number of the others. */
static const struct verb {
	const char *name;
	int n_operands;
	const char *(*lacks)(const struct settings *set);	/* or NULL */
	/* 0; 1: done, and there is something to see to; -1 with an error. */
	int (*run)(const struct settings *set, char *const *operand,
	    struct error *err);
} verbs[] = {
	{ "show", 1, NULL, show },
	{ "import", 2, import_lacks, import },
	{ "calibrate", 2, calibrate_lacks, calibrate },
	{ "audit", 2, NULL, audit },
	{ "list", 0, NULL, list },
	{ "fetch", 1, fetch_name_lacks, fetch },
	{ "fetch", 0, fetch_url_lacks, fetch },
};

static const struct verb *
find_verb(int n_operands, char *const *operand)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (n_operands == verbs[i].n_operands + 1 &&
		    strcmp(operand[0], verbs[i].name) == 0)
			return &verbs[i];
	return NULL;
}

/* A mistake in the operands: one line, and the status of a usage error. */
static int
usage(const char *what)
{
	const struct error err = { ERROR_FORMAT, "see chad-model --help" };

	cli_warn(&err, "%s", what);
	return CLI_FATAL;
}

int
main(int argc, char *argv[])
{
	struct settings set = { .voicing_threshold = -1.0, .timeout_sec = 30 };
	const struct cli_option options[] = {
		{ CLI_STRING, "licence", &set.licence, 0, 0, "TEXT",
		    "import, fetch: licence of the weights (you must state "
		    "it)" },
		{ CLI_STRING, "source", &set.source, 0, 0, "TEXT",
		    "import, fetch: where the weights come from" },
		{ CLI_STRING, "manifest", &set.manifest, 0, 0, "FILE",
		    "audit: what the model was trained on" },
		{ CLI_DOUBLE, "voicing-threshold", &set.voicing_threshold,
		    0, 1, "C", "calibrate: unvoiced below this confidence "
		    "(default: none)" },
		{ CLI_STRING, "out", &set.out, 0, 0, "FILE",
		    "fetch: model to write (default: NAME.safetensors)" },
		{ CLI_STRING, "url", &set.url, 0, 0, "URL",
		    "fetch: weights that are not in the list" },
		{ CLI_STRING, "sha256", &set.sha256, 0, 0, "HEX",
		    "fetch: SHA-256 of what --url leads to" },
		{ CLI_SIZE, "timeout", &set.timeout_sec, 1, 3600, "SEC",
		    "fetch: give up when nothing comes for so long" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-model",
	    "look into weight files, fetch and import those of others",
	    "show FILE | audit FILE LIST | import | calibrate FILE NEW | "
	    "fetch NAME | list", options };
	const int first = cli_parse(&tool, argc, argv);
	const int n_operands = argc - first;
	char *const *operand = argv + first;
	const struct verb *verb = find_verb(n_operands, operand);
	const char *lacks = verb == NULL ? "what to do: \"show FILE\", "
	    "\"import WEIGHTS FILE\", \"calibrate FILE NEW\", "
	    "\"audit FILE LIST\", \"list\" or "
	    "\"fetch NAME\"" :
	    verb->lacks == NULL ? NULL : verb->lacks(&set);
	struct error err = { ERROR_NONE, "" };
	int status;

	if (lacks != NULL)
		return usage(lacks);
	status = verb->run(&set, operand + 1, &err);
	if (status >= 0)
		return cli_finish(status == 0 ? CLI_OK : CLI_SOME_FAILED);
	cli_warn(&err, "cannot %s", verb->name);
	return cli_finish(err.code == ERROR_BUSY ? CLI_AGAIN : CLI_FATAL);
}
