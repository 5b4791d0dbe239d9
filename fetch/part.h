/*
 * part -- a file that is being fetched: its first bytes, apart from where the
 * whole will lie, and of which version they are.
 *
 * Beside the partial file PATH lies PATH.state, a JSON object:
 *
 *	{"url": ..., "validator": ..., "n_bytes": ...}
 *
 * "validator" is what the server can tell the version by (answer_validator),
 * "n_bytes" the length of the whole where it is known.  A state that is not
 * of the address, or that cannot be read, is as none.
 */
#ifndef FETCH_PART_H
#define FETCH_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/hash.h"

#include "fetch/answer.h"

struct part_state {
	char validator[ANSWER_TEXT_BYTES];	/* "": none */
	bool has_total;
	size_t n_total;		/* bytes of the whole */
};

struct part {
	const char *path;	/* borrowed, as the url */
	const char *url;
	char *state_path;
	int fd;
	size_t n_bytes;		/* that are there */
	struct part_state state;
	bool is_saved;		/* the state lies beside it as it is */
	bool is_whole;		/* needs no state any more */
	struct hash *hash;	/* of its first n_hashed bytes */
	size_t n_hashed;
	char *buffer;		/* to read them into */
};

/*
 * Open it, or make it with its folder, and keep others off it; ERROR_BUSY when
 * another process has it.  What writes it may be killed at any time.
 */
int part_open(struct part *p, const char *path, const char *url,
    struct error *err) MUST_CHECK;

/* Drop the bytes and the state. */
int part_empty(struct part *p, struct error *err) MUST_CHECK;

/* Write behind the bytes that are there. */
int part_write(struct part *p, const char *bytes, size_t n_bytes,
    struct error *err) MUST_CHECK;

/*
 * Put the state beside the file.  Not synced: after a loss of power it may be
 * missing or torn, and then all is fetched again.
 */
int part_save(struct part *p, struct error *err) MUST_CHECK;

/*
 * Hash what was not hashed before of the bytes that are there.  Another thread
 * may be within part_write meanwhile, but not within part_empty.
 */
int part_hash(struct part *p, struct error *err) MUST_CHECK;

/* The SHA-256 of all, when nobody writes. */
int part_finish_hash(struct part *p, char sha256[HASH_HEX_BYTES],
    struct error *err) MUST_CHECK;

/*
 * Close it.  What is whole stays, or has been renamed, and its state goes.  Of
 * what is not, both files are removed without "keep", or without a byte; else
 * the state is put beside it if that can be.
 */
void part_close(struct part *p, bool keep);

/* Read a state from its text; false when it is none or of another address. */
bool part_read_state(const char *text, size_t n_bytes, const char *url,
    struct part_state *state);

#endif
