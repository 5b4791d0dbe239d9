#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#include "synth/midi.h"
#include "synth/tune.h"

#define PERCUSSION 9
#define LEGATO_SEC 0.05		/* overlap that is a manner of playing */
#define SHORTEST_SEC 0.03	/* what is left of a covered note */
#define MONOPHONIC_SHARE 0.05	/* of notes that may begin inside another */
#define SECTION_SEC 12.0	/* a section is cut at the first long rest */
#define SECTION_REST_SEC 0.8	/* after this time */

/* The notes of one channel in one track. */
struct part {
	size_t n_notes;
	size_t n_inside;	/* notes that begin well inside another */
	double end_sec;
};

static bool
is_lead_name(const char *name)
{
	static const char *const words[] = { "melody", "vocal", "voice",
	    "lead" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t n = strlen(words[i]);

		for (const char *s = name; *s != '\0'; s++)
			if (strncasecmp(s, words[i], n) == 0)
				return true;
	}
	return false;
}

static bool
is_wanted(const struct midi *m, const struct midi_note *n,
    const char *track_name)
{
	const char *name = m->track_names[n->track];

	if (track_name != NULL)
		return strcasecmp(name, track_name) == 0;
	return n->channel != PERCUSSION && is_lead_name(name);
}

/* Count what each part plays; parts: [n_tracks * 16]. */
static void
survey_parts(const struct midi *m, struct part *parts)
{
	for (size_t i = 0; i < m->n_notes; i++) {
		const struct midi_note *n = &m->notes[i];
		struct part *p = &parts[n->track * 16u + n->channel];
		double end = n->start_sec + n->duration_sec;

		if (n->channel == PERCUSSION)
			continue;
		if (p->n_notes++ > 0 && n->start_sec < p->end_sec - LEGATO_SEC)
			p->n_inside++;
		p->end_sec = fmax(p->end_sec, end);
	}
}

/* The part with most notes, those that play one note at a time first. */
static size_t
choose_part(const struct part *parts, size_t n_parts)
{
	size_t best = 0;
	bool best_is_single = false;

	for (size_t i = 0; i < n_parts; i++) {
		const struct part *p = &parts[i];
		bool is_single = (double)p->n_inside <=
		    MONOPHONIC_SHARE * (double)p->n_notes;

		if (p->n_notes == 0 || (best_is_single && !is_single))
			continue;
		if ((is_single && !best_is_single) ||
		    p->n_notes > parts[best].n_notes) {
			best = i;
			best_is_single = is_single;
		}
	}
	return best;
}

/*
 * Add a note to the line.  Of two that sound together the higher stays: the
 * lower one is cut where the higher begins, or begins where it ends.
 */
static void
add_note(struct tune *t, const struct midi_note *m, double from_sec)
{
	struct tune_note n = { m->start_sec - from_sec, m->duration_sec,
	    m->key, 0 };

	while (t->n_notes > 0) {
		struct tune_note *last = &t->notes[t->n_notes - 1];
		double overlap = last->start_sec + last->duration_sec -
		    n.start_sec;

		if (overlap <= 0)
			break;
		if (overlap > LEGATO_SEC && n.pitch < last->pitch) {
			n.start_sec += overlap;
			n.duration_sec -= overlap;
			break;
		}
		last->duration_sec -= overlap;
		if (last->duration_sec >= SHORTEST_SEC)
			break;
		t->n_notes--;
	}
	if (n.duration_sec >= SHORTEST_SEC)
		t->notes[t->n_notes++] = n;
}

/* The notes of "part", or of the wanted tracks when it is SIZE_MAX. */
static int
collect(const struct midi *m, size_t part, const char *track_name,
    struct arena *a, struct tune *t, struct error *err)
{
	double from_sec = -1;

	t->notes = arena_need(a, m->n_notes, sizeof *t->notes, "notes", err);
	if (t->notes == NULL)
		return -1;
	for (size_t i = 0; i < m->n_notes; i++) {
		const struct midi_note *n = &m->notes[i];
		bool wanted = part == SIZE_MAX ? is_wanted(m, n, track_name) :
		    part == n->track * 16u + n->channel;

		if (!wanted)
			continue;
		if (from_sec < 0)
			from_sec = n->start_sec;
		if (t->n_notes >= TUNE_MAX_NOTES)
			return error_set(err, ERROR_LIMIT,
			    "the melody has more than %d notes",
			    TUNE_MAX_NOTES);
		add_note(t, n, from_sec);
	}
	return 0;
}

/* Cut into sections at rests; every section counts as new. */
static int
cut_sections(struct tune *t, struct arena *a, struct error *err)
{
	const struct tune_note *last = &t->notes[t->n_notes - 1];
	struct tune_section *s;

	t->duration_sec = last->start_sec + last->duration_sec;
	t->sections = arena_need(a, (size_t)(t->duration_sec / SECTION_SEC) +
	    1, sizeof *s, "sections", err);
	if (t->sections == NULL)
		return -1;
	s = t->sections;
	for (size_t i = 0; i < t->n_notes; i++) {
		struct tune_note *n = &t->notes[i];

		if (i > 0 && n->start_sec - s->start_sec >= SECTION_SEC &&
		    n->start_sec - n[-1].start_sec - n[-1].duration_sec >=
		    SECTION_REST_SEC) {
			s->end_sec = n->start_sec;
			s++;
			s->start_sec = n->start_sec;
			s->same_as = (size_t)(s - t->sections);
		}
		n->section = (int)(s - t->sections);
	}
	s->end_sec = t->duration_sec;
	t->n_sections = (size_t)(s - t->sections) + 1;
	return 0;
}

int
tune_parse_midi(const void *bytes, size_t n_bytes, const char *track_name,
    struct arena *a, struct tune *t, struct error *err)
{
	struct midi m;
	struct part *parts;

	memset(t, 0, sizeof *t);
	if (midi_parse(bytes, n_bytes, a, &m, err) != 0)
		return -1;
	t->beat_sec = m.quarter_sec;
	if (collect(&m, SIZE_MAX, track_name, a, t, err) != 0)
		return -1;
	if (t->n_notes == 0 && track_name != NULL)
		return error_set(err, ERROR_FORMAT,
		    "there is no track \"%s\" with notes", track_name);
	if (t->n_notes == 0) {
		parts = arena_need(a, m.n_tracks * 16, sizeof *parts,
		    "parts", err);
		if (parts == NULL)
			return -1;
		survey_parts(&m, parts);
		if (collect(&m, choose_part(parts, m.n_tracks * 16), NULL, a,
		    t, err) != 0)
			return -1;
	}
	if (t->n_notes == 0)
		return error_set(err, ERROR_FORMAT, "there are no notes");
	return cut_sections(t, a, err);
}

int
tune_read_midi(const char *path, const char *track_name, struct arena *a,
    struct tune *t, struct error *err)
{
	size_t n_bytes;
	void *bytes = file_read(path, MIDI_MAX_BYTES, a, &n_bytes, err);

	if (bytes == NULL)
		return -1;
	if (tune_parse_midi(bytes, n_bytes, track_name, a, t, err) != 0)
		return error_add(err, "%s", path);
	return 0;
}

int
tune_write_midi(const char *path, const struct tune *t, struct error *err)
{
	struct arena *a = arena_new();
	struct midi_note *notes;
	void *bytes;
	size_t n_bytes;
	int status = -1;

	if (a == NULL)
		return error_set(err, ERROR_NOMEM, "out of memory for MIDI");
	notes = arena_need(a, t->n_notes, sizeof *notes, "notes", err);
	if (notes == NULL)
		goto out;
	for (size_t i = 0; i < t->n_notes; i++) {
		notes[i].start_sec = t->notes[i].start_sec;
		notes[i].duration_sec = t->notes[i].duration_sec;
		notes[i].key = (uint8_t)lrint(fmin(fmax(t->notes[i].pitch,
		    0), 127));
	}
	bytes = midi_bytes(notes, t->n_notes, "MELODY", t->beat_sec, a,
	    &n_bytes, err);
	if (bytes != NULL)
		status = file_write(path, bytes, n_bytes, err);
out:
	arena_free(a);
	return status;
}
