/* Pitch vectors. */
#include "dsp/pitch_vector.h"

#include "tests/fuzz/track_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	track_fuzz(data, size, pitch_vector_read_stream);
	return 0;
}
