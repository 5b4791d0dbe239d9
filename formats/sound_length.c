#include "base/memory.h"

#include "audio/decoder.h"
#include "audio/media.h"

#include "formats/sound_length.h"
#include "manifests/record.h"

#define RATE_HZ 16000
#define BLOCK 16384

int
sound_length_measure(const char *path, double *sec, struct error *err)
{
	const struct decoder_options options = { .rate_hz = RATE_HZ };
	struct decoder *d = decoder_open(path, &options, err);
	float *samples = NULL;
	size_t n = BLOCK;
	int result = -1;

	if (d == NULL)
		return -1;
	samples = memory_new(BLOCK, sizeof(*samples), "samples", err);
	if (samples != NULL)
		do {
			result = decoder_get(d, samples, BLOCK, &n, err);
		} while (result == 0 && n == BLOCK);
	if (result == 0) {
		const struct decoder_facts facts = decoder_facts(d);

		*sec = (double)facts.n_samples / RATE_HZ;
		if (facts.source.n_errors > 0)
			result = error_set(err, ERROR_FORMAT, "%s: %llu "
			    "packets could not be decoded", path,
			    (unsigned long long)facts.source.n_errors);
	}
	memory_free(samples);
	decoder_close(d);
	return result;
}

int
sound_length_count(const char *path, struct sound_length *length,
    struct error *err)
{
	struct media *m = media_open(path, 1, 0, err);
	struct media_block block = { .n_samples = 0 };
	int result;

	if (m == NULL)
		return -1;
	length->n_samples = 0;
	do {
		result = media_get(m, &block, err);
		length->n_samples += result == 0 ? block.n_samples : 0;
	} while (result == 0 && block.n_samples > 0);
	length->rate_hz = media_facts(m)->rate_hz;
	length->n_channels = media_facts(m)->n_channels;
	media_close(m);
	return result;
}

int
sound_length_of(const struct json *rec, const char *folder, double *sec,
    struct arena *a, struct error *err)
{
	struct sound_length length;
	const char *path;
	double offset;

	if (json_get_number(rec, "duration", 0.0, sec, err) != 0 ||
	    json_get_number(rec, "offset", 0.0, &offset, err) != 0)
		return -1;
	if (*sec > 0.0)
		return 0;
	/* What chad-decode wrote begins at the offset. */
	if (json_get_number(rec, "decode.duration_sec", 0.0, sec, err) != 0)
		return -1;
	if (*sec > 0.0)
		return 0;
	path = record_path(rec, "audio_filepath", folder, a, err);
	if (path == NULL || sound_length_count(path, &length, err) != 0)
		return -1;
	*sec = (double)length.n_samples / length.rate_hz - offset;
	if (*sec > 0.0)
		return 0;
	return error_set(err, ERROR_FORMAT, "%s ends before the offset, "
	    "%g s", path, offset);
}
