#include <string.h>

#include "pitch/tracker_names.h"

/* By enum tracker_method and enum tracker_decoder. */
static const char *const methods[] = { "crepe", "yin", "pyin", "whistle",
	"auto" };
static const char *const decoders[] = { "argmax", "crepe-viterbi",
	"voicing" };

#define N_METHODS (sizeof(methods) / sizeof(*methods))
#define N_DECODERS (sizeof(decoders) / sizeof(*decoders))

static size_t
find(const char *name, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(name, names[i]) != 0)
		i++;
	return i;
}

int
tracker_names_choose(struct tracker_options *options, const char *method,
    const char *decoder, bool has_viterbi, struct error *err)
{
	const size_t m = find(method, methods, N_METHODS);
	size_t d;

	if (m == N_METHODS)
		return error_set(err, ERROR_FORMAT, "--method %s is none of "
		    "crepe, yin, pyin, whistle, auto", method);
	if (m != TRACKER_CREPE && m != TRACKER_AUTO &&
	    (has_viterbi || decoder != NULL))
		return error_set(err, ERROR_FORMAT, "%s goes with --method "
		    "crepe and auto only", has_viterbi ? "--viterbi" :
		    "--decoder");
	if (decoder == NULL)
		decoder = decoders[has_viterbi ? TRACKER_CREPE_VITERBI :
		    TRACKER_ARGMAX];
	d = find(decoder, decoders, N_DECODERS);
	if (d == N_DECODERS)
		return error_set(err, ERROR_FORMAT, "--decoder %s is none of "
		    "argmax, crepe-viterbi, voicing", decoder);
	if (has_viterbi && d != TRACKER_CREPE_VITERBI)
		return error_set(err, ERROR_FORMAT, "--viterbi means "
		    "--decoder crepe-viterbi, not %s", decoder);
	options->method = (enum tracker_method)m;
	options->decoder = (enum tracker_decoder)d;
	return 0;
}

const char *
tracker_names_decoder(enum tracker_decoder decoder)
{
	return decoders[decoder];
}
