/*
 * Reading clips.  The samples of all channels come from libsndfile as floats
 * in blocks; each block is cleaned of values that are not finite and, unless
 * the channels are wanted, averaged over them.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sndfile.h>

#include "base/memory.h"

#include "audio/clip.h"
#include "audio/clip_io.h"
#include "audio/sound_file.h"

#define MAX_CHANNELS 64
#define MAX_RATE_HZ 768000
#define MAX_LOAD_SEC (4.0 * 3600.0)
#define BLOCK_FRAMES 4096

struct clip_reader {
	FILE *file;
	SNDFILE *sound;
	unsigned rate_hz;
	size_t n_channels;		/* of the file */
	bool keeps_channels;
	uint64_t n_samples;		/* of the file */
	uint64_t n_done;		/* read so far */
	float *block;			/* [BLOCK_FRAMES][n_channels] */
	char label[SOUND_FILE_LABEL_BYTES];
};

/* Hold what the header says against what can be read. */
static int
check_info(const SF_INFO *info, unsigned rate_hz, const char *label,
    struct error *err)
{
	if (info->channels < 1 || info->channels > MAX_CHANNELS)
		return error_set(err, ERROR_FORMAT,
		    "%s has %d channels; 1 to %d can be read", label,
		    info->channels, MAX_CHANNELS);
	if (rate_hz == CLIP_ANY_RATE && info->samplerate >= 1 &&
	    info->samplerate <= MAX_RATE_HZ)
		rate_hz = (unsigned)info->samplerate;
	if (rate_hz == CLIP_ANY_RATE)
		return error_set(err, ERROR_FORMAT,
		    "%s has %d samples a second; 1 to %d can be read", label,
		    info->samplerate, MAX_RATE_HZ);
	if (info->samplerate < 1 || (unsigned)info->samplerate != rate_hz)
		return error_set(err, ERROR_FORMAT,
		    "%s has %d samples a second where %u are needed; "
		    "run chad-decode first", label, info->samplerate, rate_hz);
	if (info->frames < 0 || info->frames == SF_COUNT_MAX)
		return error_set(err, ERROR_FORMAT,
		    "the header of %s does not say how long it is; "
		    "run chad-decode first", label);
	return 0;
}

/*
 * Only WAV and FLAC go to libsndfile: its readers of other formats print on
 * standard error, or lose memory over broken files.
 */
static int
check_kind(FILE *f, const char *label, struct error *err)
{
	char magic[4] = { 0 };

	if (fread(magic, 1, 4, f) == 4 &&
	    (memcmp(magic, "fLaC", 4) == 0 || memcmp(magic, "RIFF", 4) == 0 ||
	    memcmp(magic, "RF64", 4) == 0)) {
		rewind(f);
		return 0;
	}
	return error_set(err, ERROR_FORMAT,
	    "%s is neither WAV nor FLAC; run chad-decode first", label);
}

static struct clip_reader *
open_reader(const char *path, unsigned rate_hz, bool keeps_channels,
    struct error *err)
{
	struct clip_reader *r;
	SF_INFO info = { 0 };

	r = memory_new(1, sizeof *r, "clip reader", err);
	if (r == NULL)
		return NULL;
	sound_file_label(path, r->label);
	if ((r->file = sound_file_open(path, NULL, err)) == NULL ||
	    check_kind(r->file, r->label, err) != 0)
		goto fail;
	if ((r->sound = clip_io_open(r->file, SFM_READ, &info)) == NULL) {
		error_set(err, ERROR_FORMAT,
		    "%s cannot be read (%s); run chad-decode first",
		    r->label, sf_strerror(NULL));
		goto fail;
	}
	if (check_info(&info, rate_hz, r->label, err) != 0)
		goto fail;
	r->rate_hz = (unsigned)info.samplerate;
	r->n_channels = (size_t)info.channels;
	r->keeps_channels = keeps_channels;
	r->n_samples = (uint64_t)info.frames;
	r->block = memory_new(BLOCK_FRAMES * r->n_channels,
	    sizeof *r->block, "samples", err);
	if (r->block == NULL)
		goto fail;
	return r;

fail:
	clip_reader_close(r);
	return NULL;
}

struct clip_reader *
clip_reader_open(const char *path, unsigned rate_hz, struct error *err)
{
	return open_reader(path, rate_hz, false, err);
}

struct clip_reader *
clip_reader_open_channels(const char *path, struct error *err)
{
	return open_reader(path, CLIP_ANY_RATE, true, err);
}

unsigned
clip_reader_rate_hz(const struct clip_reader *r)
{
	return r->rate_hz;
}

size_t
clip_reader_n_channels(const struct clip_reader *r)
{
	return r->keeps_channels ? r->n_channels : 1;
}

uint64_t
clip_reader_n_samples(const struct clip_reader *r)
{
	return r->n_samples;
}

/* What is not finite is 0. */
static double
clean(float x)
{
	return isfinite(x) ? sound_file_limit((double)x) : 0.0;
}

/* Clean n samples of all channels, [n][n_channels]. */
static void
keep(const float *frames, size_t n, size_t n_channels, float *samples)
{
	for (size_t i = 0; i < n * n_channels; i++)
		samples[i] = (float)clean(frames[i]);
}

/* Their mean over the channels. */
static void
average(const float *frames, size_t n, size_t n_channels, float *samples)
{
	if (n_channels == 1) {
		keep(frames, n, 1, samples);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		double sum = 0.0;

		for (size_t c = 0; c < n_channels; c++)
			sum += clean(frames[i * n_channels + c]);
		samples[i] = (float)(sum / (double)n_channels);
	}
}

int
clip_reader_get(struct clip_reader *r, float *samples, size_t n_max,
    size_t *n_read, struct error *err)
{
	*n_read = 0;
	while (*n_read < n_max && r->n_done < r->n_samples) {
		uint64_t n_left = r->n_samples - r->n_done;
		size_t n = n_max - *n_read;
		sf_count_t got;

		if (n > BLOCK_FRAMES)
			n = BLOCK_FRAMES;
		if (n > n_left)
			n = (size_t)n_left;
		got = sf_readf_float(r->sound, r->block, (sf_count_t)n);
		if (got < 1)
			return error_set(err, ERROR_FORMAT,
			    "%s breaks off after %llu of %llu samples",
			    r->label, (unsigned long long)r->n_done,
			    (unsigned long long)r->n_samples);
		(r->keeps_channels ? keep : average)(r->block, (size_t)got,
		    r->n_channels,
		    samples + *n_read * clip_reader_n_channels(r));
		*n_read += (size_t)got;
		r->n_done += (uint64_t)got;
	}
	return 0;
}

void
clip_reader_close(struct clip_reader *r)
{
	if (r == NULL)
		return;
	if (r->sound != NULL)
		sf_close(r->sound);
	if (r->file != NULL)
		fclose(r->file);
	memory_free(r->block);
	memory_free(r);
}

/* Put the reader at sample "first". */
static int
seek(struct clip_reader *r, uint64_t first, struct error *err)
{
	if (first == 0)
		return 0;
	if (sf_seek(r->sound, (sf_count_t)first, SEEK_SET) !=
	    (sf_count_t)first)
		return error_set(err, ERROR_FORMAT,
		    "%s cannot be read from sample %llu on: it may be cut off",
		    r->label, (unsigned long long)first);
	r->n_done = first;
	return 0;
}

/* The part of the file that is meant, in samples. */
static int
find_part(const struct clip_reader *r, double offset_sec, double duration_sec,
    uint64_t *first, size_t *n_samples, struct error *err)
{
	double file_sec = (double)r->n_samples / r->rate_hz;
	uint64_t n;

	if (!(offset_sec >= 0.0 && duration_sec >= 0.0))
		return error_set(err, ERROR_LIMIT,
		    "the part from %g s of %g s is not one of %s",
		    offset_sec, duration_sec, r->label);
	if (offset_sec > file_sec)
		return error_set(err, ERROR_LIMIT,
		    "%s is %.3f s long and has nothing at %.3f s", r->label,
		    file_sec, offset_sec);
	*first = (uint64_t)llround(offset_sec * r->rate_hz);
	if (*first > r->n_samples)
		*first = r->n_samples;
	n = r->n_samples - *first;
	if (duration_sec > 0.0 && duration_sec * r->rate_hz < (double)n)
		n = (uint64_t)llround(duration_sec * r->rate_hz);
	if ((double)n > MAX_LOAD_SEC * r->rate_hz)
		return error_set(err, ERROR_LIMIT,
		    "%s is longer than the %g hours that fit in memory",
		    r->label, MAX_LOAD_SEC / 3600.0);
	*n_samples = (size_t)n;
	return 0;
}

int
clip_load(const char *path, unsigned rate_hz, double offset_sec,
    double duration_sec, struct arena *a, struct clip *clip,
    struct error *err)
{
	struct clip_reader *r;
	uint64_t first = 0;
	size_t n = 0;
	size_t n_read;
	int status = -1;

	if ((r = clip_reader_open(path, rate_hz, err)) == NULL)
		return -1;
	if (find_part(r, offset_sec, duration_sec, &first, &n, err) != 0 ||
	    seek(r, first, err) != 0)
		goto done;
	clip->samples = arena_need(a, n, sizeof *clip->samples, "samples",
	    err);
	if (clip->samples == NULL ||
	    clip_reader_get(r, clip->samples, n, &n_read, err) != 0)
		goto done;
	clip->n_samples = n_read;
	clip->rate_hz = r->rate_hz;
	clip->n_channels = r->n_channels;
	status = 0;

done:
	clip_reader_close(r);
	return status;
}
