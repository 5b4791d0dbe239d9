#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "audio/wav_length.h"

#define MAX_CHUNKS 64
#define LENGTH_IS_OPEN 0xffffffffu

static uint32_t
little_endian(const unsigned char *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	    (uint32_t)b[3] << 24;
}

/* Walk the chunks until "data"; *byte_rate is that of "fmt ", if met. */
static uint32_t
find_data(FILE *f, uint32_t *byte_rate)
{
	unsigned char head[8], format[16];

	for (int i = 0; i < MAX_CHUNKS; i++) {
		uint32_t n_bytes, n_read = 0;

		if (fread(head, 1, 8, f) != 8)
			return 0;
		n_bytes = little_endian(head + 4);
		if (memcmp(head, "data", 4) == 0)
			return n_bytes == LENGTH_IS_OPEN ? 0 : n_bytes;
		if (memcmp(head, "fmt ", 4) == 0 && n_bytes >= 16) {
			if (fread(format, 1, 16, f) != 16)
				return 0;
			*byte_rate = little_endian(format + 8);
			n_read = 16;
		}
		/* Chunks of odd length have a byte behind them. */
		if (fseeko(f, (off_t)(n_bytes - n_read) + (n_bytes & 1),
		    SEEK_CUR) != 0)
			return 0;
	}
	return 0;
}

double
wav_length_sec(FILE *f, int64_t n_bytes)
{
	off_t here = ftello(f);
	unsigned char head[12];
	uint32_t n_data = 0;
	uint32_t byte_rate = 0;
	int64_t n_left = n_bytes;

	if (fseeko(f, 0, SEEK_SET) == 0 && fread(head, 1, 12, f) == 12 &&
	    memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WAVE", 4) == 0)
		n_data = find_data(f, &byte_rate);
	n_left -= (int64_t)ftello(f);
	(void)fseeko(f, here, SEEK_SET);
	if (byte_rate == 0 || (int64_t)n_data <= n_left)
		return 0.0;
	return (double)n_data / byte_rate;
}
