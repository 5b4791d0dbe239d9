#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

#include "manifests/stream.h"

#define MAX_THREADS 256
#define MAX_SHARDS 1000000

void
stream_options_init(struct stream_options *o)
{
	const long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
	const char *work_folder = getenv("CHAD_WORK");

	memset(o, 0, sizeof(*o));
	o->n_threads = n_cores < 1 ? 1 : n_cores > MAX_THREADS ? MAX_THREADS :
	    (size_t)n_cores;
	o->work_folder = work_folder != NULL && work_folder[0] != '\0' ?
	    work_folder : "chad-work";
}

int
stream_take_manifest(struct stream_options *o, int argc, char *const argv[],
    int first, struct error *err)
{
	if (argc - first > 1)
		return error_set(err, ERROR_FORMAT, "one manifest at a time, "
		    "not %d; chad-manifest join takes more", argc - first);
	if (first < argc)
		o->in_path = argv[first];
	return 0;
}

/* Digits only, 1 to MAX_SHARDS.  Moves *text behind them.  0 when bad. */
static unsigned long
take_number(const char **text)
{
	const size_t n_digits = strspn(*text, "0123456789");
	unsigned long value;

	if (n_digits == 0 || n_digits > 7)
		return 0;
	value = strtoul(*text, NULL, 10);
	*text += n_digits;
	return value <= MAX_SHARDS ? value : 0;
}

int
stream_shard_has(const char *shard, const char *id, bool *has,
    struct error *err)
{
	const char *at = shard;
	const unsigned long i = take_number(&at);
	unsigned long n = 0;

	if (*at == '/') {
		at++;
		n = take_number(&at);
	}
	if (i < 1 || i > n || *at != '\0')
		return error_set(err, ERROR_FORMAT, "shard \"%s\": must be "
		    "I/N with 1 <= I <= N <= %d", shard, MAX_SHARDS);
	*has = hash_text64(id) % n == i - 1;
	return 0;
}
