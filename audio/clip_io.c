#include <stdio.h>
#include <sys/types.h>

#include <sndfile.h>

#include "audio/clip_io.h"

static sf_count_t
io_size(void *context)
{
	FILE *f = context;
	off_t here = ftello(f);
	off_t end;

	if (here < 0 || fseeko(f, 0, SEEK_END) != 0)
		return -1;
	end = ftello(f);
	if (fseeko(f, here, SEEK_SET) != 0)
		return -1;
	return (sf_count_t)end;
}

static sf_count_t
io_seek(sf_count_t offset, int whence, void *context)
{
	FILE *f = context;

	if (fseeko(f, (off_t)offset, whence) != 0)
		return -1;
	return (sf_count_t)ftello(f);
}

static sf_count_t
io_read(void *bytes, sf_count_t n, void *context)
{
	return (sf_count_t)fread(bytes, 1, (size_t)n, context);
}

static sf_count_t
io_write(const void *bytes, sf_count_t n, void *context)
{
	return (sf_count_t)fwrite(bytes, 1, (size_t)n, context);
}

static sf_count_t
io_tell(void *context)
{
	return (sf_count_t)ftello(context);
}

SNDFILE *
clip_io_open(FILE *f, int mode, SF_INFO *info)
{
	SF_VIRTUAL_IO io = { io_size, io_seek, io_read, io_write, io_tell };

	return sf_open_virtual(&io, mode, info, f);
}
