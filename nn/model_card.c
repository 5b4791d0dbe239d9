#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include "nn/model_card.h"

static int
put_file(struct json *j, const char *path, struct error *err)
{
	const char *name = file_name(path);
	char sha256[HASH_HEX_BYTES];
	struct stat facts;

	if (hash_file(path, sha256, err) != 0)
		return -1;
	if (stat(path, &facts) != 0)
		return error_set_errno(err, "cannot look at %s", path);
	if (json_put_bytes(j, "model", name, strlen(name), err) != 0 ||
	    json_put_string(j, "sha256", sha256, err) != 0)
		return -1;
	return json_put_size(j, "bytes", (size_t)facts.st_size, err);
}

static int
put_score(struct json *j, const struct model_card *card, struct error *err)
{
	const struct training_result *r = card->result;
	struct json *score;
	int failed;

	if (!r->has_score || card->score_name == NULL)
		return 0;
	if ((score = json_new_object(err)) == NULL)
		return -1;
	failed = json_put_string(score, "name", card->score_name, err) != 0 ||
	    json_put_rounded(score, "value", r->score, 6, err) != 0 ||
	    json_put_size(score, "step", (size_t)r->score_step, err) != 0 ||
	    json_append(j, "scores", score, err) != 0;
	json_free(score);
	return failed ? -1 : 0;
}

static int
fill(struct json *j, const struct model_card *card, struct error *err)
{
	const struct json *m = weights_metadata_const(card->weights);
	size_t i;

	if (put_file(j, card->model_path, err) != 0 ||
	    json_put_size(j, "parameters", graph_n_parameters(card->graph),
	    err) != 0 ||
	    json_put_bytes(j, "command", card->command,
	    strlen(card->command), err) != 0)
		return -1;
	for (i = 0; i < json_count(m); i++)
		if (json_put(j, json_member_name(m, i), json_item(m, i),
		    err) != 0)
			return -1;
	if (json_put_rounded(j, "mean_loss", card->result->mean_loss, 6,
	    err) != 0)
		return -1;
	return put_score(j, card, err);
}

static int
write_text(const char *path, const struct json *j, struct error *err)
{
	struct arena *a = arena_new();
	const char *text = NULL;
	int failed = -1;

	if (a != NULL)
		text = json_text_pretty(j, a, err);
	else
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	if (text != NULL && (text = arena_printf(a, "%s\n", text)) == NULL)
		(void)error_set(err, ERROR_NOMEM, "out of memory");
	if (text != NULL)
		failed = file_write(path, text, strlen(text), err);
	arena_free(a);
	return failed;
}

int
model_card_write(const char *path, const struct model_card *card,
    struct error *err)
{
	struct json *j = json_new_object(err);
	int failed;

	if (j == NULL)
		return -1;
	failed = fill(j, card, err) != 0 || write_text(path, j, err) != 0;
	json_free(j);
	return failed ? error_add(err, "writing the model's card") : 0;
}
