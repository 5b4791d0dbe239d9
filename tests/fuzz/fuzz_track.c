/* Pitch tracks. */
#include "dsp/track.h"

#include "tests/fuzz/track_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	track_fuzz(data, size, track_read_stream);
	return 0;
}
