#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/map.h"

int
map_open(const char *path, struct map *m, struct error *err)
{
	struct stat st;
	void *bytes;
	int fd, status = -1;

	memset(m, 0, sizeof(*m));
	/* Not blocking: a pipe must be refused, not waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_set_errno(err, "cannot open %s", path);
	if (fstat(fd, &st) != 0) {
		error_set_errno(err, "cannot read %s", path);
	} else if (!S_ISREG(st.st_mode)) {
		error_set(err, ERROR_FORMAT, "%s is no plain file", path);
	} else if (st.st_size == 0) {
		status = 0;
	} else if ((uintmax_t)st.st_size > SIZE_MAX) {
		error_set(err, ERROR_LIMIT, "%s is too large", path);
	} else {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED,
		    fd, 0);
		if (bytes == MAP_FAILED) {
			error_set_errno(err, "cannot map %s", path);
		} else {
			m->bytes = bytes;
			m->n_bytes = (size_t)st.st_size;
			status = 0;
		}
	}
	(void)close(fd);
	return status;
}

void
map_close(struct map *m)
{
	if (m->bytes != NULL)
		(void)munmap(m->bytes, m->n_bytes);
	memset(m, 0, sizeof(*m));
}
