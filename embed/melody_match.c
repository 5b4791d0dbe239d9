#include <math.h>
#include <string.h>

#include "nn/simd.h"

#include "embed/melody_match.h"

#define LANES MELODY_QUERY_LANES
#define COARSE 2		/* values of 0.2 s while searching */
#define CUT 3.0f		/* semitones */
#define OVERHANG 0.13		/* share of the hum that may be past the end */
#define REACH 3			/* tenths of a second of refinement */
#define BEGINNING 5		/* tenths of a second that count as it */

/* A place found at one tempo. */
struct found {
	float distance;
	size_t scale, place;
};

static inline float
cut(float value, float limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

/*
 * Distances of hum x [n] from the song at LANES places: place l begins at
 * song[l].  song must hold n + LANES values.  The key is the mean
 * difference, taken again with what is far off cut to 2 and then 1 semitone.
 */
SIMD static void
compare_places(const float *x, size_t n, const float *song,
    float distance[LANES])
{
	const float share = 1 / (float)n;
	float key[LANES], sum[LANES];

	key[0] = 0;
	for (size_t i = 0; i < n; i++)
		key[0] += song[i] - x[i];
	for (size_t l = 1; l < LANES; l++)
		key[l] = key[l - 1] + song[n + l - 1] - song[l - 1];
	for (size_t l = 0; l < LANES; l++)
		key[l] *= share;
	for (size_t pass = 0; pass < 2; pass++) {
		const float limit = pass == 0 ? 2 : 1;

		memset(sum, 0, sizeof(sum));
		for (size_t i = 0; i < n; i++)
			for (size_t l = 0; l < LANES; l++)
				sum[l] += cut(song[i + l] - x[i] - key[l],
				    limit);
		for (size_t l = 0; l < LANES; l++)
			key[l] += sum[l] * share;
	}
	memset(sum, 0, sizeof(sum));
	for (size_t i = 0; i < n; i++)
		for (size_t l = 0; l < LANES; l++)
			sum[l] += fabsf(cut(song[i + l] - x[i] - key[l],
			    CUT));
	for (size_t l = 0; l < LANES; l++)
		distance[l] = sum[l] * share;
}

/* The best places at one tempo, looking every 0.2 s. */
static void
search_scale(struct melody_query *q, const struct melody_line *song,
    size_t scale, struct found found[MELODY_MATCH_N_PLACES])
{
	struct found *anywhere = &found[MELODY_MATCH_ANYWHERE];
	struct found *beginning = &found[MELODY_MATCH_BEGINNING];
	const size_t n = q->n[scale] / COARSE;
	const size_t inside = (size_t)((1 - OVERHANG) * (double)q->n[scale]);
	const size_t n_places = song->n < inside ? 0 :
	    (song->n - inside) / COARSE + 1;

	*anywhere = *beginning = (struct found){ CUT, scale, 0 };
	for (size_t i = 0; i < n; i++)
		q->coarse[i] = q->scaled[scale][i * COARSE];
	for (size_t p = 0; p < n_places; p += LANES) {
		float distance[LANES];

		melody_query_take_song(q, song, p * COARSE, COARSE,
		    n + LANES);
		compare_places(q->coarse, n, q->song, distance);
		for (size_t l = 0; l < LANES && p + l < n_places; l++) {
			const struct found here = { distance[l], scale,
			    (p + l) * COARSE };

			if (here.distance < anywhere->distance)
				*anywhere = here;
			if (here.place <= BEGINNING &&
			    here.distance < beginning->distance)
				*beginning = here;
		}
	}
}

/* Look again every 0.1 s around the place, no further than "last". */
static void
refine(struct melody_query *q, const struct melody_line *song, size_t last,
    struct found *f)
{
	const size_t first = f->place < REACH ? 0 : f->place - REACH;
	float distance[LANES];

	melody_query_take_song(q, song, first, 1, q->n[f->scale] + LANES);
	compare_places(q->scaled[f->scale], q->n[f->scale], q->song,
	    distance);
	f->distance = CUT;
	for (size_t l = 0; l <= 2 * REACH && first + l <= last; l++) {
		if (distance[l] < f->distance) {
			f->distance = distance[l];
			f->place = first + l;
		}
	}
}

static double
rank(const struct found *f)
{
	return (double)f->distance + MELODY_MATCH_TEMPO_WEIGHT *
	    fabs(log(melody_query_ratio(f->scale)));
}

void
melody_match_find(struct melody_query *q, const struct melody_line *song,
    struct melody_match matches[MELODY_MATCH_N_PLACES])
{
	struct found best[MELODY_MATCH_N_PLACES];

	for (size_t i = 0; i < MELODY_MATCH_N_PLACES; i++)
		matches[i] = (struct melody_match){ .distance = (double)CUT,
		    .tempo_ratio = 1 };
	if (q->coarse == NULL || song->n < MELODY_QUERY_MIN)
		return;
	for (size_t s = 0; s < MELODY_QUERY_N_SCALES; s++) {
		struct found here[MELODY_MATCH_N_PLACES];

		search_scale(q, song, s, here);
		for (size_t i = 0; i < MELODY_MATCH_N_PLACES; i++)
			if (s == 0 || rank(&here[i]) < rank(&best[i]))
				best[i] = here[i];
	}
	for (size_t i = 0; i < MELODY_MATCH_N_PLACES; i++) {
		if (!(best[i].distance < CUT))
			continue;
		refine(q, song, i == MELODY_MATCH_BEGINNING ? BEGINNING :
		    song->n - 1, &best[i]);
		matches[i].distance = (double)best[i].distance;
		matches[i].offset_sec = song->start_sec +
		    (double)best[i].place * MELODY_LINE_HOP_SEC;
		matches[i].tempo_ratio = melody_query_ratio(best[i].scale);
		matches[i].is_beginning = best[i].place <= BEGINNING;
	}
}
