/* realpath is in the XSI part of POSIX. */
#define _XOPEN_SOURCE 700

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/folder.h"

#include "manifests/record.h"
#include "manifests/scan.h"
#include "manifests/scan_pattern.h"

#define MAX_DEPTH 32
#define MAX_PATH_BYTES 4096	/* what a record may hold */

static const char *const extensions[] = { "3gp", "aac", "ac3", "aif", "aifc",
	"aiff", "amr", "ape", "au", "caf", "flac", "m4a", "m4b", "mka", "mkv",
	"mov", "mp2", "mp3", "mp4", "mpc", "oga", "ogg", "opus", "w64", "wav",
	"weba", "webm", "wma", "wv" };

/* One name in a folder. */
struct entry {
	const char *name;
	size_t n_stem;		/* bytes before the extension */
};

/* The folder that is read, and those it lies in. */
struct level {
	const struct level *above;
	const char *path;
	const char *group_id;
	dev_t device;
	ino_t inode;
	int depth;
};

struct walk {
	const struct scan_calls *calls;
	size_t n_root;			/* bytes before a path below it */
	struct error *err;
};

/* Whether the name ends like that of a sound file. */
static bool
is_sound(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot == name)
		return false;
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (strcasecmp(dot + 1, extensions[i]) == 0)
			return true;
	return false;
}

static size_t
stem_bytes(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && is_sound(name) ? (size_t)(dot - name) :
	    strlen(name);
}

/* By stem, then by the whole name: equal stems are neighbours. */
static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	const size_t n = x->n_stem < y->n_stem ? x->n_stem : y->n_stem;
	const int by_stem = memcmp(x->name, y->name, n);

	if (by_stem != 0)
		return by_stem;
	if (x->n_stem != y->n_stem)
		return x->n_stem < y->n_stem ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool
have_one_stem(const struct entry *a, const struct entry *b)
{
	return a->n_stem == b->n_stem &&
	    memcmp(a->name, b->name, a->n_stem) == 0;
}

/* The names in the folder but for dot files, sorted.  Arena memory. */
static int
read_names(const char *path, struct arena *a, struct entry **entries,
    size_t *n_entries, struct error *err)
{
	const char **names;
	size_t n;

	if (folder_names(path, a, &names, &n, err) != 0)
		return -1;
	*entries = arena_need(a, n, sizeof(**entries), "file names", err);
	if (*entries == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		(*entries)[i] = (struct entry){ names[i],
		    stem_bytes(names[i]) };
	if (n > 0)
		qsort(*entries, n, sizeof(**entries), compare_entries);
	*n_entries = n;
	return 0;
}

/* Whether the name begins with the word and then something but a letter. */
static bool
begins_with(const char *name, const char *word)
{
	const size_t n = strlen(word);

	return strncasecmp(name, word, n) == 0 &&
	    !isalpha((unsigned char)name[n]);
}

static const char *
audio_type(const char *name)
{
	if (begins_with(name, "original"))
		return "original";
	if (begins_with(name, "hum") || begins_with(name, "humming"))
		return "humming";
	return "cover";
}

/* Put the member, unless the pattern has. */
static int
put_open(struct json *rec, const char *member, const char *value,
    struct error *err)
{
	return json_has(rec, member) ? 0 : json_put_string(rec, member, value,
	    err);
}

static int
fill_record(struct json *rec, const char *path, const char *group_id,
    const char *id, const char *name, struct error *err)
{
	if (put_open(rec, "id", id, err) != 0 ||
	    put_open(rec, "group_id", group_id, err) != 0 ||
	    put_open(rec, "audio_type", audio_type(name), err) != 0 ||
	    json_put_string(rec, "audio_filepath", path, err) != 0)
		return -1;
	return record_check(rec, err);
}

/*
 * Hand out the record of a sound.  A name that no record can hold leaves it
 * out; only what "take" or memory refuse ends the scan.
 */
static int
take_sound(const struct walk *w, const struct level *level, const char *path,
    const char *name, size_t n_id, struct arena *a)
{
	const struct scan_calls *calls = w->calls;
	const char *below = path + w->n_root;
	const size_t n_ending = strlen(name) - n_id;
	const char *id = calls->pattern != NULL ?
	    arena_printf(a, "%.*s", (int)(strlen(below) - n_ending), below) :
	    arena_printf(a, "%s/%.*s", level->group_id, (int)n_id, name);
	struct json *rec = json_new_object(w->err);
	struct error why = { ERROR_NONE, "" };
	int result = 0, fits = 1;

	if (id == NULL || rec == NULL)
		result = error_set(w->err, ERROR_NOMEM,
		    "out of memory for a record");
	else if (calls->pattern != NULL)
		fits = scan_pattern_put(calls->pattern, below, rec, &why);
	if (result == 0 && fits == 0)
		calls->leave_out(calls->shared, path,
		    "not of the pattern's form", false);
	else if (result == 0 && fits > 0 && fill_record(rec, path,
	    level->group_id, id, name, &why) == 0)
		result = calls->take(calls->shared, rec, w->err);
	else if (why.code == ERROR_NOMEM)
		result = error_set(w->err, ERROR_NOMEM, "%s", why.text);
	else if (result == 0)
		calls->leave_out(calls->shared, path, why.text, true);
	json_free(rec);
	return result;
}

static int scan_level(const struct walk *w, const struct level *level);

/* Enter a folder, unless it is one of those that it lies in. */
static int
enter(const struct walk *w, const struct level *above, const char *path,
    const char *name, const struct stat *st, struct arena *a)
{
	struct level level = { above, path, NULL, st->st_dev, st->st_ino,
		above->depth + 1 };

	for (const struct level *l = above; l != NULL; l = l->above)
		if (l->device == st->st_dev && l->inode == st->st_ino) {
			w->calls->leave_out(w->calls->shared, path,
			    "the folder contains itself", false);
			return 0;
		}
	if (level.depth > MAX_DEPTH) {
		w->calls->leave_out(w->calls->shared, path,
		    "too many folders within each other", true);
		return 0;
	}
	level.group_id = above->depth == 0 ? name :
	    arena_printf(a, "%s/%s", above->group_id, name);
	if (level.group_id == NULL)
		return error_set(w->err, ERROR_NOMEM,
		    "out of memory for a path");
	return scan_level(w, &level);
}

/* What one name of the folder is: a sound, a folder, or neither. */
static int
scan_entry(const struct walk *w, const struct level *level,
    const struct entry *e, bool is_stem_unique, struct arena *a)
{
	const struct scan_calls *calls = w->calls;
	const char *path = folder_join(level->path, e->name, a, w->err);
	struct stat st;

	if (path == NULL)
		return -1;
	if (strlen(path) > MAX_PATH_BYTES || stat(path, &st) != 0) {
		calls->leave_out(calls->shared, path,
		    strlen(path) > MAX_PATH_BYTES ? "the path is too long" :
		    strerror(errno), true);
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return enter(w, level, path, e->name, &st, a);
	if (!S_ISREG(st.st_mode) || !is_sound(e->name)) {
		calls->leave_out(calls->shared, path, "not a sound file",
		    false);
		return 0;
	}
	return take_sound(w, level, path, e->name,
	    is_stem_unique ? e->n_stem : strlen(e->name), a);
}

static int
scan_level(const struct walk *w, const struct level *level)
{
	struct arena *a = arena_new();
	struct entry *entries = NULL;
	struct error why = { ERROR_NONE, "" };
	size_t n = 0;
	int result = 0;

	if (a == NULL)
		return error_set(w->err, ERROR_NOMEM, "out of memory");
	if (read_names(level->path, a, &entries, &n, &why) != 0) {
		if (level->depth == 0 || why.code == ERROR_NOMEM)
			result = error_set(w->err, why.code, "%s", why.text);
		else
			w->calls->leave_out(w->calls->shared, level->path,
			    why.text, true);
		arena_free(a);
		return result;
	}
	for (size_t i = 0; i < n && result == 0; i++) {
		const bool is_stem_unique =
		    (i == 0 || !have_one_stem(&entries[i - 1], &entries[i])) &&
		    (i + 1 == n || !have_one_stem(&entries[i],
		    &entries[i + 1]));

		result = scan_entry(w, level, &entries[i], is_stem_unique, a);
	}
	arena_free(a);
	return result;
}

/* The folder's own name, for sounds that lie directly in it. */
static const char *
own_name(const char *folder, struct arena *a, struct error *err)
{
	char *path = realpath(folder, NULL);
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	const char *name = NULL;

	if (slash == NULL)
		error_set_errno(err, "cannot open the folder %s", folder);
	else if ((name = arena_strdup(a, slash[1] != '\0' ? slash + 1 :
	    "root")) == NULL)
		error_set(err, ERROR_NOMEM, "out of memory for a path");
	free(path);
	return name;
}

int
scan_folder(const char *folder, const struct scan_calls *calls,
    struct error *err)
{
	struct walk w = { calls, 0, err };
	struct level level = { NULL, folder, NULL, 0, 0, 0 };
	struct arena *a;
	struct stat st;
	int result;

	if (stat(folder, &st) != 0)
		return error_set_errno(err, "cannot open the folder %s",
		    folder);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_FORMAT, "%s is not a folder",
		    folder);
	if (calls->pattern != NULL &&
	    scan_pattern_check(calls->pattern, err) != 0)
		return -1;
	w.n_root = strlen(folder);
	if (w.n_root == 0 || folder[w.n_root - 1] != '/')
		w.n_root++;
	a = arena_new();
	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	level.device = st.st_dev;
	level.inode = st.st_ino;
	level.group_id = own_name(folder, a, err);
	result = level.group_id == NULL ? -1 : scan_level(&w, &level);
	arena_free(a);
	return result;
}
