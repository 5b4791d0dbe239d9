#include <math.h>
#include <stdlib.h>

#include "align/evidence.h"

struct time_line
evidence_line(const struct aligner_fragment *f)
{
	const struct time_line l = { f->original_from_sec, f->from_sec,
	    f->tempo_ratio };

	return l;
}

int
evidence_key(const struct aligner_fragment *f)
{
	const int tenths = (int)lrint(10.0 * f->transposition_semitones) %
	    PITCH_MATCH_OCTAVE;

	return tenths < 0 ? tenths + PITCH_MATCH_OCTAVE : tenths;
}

int
evidence_key_distance(int a, int b)
{
	const int d = abs(a - b);

	return d < PITCH_MATCH_OCTAVE - d ? d : PITCH_MATCH_OCTAVE - d;
}

static struct pitch_match_span
around(const struct aligner_fragment *f)
{
	const struct pitch_match_span wide = {
	    f->original_from_sec - EVIDENCE_MARGIN_SEC,
	    f->original_to_sec + EVIDENCE_MARGIN_SEC };

	return wide;
}

double
evidence_agreement(const struct pitch_match_pair *p,
    const struct aligner_fragment *f, int key, double *voiced_sec)
{
	const struct pitch_match_span wide = around(f);
	const struct time_line l = evidence_line(f);

	return pitch_match_agreement(p, &l, &wide, key, voiced_sec);
}

int
evidence_fill(const struct pitch_match_pair *p,
    struct aligner_fragment *fragments, size_t n, int key, struct arena *a,
    struct error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct aligner_fragment *f = &fragments[i];
		const struct pitch_match_span wide = around(f);
		const struct time_line l = evidence_line(f);
		double elsewhere;

		if (pitch_match_elsewhere(p, &l, &wide, a, &elsewhere,
		    err) != 0)
			return -1;
		(void)evidence_agreement(p, f, key, &f->voiced_sec);
		f->margin = f->agreement - elsewhere;
	}
	return 0;
}
