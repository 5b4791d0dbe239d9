#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "synth/midi.h"

#define DEFAULT_QUARTER_USEC 500000u
#define NO_NOTE SIZE_MAX

struct reader {
	const uint8_t *at, *end;
};

struct tempo {
	uint64_t tick;
	size_t order;		/* of two at one tick the later counts */
	uint32_t quarter_usec;
	double sec;		/* where the tick lies in time */
};

/* What is gathered from all tracks before ticks become seconds. */
struct parse {
	struct arena *arena;
	struct midi *midi;
	struct tempo *tempos;
	size_t n_tempos;
	uint32_t ticks_a_quarter;	/* 0: ticks_a_second counts */
	uint32_t ticks_a_second;
	uint64_t max_tick;		/* longest track that is accepted */
};

/* The state of one track while it is read. */
struct track {
	uint64_t tick;
	size_t sounding[16][128];	/* index of a note, or NO_NOTE */
	uint16_t number;
	uint8_t status;			/* running status, or 0 */
	bool has_ended;
};

static size_t
left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

static int
get_big_endian(struct reader *r, size_t n_bytes, uint32_t *value,
    struct error *err)
{
	if (left(r) < n_bytes)
		return error_set(err, ERROR_FORMAT, "the file is cut short");
	for (*value = 0; n_bytes > 0; n_bytes--)
		*value = *value << 8 | *r->at++;
	return 0;
}

/* A number of up to four bytes of seven bits. */
static int
get_varying(struct reader *r, uint32_t *value, struct error *err)
{
	*value = 0;
	for (int i = 0; i < 4; i++) {
		if (left(r) == 0)
			return error_set(err, ERROR_FORMAT,
			    "a track is cut short");
		*value = *value << 7 | (*r->at & 0x7fu);
		if ((*r->at++ & 0x80) == 0)
			return 0;
	}
	return error_set(err, ERROR_FORMAT,
	    "a number is longer than four bytes");
}

static void
end_note(struct parse *p, struct track *t, unsigned channel, unsigned key)
{
	size_t *i = &t->sounding[channel][key];

	if (*i != NO_NOTE)
		p->midi->notes[*i].end_tick = t->tick;
	*i = NO_NOTE;
}

static void
begin_note(struct parse *p, struct track *t, unsigned channel, unsigned key)
{
	struct midi_note *n = &p->midi->notes[p->midi->n_notes];

	end_note(p, t, channel, key);
	n->start_tick = n->end_tick = t->tick;
	n->track = t->number;
	n->channel = (uint8_t)channel;
	n->key = (uint8_t)key;
	t->sounding[channel][key] = p->midi->n_notes++;
}

/* A message of a channel: only notes matter, the rest is stepped over. */
static int
channel_message(struct parse *p, struct track *t, struct reader *r,
    struct error *err)
{
	unsigned kind = t->status >> 4, channel = t->status & 15u;
	size_t n_data = kind == 0xc || kind == 0xd ? 1 : 2;
	unsigned data[2] = { 0, 0 };

	for (size_t i = 0; i < n_data; i++) {
		if (left(r) == 0)
			return error_set(err, ERROR_FORMAT,
			    "a track is cut short");
		data[i] = *r->at++;
		if (data[i] > 127)
			return error_set(err, ERROR_FORMAT,
			    "a data byte is above 127");
	}
	if (kind == 0x9 && data[1] > 0)
		begin_note(p, t, channel, data[0]);
	else if (kind == 0x8 || kind == 0x9)
		end_note(p, t, channel, data[0]);
	return 0;
}

static int
keep_name(struct parse *p, const struct track *t, const uint8_t *text,
    size_t n_bytes, struct error *err)
{
	const char **name = &p->midi->track_names[t->number];

	if ((*name)[0] != '\0')
		return 0;
	*name = arena_printf(p->arena, "%.*s", (int)n_bytes,
	    (const char *)text);
	if (*name == NULL)
		return error_set(err, ERROR_NOMEM,
		    "out of memory for a track name");
	return 0;
}

static int
meta_event(struct parse *p, struct track *t, struct reader *r,
    struct error *err)
{
	uint32_t kind = 0, n_bytes = 0, usec = 0;
	struct reader body;

	if (get_big_endian(r, 1, &kind, err) != 0 ||
	    get_varying(r, &n_bytes, err) != 0)
		return -1;
	if (n_bytes > left(r))
		return error_set(err, ERROR_FORMAT,
		    "an event reaches beyond its track");
	body.at = r->at;
	body.end = r->at += n_bytes;

	if (kind == 0x2f)
		t->has_ended = true;
	else if (kind == 0x03 && n_bytes <= 1024)
		return keep_name(p, t, body.at, n_bytes, err);
	else if (kind == 0x51) {
		if (get_big_endian(&body, 3, &usec, err) != 0 || usec == 0)
			return error_set(err, ERROR_FORMAT,
			    "a tempo makes no sense");
		p->tempos[p->n_tempos] = (struct tempo){ .tick = t->tick,
		    .order = p->n_tempos, .quarter_usec = usec };
		p->n_tempos++;
	}
	return 0;
}

static int
track_event(struct parse *p, struct track *t, struct reader *r,
    struct error *err)
{
	uint32_t delta = 0, n_bytes = 0;

	if (get_varying(r, &delta, err) != 0)
		return -1;
	t->tick += delta;
	if (t->tick > p->max_tick)
		return error_set(err, ERROR_LIMIT,
		    "the piece is longer than a day");
	if (left(r) == 0)
		return error_set(err, ERROR_FORMAT, "a track is cut short");
	if (*r->at < 0x80) {
		if (t->status == 0)
			return error_set(err, ERROR_FORMAT,
			    "an event has no status byte");
		return channel_message(p, t, r, err);
	}
	t->status = *r->at++;
	if (t->status < 0xf0)
		return channel_message(p, t, r, err);
	if (t->status == 0xff) {
		t->status = 0;
		return meta_event(p, t, r, err);
	}
	if (t->status != 0xf0 && t->status != 0xf7)
		return error_set(err, ERROR_FORMAT,
		    "status byte 0x%02x does not belong in a file",
		    (unsigned)t->status);
	t->status = 0;
	if (get_varying(r, &n_bytes, err) != 0)
		return -1;
	if (n_bytes > left(r))
		return error_set(err, ERROR_FORMAT,
		    "an event reaches beyond its track");
	r->at += n_bytes;
	return 0;
}

static int
read_track(struct parse *p, struct track *t, struct reader r,
    struct error *err)
{
	uint16_t number = t->number;

	memset(t, 0, sizeof *t);
	t->number = number;
	for (size_t c = 0; c < 16; c++)
		for (size_t k = 0; k < 128; k++)
			t->sounding[c][k] = NO_NOTE;
	while (!t->has_ended && left(&r) > 0)
		if (track_event(p, t, &r, err) != 0)
			return error_add(err, "track %u", number + 1u);
	for (unsigned c = 0; c < 16; c++)
		for (unsigned k = 0; k < 128; k++)
			end_note(p, t, c, k);
	return 0;
}

/* All chunks behind the header. */
static int
read_tracks(struct parse *p, struct reader r, size_t n_tracks,
    struct error *err)
{
	struct track *t;
	uint32_t kind = 0, n_bytes = 0;

	if ((t = arena_need(p->arena, 1, sizeof *t, "track", err)) == NULL)
		return -1;
	while (t->number < n_tracks) {
		if (get_big_endian(&r, 4, &kind, err) != 0 ||
		    get_big_endian(&r, 4, &n_bytes, err) != 0)
			return error_add(err, "track %u", t->number + 1u);
		if (n_bytes > left(&r))
			return error_set(err, ERROR_FORMAT,
			    "track %u: the file is cut short",
			    t->number + 1u);
		struct reader body = { r.at, r.at + n_bytes };

		r.at += n_bytes;
		if (kind != 0x4d54726b)		/* MTrk */
			continue;
		if (read_track(p, t, body, err) != 0)
			return -1;
		t->number++;
	}
	return 0;
}

/* The header chunk: leaves the reader behind it. */
static int
read_header(struct parse *p, struct reader *r, size_t *n_tracks,
    struct error *err)
{
	uint32_t kind = 0, n_bytes = 0, format = 0, count = 0, division = 0;
	const uint8_t *body;

	if (get_big_endian(r, 4, &kind, err) != 0 || kind != 0x4d546864)
		return error_set(err, ERROR_FORMAT,
		    "this is not a Standard MIDI File");
	if (get_big_endian(r, 4, &n_bytes, err) != 0)
		return -1;
	if (n_bytes < 6 || n_bytes > left(r))
		return error_set(err, ERROR_FORMAT, "the header is cut short");
	body = r->at;
	if (get_big_endian(r, 2, &format, err) != 0 ||
	    get_big_endian(r, 2, &count, err) != 0 ||
	    get_big_endian(r, 2, &division, err) != 0)
		return -1;
	r->at = body + n_bytes;
	if (format > 1)
		return error_set(err, ERROR_FORMAT,
		    "MIDI format %u is not read, only 0 and 1",
		    (unsigned)format);
	if (count == 0 || count > MIDI_MAX_TRACKS)
		return error_set(err, ERROR_LIMIT,
		    "%u tracks; 1 to %d are read", (unsigned)count,
		    MIDI_MAX_TRACKS);
	if (division & 0x8000)
		p->ticks_a_second = (256 - (division >> 8)) *
		    (division & 0xff);
	else
		p->ticks_a_quarter = division;
	if (p->ticks_a_second == 0 && p->ticks_a_quarter == 0)
		return error_set(err, ERROR_FORMAT, "the division is zero");
	*n_tracks = count;
	return 0;
}

static int
compare_tempos(const void *a, const void *b)
{
	const struct tempo *x = a, *y = b;

	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* By start; what starts together by track, end and key. */
static int
compare_notes(const void *a, const void *b)
{
	const struct midi_note *x = a, *y = b;

	if (x->start_tick != y->start_tick)
		return x->start_tick < y->start_tick ? -1 : 1;
	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	if (x->channel != y->channel)
		return x->channel < y->channel ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->end_tick > y->end_tick) - (x->end_tick < y->end_tick);
}

static double
tick_sec_of(const struct parse *p, const struct tempo *t)
{
	if (p->ticks_a_second > 0)
		return 1.0 / p->ticks_a_second;
	return t->quarter_usec * 1e-6 / p->ticks_a_quarter;
}

/* Sort the tempo changes, the first at tick 0, and find their times. */
static void
make_tempo_map(struct parse *p)
{
	qsort(p->tempos, p->n_tempos, sizeof *p->tempos, compare_tempos);
	for (size_t i = 1; i < p->n_tempos; i++) {
		const struct tempo *before = &p->tempos[i - 1];

		p->tempos[i].sec = before->sec + tick_sec_of(p, before) *
		    (double)(p->tempos[i].tick - before->tick);
	}
}

/* The tempo in force at a tick: the last that is not behind it. */
static const struct tempo *
tempo_at(const struct parse *p, uint64_t tick)
{
	size_t low = 0, high = p->n_tempos;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (p->tempos[middle].tick <= tick)
			low = middle;
		else
			high = middle;
	}
	return &p->tempos[low];
}

static double
sec_of(const struct parse *p, uint64_t tick)
{
	const struct tempo *t = tempo_at(p, tick);

	return t->sec + (double)(tick - t->tick) * tick_sec_of(p, t);
}

static int
notes_to_seconds(struct parse *p, struct error *err)
{
	struct midi *m = p->midi;

	for (size_t i = 0; i < m->n_notes; i++) {
		struct midi_note *n = &m->notes[i];
		const double end_sec = sec_of(p, n->end_tick);

		if (end_sec > MIDI_MAX_SEC)
			return error_set(err, ERROR_LIMIT,
			    "the piece is longer than a day");
		n->start_sec = sec_of(p, n->start_tick);
		n->duration_sec = end_sec - n->start_sec;
	}
	if (m->n_notes > 0)
		m->quarter_sec = tick_sec_of(p, tempo_at(p,
		    m->notes[0].start_tick)) * (p->ticks_a_quarter > 0 ?
		    p->ticks_a_quarter : 0.5 * p->ticks_a_second);
	return 0;
}

int
midi_parse(const void *bytes, size_t n_bytes, struct arena *a,
    struct midi *m, struct error *err)
{
	struct parse p = { .arena = a, .midi = m };
	struct reader r = { bytes, (const uint8_t *)bytes + n_bytes };

	memset(m, 0, sizeof *m);
	m->quarter_sec = DEFAULT_QUARTER_USEC * 1e-6;
	if (n_bytes > MIDI_MAX_BYTES)
		return error_set(err, ERROR_LIMIT,
		    "the file is larger than %u bytes", MIDI_MAX_BYTES);
	if (read_header(&p, &r, &m->n_tracks, err) != 0)
		return -1;
	/* A note takes three bytes at least, a tempo seven. */
	m->notes = arena_need(a, n_bytes / 3 + 1, sizeof *m->notes, "notes",
	    err);
	p.tempos = arena_need(a, n_bytes / 7 + 2, sizeof *p.tempos, "tempos",
	    err);
	m->track_names = arena_need(a, m->n_tracks, sizeof *m->track_names,
	    "track names", err);
	if (m->notes == NULL || p.tempos == NULL || m->track_names == NULL)
		return -1;
	for (size_t i = 0; i < m->n_tracks; i++)
		m->track_names[i] = "";
	p.max_tick = (uint64_t)1 << 40;
	p.tempos[p.n_tempos++].quarter_usec = DEFAULT_QUARTER_USEC;
	if (read_tracks(&p, r, m->n_tracks, err) != 0)
		return -1;
	make_tempo_map(&p);
	qsort(m->notes, m->n_notes, sizeof *m->notes, compare_notes);
	return notes_to_seconds(&p, err);
}
