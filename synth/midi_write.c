#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/midi.h"

#define WRITE_TICKS 480u
#define MAX_VARYING 0x0fffffff	/* what four bytes of seven bits hold */

/* An event of the file that is written. */
struct event {
	uint32_t tick;
	uint8_t is_on, channel, key;
};

/* Ends stand before beginnings, so that repeated notes are not cut. */
static int
compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	if (x->is_on != y->is_on)
		return x->is_on < y->is_on ? -1 : 1;
	if (x->channel != y->channel)
		return x->channel < y->channel ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static uint8_t *
put_big_endian(uint8_t *at, size_t n_bytes, uint32_t value)
{
	while (n_bytes-- > 0)
		*at++ = (uint8_t)(value >> 8 * n_bytes);
	return at;
}

static uint8_t *
put_varying(uint8_t *at, uint32_t value)
{
	for (int shift = 21; shift > 0; shift -= 7)
		if (value >> shift != 0)
			*at++ = (uint8_t)(value >> shift | 0x80u);
	*at++ = (uint8_t)(value & 0x7fu);
	return at;
}

/* Header, tempo and name; returns where the track's length is to be put. */
static uint8_t *
put_beginning(uint8_t **at, const char *track_name, double quarter_sec)
{
	size_t n_name = strlen(track_name);
	uint8_t *length;

	*at = put_big_endian(*at, 4, 0x4d546864);
	*at = put_big_endian(*at, 4, 6);
	*at = put_big_endian(*at, 2, 0);
	*at = put_big_endian(*at, 2, 1);
	*at = put_big_endian(*at, 2, WRITE_TICKS);
	*at = put_big_endian(*at, 4, 0x4d54726b);
	length = *at;
	*at += 4;
	*at = put_big_endian(*at, 4, 0x00ff5103);
	*at = put_big_endian(*at, 3, (uint32_t)lrint(quarter_sec * 1e6));
	*at = put_big_endian(*at, 3, 0x00ff03);
	*at = put_varying(*at, (uint32_t)n_name);
	memcpy(*at, track_name, n_name);
	*at += n_name;
	return length;
}

static int
make_events(const struct midi_note *notes, size_t n_notes,
    double quarter_sec, struct event *events, struct error *err)
{
	double ticks_a_second = WRITE_TICKS /
	    (lrint(quarter_sec * 1e6) * 1e-6);

	for (size_t i = 0; i < n_notes; i++) {
		const struct midi_note *n = &notes[i];
		double end = n->start_sec + n->duration_sec;
		struct event *e = &events[2 * i];

		if (!(n->start_sec >= 0) || !(end >= n->start_sec) ||
		    end * ticks_a_second > MAX_VARYING ||
		    n->channel > 15 || n->key > 127)
			return error_set(err, ERROR_LIMIT,
			    "note %zu cannot be written as MIDI", i + 1);
		e[0] = (struct event){ (uint32_t)lrint(n->start_sec *
		    ticks_a_second), 1, n->channel, n->key };
		e[1] = (struct event){ (uint32_t)lrint(end *
		    ticks_a_second), 0, n->channel, n->key };
	}
	qsort(events, 2 * n_notes, sizeof *events, compare_events);
	return 0;
}

void *
midi_bytes(const struct midi_note *notes, size_t n_notes,
    const char *track_name, double quarter_sec, struct arena *a,
    size_t *n_bytes, struct error *err)
{
	uint8_t *bytes, *at, *length;
	struct event *events;
	uint32_t tick = 0;

	if (strlen(track_name) > 1024 || !(quarter_sec >= 0.01) ||
	    quarter_sec > 16.0) {
		error_set(err, ERROR_LIMIT, "name or tempo cannot be written");
		return NULL;
	}
	events = arena_need(a, 2 * n_notes, sizeof *events, "events", err);
	bytes = arena_need(a, 2 * n_notes + 256, 8, "MIDI", err);
	if (events == NULL || bytes == NULL ||
	    make_events(notes, n_notes, quarter_sec, events, err) != 0)
		return NULL;
	at = bytes;
	length = put_beginning(&at, track_name, quarter_sec);
	for (size_t i = 0; i < 2 * n_notes; i++) {
		at = put_varying(at, events[i].tick - tick);
		tick = events[i].tick;
		*at++ = (uint8_t)(0x90 | events[i].channel);
		*at++ = events[i].key;
		*at++ = events[i].is_on ? 90 : 0;
	}
	at = put_big_endian(at, 4, 0x00ff2f00);
	put_big_endian(length, 4, (uint32_t)(at - length - 4));
	*n_bytes = (size_t)(at - bytes);
	return bytes;
}
