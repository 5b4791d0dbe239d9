/*
 * The sounds are held in blocks; the one that is given next lies in the middle,
 * so that the levels around its neighbours' middles are known.  Between middles
 * the gain goes in a straight line.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#include "pitch/under_voice.h"

#define BLOCK ((size_t)256)	/* 16 ms at 16 kHz */
#define RATE_HZ 16000
#define AROUND ((size_t)4)	/* blocks on either side that count */
#define N_BLOCKS (2 * AROUND + 3)
#define MIDDLE (AROUND + 1)

struct under_voice {
	struct frames_source voice, recording;
	double share;
	float voices[N_BLOCKS][BLOCK], bands[N_BLOCKS][BLOCK];
	double voice_power[N_BLOCKS], band_power[N_BLOCKS];
	size_t n_samples[N_BLOCKS];	/* of each block; fewer at the end */
	bool is_at_end;			/* of what is read */
	bool has_begun;
	float out[BLOCK];		/* the middle block, mixed */
	size_t n_given;			/* of it */
};

struct under_voice *
under_voice_new(const struct frames_source *voice,
    const struct frames_source *recording, double share, struct error *err)
{
	struct under_voice *u = memory_new(1, sizeof *u, "samples", err);

	if (u == NULL)
		return NULL;
	u->voice = *voice;
	u->recording = *recording;
	u->share = share;
	return u;
}

void
under_voice_free(struct under_voice *u)
{
	memory_free(u);
}

static double
power_of(const float *x)
{
	double sum = 0.0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += (double)x[i] * (double)x[i];
	return sum;
}

/* Drop the first block and read one behind the last. */
static int
shift(struct under_voice *u, struct error *err)
{
	const size_t last = N_BLOCKS - 1;
	float *voice = u->voices[last], *band = u->bands[last];
	size_t n = 0, n_recording = 0;

	memmove(u->voices, u->voices + 1, last * sizeof(*u->voices));
	memmove(u->bands, u->bands + 1, last * sizeof(*u->bands));
	for (size_t i = 0; i < last; i++) {
		u->voice_power[i] = u->voice_power[i + 1];
		u->band_power[i] = u->band_power[i + 1];
		u->n_samples[i] = u->n_samples[i + 1];
	}
	if (!u->is_at_end &&
	    (u->voice.get(u->voice.context, voice, BLOCK, &n, err) != 0 ||
	    u->recording.get(u->recording.context, band, BLOCK, &n_recording,
	    err) != 0))
		return -1;
	if (n != n_recording)
		return error_set(err, ERROR_FORMAT, "the voice is not as long "
		    "as the recording it was taken from: run chad-separate "
		    "again, or give --mixture 0");
	u->is_at_end = n < BLOCK;
	for (size_t i = 0; i < n; i++)
		band[i] -= voice[i];
	memset(voice + n, 0, (BLOCK - n) * sizeof(*voice));
	memset(band + n, 0, (BLOCK - n) * sizeof(*band));
	u->voice_power[last] = power_of(voice);
	u->band_power[last] = power_of(band);
	u->n_samples[last] = n;
	return 0;
}

/* How much of the accompaniment goes under the middle of block b. */
static double
gain_at(const struct under_voice *u, size_t b)
{
	double voice = 0.0, band = 0.0;

	for (size_t i = b - AROUND; i <= b + AROUND; i++) {
		voice += u->voice_power[i];
		band += u->band_power[i];
	}
	return voice < band ? fmin(u->share, UNDER_VOICE_MOST *
	    sqrt(voice / band)) : u->share;
}

/* Mix the block in the middle. */
static void
mix(struct under_voice *u)
{
	const double before = gain_at(u, MIDDLE - 1);
	const double here = gain_at(u, MIDDLE);
	const double after = gain_at(u, MIDDLE + 1);

	for (size_t i = 0; i < BLOCK; i++) {
		const double at = ((double)i + 0.5) / (double)BLOCK - 0.5;
		const double gain = here + (at < 0.0 ? (here - before) * at :
		    (after - here) * at);

		u->out[i] = u->voices[MIDDLE][i] + (float)gain *
		    u->bands[MIDDLE][i];
	}
	u->n_given = 0;
}

/* Have the next block in the middle. */
static int
advance(struct under_voice *u, struct error *err)
{
	const size_t n = u->has_begun ? 1 : N_BLOCKS - MIDDLE;

	for (size_t i = 0; i < n; i++)
		if (shift(u, err) != 0)
			return -1;
	u->has_begun = true;
	mix(u);
	return 0;
}

static int
get(void *context, float *samples, size_t n_max, size_t *n_read,
    struct error *err)
{
	struct under_voice *u = context;

	*n_read = 0;
	while (*n_read < n_max) {
		const size_t left = u->n_samples[MIDDLE] - u->n_given;
		const size_t n = left < n_max - *n_read ? left :
		    n_max - *n_read;

		if (left == 0) {
			const bool is_last = u->has_begun &&
			    u->n_samples[MIDDLE] < BLOCK;

			if (is_last)
				break;
			if (advance(u, err) != 0)
				return -1;
			continue;
		}
		memcpy(samples + *n_read, u->out + u->n_given, n *
		    sizeof(*samples));
		u->n_given += n;
		*n_read += n;
	}
	return 0;
}

struct frames_source
under_voice_source(struct under_voice *u)
{
	return (struct frames_source){ get, u, u->voice.n_samples,
	    u->voice.rate_hz };
}

int
under_voice_apply(float *voice, const float *recording, size_t n_samples,
    double share, struct error *err)
{
	struct frames_array arrays[] = { { voice, n_samples },
	    { recording, n_samples } };
	const struct frames_source sources[] = {
		{ frames_array_get, &arrays[0], n_samples, RATE_HZ },
		{ frames_array_get, &arrays[1], n_samples, RATE_HZ },
	};
	struct under_voice *u = under_voice_new(&sources[0], &sources[1],
	    share, err);
	size_t n;
	int status = -1;

	/* What is given was read blocks ago: nothing is read after it. */
	if (u != NULL)
		status = get(u, voice, n_samples, &n, err);
	under_voice_free(u);
	return status;
}
