/*
 * Writing clips.  The integer formats are rounded here, to the nearest value
 * and clipped, so that what is written does not depend on libsndfile's own
 * conversion; a clip that is read and written again is the same.
 */
#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include <sndfile.h>

#include "base/file.h"
#include "base/memory.h"

#include "audio/clip.h"
#include "audio/clip_io.h"
#include "audio/sound_file.h"

#define BLOCK_VALUES 4096

/* A frame of FLAC has 16 bits for its rate, in Hz or in tens of Hz. */
#define FLAC_MAX_ODD_RATE_HZ 65535
#define FLAC_MAX_RATE_HZ 655350

struct clip_writer {
	struct file_new *file;
	SNDFILE *sound;
	size_t n_channels;
	bool is_float;
	short *block;			/* [BLOCK_VALUES] */
	char label[SOUND_FILE_LABEL_BYTES];
};

static int
format_number(enum clip_format format)
{
	switch (format) {
	case CLIP_FLAC16:
		return SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
	case CLIP_WAV16:
		return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
	case CLIP_WAV_FLOAT:
		return SF_FORMAT_WAV | SF_FORMAT_FLOAT;
	}
	return 0;
}

int
clip_format_check(enum clip_format format, unsigned rate_hz,
    struct error *err)
{
	if (format == CLIP_FLAC16 && (rate_hz > FLAC_MAX_RATE_HZ ||
	    (rate_hz > FLAC_MAX_ODD_RATE_HZ && rate_hz % 10 != 0)))
		return error_set(err, ERROR_LIMIT, "FLAC has no %u samples a "
		    "second: above %d it takes multiples of 10, up to %d",
		    rate_hz, FLAC_MAX_ODD_RATE_HZ, FLAC_MAX_RATE_HZ);
	return 0;
}

struct clip_writer *
clip_writer_open_channels(const char *path, enum clip_format format,
    unsigned rate_hz, size_t n_channels, struct error *err)
{
	struct clip_writer *w;
	SF_INFO info = { .samplerate = (int)rate_hz,
	    .channels = (int)n_channels, .format = format_number(format) };

	assert(n_channels >= 1 && n_channels <= CLIP_MAX_WRITTEN_CHANNELS);
	if (clip_format_check(format, rate_hz, err) != 0)
		return NULL;
	w = memory_new(1, sizeof *w, "clip writer", err);
	if (w == NULL)
		return NULL;
	sound_file_label(path, w->label);
	w->n_channels = n_channels;
	w->is_float = format == CLIP_WAV_FLOAT;
	w->block = memory_new(BLOCK_VALUES, sizeof *w->block, "samples", err);
	if (w->block == NULL)
		goto fail;
	if ((w->file = file_create(path, err)) == NULL)
		goto fail;
	w->sound = clip_io_open(file_stream(w->file), SFM_WRITE, &info);
	if (w->sound == NULL) {
		error_set(err, ERROR_IO, "starting %s: %s", w->label,
		    sf_strerror(NULL));
		goto fail;
	}
	return w;

fail:
	clip_writer_abandon(w);
	return NULL;
}

struct clip_writer *
clip_writer_open(const char *path, enum clip_format format, unsigned rate_hz,
    struct error *err)
{
	return clip_writer_open_channels(path, format, rate_hz, 1, err);
}

static short
to_16_bit(float x)
{
	double scaled = (double)x * 32768.0;

	if (!(scaled > -32768.0))	/* NaN goes here too */
		return isnan(x) ? 0 : -32768;
	if (scaled >= 32767.0)
		return 32767;
	return (short)lrint(scaled);
}

/* Write at most one block. */
static sf_count_t
put_block(struct clip_writer *w, const float *samples, size_t n)
{
	if (w->is_float)
		return sf_writef_float(w->sound, samples, (sf_count_t)n);
	for (size_t i = 0; i < n * w->n_channels; i++)
		w->block[i] = to_16_bit(samples[i]);
	return sf_writef_short(w->sound, w->block, (sf_count_t)n);
}

int
clip_writer_put(struct clip_writer *w, const float *samples, size_t n,
    struct error *err)
{
	const size_t n_block = BLOCK_VALUES / w->n_channels;

	while (n > 0) {
		size_t n_now = n < n_block ? n : n_block;

		if (put_block(w, samples, n_now) != (sf_count_t)n_now)
			return error_set_errno(err, "writing %s", w->label);
		samples += n_now * w->n_channels;
		n -= n_now;
	}
	return 0;
}

int
clip_writer_commit(struct clip_writer *w, struct error *err)
{
	struct file_new *file = w->file;
	int sound_status = sf_close(w->sound);

	w->sound = NULL;
	if (sound_status != 0) {
		error_set(err, ERROR_IO, "finishing %s: %s", w->label,
		    sf_error_number(sound_status));
		clip_writer_abandon(w);
		return -1;
	}
	w->file = NULL;			/* file_commit takes it */
	clip_writer_abandon(w);
	return file_commit(file, err);
}

void
clip_writer_abandon(struct clip_writer *w)
{
	if (w == NULL)
		return;
	if (w->sound != NULL)
		sf_close(w->sound);
	file_abandon(w->file);
	memory_free(w->block);
	memory_free(w);
}

int
clip_write(const char *path, enum clip_format format, unsigned rate_hz,
    const float *samples, size_t n, struct error *err)
{
	struct clip_writer *w;

	w = clip_writer_open(path, format, rate_hz, err);
	if (w == NULL)
		return -1;
	if (clip_writer_put(w, samples, n, err) != 0) {
		clip_writer_abandon(w);
		return -1;
	}
	return clip_writer_commit(w, err);
}
