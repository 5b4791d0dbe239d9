#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/spool.h"

#define BLOCK_BYTES ((size_t)64 << 10)

static int
write_all(int fd, const char *bytes, size_t n_bytes)
{
	while (n_bytes > 0) {
		const ssize_t n = write(fd, bytes, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		n_bytes -= (size_t)n;
	}
	return 0;
}

static int
copy_input(int fd, struct error *err)
{
	char *block = memory_new(BLOCK_BYTES, 1, "bytes", err);
	int status = -1;
	ssize_t n;

	if (block == NULL)
		return -1;
	for (;;) {
		n = read(STDIN_FILENO, block, BLOCK_BYTES);
		if (n == 0) {
			status = 0;
			break;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			(void)error_set_errno(err, "reading standard input");
			break;
		}
		if (write_all(fd, block, (size_t)n) != 0) {
			(void)error_set_errno(err, "keeping what comes on "
			    "standard input");
			break;
		}
	}
	memory_free(block);
	return status;
}

/* A file in the folder that has no name any more; -1 with an error. */
static int
nameless(const char *folder, struct error *err)
{
	char path[4096];	/* a template of mkstemp */
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/.spool-XXXXXX", folder) >=
	    sizeof(path))
		return error_set(err, ERROR_LIMIT, "the path %.80s... is too "
		    "long", folder);
	if ((fd = mkstemp(path)) < 0)
		return error_set_errno(err, "making a file in %s", folder);
	(void)unlink(path);
	return fd;
}

int
spool_input(const char *folder, struct error *err)
{
	struct stat st;
	int status = 0;
	int fd;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	if ((fd = nameless(folder, err)) < 0)
		return -1;
	status = copy_input(fd, err);
	if (status == 0 && (lseek(fd, 0, SEEK_SET) != 0 ||
	    dup2(fd, STDIN_FILENO) < 0))
		status = error_set_errno(err, "standard input");
	(void)close(fd);
	return status;
}
