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
#include "audio/defects.h"
#include "audio/loudness.h"
#include "audio/media.h"
#include "audio/resampler.h"
#include "audio/sound_file.h"

#define COPY_SAMPLES 16384
#define MIN_GAP_SEC 0.015
/*
 * FFmpeg guesses the times of Vorbis packets within a page, and is wrong by
 * up to two half blocks, 20 ms, where long and short ones alternate.
 */
#define MIN_GAP_VORBIS_SEC 0.05
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
	struct loudness *loudness;	/* NULL: not wanted */
	struct defects_source source;
	struct defects_silence silence;
	bool is_mixed_format;		/* some of it was not measured */
	struct decoder_options options;	/* n_channels is never 0 */
	uint64_t first, end;		/* the part, in source samples */
	uint64_t feed_from;		/* the resampler is fed from here on */
	uint64_t n_drop;		/* samples of its result before */
	uint64_t n_left;		/* of the part, in samples of it */
	uint64_t n_source;		/* source samples so far */
	uint64_t n_skipped;		/* of them, never decoded */
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

static uint64_t
greatest_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Where the part begins and ends.  Its samples are those that the whole file
 * would have there, to the bit: so the resampler is fed from far enough
 * before the part, and from a place where samples in and out coincide.
 */
static void
plan_part(struct decoder *d, unsigned from_hz)
{
	const struct decoder_options *o = &d->options;
	uint64_t divisor = greatest_divisor(from_hz, o->rate_hz);
	uint64_t reach = resampler_reach(from_hz, o->rate_hz);
	uint64_t n_before = (uint64_t)llround(o->offset_sec * o->rate_hz);
	uint64_t n_blocks = 0;

	d->first = (uint64_t)llround(o->offset_sec * from_hz);
	d->end = UINT64_MAX;
	d->n_left = UINT64_MAX;
	if (o->duration_sec > 0.0) {
		d->end = d->first +
		    (uint64_t)llround(o->duration_sec * from_hz);
		d->n_left = (uint64_t)llround(o->duration_sec * o->rate_hz);
	}
	if (d->first > reach)
		n_blocks = (d->first - reach) / (from_hz / divisor);
	d->feed_from = n_blocks * (from_hz / divisor);
	d->n_drop = n_before - n_blocks * (o->rate_hz / divisor);
}

static int
open_media(struct decoder *d, const char *path, struct error *err)
{
	media_close(d->media);
	d->media = media_open(path, d->options.n_channels, d->options.stream,
	    err);
	return d->media == NULL ? -1 : 0;
}

/* Compare the file's clock with the samples before a block. */
static void
measure_gap(struct decoder *d, const struct media_block *block)
{
	const struct media_facts *m = media_facts(d->media);
	double rate_hz = m->rate_hz;
	double least_sec = strcmp(m->codec, "vorbis") == 0 ?
	    MIN_GAP_VORBIS_SEC : MIN_GAP_SEC;
	double gap_sec;

	if (!block->has_time || block->n_samples == 0)
		return;
	gap_sec = block->time_sec - d->clock_sec -
	    (double)d->n_source / rate_hz;
	if (!d->has_clock || fabs(gap_sec) > MAX_GAP_SEC) {
		d->clock_sec = block->time_sec - (double)d->n_source / rate_hz;
		d->has_clock = true;
	} else if (gap_sec > least_sec) {
		d->n_gap = (uint64_t)llround(gap_sec * rate_hz);
	}
}

/* Go to the part without decoding what lies before, where that is exact. */
static int
skip_to_part(struct decoder *d, const char *path, struct error *err)
{
	uint64_t at;

	if (d->feed_from == 0 || d->options.from_start)
		return 0;
	if (media_get(d->media, &d->held, err) != 0)
		return -1;
	measure_gap(d, &d->held);
	if (media_skip(d->media, d->feed_from, &at, err) != 0)
		return -1;
	if (at == d->held.n_samples)
		return 0;
	memset(&d->held, 0, sizeof d->held);
	if (at != UINT64_MAX) {
		d->n_source = at;
		d->n_skipped = at;
		return 0;
	}
	d->has_clock = false;
	return open_media(d, path, err);
}

struct decoder *
decoder_open(const char *path, const struct decoder_options *options,
    struct error *err)
{
	const struct media_facts *m;
	struct decoder *d;

	if ((d = memory_new(1, sizeof *d, "decoder", err)) == NULL)
		return NULL;
	d->options = *options;
	if (d->options.n_channels == 0)
		d->options.n_channels = 1;
	sound_file_label(path, d->label);
	if (check_options(options, d->label, err) != 0 ||
	    open_media(d, path, err) != 0)
		goto fail;
	m = media_facts(d->media);
	d->resampler = resampler_new(m->rate_hz, options->rate_hz,
	    d->options.n_channels, err);
	d->zeros = memory_new(ZERO_BLOCK * d->options.n_channels,
	    sizeof *d->zeros, "zeros", err);
	if (d->resampler == NULL || d->zeros == NULL)
		goto fail;
	if (options->wants_loudness && (d->loudness = loudness_new(m->rate_hz,
	    m->places, m->n_channels, err)) == NULL)
		goto fail;
	plan_part(d, m->rate_hz);
	if (skip_to_part(d, path, err) != 0)
		goto fail;
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
	loudness_free(d->loudness);
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
	struct decoder_facts f = { .source = *m,
		.n_samples = d->n_samples,
		.n_skipped = d->n_skipped,
		.n_clipped = d->n_clipped,
		.n_clipped_runs = d->source.n_clipped_runs,
		.stereo = m->n_channels == 2 ? defects_stereo(&d->source) :
		    NULL,
		.silence_sec = 0.1 * (double)d->silence.n_silent,
		.leading_silence_sec = 0.1 * (double)d->silence.n_leading,
		.trailing_silence_sec = 0.1 * (double)d->silence.n_trailing,
		.filled_sec = (double)d->n_filled / m->rate_hz,
		.is_truncated = d->is_truncated,
	};

	if (d->loudness != NULL && !d->is_mixed_format)
		f.loudness = loudness_get(d->loudness);
	return f;
}

void
decoder_chapter(const struct decoder *d, size_t k,
    struct media_chapter *chapter)
{
	media_chapter(d->media, k, chapter);
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
	if (d->n_samples < n_min)
		return error_set(err, ERROR_LIMIT, "%s holds %.4f s of sound; "
		    "at least %g s are needed", d->label,
		    (double)d->n_source / m->rate_hz, DECODER_MIN_SEC);
	return 0;
}

/* Give the resampler n samples, or the end, and keep what is of the part. */
static int
feed(struct decoder *d, const float *samples, size_t n, struct error *err)
{
	size_t n_drop;

	if (resampler_put(d->resampler, samples, n, &d->ready, &d->n_ready,
	    err) != 0)
		return error_add(err, "resampling %s", d->label);
	n_drop = d->n_ready < d->n_drop ? d->n_ready : (size_t)d->n_drop;
	d->n_drop -= n_drop;
	d->ready += n_drop * d->options.n_channels;
	d->n_ready -= n_drop;
	if (d->n_ready > d->n_left)
		d->n_ready = (size_t)d->n_left;
	d->n_left -= d->n_ready;
	d->n_samples += d->n_ready;
	return 0;
}

/* End the sound: what the filter still holds, and the checks. */
static int
finish(struct decoder *d, bool is_file_end, struct error *err)
{
	d->is_finished = true;
	d->n_ready = 0;
	if (is_file_end && (feed(d, NULL, 0, err) != 0 ||
	    check_length(d, err) != 0 || check_part(d, err) != 0))
		return -1;
	return check_damage(d, err);
}

/* Measure samples from..to of the source, which lie in the block. */
static int
measure(struct decoder *d, const struct media_block *block, uint64_t start,
    struct error *err)
{
	const struct media_facts *m = media_facts(d->media);
	uint64_t from = start > d->first ? start : d->first;
	uint64_t to = d->n_source < d->end ? d->n_source : d->end;
	const float *samples;

	if (from >= to)
		return 0;
	if (block->source == NULL) {
		d->is_mixed_format |= block->samples != d->zeros;
		return 0;
	}
	samples = block->source + (from - start) * m->n_channels;
	defects_source_put(&d->source, samples, (size_t)(to - from),
	    m->n_channels);
	return d->loudness == NULL ? 0 :
	    loudness_put(d->loudness, samples, (size_t)(to - from), err);
}

/* Decode one block and put what becomes of it in d->ready. */
static int
step(struct decoder *d, struct error *err)
{
	struct media_block block;
	uint64_t start = d->n_source;
	uint64_t from;

	if (d->n_left == 0)
		return finish(d, false, err);
	if (next_block(d, &block, err) != 0)
		return -1;
	if (block.n_samples == 0)
		return finish(d, true, err);
	d->n_source += block.n_samples;
	if (measure(d, &block, start, err) != 0)
		return -1;
	from = start > d->feed_from ? start : d->feed_from;
	if (from >= d->n_source)
		return 0;
	return feed(d, block.samples + (from - start) * d->options.n_channels,
	    (size_t)(d->n_source - from), err);
}

/* What is given out: look for what is wrong with it. */
static void
inspect(struct decoder *d, const float *samples, size_t n)
{
	const size_t n_channels = d->options.n_channels;

	for (size_t i = 0; i < n * n_channels; i++)
		d->n_clipped += fabsf(samples[i]) > 1.0f;
	defects_silence_put(&d->silence, samples, n, n_channels,
	    d->options.rate_hz);
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
		inspect(d, d->ready, n);
		memcpy(samples + *n_read * n_channels, d->ready,
		    n * n_channels * sizeof *samples);
		d->ready += n * n_channels;
		d->n_ready -= n;
		*n_read += n;
	}
	return 0;
}

int
decoder_copy(struct decoder *d, struct clip_writer *w, struct error *err)
{
	float *block = memory_new(COPY_SAMPLES * d->options.n_channels,
	    sizeof *block, "samples", err);
	size_t n = COPY_SAMPLES;
	int status = block == NULL ? -1 : 0;

	while (status == 0 && n == COPY_SAMPLES) {
		status = decoder_get(d, block, COPY_SAMPLES, &n, err);
		if (status == 0)
			status = clip_writer_put(w, block, n, err);
	}
	memory_free(block);
	return status;
}
