/*
 * chad-model -- look into weight files and import those of others.
 *
 *	chad-model show FILE.safetensors
 *	chad-model calibrate FILE NEW --voicing-threshold C
 *	chad-model import WEIGHTS FILE.safetensors --licence TEXT
 *
 * Networks are those of CREPE and of Open-Unmix.  Weights of PyTorch (.pth) and
 * Keras (.h5, .h5.bz2), told apart by their first bytes, are read without
 * Python and nothing in them is run.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cli.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include "nn/weights.h"
#include "nn/weights_h5.h"
#include "nn/weights_pth.h"

#include "pitch/pitch_keras.h"
#include "pitch/pitch_net.h"

#include "separate/umx_model.h"

/* What the user chose. */
struct settings {
	const char *licence;
	const char *source;
	double voicing_threshold;	/* negative: not given */
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
show(const char *path, struct error *err)
{
	struct arena *a = arena_new();
	struct weights *w = weights_load(path, err);
	const char *text = NULL;
	size_t n_values;

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
put_provenance(struct weights *w, const struct settings *set,
    const char *in_path, struct error *err)
{
	struct json *metadata = weights_metadata(w);
	const char *name = file_name(in_path);
	char sha256[HASH_HEX_BYTES];

	if (hash_file(in_path, sha256, err) != 0)
		return -1;
	if (json_put_bytes(metadata, "provenance.imported_from", name,
	    strlen(name), err) != 0 ||
	    json_put_string(metadata, "provenance.sha256", sha256, err) != 0)
		return -1;
	if (set->source != NULL && json_put_string(metadata,
	    "provenance.source", set->source, err) != 0)
		return -1;
	return json_put_string(metadata, "licence", set->licence, err);
}

/* Does the file begin as those of Keras do? */
static int
read_kind(const char *path, bool *is_h5, struct error *err)
{
	unsigned char magic[WEIGHTS_H5_MAGIC_BYTES] = { 0 };
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
	*is_h5 = weights_h5_is_magic(magic);
	if (!*is_h5 && memcmp(magic, "PK", 2) != 0)
		return error_set(err, ERROR_FORMAT, "%s: not a weight file of "
		    "PyTorch since 1.6 (a zip archive) nor of Keras (HDF5)",
		    path);
	return 0;
}

/* The tensors of a file as they are called in PyTorch. */
static struct weights *
load_published(const char *path, struct error *err)
{
	struct weights *keras, *published;
	bool is_h5 = false;

	if (read_kind(path, &is_h5, err) != 0)
		return NULL;
	if (!is_h5)
		return weights_pth_load(path, err);
	keras = weights_h5_load(path, err);
	if (keras == NULL)
		return NULL;
	published = pitch_keras_convert(keras, err);
	if (published == NULL)
		error_add(err, "%s", path);
	weights_free(keras);
	return published;
}

static int
import(const struct settings *set, const char *in_path, const char *out_path,
    struct error *err)
{
	struct weights *published, *model = NULL;
	int status = -1;

	if (file_is_same(in_path, out_path))
		return error_set(err, ERROR_FORMAT, "%s is the file that is "
		    "imported: name another one to write", out_path);
	published = load_published(in_path, err);
	if (published == NULL)
		return -1;
	model = umx_model_is_published(published) ?
	    umx_model_import(published, err) :
	    pitch_net_import(published, err);
	if (model == NULL)
		error_add(err, "%s", in_path);
	else if (put_provenance(model, set, in_path, err) == 0)
		status = weights_save(out_path, model, err);
	weights_free(model);
	weights_free(published);
	return status;
}

/* A copy of a pitch model with another threshold of voicing. */
static int
calibrate(const struct settings *set, const char *in_path,
    const char *out_path, struct error *err)
{
	struct weights *model = weights_load(in_path, err);
	struct graph *g = NULL;
	int status = -1;

	if (model == NULL)
		return -1;
	g = pitch_net_of_model(model, err);
	if (g == NULL)
		error_add(err, "%s", in_path);
	else if (json_put_number(weights_metadata(model),
	    "features.voicing_threshold", set->voicing_threshold, err) == 0)
		status = weights_save(out_path, model, err);
	graph_free(g);
	weights_free(model);
	return status;
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
	struct settings set = { NULL, NULL, -1.0 };
	const struct cli_option options[] = {
		{ CLI_STRING, "licence", &set.licence, 0, 0, "TEXT",
		    "import: licence of the weights (you must state it)" },
		{ CLI_STRING, "source", &set.source, 0, 0, "TEXT",
		    "import: where the weights come from" },
		{ CLI_DOUBLE, "voicing-threshold", &set.voicing_threshold,
		    0, 1, "C", "calibrate: unvoiced below this confidence "
		    "(default: none)" },
		{ CLI_END, NULL, NULL, 0, 0, NULL, NULL },
	};
	const struct cli_tool tool = { "chad-model",
	    "look into weight files and import those of others",
	    "show FILE | import WEIGHTS FILE | calibrate FILE NEW", options };
	const int first = cli_parse(&tool, argc, argv);
	const int n_operands = argc - first;
	char *const *operand = argv + first;
	struct error err = { ERROR_NONE, "" };
	int status = -1;

	if (n_operands == 2 && strcmp(operand[0], "show") == 0)
		status = show(operand[1], &err);
	else if (n_operands == 3 && strcmp(operand[0], "import") == 0 &&
	    set.licence == NULL)
		return usage("import needs --licence, such as "
		    "--licence MIT");
	else if (n_operands == 3 && strcmp(operand[0], "import") == 0)
		status = import(&set, operand[1], operand[2], &err);
	else if (n_operands == 3 && strcmp(operand[0], "calibrate") == 0 &&
	    set.voicing_threshold < 0.0)
		return usage("calibrate needs --voicing-threshold, such as "
		    "--voicing-threshold 0.4");
	else if (n_operands == 3 && strcmp(operand[0], "calibrate") == 0)
		status = calibrate(&set, operand[1], operand[2], &err);
	else
		return usage("what to do: \"show FILE\", \"import WEIGHTS "
		    "FILE\" or \"calibrate FILE NEW\"");
	if (status != 0)
		cli_warn(&err, "cannot %s", operand[0]);
	return cli_finish(status == 0 ? CLI_OK : CLI_FATAL);
}
