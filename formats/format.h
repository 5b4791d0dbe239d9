/*
 * format -- lists and annotations of other projects, as records and back: one
 * table, a file each (formats/NAME.c says what version was followed).
 *
 *	name		read		written
 *	chad		dataset.csv	the same
 *	nemo		JSON Lines	the same
 *	lhotse		recordings, supervisions, cuts; JSON or JSON Lines
 *	lhotse-recordings, lhotse-supervisions, lhotse-cuts
 *					JSON Lines
 *	shs100k		list, or the lists of its split	list
 *	da-tacos	JSON		the same
 *	discogs-vi	JSON Lines, light JSON	light JSON
 *	humtrans, qbsh, pop909, midi	a folder	-
 *	audacity	labels		the same, a file a recording
 *	svl		a layer		the same, a file a recording
 *	jams		-		a file a recording
 *
 * Files may be packed (base/packed.h).  What has no member of ours is kept
 * under the format's own name, so that writing finds it again.
 */
#ifndef FORMATS_FORMAT_H
#define FORMATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#define FORMAT_MAX_BYTES ((size_t)1 << 30)

/* A file or folder that is read, and what is called with "shared". */
struct format_input {
	const char *path;	/* as messages name it */
	const char *text;	/* of a file, zero behind it; else NULL */
	size_t n_bytes;
	const char *audio;	/* the folder of the sounds, or NULL */
	const char *recordings;	/* lhotse's, for supervisions; or NULL */
	struct arena *a;	/* of the whole reading */
	/* A record; borrowed, may be changed.  -1 ends the reading. */
	int (*take)(void *shared, struct json *rec, struct error *err);
	void *shared;
};

/* Records that are written together: all, or those of one recording. */
struct format_output {
	struct json *const *records;	/* [n_records] */
	size_t n_records;
	const char *folder;	/* of their manifest, or NULL */
	struct arena *a;	/* of the whole writing */
	FILE *out;
	/* Of a file elsewhere the working folder, for paths; else NULL. */
	const char *here;
	/*
	 * Called with each record that the format cannot hold, and why: it is
	 * left out.  NULL: such a record is an error.
	 */
	void (*leave_out)(void *shared, const struct json *rec,
	    const struct error *why);
	void *shared;
};

/*
 * For writers: leave out record i, which nothing was written of yet, or say
 * that writing has failed: -1 when memory is out or nobody takes such records.
 */
int format_leave_out(const struct format_output *out, size_t i,
    const struct error *why, struct error *err) MUST_CHECK;

struct format {
	const char *name;
	const char *suffix;	/* of the files that are written */
	bool is_folder;		/* reads a folder */
	bool is_by_recording;	/* writes a file a recording */
	/* Whether a file that begins so may be one; NULL: cannot be told. */
	bool (*fits)(const char *path, const char *text, size_t n_bytes);
	int (*read)(const struct format_input *in, struct error *err);
	int (*write)(const struct format_output *out, struct error *err);
};

/* NULL with an error that lists the names. */
const struct format *format_find(const char *name, struct error *err)
    MUST_CHECK;

/*
 * Read a file or folder as "format", or as what it seems to be when that is
 * NULL.  "in" has path (NULL or "-": standard input), audio, recordings, take
 * and shared.
 */
int format_import(const struct format *format, const struct format_input *in,
    struct error *err) MUST_CHECK;

/*
 * Write the file "path" (manifests/record_writer.h), NULL: standard output;
 * out->out and out->here are not used.
 */
int format_export(const struct format *format,
    const struct format_output *out, const char *path, struct error *err)
    MUST_CHECK;

/*
 * Write a file FOLDER/NAME.SUFFIX for each recording: records are of one when
 * they share audio_filepath or, without that, "recording" or the id; NAME is
 * "recording", the stem of audio_filepath, or the id, "/" being "_".  *n_files
 * is set.
 */
int format_export_files(const struct format *format, const char *folder,
    const struct format_output *out, size_t *n_files, struct error *err)
    MUST_CHECK;

#endif
