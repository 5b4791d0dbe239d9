/*
 * Corpora that are folders:
 *
 * HumTrans (Liu et al., 2023; the archives all_wav and all_midi and the file
 * train_valid_test_keys.json): SINGER_SONG_SEGMENT_REPETITION.wav, with _U, _D,
 * _DD or _DDD behind it where the singer was octaves off; .mid of that name.
 *
 * MIR-QBSH (Jang, 2003-2009): waveFile/yearYYYY/personPPPPP/NNNNN.wav, the hum
 * of the song midiFile/NNNNN.mid from its beginning; .pv of that name is its
 * pitch by hand.
 *
 * POP909 (Wang et al., ISMIR 2020): NNN/NNN.mid, NNN/versions/NNN-vK.mid, or
 * NNN.mid; the vocal line is the track MELODY.
 *
 * Any other folder of MIDI files: each is a work.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cli.h"
#include "base/folder.h"
#include "base/memory.h"

#include "formats/format_list.h"
#include "manifests/record.h"
#include "manifests/record_line.h"
#include "synth/tune.h"

#define MAX_DEPTH 16
#define MAX_FILES 10000000

/* A file of the folder: its path, and of that the name and its stem. */
struct file {
	const char *path, *below, *name;
	size_t n_stem;		/* bytes of the name before the suffix */
};

/* What is known of a name, to be looked up. */
struct entry {
	const char *name, *value;
};

struct entries {
	struct entry *list;	/* heap, sorted by name before looking */
	size_t n, capacity;
};

struct files {
	struct file *list;	/* heap, in the order of the paths */
	size_t n, capacity;
	struct entries midis, splits;	/* HumTrans: by the name of a hum */
};

static bool
has_suffix(const struct file *f, const char *suffix)
{
	return strcasecmp(f->name + f->n_stem, suffix) == 0;
}

static bool
is_midi(const struct file *f)
{
	return has_suffix(f, ".mid") || has_suffix(f, ".midi");
}

static int
add_file(struct files *files, const char *path, size_t n_root,
    struct error *err)
{
	const char *name = strrchr(path, '/') + 1;
	const char *dot = strrchr(name, '.');

	if (files->n == MAX_FILES)
		return error_set(err, ERROR_LIMIT, "more than %d files",
		    MAX_FILES);
	if (memory_grow(&files->list, &files->capacity, files->n + 1,
	    sizeof(files->list[0]), "files", err) != 0)
		return -1;
	files->list[files->n++] = (struct file){ path, path + n_root, name,
		dot != NULL ? (size_t)(dot - name) : strlen(name) };
	return 0;
}

/* All files below the folder; links that lead in circles end at MAX_DEPTH. */
static int
list_files(struct files *files, const char *folder, size_t n_root, int depth,
    struct arena *a, struct error *err)
{
	const char **names;
	size_t n;

	if (depth > MAX_DEPTH)
		return error_set(err, ERROR_LIMIT, "%s: more than %d folders "
		    "within each other", folder, MAX_DEPTH);
	if (folder_names(folder, a, &names, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *path = folder_join(folder, names[i], a, err);

		if (path == NULL)
			return -1;
		if (folder_is_one(path) ? list_files(files, path, n_root,
		    depth + 1, a, err) != 0 : add_file(files, path, n_root,
		    err) != 0)
			return -1;
	}
	return 0;
}

/* Call "each" for all files; 1 counts as taken. */
static int
each_file(const struct format_input *in, const char *what,
    int (*prepare)(const struct format_input *in, struct files *files,
    struct error *err),
    int (*each)(const struct format_input *in, const struct files *files,
    const struct file *f, struct json *rec, struct error *err),
    struct error *err)
{
	const size_t n_path = strlen(in->path);
	struct files files = { .list = NULL };
	size_t n_taken = 0;
	int result = list_files(&files, in->path, n_path > 0 &&
	    in->path[n_path - 1] == '/' ? n_path : n_path + 1, 0, in->a, err);

	if (result == 0 && prepare != NULL)
		result = prepare(in, &files, err);
	for (size_t i = 0; i < files.n && result == 0; i++) {
		const struct file *f = &files.list[i];
		struct error why = { ERROR_NONE, "" };
		struct json *rec = json_new_object(err);
		int taken;

		if (rec == NULL) {
			result = -1;
			break;
		}
		taken = each(in, &files, f, rec, &why);
		if (taken > 0 && record_check(rec, &why) != 0)
			taken = -1;
		n_taken += taken != 0;
		if (taken < 0)
			result = why.code == ERROR_NOMEM ? error_set(err,
			    ERROR_NOMEM, "%s", why.text) :
			    record_line_mark(rec, cli_tool_name(), &why, err);
		if (taken != 0 && result == 0)
			result = in->take(in->shared, rec, err);
		json_free(rec);
	}
	memory_free(files.midis.list);
	memory_free(files.splits.list);
	memory_free(files.list);
	if (result == 0 && n_taken == 0)
		result = error_set(err, ERROR_FORMAT, "there is no %s in it",
		    what);
	return result;
}

/* Put what every record of a corpus has; the id is printed. */
static int
put_basics(struct json *rec, const char *id, const char *group,
    const char *type, const char *path, struct error *err)
{
	if (id == NULL || group == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (json_put_string(rec, "id", id, err) != 0 ||
	    json_put_string(rec, "group_id", group, err) != 0 ||
	    json_put_string(rec, "audio_type", type, err) != 0)
		return -1;
	return json_put_string(rec, "audio_filepath", path, err);
}

/* Read the melody, to see that there is one, and say how long it is. */
static int
put_melody(struct json *rec, const char *path, struct error *err)
{
	struct arena *a = arena_new();
	struct tune tune;
	int result = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (tune_read_midi(path, NULL, a, &tune, err) == 0 &&
	    json_put_size(rec, "score.n_notes", tune.n_notes, err) == 0)
		result = json_put_rounded(rec, "score.duration_sec",
		    tune.duration_sec, 6, err);
	arena_free(a);
	return result;
}

/* A MIDI file: 1, or -1. */
static int
take_melody(struct json *rec, const char *id, const char *group,
    const char *path, struct error *err)
{
	if (put_basics(rec, id, group, "original", path, err) != 0 ||
	    put_melody(rec, path, err) != 0)
		return -1;
	return 1;
}

static int
each_midi(const struct format_input *in, const struct files *files,
    const struct file *f, struct json *rec, struct error *err)
{
	const char *id = arena_printf(in->a, "%.*s",
	    (int)(f->name - f->below) + (int)f->n_stem, f->below);

	(void)files;
	return is_midi(f) ? take_melody(rec, id, id, f->path, err) : 0;
}

int
corpora_read_midi(const struct format_input *in, struct error *err)
{
	return each_file(in, "MIDI file (.mid)", NULL, each_midi, err);
}

static int
each_pop909(const struct format_input *in, const struct files *files,
    const struct file *f, struct json *rec, struct error *err)
{
	const size_t n_digits = strspn(f->name, "0123456789");

	(void)files;
	if (!is_midi(f) || n_digits != 3)
		return 0;
	return take_melody(rec, arena_printf(in->a, "pop909-%.*s",
	    (int)f->n_stem, f->name), arena_printf(in->a, "pop909-%.3s",
	    f->name), f->path, err);
}

int
corpora_read_pop909(const struct format_input *in, struct error *err)
{
	return each_file(in, "song of POP909 (001.mid)", NULL,
	    each_pop909, err);
}

/* The file with another suffix in the same folder, or NULL. */
static const struct file *
find_beside(const struct files *files, const struct file *f,
    const char *suffix)
{
	const size_t n_dir = (size_t)(f->name - f->path) + f->n_stem;
	const struct file *end = files->list + files->n;
	const struct file *g;

	/* Names of one stem are neighbours, or nearly so. */
	for (g = f; g > files->list && strncmp(g[-1].path, f->path, n_dir) ==
	    0; g--)
		;
	for (; g < end && strncmp(g->path, f->path, n_dir) == 0; g++)
		if (g->n_stem == f->n_stem && has_suffix(g, suffix))
			return g;
	return NULL;
}

static int
each_qbsh(const struct format_input *in, const struct files *files,
    const struct file *f, struct json *rec, struct error *err)
{
	const char *group = arena_printf(in->a, "qbsh-%.*s", (int)f->n_stem,
	    f->name);
	const bool is_vector = has_suffix(f, ".pv");
	const struct file *vector;
	const char *below = strstr(f->below, "year");

	if (f->n_stem != strspn(f->name, "0123456789") || f->n_stem == 0)
		return 0;
	if (is_midi(f))
		return take_melody(rec, group, group, f->path, err);
	/* A vector alone is taken for the hum, which chad-melody reads. */
	if ((!has_suffix(f, ".wav") && !is_vector) || (is_vector &&
	    find_beside(files, f, ".wav") != NULL))
		return 0;
	if (below == NULL)
		below = f->below;
	if (put_basics(rec, arena_printf(in->a, "qbsh/%.*s",
	    (int)(f->name - below) + (int)f->n_stem, below), group, "humming",
	    f->path, err) != 0)
		return -1;
	vector = find_beside(files, f, ".pv");
	if (vector != NULL && json_put_string(rec, "qbsh.pitch_vector",
	    vector->path, err) != 0)
		return -1;
	return 1;
}

int
corpora_read_qbsh(const struct format_input *in, struct error *err)
{
	return each_file(in, "hum of MIR-QBSH (waveFile/.../00001.wav)",
	    NULL, each_qbsh, err);
}

/* Cut "F01_0024_0001_1_D" into its parts; false when it is none. */
static bool
cut_name(const struct file *f, char parts[5][16])
{
	const char *at = f->name, *end = f->name + f->n_stem;

	for (size_t i = 0; i < 5; i++) {
		size_t n = 0;

		while (at + n < end && at[n] != '_')
			n++;
		if (n >= 16 || (n == 0 && i < 4))
			return false;
		memcpy(parts[i], at, n);
		parts[i][n] = '\0';
		at += n + (at + n < end);
	}
	for (size_t i = 1; i < 4; i++)
		if (strspn(parts[i], "0123456789") != strlen(parts[i]))
			return false;
	return at == end && (parts[0][0] == 'F' || parts[0][0] == 'M') &&
	    strspn(parts[4], "UD") == strlen(parts[4]);
}

static int
add_entry(struct entries *e, const char *name, const char *value,
    struct error *err)
{
	if (name == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory");
	if (memory_grow(&e->list, &e->capacity, e->n + 1, sizeof(e->list[0]),
	    "names", err) != 0)
		return -1;
	e->list[e->n++] = (struct entry){ name, value };
	return 0;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* What is known of the name, or NULL. */
static const char *
look_up(const struct entries *e, const char *name)
{
	const struct entry wanted = { name, NULL };
	const struct entry *found = e->n == 0 ? NULL : bsearch(&wanted,
	    e->list, e->n, sizeof(e->list[0]), compare_entries);

	return found == NULL ? NULL : found->value;
}

/* {"TRAIN": [name, ...], "VALID": [...], "TEST": [...]}. */
static int
add_keys(struct entries *splits, const char *path, struct arena *a,
    struct error *err)
{
	struct json *keys = json_load(path, err);
	int result = keys == NULL ? -1 : 0;

	for (size_t i = 0; i < json_count(keys) && result == 0; i++) {
		const struct json *list = json_item(keys, i);
		const char *part = json_member_name(keys, i);

		part = arena_strdup(a, part != NULL ? part : "");
		for (size_t k = 0; k < json_count(list) && result == 0; k++) {
			const char *name;

			if (json_want_string(json_item(list, k), "", &name,
			    err) != 0)
				result = error_add(err, "%s", path);
			else
				result = add_entry(splits, arena_strdup(a,
				    name), part, err);
		}
	}
	json_free(keys);
	return result;
}

static int
prepare_humtrans(const struct format_input *in, struct files *files,
    struct error *err)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct file *f = &files->list[i];

		if (is_midi(f) && add_entry(&files->midis, arena_printf(in->a,
		    "%.*s", (int)f->n_stem, f->name), f->path, err) != 0)
			return -1;
		if (strcmp(f->name, "train_valid_test_keys.json") == 0 &&
		    add_keys(&files->splits, f->path, in->a, err) != 0)
			return -1;
	}
	if (files->midis.n > 0)
		qsort(files->midis.list, files->midis.n,
		    sizeof(struct entry), compare_entries);
	if (files->splits.n > 0)
		qsort(files->splits.list, files->splits.n,
		    sizeof(struct entry), compare_entries);
	return 0;
}

static int
each_humtrans(const struct format_input *in, const struct files *files,
    const struct file *f, struct json *rec, struct error *err)
{
	static const char *const members[] = { "humtrans.singer", NULL,
		"fragment_id", "humtrans.repetition", "humtrans.octave" };
	const char *id, *midi, *split;
	char parts[5][16];

	if (!has_suffix(f, ".wav") || !cut_name(f, parts))
		return 0;
	id = arena_printf(in->a, "%.*s", (int)f->n_stem, f->name);
	if (put_basics(rec, id, arena_printf(in->a, "humtrans-%s", parts[1]),
	    "humming", f->path, err) != 0)
		return -1;
	for (size_t i = 0; i < 5; i++)
		if (members[i] != NULL && parts[i][0] != '\0' &&
		    json_put_string(rec, members[i], parts[i], err) != 0)
			return -1;
	midi = look_up(&files->midis, id);
	split = look_up(&files->splits, id);
	if ((midi != NULL && json_put_string(rec, "humtrans.midi", midi,
	    err) != 0) || (split != NULL && json_put_string(rec,
	    "humtrans.split", split, err) != 0))
		return -1;
	return 1;
}

int
corpora_read_humtrans(const struct format_input *in, struct error *err)
{
	return each_file(in, "hum of HumTrans (F01_0001_0001_1.wav)",
	    prepare_humtrans, each_humtrans, err);
}
