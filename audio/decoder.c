/*
 * The decoder's timeline.  Blocks of samples come from media; gaps in
 * the file's clock become blocks of zeros; the part that is meant is cut out
 * in source samples; what is left goes through the resampler, whose output
 * waits in d->ready until it is asked for.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"

#include "audio/decoder.h"
#include "audio/media.h"
#include "audio/resampler.h"
#include "audio/sound_file.h"

#define MIN_GAP_SEC 0.015
#define MAX_GAP_SEC 10.0
#define MAX_ERROR_SHARE 0.1
#define ZERO_BLOCK 4096

/*
 * An encoder's delay and padding are part of the stated length of some
 * formats: up to four MP3 frames, and some milliseconds of rounding.
 */
#define LENGTH_SLACK_SAMPLES 4608
#define LENGTH_SLACK_SEC 0.05

/* A part may reach this far beyond the end: durations are often rounded. */
#define PART_SLACK_SEC 0.1

struct decoder {
	struct media *media;
	struct resampler *resampler;
	struct decoder_options options;	/* n_channels is never 0 */
	uint64_t first, end;		/* the part, in source samples */
	uint64_t n_source;		/* source samples so far */
	uint64_t n_filled;		/* of them, zeros in a gap */
	uint64_t n_gap;			/* zeros that are still to come */
	struct media_block held;	/* comes after them */
	bool has_clock;
	double clock_sec;		/* the file's time of source sample 0 */
	const float *ready;		/* [n_ready][n_channels] */
	size_t n_ready;
	bool is_finished;
	bool is_truncated;
	uint64_t n_samples, n_clipped;
	float *zeros;			/* [ZERO_BLOCK][n_channels] */
	char label[SOUND_FILE_LABEL_BYTES];
};

static int
check_options(const struct decoder_options *o, const char *label,
    struct error *err)
{
	const double week_sec = 7.0 * 86400.0;

	if (!(o->offset_sec >= 0.0 && o->offset_sec <= week_sec &&
	    o->duration_sec >= 0.0 && o->duration_sec <= week_sec))
		return error_set(err, ERROR_LIMIT,
		    "offset %g s and duration %g s are not a part of %s",
		    o->offset_sec, o->duration_sec, label);
	if (o->n_channels > 2)
		return error_set(err, ERROR_LIMIT,
		    "%s can be made 1 or 2 channels, not %zu", label,
		    o->n_channels);
	return 0;
}

struct decoder *
decoder_open(const char *path, const struct decoder_options *options,
    struct error *err)
{
	struct decoder *d;
	unsigned rate_hz;

	if ((d = memory_new(1, sizeof *d, "decoder", err)) == NULL)
		return NULL;
	d->options = *options;
	if (d->options.n_channels == 0)
		d->options.n_channels = 1;
	sound_file_label(path, d->label);
	if (check_options(options, d->label, err) != 0)
		goto fail;
	d->media = media_open(path, d->options.n_channels, err);
	if (d->media == NULL)
		goto fail;
	rate_hz = media_facts(d->media)->rate_hz;
	d->resampler = resampler_new(rate_hz, options->rate_hz,
	    d->options.n_channels, err);
	d->zeros = memory_new(ZERO_BLOCK * d->options.n_channels,
	    sizeof *d->zeros, "zeros", err);
	if (d->resampler == NULL || d->zeros == NULL)
		goto fail;
	d->first = (uint64_t)llround(options->offset_sec * rate_hz);
	d->end = UINT64_MAX;
	if (options->duration_sec > 0.0)
		d->end = d->first +
		    (uint64_t)llround(options->duration_sec * rate_hz);
	return d;

fail:
	decoder_close(d);
	return NULL;
}

void
decoder_close(struct decoder *d)
{
	if (d == NULL)
		return;
	media_close(d->media);
	resampler_free(d->resampler);
	memory_free(d->zeros);
	memory_free(d);
}

double
decoder_stated_sec(const struct decoder *d)
{
	return media_facts(d->media)->stated_sec;
}

struct decoder_facts
decoder_facts(const struct decoder *d)
{
	const struct media_facts *m = media_facts(d->media);

	return (struct decoder_facts){
		.source_rate_hz = m->rate_hz,
		.source_channels = m->n_channels,
		.codec = m->codec,
		.n_samples = d->n_samples,
		.n_clipped = d->n_clipped,
		.n_nonfinite = m->n_nonfinite,
		.n_errors = m->n_errors,
		.filled_sec = (double)d->n_filled / m->rate_hz,
		.n_assumed_delay = m->n_assumed_delay,
		.is_truncated = d->is_truncated,
	};
}

/* Compare the file's clock with the samples before a block. */
static void
measure_gap(struct decoder *d, const struct media_block *block)
{
	double rate_hz = media_facts(d->media)->rate_hz;
	double gap_sec;

	if (!block->has_time || block->n_samples == 0)
		return;
	gap_sec = block->time_sec - d->clock_sec -
	    (double)d->n_source / rate_hz;
	if (!d->has_clock || fabs(gap_sec) > MAX_GAP_SEC) {
		d->clock_sec = block->time_sec - (double)d->n_source / rate_hz;
		d->has_clock = true;
	} else if (gap_sec > MIN_GAP_SEC) {
		d->n_gap = (uint64_t)llround(gap_sec * rate_hz);
	}
}

/* The next block of the timeline: sound, or zeros in a gap. */
static int
next_block(struct decoder *d, struct media_block *block, struct error *err)
{
	if (d->n_gap == 0 && d->held.n_samples == 0) {
		if (media_get(d->media, &d->held, err) != 0)
			return -1;
		measure_gap(d, &d->held);
	}
	if (d->n_gap > 0) {
		memset(block, 0, sizeof *block);
		block->samples = d->zeros;
		block->n_samples = d->n_gap < ZERO_BLOCK ?
		    (size_t)d->n_gap : ZERO_BLOCK;
		d->n_gap -= block->n_samples;
		d->n_filled += block->n_samples;
		return 0;
	}
	*block = d->held;
	memset(&d->held, 0, sizeof d->held);
	return 0;
}

/* Hold the length that the header states against what came. */
static int
check_length(struct decoder *d, struct error *err)
{
	const struct media_facts *m = media_facts(d->media);
	double got_sec = (double)d->n_source / m->rate_hz;
	double slack_sec = m->states_exactly ? 0.5 / m->rate_hz :
	    LENGTH_SLACK_SEC + (double)LENGTH_SLACK_SAMPLES / m->rate_hz;

	if (m->stated_sec <= 0.0 || got_sec >= m->stated_sec - slack_sec)
		return 0;
	d->is_truncated = true;
	if (d->options.accept_truncated)
		return 0;
	return error_set(err, ERROR_FORMAT, "%s is cut off: its header says "
	    "%.3f s, but only %.3f s of it can be decoded; fetch it again, "
	    "or accept what there is (--accept-truncated)", d->label,
	    m->stated_sec, got_sec);
}

/* At the end of the file: is the part there? */
static int
check_part(const struct decoder *d, struct error *err)
{
	const struct decoder_options *o = &d->options;
	double got_sec = (double)d->n_source / media_facts(d->media)->rate_hz;
	double end_sec = o->offset_sec + o->duration_sec;

	if (end_sec <= 0.0 || o->accept_truncated)
		return 0;
	if (d->n_source <= d->first)
		return error_set(err, ERROR_LIMIT, "%s is %.3f s long and has "
		    "nothing at %.3f s", d->label, got_sec, o->offset_sec);
	if (o->duration_sec > 0.0 && got_sec < end_sec - PART_SLACK_SEC)
		return error_set(err, ERROR_LIMIT, "%s is %.3f s long; the "
		    "part from %.3f s to %.3f s is not in it", d->label,
		    got_sec, o->offset_sec, end_sec);
	return 0;
}

/* After the last sample: was the file whole and sound? */
static int
check_damage(const struct decoder *d, struct error *err)
{
	const struct media_facts *m = media_facts(d->media);
	uint64_t n_min = (uint64_t)(DECODER_MIN_SEC * d->options.rate_hz);

	if ((double)m->n_errors > 1.0 + MAX_ERROR_SHARE * (double)m->n_packets)
		return error_set(err, ERROR_FORMAT, "%s is damaged: %llu of "
		    "its %llu packets cannot be decoded", d->label,
		    (unsigned long long)m->n_errors,
		    (unsigned long long)m->n_packets);
	if (m->n_nonfinite > 0 && !d->options.accept_nonfinite)
		return error_set(err, ERROR_FORMAT, "%s is damaged: %llu of "
		    "its samples are NaN or infinite; make it again, or "
		    "accept zeros there (--accept-nonfinite)", d->label,
		    (unsigned long long)m->n_nonfinite);
	if (d->n_samples + d->n_ready < n_min)
		return error_set(err, ERROR_LIMIT, "%s holds %.4f s of sound; "
		    "at least %g s are needed", d->label,
		    (double)d->n_source / m->rate_hz, DECODER_MIN_SEC);
	return 0;
}

/* End the sound: what the filter still holds, and the checks. */
static int
finish(struct decoder *d, bool is_file_end, struct error *err)
{
	d->is_finished = true;
	if (resampler_put(d->resampler, NULL, 0, &d->ready, &d->n_ready,
	    err) != 0)
		return error_add(err, "resampling %s", d->label);
	if (is_file_end && (check_length(d, err) != 0 ||
	    check_part(d, err) != 0))
		return -1;
	return check_damage(d, err);
}

/* Decode one block and put what becomes of it in d->ready. */
static int
step(struct decoder *d, struct error *err)
{
	struct media_block block;
	uint64_t start = d->n_source;
	uint64_t from, to;

	if (start >= d->end)
		return finish(d, false, err);
	if (next_block(d, &block, err) != 0)
		return -1;
	if (block.n_samples == 0)
		return finish(d, true, err);
	d->n_source += block.n_samples;
	from = start > d->first ? start : d->first;
	to = d->n_source < d->end ? d->n_source : d->end;
	if (from >= to)
		return 0;
	if (resampler_put(d->resampler,
	    block.samples + (from - start) * d->options.n_channels,
	    (size_t)(to - from), &d->ready, &d->n_ready, err) != 0)
		return error_add(err, "resampling %s", d->label);
	return 0;
}

int
decoder_get(struct decoder *d, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	const size_t n_channels = d->options.n_channels;

	*n_read = 0;
	while (*n_read < n_max) {
		size_t n = n_max - *n_read;

		if (d->n_ready == 0) {
			if (d->is_finished)
				break;
			if (step(d, err) != 0)
				return -1;
			continue;
		}
		if (n > d->n_ready)
			n = d->n_ready;
		for (size_t i = 0; i < n * n_channels; i++)
			if (fabsf(d->ready[i]) > 1.0f)
				d->n_clipped++;
		memcpy(samples + *n_read * n_channels, d->ready,
		    n * n_channels * sizeof *samples);
		d->ready += n * n_channels;
		d->n_ready -= n;
		d->n_samples += n;
		*n_read += n;
	}
	return 0;
}
