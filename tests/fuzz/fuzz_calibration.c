/* Calibrations: what is accepted gives probabilities. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#include "align/calibration.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void
apply(const struct calibration *c, const char *text)
{
	struct error err = { ERROR_NONE, "" };
	struct json *rec = json_parse(text, strlen(text), &err);
	bool is_known;
	double p;

	if (rec == NULL || calibration_probability(c, rec, &is_known, &p,
	    &err) != 0 || !isfinite(p) || p < 0.0 || p > 1.0)
		abort();
	json_free(rec);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
	struct error err = { ERROR_NONE, "" };
	struct json *j = json_parse((const char *)bytes, n_bytes, &err);
	struct calibration c;

	if (j == NULL)
		return 0;
	if (calibration_read(j, &c, &err) == 0) {
		apply(&c, "{\"correlation\":0.5,\"agreement\":0.25,"
		    "\"margin\":-1e9,\"is_repeat\":true,"
		    "\"original_interval\":[0,5],\"voiced_sec\":4}");
		apply(&c, "{\"pair\":{\"correlation\":1,\"agreement\":1e9,"
		    "\"evidence_sec\":0,\"covered_share\":1,"
		    "\"n_fragments\":7}}");
	} else if (err.code == ERROR_NONE || err.text[0] == '\0') {
		abort();
	}
	json_free(j);
	return 0;
}
