/* Lines of an answer's header: what is taken from them keeps its promises. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data;
	struct answer a;
	const char *validator;
	double wait_sec;

	memset(&a, 0, sizeof(a));
	while (size > 0) {
		const char *end = memchr(at, '\n', size);
		const size_t n = end != NULL ? (size_t)(end - at) + 1 : size;

		answer_line(&a, at, n);
		at += n;
		size -= n;
	}
	if (a.has_range && (a.first > a.last ||
	    (a.has_total && a.last >= a.total)))
		abort();
	/* It goes into a request: nothing that could end the line. */
	validator = answer_validator(&a);
	for (size_t i = 0; validator[i] != '\0'; i++)
		if (validator[i] < 32 && validator[i] != '\t')
			abort();
	wait_sec = answer_wait_sec(&a, 1e9);
	if (wait_sec != -1.0 && !(wait_sec >= 0.0 &&
	    wait_sec <= ANSWER_MAX_WAIT_SEC))
		abort();
	return 0;
}
