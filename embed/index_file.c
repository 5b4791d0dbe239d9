#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/stored.h"

#include "embed/index_file.h"

#define PIECE_BYTES ((size_t)4 << 20)
#define HEX_BYTES (HASH_HEX_BYTES - 1)
#define MAX_FACTS_BYTES ((size_t)1 << 16)

struct index_file {
	struct map map;			/* of a file, else zeros */
	unsigned char *sections[INDEX_N_SECTIONS];
	size_t n_bytes[INDEX_N_SECTIONS];
	struct index_facts facts;
};

static const char *const names[INDEX_N_SECTIONS] = { "facts", "songs",
	"names", "windows", "pitch", "centres", "parts", "starts", "members",
	"codes" };

struct pieces {
	const unsigned char *bytes;
	size_t n_bytes;
	char *hexes;		/* [n_pieces][HEX_BYTES] */
};

static int
hash_piece(void *shared, size_t task, struct arena *a, struct error *err)
{
	const struct pieces *p = shared;
	const size_t first = task * PIECE_BYTES;
	char hex[HASH_HEX_BYTES];

	(void)a;
	(void)err;
	hash_bytes(p->bytes + first, p->n_bytes - first < PIECE_BYTES ?
	    p->n_bytes - first : PIECE_BYTES, hex);
	memcpy(p->hexes + task * HEX_BYTES, hex, HEX_BYTES);
	return 0;
}

int
index_file_hash(const unsigned char *bytes, size_t n_bytes,
    size_t n_threads, char hex[HASH_HEX_BYTES], struct error *err)
{
	struct pieces p = { bytes, n_bytes, NULL };
	const size_t n = n_bytes / PIECE_BYTES + (n_bytes % PIECE_BYTES > 0);
	int status = -1;

	p.hexes = memory_new(n, HEX_BYTES, "checks", err);
	if (p.hexes == NULL)
		return -1;
	/* A thread is not worth its making for a small section. */
	if (pool_run_arenas(n < n_threads ? n + (n == 0) : n_threads, n,
	    hash_piece, &p, err) == 0) {
		hash_bytes(p.hexes, n * HEX_BYTES, hex);
		status = 0;
	}
	memory_free(p.hexes);
	return status;
}

static int
refuse(const char *what, struct error *err)
{
	return error_set(err, ERROR_FORMAT, "damaged or cut short (its %s): "
	    "build the index again or copy it again", what);
}

static int
read_head(const unsigned char *bytes, size_t n_bytes, bool verifies,
    struct error *err)
{
	const size_t n_magic = strlen(INDEX_FILE_MAGIC);
	char hex[HASH_HEX_BYTES];
	uint64_t version;

	if (n_bytes < 12 || memcmp(bytes, INDEX_FILE_MAGIC, n_magic) != 0)
		return error_set(err, ERROR_FORMAT, "not an index: chad-index "
		    "build makes one");
	version = stored_integer(bytes + 8, 4);
	if (version != INDEX_FILE_VERSION)
		return error_set(err, ERROR_FORMAT, "an index of version %lu, "
		    "and version %d is known: build it again with these tools",
		    (unsigned long)version, INDEX_FILE_VERSION);
	if (n_bytes < INDEX_FILE_FIRST ||
	    stored_integer(bytes + 12, 4) != INDEX_N_SECTIONS ||
	    stored_integer(bytes + 16, 8) != n_bytes)
		return refuse("length", err);
	if (!verifies)
		return 0;
	hash_bytes(bytes, INDEX_FILE_HEAD, hex);
	return memcmp(hex, bytes + INDEX_FILE_HEAD, HEX_BYTES) == 0 ? 0 :
	    refuse("head", err);
}

static int
read_section(struct index_file *f, unsigned char *bytes, size_t n_bytes,
    size_t i, size_t n_threads, bool verifies, struct error *err)
{
	const unsigned char *row = bytes + INDEX_FILE_TABLE +
	    i * INDEX_FILE_ROW;
	const uint64_t offset = stored_integer(row + 8, 8);
	const uint64_t length = stored_integer(row + 16, 8);
	char hex[HASH_HEX_BYTES];

	if (stored_integer(row, 4) != i || offset < INDEX_FILE_FIRST ||
	    offset % INDEX_FILE_ALIGNMENT != 0 || offset > n_bytes ||
	    length > n_bytes - offset)
		return refuse(names[i], err);
	f->sections[i] = bytes + offset;
	f->n_bytes[i] = (size_t)length;
	if (!verifies)
		return 0;
	if (index_file_hash(f->sections[i], f->n_bytes[i], n_threads, hex,
	    err) != 0)
		return -1;
	return memcmp(hex, row + 24, HEX_BYTES) == 0 ? 0 :
	    refuse(names[i], err);
}

static int
fill_facts(const struct json *j, struct index_facts *facts,
    struct error *err)
{
	const char *sha256;
	size_t seed;

	if (json_want_string(j, "model_sha256", &sha256, err) != 0 ||
	    json_want_number(j, "hop_sec", &facts->hop_sec, err) != 0 ||
	    json_want_number(j, "window_sec", &facts->window_sec, err) != 0 ||
	    json_want_size(j, "dimension", &facts->shape.dimension,
	    err) != 0 ||
	    json_want_size(j, "n_songs", &facts->n_songs, err) != 0 ||
	    json_want_size(j, "n_windows", &facts->n_windows, err) != 0 ||
	    json_want_size(j, "n_pitch", &facts->n_pitch, err) != 0 ||
	    json_want_size(j, "n_lists", &facts->shape.n_lists, err) != 0 ||
	    json_want_size(j, "n_parts", &facts->shape.n_parts, err) != 0 ||
	    json_want_size(j, "n_trained", &facts->n_trained, err) != 0 ||
	    json_want_size(j, "seed", &seed, err) != 0)
		return -1;
	facts->seed = seed;
	if (strlen(sha256) >= sizeof(facts->model_sha256))
		return error_set(err, ERROR_FORMAT, "model_sha256 is too long");
	memcpy(facts->model_sha256, sha256, strlen(sha256) + 1);
	return 0;
}

static int
read_facts(struct index_file *f, struct error *err)
{
	struct index_facts *facts = &f->facts;
	const struct neighbours_shape *s = &facts->shape;
	struct json *j;
	int status;

	if (f->n_bytes[INDEX_FACTS] > MAX_FACTS_BYTES)
		return refuse("facts", err);
	j = json_parse((const char *)f->sections[INDEX_FACTS],
	    f->n_bytes[INDEX_FACTS], err);
	if (j == NULL)
		return error_add(err, "its facts");
	status = fill_facts(j, facts, err);
	json_free(j);
	if (status != 0)
		return error_add(err, "its facts");
	if (!(facts->hop_sec > 0) || facts->n_songs > INDEX_MAX_SONGS ||
	    facts->n_windows > INDEX_MAX_WINDOWS || s->dimension == 0 ||
	    s->dimension > NEIGHBOURS_MAX_DIMENSION ||
	    s->n_lists > NEIGHBOURS_MAX_LISTS ||
	    s->n_parts > s->dimension ||
	    (s->n_parts > 0 && s->dimension % s->n_parts != 0))
		return refuse("facts", err);
	return 0;
}

/* Each section must be as long as the facts say. */
static int
check_lengths(const struct index_file *f, struct error *err)
{
	const struct index_facts *facts = &f->facts;
	const struct neighbours_shape *s = &facts->shape;
	const bool has_lists = s->n_lists > 0;
	const bool has_parts = has_lists && s->n_parts > 0;
	const uint64_t d = s->dimension;
	/* Limits keep all products below 2^64. */
	const uint64_t wanted[INDEX_N_SECTIONS] = {
		[INDEX_FACTS] = f->n_bytes[INDEX_FACTS],
		[INDEX_SONGS] = facts->n_songs * (uint64_t)INDEX_FILE_SONG,
		[INDEX_NAMES] = f->n_bytes[INDEX_NAMES],
		[INDEX_WINDOWS] = facts->n_windows * d * sizeof(float),
		[INDEX_PITCH] = facts->n_pitch * sizeof(float),
		[INDEX_CENTRES] = s->n_lists * d * sizeof(float),
		[INDEX_PARTS] = has_parts ? NEIGHBOURS_N_CODES * d *
		    sizeof(float) : 0,
		[INDEX_STARTS] = has_lists ? (s->n_lists + 1) * (uint64_t)8 : 0,
		[INDEX_MEMBERS] = has_lists ? facts->n_windows * (uint64_t)8 :
		    0,
		[INDEX_CODES] = has_parts ? facts->n_windows *
		    (uint64_t)s->n_parts : 0,
	};

	if (facts->n_pitch > SIZE_MAX / sizeof(float))
		return refuse("facts", err);
	for (size_t i = 0; i < INDEX_N_SECTIONS; i++)
		if (f->n_bytes[i] != wanted[i])
			return refuse(names[i], err);
	return 0;
}

static uint64_t
song_value(const struct index_file *f, size_t song, size_t i)
{
	return stored_integer(f->sections[INDEX_SONGS] +
	    song * INDEX_FILE_SONG + 8 * i, 8);
}

/* Songs lie one behind the other, in windows, pitch and names. */
static int
check_songs(const struct index_file *f, struct error *err)
{
	const char *text = (const char *)f->sections[INDEX_NAMES];
	const size_t n_text = f->n_bytes[INDEX_NAMES];
	size_t window = 0, pitch = 0, name = 0;

	for (size_t i = 0; i < f->facts.n_songs; i++) {
		const uint64_t n_windows = song_value(f, i, 1);
		const uint64_t n_pitch = song_value(f, i, 3);
		struct index_song song;

		if (song_value(f, i, 0) != window ||
		    n_windows > f->facts.n_windows - window ||
		    song_value(f, i, 2) != pitch ||
		    n_pitch > f->facts.n_pitch - pitch ||
		    song_value(f, i, 5) != name)
			return refuse("songs", err);
		window += (size_t)n_windows;
		pitch += (size_t)n_pitch;
		for (int k = 0; k < 2; k++) {
			const char *end = memchr(text + name, '\0',
			    n_text - name);

			if (end == NULL)
				return refuse("names", err);
			name = (size_t)(end - text) + 1;
		}
		index_file_song(f, i, &song);
		if (!(song.line.start_sec >= 0 && song.line.start_sec < 1e9))
			return refuse("songs", err);
	}
	return window == f->facts.n_windows && pitch == f->facts.n_pitch &&
	    name == n_text ? 0 : refuse("songs", err);
}

static int
check_lists(const struct index_file *f, struct error *err)
{
	const uint64_t *starts = (const void *)f->sections[INDEX_STARTS];
	const int64_t *members = (const void *)f->sections[INDEX_MEMBERS];
	const size_t n_lists = f->facts.shape.n_lists;
	const size_t n = f->facts.n_windows;

	if (n_lists == 0)
		return 0;
	if (starts[0] != 0 || starts[n_lists] != n)
		return refuse("starts", err);
	for (size_t i = 0; i < n_lists; i++)
		if (starts[i] > starts[i + 1])
			return refuse("starts", err);
	for (size_t i = 0; i < n; i++)
		if (members[i] < 0 || (uint64_t)members[i] >= n)
			return refuse("members", err);
	return 0;
}

static int
read_all(struct index_file *f, unsigned char *bytes, size_t n_bytes,
    size_t n_threads, bool verifies, struct error *err)
{
	static const uint16_t one = 1;

	if (*(const unsigned char *)&one != 1)
		return error_set(err, ERROR_FORMAT, "an index can be searched "
		    "only where numbers are stored little-endian");
	if (read_head(bytes, n_bytes, verifies, err) != 0)
		return -1;
	for (size_t i = 0; i < INDEX_N_SECTIONS; i++)
		if (read_section(f, bytes, n_bytes, i, n_threads, verifies,
		    err) != 0)
			return -1;
	if (read_facts(f, err) != 0 || check_lengths(f, err) != 0 ||
	    check_songs(f, err) != 0)
		return -1;
	return check_lists(f, err);
}

struct index_file *
index_file_parse(unsigned char *bytes, size_t n_bytes, size_t n_threads,
    bool verifies, struct error *err)
{
	struct index_file *f = memory_new(1, sizeof(*f), "index", err);

	if (f == NULL)
		return NULL;
	if (read_all(f, bytes, n_bytes, n_threads, verifies, err) != 0) {
		memory_free(f);
		return NULL;
	}
	return f;
}

struct index_file *
index_file_open(const char *path, size_t n_threads, struct error *err)
{
	struct index_file *f;
	struct map m;

	if (map_open(path, &m, err) != 0)
		return NULL;
	f = index_file_parse(m.bytes, m.n_bytes, n_threads, true, err);
	if (f == NULL) {
		map_close(&m);
		error_add(err, "%s", path);
		return NULL;
	}
	f->map = m;
	return f;
}

void
index_file_close(struct index_file *f)
{
	if (f == NULL)
		return;
	map_close(&f->map);
	memory_free(f);
}

const struct index_facts *
index_file_facts(const struct index_file *f)
{
	return &f->facts;
}

void
index_file_song(const struct index_file *f, size_t i,
    struct index_song *song)
{
	const char *id = (const char *)f->sections[INDEX_NAMES] +
	    song_value(f, i, 5);
	const uint64_t start = song_value(f, i, 4);

	memset(song, 0, sizeof(*song));
	song->id = id;
	song->work = id + strlen(id) + 1;
	song->first_window = (size_t)song_value(f, i, 0);
	song->n_windows = (size_t)song_value(f, i, 1);
	song->fingerprints = (const float *)(const void *)
	    f->sections[INDEX_WINDOWS] + song->first_window *
	    f->facts.shape.dimension;
	song->line.pitch = (float *)(void *)f->sections[INDEX_PITCH] +
	    song_value(f, i, 2);
	song->line.n = (size_t)song_value(f, i, 3);
	memcpy(&song->line.start_sec, &start, sizeof(start));
}

void
index_file_store(const struct index_file *f, struct neighbours_store *store)
{
	memset(store, 0, sizeof(*store));
	store->book.shape = f->facts.shape;
	store->book.centres = (const void *)f->sections[INDEX_CENTRES];
	store->book.parts = (const void *)f->sections[INDEX_PARTS];
	store->rows = (const void *)f->sections[INDEX_WINDOWS];
	store->n_rows = f->facts.n_windows;
	store->starts = (const void *)f->sections[INDEX_STARTS];
	store->members = (const void *)f->sections[INDEX_MEMBERS];
	store->codes = (const void *)f->sections[INDEX_CODES];
}
