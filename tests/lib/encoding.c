#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/spawn.h"

#include "tests/lib/encoding.h"

#define MAX_ARGS 24

int
encoding_make(const char *in, const char *words, const char *out,
    struct error *err)
{
	const char *argv[MAX_ARGS] = { "ffmpeg", "-nostdin", "-v", "error",
	    "-y", "-i", in };
	struct spawn_command command = { argv };
	char text[256];
	char *save = NULL;
	size_t n = 7;
	int status = -1;

	assert(strlen(words) < sizeof text);
	(void)snprintf(text, sizeof text, "%s", words);
	for (char *w = strtok_r(text, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save)) {
		assert(n + 2 < MAX_ARGS);
		argv[n++] = w;
	}
	argv[n++] = out;
	argv[n] = NULL;
	if (spawn_pipeline(&command, 1, NULL, NULL, &status, err) != 0)
		return -1;
	return status == 0 ? 0 : error_set(err, ERROR_FORMAT,
	    "ffmpeg could not make %s: status %d", out, status);
}
