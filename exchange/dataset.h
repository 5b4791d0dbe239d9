/*
 * dataset -- fragments as a folder that other programs read.
 *
 * For each version of each fragment the sound is cut
 * (exchange/fragment_sound.h) and a list says what it is.  Ids become parts of
 * paths: bytes other than letters, digits, ".", "-", "_" and those of UTF-8,
 * and a dot in front, are written as %XX.  What a list names is there: it
 * appears last, when all else is written.  The same catalogue gives the same
 * bytes.
 *
 * DATASET_TREE, as the CHAD dataset has it: GROUP/FRAGMENT/ID.wav and
 * dataset.csv (store/chad_table.h).
 *
 * DATASET_AUDIOFOLDER, Hugging Face's datasets.load_dataset("audiofolder"):
 * audio/GROUP/FRAGMENT/ID.flac and metadata.jsonl with "file_name", the path
 * from there, and the members of the row.
 *
 * DATASET_WEBDATASET: fragments-000000.tar and so on, of at most shard_bytes
 * of files (one sample at least); a sample is KEY.flac and KEY.json, where KEY
 * is GROUP/FRAGMENT/ID with every other dot written as %2E too, since a key
 * ends at the first dot.  No times or owners are stored.
 *
 * DATASET_LABEL_STUDIO: the audio as in DATASET_AUDIOFOLDER; tasks.json, to be
 * imported, in which each version but the original is a task with the sounds
 * "audio" and "original_audio" (urls: url_prefix and the path), and what was
 * found as a prediction: the region in each sound, and a choice accept, reject
 * or unsure by the decision; config.xml, the labelling interface that has
 * these names.
 */
#ifndef EXCHANGE_DATASET_H
#define EXCHANGE_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/catalogue.h"
#include "store/fragments.h"

#include "exchange/fragment_sound.h"

enum dataset_kind {
	DATASET_TREE,
	DATASET_AUDIOFOLDER,
	DATASET_WEBDATASET,
	DATASET_LABEL_STUDIO
};

struct dataset_options {
	enum dataset_kind kind;
	const char *folder;		/* made when missing */
	struct fragment_sound sound;	/* its format is set by the kind */
	uint64_t shard_bytes;
	const char *url_prefix;
	size_t n_threads;
	/* A version that was left out, and why. */
	void (*complain)(void *context, const char *id,
	    const struct error *why);
	void *context;
};

/* -1 when the dataset could not be written; *n_written counts versions. */
int dataset_write(struct catalogue *c, const struct fragments_filter *filter,
    const struct dataset_options *options, size_t *n_written,
    struct error *err) MUST_CHECK;

#endif
