#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include "fetch/part.h"

#define MAX_STATE_BYTES ((size_t)64 << 10)
#define MAX_TOTAL_BYTES ((size_t)1 << 50)
#define READ_BYTES ((size_t)32 << 10)

/* Only what may stand in a header of a request. */
static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 32 || *text > 126)
			return false;
	return true;
}

static bool
take_state(const struct json *j, const char *url, struct part_state *state)
{
	const char *of, *validator;

	if (json_want_string(j, "url", &of, NULL) != 0 ||
	    strcmp(of, url) != 0 ||
	    json_get_string(j, "validator", "", &validator, NULL) != 0 ||
	    strlen(validator) >= ANSWER_TEXT_BYTES || !is_printable(validator))
		return false;
	memcpy(state->validator, validator, strlen(validator) + 1);
	state->has_total = json_has(j, "n_bytes");
	return !state->has_total || (json_want_size(j, "n_bytes",
	    &state->n_total, NULL) == 0 && state->n_total <= MAX_TOTAL_BYTES);
}

bool
part_read_state(const char *text, size_t n_bytes, const char *url,
    struct part_state *state)
{
	struct json *j = json_parse(text, n_bytes, NULL);
	bool is_one;

	memset(state, 0, sizeof(*state));
	is_one = j != NULL && take_state(j, url, state);
	if (!is_one)
		memset(state, 0, sizeof(*state));
	json_free(j);
	return is_one;
}

static void
load_state(struct part *p)
{
	struct arena *a = arena_new();
	size_t n_bytes = 0;
	const char *text = NULL;

	memset(&p->state, 0, sizeof(p->state));
	if (a != NULL)
		text = file_read(p->state_path, MAX_STATE_BYTES, a, &n_bytes,
		    NULL);
	p->is_saved = text != NULL &&
	    part_read_state(text, n_bytes, p->url, &p->state);
	/* More than all there is: of something else. */
	if (p->is_saved && p->state.has_total && p->n_bytes > p->state.n_total)
		memset(&p->state, 0, sizeof(p->state));
	arena_free(a);
}

/* A state that is none, or of no bytes, must not stand beside other ones. */
static void
take_saved(struct part *p)
{
	if (p->n_bytes > 0)
		load_state(p);
	if (!p->is_saved)
		(void)unlink(p->state_path);
}

/* Is the open file still what the path leads to? */
static bool
is_at(const struct stat *open_one, const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == open_one->st_dev &&
	    st.st_ino == open_one->st_ino;
}

/*
 * Open the file to write behind its end and keep other processes off it.
 * Unbuffered, so that a kill loses nothing that came.
 */
static int
open_locked(struct part *p, struct error *err)
{
	const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC |
	    O_NOFOLLOW | O_NONBLOCK;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat st;

	p->fd = open(p->path, flags, 0666);
	if (p->fd < 0 && errno == ENOENT) {
		if (file_make_parent(p->path, err) != 0)
			return -1;
		p->fd = open(p->path, flags, 0666);
	}
	if (p->fd < 0 || fstat(p->fd, &st) != 0)
		return error_set_errno(err, "cannot write %s", p->path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_OUTPUT, "%s is no plain file, so "
		    "it is not written over", p->path);
	if (fcntl(p->fd, F_SETLK, &lock) != 0 &&
	    (errno == EACCES || errno == EAGAIN))
		return error_set(err, ERROR_BUSY, "%s: another program is "
		    "fetching into it: wait for its end", p->path);
	/* It may have become whole and been renamed before the lock. */
	if (!is_at(&st, p->path))
		return error_set(err, ERROR_BUSY, "%s: another program has "
		    "just fetched it: run the same command again", p->path);
	p->n_bytes = (size_t)st.st_size;
	return 0;
}

static void
release(struct part *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	hash_free(p->hash);
	memory_free(p->buffer);
	memory_free(p->state_path);
	p->fd = -1;
	p->hash = NULL;
	p->buffer = p->state_path = NULL;
}

int
part_open(struct part *p, const char *path, const char *url,
    struct error *err)
{
	const size_t n = strlen(path) + sizeof(".state");

	memset(p, 0, sizeof(*p));
	p->path = path;
	p->url = url;
	p->fd = -1;
	p->state_path = memory_new(n, 1, "bytes of a path", err);
	p->buffer = memory_new(READ_BYTES, 1, "bytes to read into", err);
	p->hash = hash_new(err);
	if (p->state_path == NULL || p->buffer == NULL || p->hash == NULL) {
		release(p);
		return -1;
	}
	(void)snprintf(p->state_path, n, "%s.state", path);
	if (open_locked(p, err) != 0) {
		release(p);
		return -1;
	}
	take_saved(p);
	return 0;
}

int
part_empty(struct part *p, struct error *err)
{
	if (ftruncate(p->fd, 0) != 0)
		return error_set_errno(err, "cannot empty %s", p->path);
	/* It must not stand beside bytes of another version. */
	(void)unlink(p->state_path);
	p->n_bytes = 0;
	memset(&p->state, 0, sizeof(p->state));
	p->is_saved = false;
	p->n_hashed = 0;
	return 0;
}

int
part_write(struct part *p, const char *bytes, size_t n_bytes,
    struct error *err)
{
	while (n_bytes > 0) {
		const ssize_t n = write(p->fd, bytes, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return error_set_errno(err, "cannot write %s",
			    p->path);
		}
		bytes += n;
		n_bytes -= (size_t)n;
		p->n_bytes += (size_t)n;
	}
	return 0;
}

int
part_hash(struct part *p, struct error *err)
{
	ssize_t n;

	if (p->n_hashed == 0)
		hash_restart(p->hash);
	while ((n = pread(p->fd, p->buffer, READ_BYTES,
	    (off_t)p->n_hashed)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(err, "cannot read %s", p->path);
		hash_add(p->hash, p->buffer, (size_t)n);
		p->n_hashed += (size_t)n;
	}
	return 0;
}

int
part_finish_hash(struct part *p, char sha256[HASH_HEX_BYTES],
    struct error *err)
{
	if (part_hash(p, err) != 0)
		return -1;
	if (p->n_hashed != p->n_bytes)
		return error_set(err, ERROR_OUTPUT, "%s: another program has "
		    "written into it: run the same command again", p->path);
	hash_finish(p->hash, sha256);
	p->n_hashed = 0;
	return 0;
}

/* The text of the state, arena memory, or NULL. */
static const char *
state_text(const struct part *p, struct arena *a, struct error *err)
{
	struct json *j = json_new_object(err);
	const char *text = NULL;

	if (j != NULL && json_put_string(j, "url", p->url, err) == 0 &&
	    json_put_string(j, "validator", p->state.validator, err) == 0 &&
	    (!p->state.has_total || json_put_size(j, "n_bytes",
	    p->state.n_total, err) == 0))
		text = json_text(j, a, err);
	json_free(j);
	return text;
}

int
part_save(struct part *p, struct error *err)
{
	struct arena *a = arena_new();
	const char *text = NULL;
	FILE *out;
	bool is_bad;

	if (a == NULL)
		error_set(err, ERROR_NOMEM, "out of memory");
	else
		text = state_text(p, a, err);
	out = text != NULL ? fopen(p->state_path, "we") : NULL;
	if (text != NULL && out == NULL)
		(void)error_set_errno(err, "cannot write %s", p->state_path);
	is_bad = out == NULL;
	if (out != NULL) {
		is_bad = fputs(text, out) == EOF;
		is_bad |= fclose(out) != 0;
		if (is_bad)
			(void)error_set_errno(err, "cannot write %s",
			    p->state_path);
	}
	p->is_saved = !is_bad;
	arena_free(a);
	return is_bad ? -1 : 0;
}

void
part_close(struct part *p, bool keep)
{
	if (p->fd < 0)
		return;
	keep = keep && p->n_bytes > 0;
	if (!keep && !p->is_whole)
		(void)unlink(p->path);
	if ((!keep || p->is_whole) && p->is_saved)
		(void)unlink(p->state_path);
	/* Without it all is fetched again, which is no reason to fail. */
	if (keep && !p->is_whole && !p->is_saved &&
	    p->state.validator[0] != '\0')
		(void)(part_save(p, NULL) == 0);
	release(p);
}
