#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"

#define STEP_MS 20
#define SUFFIX ".lock"

struct lock {
	int fd;
};

/* Try until the lock is there or the time is over. */
static int
wait_for(int fd, const char *path, size_t wait_ms, struct error *err)
{
	const struct timespec step = { 0, STEP_MS * 1000000L };
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	for (size_t waited_ms = 0;; waited_ms += STEP_MS) {
		if (fcntl(fd, F_SETLK, &whole) == 0)
			return 0;
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return error_set_errno(err, "cannot lock %s", path);
		if (waited_ms >= wait_ms)
			return error_set(err, ERROR_BUSY, "another program is "
			    "changing %s: try again when it has ended", path);
		(void)nanosleep(&step, NULL);
	}
}

struct lock *
lock_take(const char *path, size_t wait_ms, struct error *err)
{
	const size_t n_bytes = strlen(path) + sizeof(SUFFIX);
	char *name = memory_new(n_bytes, 1, "bytes of a path", err);
	struct lock *l = memory_new(1, sizeof(*l), "lock", err);

	if (name == NULL || l == NULL)
		goto fail;
	(void)snprintf(name, n_bytes, "%s" SUFFIX, path);
	if (file_make_parent(path, err) != 0)
		goto fail;
	l->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0666);
	if (l->fd < 0) {
		error_set_errno(err, "cannot open %s", name);
		goto fail;
	}
	if (wait_for(l->fd, path, wait_ms, err) != 0) {
		(void)close(l->fd);
		goto fail;
	}
	memory_free(name);
	return l;
fail:
	memory_free(name);
	memory_free(l);
	return NULL;
}

void
lock_free(struct lock *l)
{
	if (l == NULL)
		return;
	(void)close(l->fd);
	memory_free(l);
}
