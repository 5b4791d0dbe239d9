#include <math.h>

#include "align/pieces.h"

/* What is shorter may be a consonant. */
#define MIN_PAUSE_SEC 0.15

size_t
pieces_max(double stretch_sec, double max_sec)
{
	return 2 + (size_t)(2.0 * stretch_sec / max_sec);
}

/* The frame of a time, cut to the track. */
static size_t
frame_of(const struct pitch_match_track *t, double sec)
{
	const double frame = ceil(sec / t->hop_sec);

	return frame <= 0.0 ? 0 : frame >= (double)t->n_frames ?
	    t->n_frames : (size_t)frame;
}

/* The middle of the longest pause in from_sec..to_sec; other_sec: without. */
static double
pause_in(const struct pitch_match_track *t, double from_sec, double to_sec,
    double other_sec)
{
	const size_t end = frame_of(t, to_sec);
	size_t first = frame_of(t, from_sec), longest = 0, k;
	double middle = other_sec;

	for (k = first; k < end; k++) {
		if (t->tenths[k] >= 0) {
			first = k + 1;
		} else if (k + 1 - first > longest) {
			longest = k + 1 - first;
			middle = 0.5 * (double)(first + k) * t->hop_sec;
		}
	}
	return (double)longest * t->hop_sec < MIN_PAUSE_SEC ? other_sec :
	    middle;
}

size_t
pieces_cut(const struct pitch_match_track *t,
    const struct pitch_match_span *span, double max_sec,
    struct pitch_match_span *pieces)
{
	double at = span->from_sec;
	size_t n = 0;

	while (span->to_sec - at > max_sec) {
		const double left = span->to_sec - at;
		const double cut = pause_in(t, at + max_sec / 2.0,
		    fmin(at + max_sec, span->to_sec - max_sec / 2.0),
		    at + left / ceil(left / max_sec));

		pieces[n].from_sec = at;
		pieces[n++].to_sec = at = cut;
	}
	pieces[n].from_sec = at;
	pieces[n++].to_sec = span->to_sec;
	return n;
}
