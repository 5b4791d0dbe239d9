#include <stdio.h>
#include <string.h>

#include "manifests/artefact.h"

void
artefact_key(const struct artefact_recipe *recipe, const char *input_key,
    char key[HASH_HEX_BYTES])
{
	hash_texts(key, recipe->tool, recipe->revision, recipe->options,
	    recipe->model_sha256, input_key, (const char *)NULL);
}

const char *
artefact_path(const char *work_folder, const struct artefact_recipe *recipe,
    const char *key, const char *suffix, struct arena *a, struct error *err)
{
	const char *path = arena_printf(a, "%s/%s/%.2s/%s.%s", work_folder,
	    recipe->tool, key, key, suffix);

	if (path == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a path");
	return path;
}

/* The member that holds the key of the artefact that "member" names. */
static void
key_member(const char *member, char *name, size_t n_bytes)
{
	const char *dot = strchr(member, '.');
	const char *suffix = strstr(member, "_filepath");

	if (strcmp(member, "vocals_filepath") == 0)
		(void)snprintf(name, n_bytes, "separate.key");
	else if (dot != NULL)
		(void)snprintf(name, n_bytes, "%.*s.key",
		    (int)(dot - member), member);
	else if (suffix != NULL)
		(void)snprintf(name, n_bytes, "feature.%.*s.key",
		    (int)(suffix - member), member);
	else
		name[0] = '\0';
}

int
artefact_input_key(const struct json *rec, const char *member,
    const char *path, char key[HASH_HEX_BYTES], struct error *err)
{
	char name[64];
	const char *made;

	key_member(member, name, sizeof(name));
	if (name[0] == '\0' || !json_has(rec, name))
		return hash_file(path, key, err);
	if (json_want_string(rec, name, &made, err) != 0)
		return -1;
	if (strlen(made) != HASH_HEX_BYTES - 1 ||
	    strspn(made, "0123456789abcdef") != HASH_HEX_BYTES - 1)
		return error_set(err, ERROR_FORMAT,
		    "\"%s\" must be 64 digits of a SHA-256", name);
	memcpy(key, made, HASH_HEX_BYTES);
	return 0;
}
