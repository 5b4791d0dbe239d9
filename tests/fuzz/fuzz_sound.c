/* Sound files of any kind: decoded or refused, never a value without end. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "audio/clip.h"
#include "audio/decoder.h"

#define MAX_SAMPLES (1u << 20)
#define MAX_CHANNELS 64
#define BLOCK_SAMPLES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			abort();
}

static void
decode(const char *path, size_t n_channels, float *x)
{
	const struct decoder_options o = { .rate_hz = 16000,
	    .n_channels = n_channels, .accept_truncated = true,
	    .accept_nonfinite = true };
	struct decoder *d = decoder_open(path, &o, NULL);
	size_t n_total = 0, n;

	if (d == NULL)
		return;
	do {
		if (decoder_get(d, x, BLOCK_SAMPLES, &n, NULL) != 0)
			break;
		check(x, n * n_channels);
		n_total += n;
	} while (n == BLOCK_SAMPLES && n_total < MAX_SAMPLES);
	decoder_close(d);
}

static void
read_clip(struct clip_reader *r, float *x)
{
	size_t n_total = 0, n;

	if (r == NULL)
		return;
	do {
		if (clip_reader_get(r, x, BLOCK_SAMPLES, &n, NULL) != 0)
			break;
		check(x, n * clip_reader_n_channels(r));
		n_total += n;
	} while (n == BLOCK_SAMPLES && n_total < MAX_SAMPLES);
	clip_reader_close(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/fuzz_sound.XXXXXX";
	float *block = malloc(BLOCK_SAMPLES * MAX_CHANNELS * sizeof *block);
	int fd = mkstemp(path);

	if (block == NULL || fd < 0)
		abort();
	if (write(fd, data, size) == (ssize_t)size) {
		decode(path, 1, block);
		decode(path, 2, block);
		read_clip(clip_reader_open(path, 16000, NULL), block);
		read_clip(clip_reader_open_channels(path, NULL), block);
	}
	close(fd);
	unlink(path);
	free(block);
	return 0;
}
