/*
 * drift -- how far two pitch tracks are from lying over each other, moment by
 * moment.
 *
 * Around each moment 2 s of the other's pitch are laid over the original's,
 * which is moved by up to half a second; octaves are folded, since trackers
 * and singers mistake them.  The drift is the move that lets most frames
 * agree, a frame counting less the further it is off, to 1.5 semitones; of
 * moves that agree alike the smallest.
 */
#ifndef REVIEW_DRIFT_H
#define REVIEW_DRIFT_H

#include <stddef.h>

/* More than these steps either way are not looked at. */
#define DRIFT_MAX_STEPS 25

struct drift {
	double step_sec;	/* of both tracks */
	/*
	 * Cents, NAN where unvoiced: the other's [n], and the original's
	 * [n + 2 * DRIFT_MAX_STEPS] at the same moments, by the alignment and
	 * with the key difference added, from DRIFT_MAX_STEPS before.
	 */
	const float *other, *original;
	size_t n;
};

/*
 * Seconds by which the original's pitch comes later around frame k of the
 * other's; NAN where too little is voiced or nothing agrees.
 */
double drift_at(const struct drift *d, size_t k);

#endif
