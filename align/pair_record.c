#include <math.h>

#include "align/main_line.h"
#include "align/pair_record.h"

int
pair_record_put(struct json *rec, const struct aligner_fragment *fragments,
    size_t n, double original_sec, double cover_sec, struct error *err)
{
	const double shorter_sec = fmin(original_sec, cover_sec);
	double evidence_sec = 0.0, covered_sec = 0.0;
	double correlation = 0.0, agreement = 0.0;
	size_t i, n_on_line = 0;

	for (i = 0; i < n; i++) {
		const struct aligner_fragment *f = &fragments[i];

		correlation = fmax(correlation, f->correlation);
		agreement = fmax(agreement, f->agreement);
		if (f->is_repeat)
			continue;
		n_on_line++;
		evidence_sec += main_line_weight(f);
		covered_sec += original_sec <= cover_sec ?
		    f->original_to_sec - f->original_from_sec :
		    f->to_sec - f->from_sec;
	}
	json_remove(rec, "fragment_id");
	if (json_put_size(rec, "pair.n_fragments", n_on_line, err) != 0 ||
	    json_put_rounded(rec, "pair.evidence_sec", evidence_sec, 3,
	    err) != 0 ||
	    json_put_rounded(rec, "pair.covered_share", shorter_sec > 0.0 ?
	    fmin(1.0, covered_sec / shorter_sec) : 0.0, 4, err) != 0 ||
	    json_put_rounded(rec, "pair.correlation", correlation, 4,
	    err) != 0)
		return -1;
	return json_put_rounded(rec, "pair.agreement", agreement, 4, err);
}
