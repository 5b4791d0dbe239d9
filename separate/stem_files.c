#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"

#include "audio/clip.h"

#include "separate/stem_files.h"

/* Level given for a voice of digital silence. */
#define SILENCE_DB (-120.0)

#define BLOCKS_PER_SEC 10
#define BLOCK_SHARE 0.1		/* of its energy: it is voiced */
#define BLOCK_SILENCE 1e-6	/* mean square: -60 dBFS */
#define DROPOUT_SHARE 0.1
#define DROPOUT_OVERLAP 0.2

/* Energies of the whole, and of the tenth of a second that is going on. */
struct levels {
	double mixture, voice;
	double block_mixture, block_voice;
	size_t n_in_block, block_samples;
	uint64_t n_samples, n_blocks, n_voiced;
};

/* One recording on its way; samples are [][n_channels]. */
struct run {
	struct separator *separator;
	struct clip_reader *reader;
	struct clip_writer *voice_writer, *accompaniment_writer;
	unsigned rate_hz;
	size_t n_channels;
	float *block;			/* SEPARATOR_MAX_PUT */
	float *voice, *accompaniment;	/* separator_max_get */
	/* The mixture's samples that wait for their voice. */
	float *waiting;			/* [max_waiting][n_channels] */
	size_t n_waiting, max_waiting;
	struct levels levels;
};

static void
end_block(struct levels *l)
{
	const double least = BLOCK_SILENCE * (double)l->n_in_block;

	if (l->block_mixture > least) {
		l->n_blocks++;
		l->n_voiced += l->block_voice >= BLOCK_SHARE *
		    l->block_mixture;
	}
	l->mixture += l->block_mixture;
	l->voice += l->block_voice;
	l->n_samples += l->n_in_block;
	l->block_mixture = l->block_voice = 0.0;
	l->n_in_block = 0;
}

static void
count(struct levels *l, float mixture, float voice)
{
	l->block_mixture += (double)mixture * (double)mixture;
	l->block_voice += (double)voice * (double)voice;
	if (++l->n_in_block == l->block_samples)
		end_block(l);
}

/* The value of 16 bits that is stored for x. */
static long
stored(float x)
{
	return lrint(fmin(fmax((double)x * 32768.0, -32768.0), 32767.0));
}

/* A sample of both stems, as they are stored. */
static void
split(float mixture, float *voice, float *accompaniment)
{
	const long x = stored(mixture);
	long left = x - stored(*voice);

	left = left < -32768 ? -32768 : left > 32767 ? 32767 : left;
	*accompaniment = (float)left / 32768.0f;
	*voice = (float)(x - left) / 32768.0f;
}

/* n samples of the voice are ready: write them and what is left without. */
static int
give(struct run *r, size_t n, struct error *err)
{
	const size_t n_values = n * r->n_channels;

	if (n > r->n_waiting)
		return error_set(err, ERROR_BUG, "a voice longer than its "
		    "recording");
	for (size_t i = 0; i < n_values; i++) {
		split(r->waiting[i], &r->voice[i], &r->accompaniment[i]);
		count(&r->levels, r->waiting[i], r->voice[i]);
	}
	r->n_waiting -= n;
	memmove(r->waiting, r->waiting + n_values, r->n_waiting *
	    r->n_channels * sizeof(*r->waiting));
	if (clip_writer_put(r->voice_writer, r->voice, n, err) != 0)
		return -1;
	return r->accompaniment_writer == NULL ? 0 :
	    clip_writer_put(r->accompaniment_writer, r->accompaniment, n,
	    err);
}

/* Move the recording through the separator into the writers. */
static int
separate(struct run *r, struct error *err)
{
	size_t n, n_voice;

	do {
		if (clip_reader_get(r->reader, r->block, SEPARATOR_MAX_PUT,
		    &n, err) != 0)
			return -1;
		if (r->n_waiting + n > r->max_waiting)
			return error_set(err, ERROR_BUG, "a separator that "
			    "holds too much");
		memcpy(r->waiting + r->n_waiting * r->n_channels, r->block,
		    n * r->n_channels * sizeof(*r->block));
		r->n_waiting += n;
		if ((n > 0 ? separator_put(r->separator, r->block, n,
		    r->voice, &n_voice, err) : separator_finish(r->separator,
		    r->voice, &n_voice, err)) != 0 ||
		    give(r, n_voice, err) != 0)
			return -1;
	} while (n > 0);
	end_block(&r->levels);
	return 0;
}

static int
write_facts(const struct stem_files *files, const struct levels *l,
    double overlap, struct arena *scratch, struct error *err)
{
	struct json *facts = json_new_object(err);
	double level_db = SILENCE_DB, share = 0.0, voiced = 0.0;
	const char *text;
	int status = -1;

	if (facts == NULL)
		return -1;
	if (l->voice > 0.0)
		level_db = fmax(SILENCE_DB, 10.0 * log10(l->voice /
		    (double)l->n_samples));
	if (l->mixture > 0.0)
		share = fmin(1.0, l->voice / l->mixture);
	if (l->n_blocks > 0)
		voiced = (double)l->n_voiced / (double)l->n_blocks;
	if (json_put_string(facts, "key", files->key, err) == 0 &&
	    json_put_rounded(facts, "vocal_level_db", level_db, 2,
	    err) == 0 &&
	    json_put_rounded(facts, "vocal_share", share, 4, err) == 0 &&
	    json_put_rounded(facts, "voiced_share", voiced, 4, err) == 0 &&
	    json_put_rounded(facts, "overlap", overlap, 4, err) == 0 &&
	    (text = json_text(facts, scratch, err)) != NULL)
		status = file_write(files->facts_path, text, strlen(text),
		    err);
	json_free(facts);
	return status;
}

/* Open the recording and have the separator know what it is. */
static int
open_sound(struct run *r, const char *path, struct error *err)
{
	r->reader = clip_reader_open_channels(path, err);
	if (r->reader == NULL)
		return -1;
	r->rate_hz = clip_reader_rate_hz(r->reader);
	r->n_channels = clip_reader_n_channels(r->reader);
	r->levels.block_samples = r->rate_hz / BLOCKS_PER_SEC *
	    r->n_channels;
	return separator_begin(r->separator, r->rate_hz, r->n_channels,
	    err) == 0 ? 0 : error_add(err, "%s", path);
}

static int
make_room(struct run *r, struct arena *scratch, struct error *err)
{
	const size_t value = r->n_channels * sizeof(float);
	const size_t n_get = separator_max_get(r->separator);

	r->max_waiting = n_get + SEPARATOR_MAX_PUT;
	r->block = arena_need(scratch, SEPARATOR_MAX_PUT, value, "samples",
	    err);
	r->voice = arena_need(scratch, n_get, value, "samples", err);
	r->accompaniment = arena_need(scratch, n_get, value, "samples", err);
	r->waiting = arena_need(scratch, r->max_waiting, value, "samples",
	    err);
	return r->block == NULL || r->voice == NULL ||
	    r->accompaniment == NULL || r->waiting == NULL ? -1 : 0;
}

static int
open_run(struct run *r, const struct stem_files *files, struct arena *scratch,
    struct error *err)
{
	if (open_sound(r, files->sound_path, err) != 0 ||
	    make_room(r, scratch, err) != 0)
		return -1;
	r->voice_writer = clip_writer_open_channels(files->voice_path,
	    CLIP_FLAC16, r->rate_hz, r->n_channels, err);
	if (r->voice_writer == NULL)
		return -1;
	if (files->accompaniment_path == NULL)
		return 0;
	r->accompaniment_writer = clip_writer_open_channels(
	    files->accompaniment_path, CLIP_FLAC16, r->rate_hz,
	    r->n_channels, err);
	return r->accompaniment_writer == NULL ? -1 : 0;
}

/* Have both files appear, or neither when the first cannot. */
static int
commit(struct run *r, struct error *err)
{
	struct clip_writer *w = r->accompaniment_writer;

	r->accompaniment_writer = NULL;
	if (w != NULL && clip_writer_commit(w, err) != 0)
		return -1;
	w = r->voice_writer;
	r->voice_writer = NULL;
	return clip_writer_commit(w, err);
}

int
stem_files_write(struct separator *s, const struct stem_files *files,
    struct arena *scratch, struct error *err)
{
	struct run r = { .separator = s };
	int status = -1;

	if (open_run(&r, files, scratch, err) == 0 &&
	    separate(&r, err) == 0 && commit(&r, err) == 0)
		status = write_facts(files, &r.levels, separator_overlap(s),
		    scratch, err);
	clip_writer_abandon(r.voice_writer);
	clip_writer_abandon(r.accompaniment_writer);
	clip_reader_close(r.reader);
	return status;
}

int
stem_files_read(const struct stem_files *files, struct stem_facts *facts,
    bool *is_same, struct error *err)
{
	struct json *json = json_load(files->facts_path, err);
	const char *key;
	int status = -1;

	if (json == NULL)
		return -1;
	if (json_want_string(json, "key", &key, err) != 0)
		goto done;
	*is_same = strcmp(key, files->key) == 0;
	if (*is_same && (json_want_number(json, "vocal_level_db",
	    &facts->vocal_level_db, err) != 0 ||
	    json_want_number(json, "vocal_share", &facts->vocal_share,
	    err) != 0 ||
	    json_want_number(json, "voiced_share", &facts->voiced_share,
	    err) != 0 ||
	    json_want_number(json, "overlap", &facts->overlap, err) != 0))
		goto done;
	facts->has_dropout = facts->voiced_share < DROPOUT_SHARE ||
	    facts->overlap > DROPOUT_OVERLAP;
	status = 0;

done:
	if (status != 0)
		error_add(err, "%s", files->facts_path);
	json_free(json);
	return status;
}
