#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/sound_file.h"

#define MAX_VALUE 16.0

const char *
sound_file_label(const char *path, char label[SOUND_FILE_LABEL_BYTES])
{
	size_t n = strlen(path);

	if (n < SOUND_FILE_LABEL_BYTES)
		(void)snprintf(label, SOUND_FILE_LABEL_BYTES, "%s", path);
	else
		(void)snprintf(label, SOUND_FILE_LABEL_BYTES, "%.100s...%s",
		    path, path + n - 100);
	return label;
}

double
sound_file_limit(double sample)
{
	/* Not by fmin and fmax, which are calls, for every sample there is. */
	return sample > MAX_VALUE ? MAX_VALUE :
	    sample < -MAX_VALUE ? -MAX_VALUE : sample;
}

/* Say what is wrong with a file that is there, or 0. */
static int
check_kind(const struct stat *st, const char *label, struct error *err)
{
	if (S_ISDIR(st->st_mode))
		return error_set(err, ERROR_FORMAT,
		    "%s is a folder, not a sound file", label);
	if (!S_ISREG(st->st_mode))
		return error_set(err, ERROR_FORMAT,
		    "%s is a pipe or a device; only files are read", label);
	if (st->st_size == 0)
		return error_set(err, ERROR_FORMAT, "%s is empty", label);
	return 0;
}

FILE *
sound_file_open(const char *path, int64_t *n_bytes, struct error *err)
{
	char label[SOUND_FILE_LABEL_BYTES];
	struct stat st;
	FILE *f;
	int fd;

	sound_file_label(path, label);
	/* Without O_NONBLOCK a pipe that nobody writes would hold us here. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		error_set_errno(err, "opening %s", label);
		return NULL;
	}
	if (fstat(fd, &st) != 0) {
		error_set_errno(err, "looking at %s", label);
		goto fail;
	}
	if (check_kind(&st, label, err) != 0)
		goto fail;
	if ((f = fdopen(fd, "rb")) == NULL) {
		error_set_errno(err, "opening %s", label);
		goto fail;
	}
	if (n_bytes != NULL)
		*n_bytes = (int64_t)st.st_size;
	return f;

fail:
	close(fd);
	return NULL;
}
