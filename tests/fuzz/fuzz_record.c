/* Records: any line becomes a record that every command can carry on. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

#include "manifests/artefact.h"
#include "manifests/manifest_split.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "manifests/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

/* What commands do with a record that is in order. */
static void
use_record(struct json *rec, struct arena *a)
{
	struct error err = { ERROR_NONE, "" };
	char key[HASH_HEX_BYTES];
	const char *member = NULL;
	const char *path;
	bool has;

	if (stream_shard_has("1/2", record_id(rec), &has, &err) != 0)
		abort();
	path = record_sound_path(rec, true, "folder", &member, a, &err);
	/* A key that is given is used; no file of the input is opened. */
	if (path != NULL && (json_has(rec, "decode.key") ||
	    json_has(rec, "separate.key")) &&
	    strcmp(member, "audio_filepath") != 0 &&
	    artefact_input_key(rec, member, "/dev/null", key, &err) == 0 &&
	    strspn(key, "0123456789abcdef") != HASH_HEX_BYTES - 1)
		abort();
	if (record_rebase(rec, "folder", &err) != 0)
		abort();
	/* "history" may be of another type, nothing else may fail. */
	if (record_add_history(rec, "chad-fuzz", "--x", NULL, &err) != 0 &&
	    !json_has(rec, "history"))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct error err = { ERROR_NONE, "" };
	struct error why = { ERROR_NONE, "" };
	struct arena *a = arena_new();
	struct record_line line = { NULL, n_bytes, 7, false };
	struct manifest_split split;
	struct json *rec;
	char *text;

	if (a == NULL || (text = arena_alloc(a, n_bytes + 1, 1)) == NULL)
		abort();
	if (n_bytes > 0)
		memcpy(text, bytes, n_bytes);
	line.text = text;
	(void)record_line_is_blank(&line);
	rec = record_line_parse(&line, &why);
	if (rec == NULL)
		rec = record_line_broken(&line, "chad-fuzz", &why, &err);
	else if (record_check(rec, &why) == 0)
		use_record(rec, a);
	else if (record_line_mark(rec, "chad-fuzz", &why, &err) != 0)
		abort();
	if (rec == NULL || json_text(rec, a, &err) == NULL)
		abort();
	json_free(rec);
	if (manifest_split_parse(text, &split, &err) == 0 &&
	    manifest_split_part(&split, text, 1) >= split.n_parts)
		abort();
	arena_free(a);
	return 0;
}
