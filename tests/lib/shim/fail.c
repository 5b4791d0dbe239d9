/*
 * fail -- make one call of the C library fail.
 *
 * Preloaded (LD_PRELOAD) by tests/unit/test_faults.c.  In the environment,
 * FAIL_CALL says what fails and FAIL_AT which of its calls, from 1:
 *	malloc	any request of memory
 *	read	read, fread
 *	write	write, fwrite, fputs, fflush; but not on standard error
 *	close	close, fclose; the file is closed all the same
 * FAIL_SPARE names a library function within which memory does not fail.  When
 * the call was reached, the folder FAIL_MARK is made, so that the test knows
 * that it came that far.  At the end, FAIL_LIVE is made a symbolic link to the
 * number of memory blocks that were never freed.
 */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* What glibc's own allocator is called; looking it up would allocate. */
extern void *__libc_malloc(size_t n_bytes);
extern void *__libc_calloc(size_t count, size_t n_bytes);
extern void *__libc_realloc(void *block, size_t n_bytes);
extern void *__libc_memalign(size_t align, size_t n_bytes);
extern void __libc_free(void *block);

static atomic_int is_ready;	/* from main on */
static atomic_long n_calls;
static atomic_long n_live;

#define MAX_FRAMES 40

/* True when the function that FAIL_SPARE names is being executed. */
static int
is_spared(void)
{
	const char *name = getenv("FAIL_SPARE");
	void *frames[MAX_FRAMES];
	const int n = name == NULL ? 0 : backtrace(frames, MAX_FRAMES);

	for (int i = 0; i < n; i++) {
		Dl_info info;

		if (dladdr(frames[i], &info) != 0 && info.dli_sname != NULL &&
		    strcmp(info.dli_sname, name) == 0)
			return 1;
	}
	return 0;
}

/* True when this call is the one that is to fail. */
static int
must_fail(const char *call, int why)
{
	const char *wanted = getenv("FAIL_CALL");
	const char *at = getenv("FAIL_AT");
	const char *mark = getenv("FAIL_MARK");

	if (!atomic_load(&is_ready) || wanted == NULL || at == NULL ||
	    strcmp(wanted, call) != 0)
		return 0;
	if (atomic_fetch_add(&n_calls, 1) + 1 != atol(at))
		return 0;
	if (mark != NULL)
		(void)mkdir(mark, 0777);
	if (why == ENOMEM && is_spared())
		return 0;
	errno = why;
	return 1;
}

/* What ferror looks at: the bit that glibc calls _IO_ERR_SEEN. */
static void
set_error(FILE *file)
{
	file->_flags |= 0x20;
}

static void *
counted(void *block)
{
	if (block != NULL)
		atomic_fetch_add(&n_live, 1);
	return block;
}

void *
malloc(size_t n_bytes)
{
	return must_fail("malloc", ENOMEM) ? NULL :
	    counted(__libc_malloc(n_bytes));
}

void *
calloc(size_t count, size_t n_bytes)
{
	return must_fail("malloc", ENOMEM) ? NULL :
	    counted(__libc_calloc(count, n_bytes));
}

void *
realloc(void *block, size_t n_bytes)
{
	void *grown;

	if (must_fail("malloc", ENOMEM))
		return NULL;
	grown = __libc_realloc(block, n_bytes);
	return block == NULL ? counted(grown) : grown;
}

void *
aligned_alloc(size_t align, size_t n_bytes)
{
	return must_fail("malloc", ENOMEM) ? NULL :
	    counted(__libc_memalign(align, n_bytes));
}

void
free(void *block)
{
	const int saved_errno = errno;

	if (block != NULL)
		atomic_fetch_sub(&n_live, 1);
	__libc_free(block);
	errno = saved_errno;
}

/* The call behind ours; a function pointer fits a pointer in POSIX. */
#define BEHIND(name) \
	do { \
		if (real == NULL) \
			*(void **)&real = dlsym(RTLD_NEXT, name); \
	} while (0)

ssize_t
read(int fd, void *bytes, size_t n_bytes)
{
	static ssize_t (*real)(int, void *, size_t);

	BEHIND("read");
	return must_fail("read", EIO) ? -1 : real(fd, bytes, n_bytes);
}

size_t
fread(void *items, size_t size, size_t count, FILE *file)
{
	static size_t (*real)(void *, size_t, size_t, FILE *);

	BEHIND("fread");
	if (!must_fail("read", EIO))
		return real(items, size, count, file);
	set_error(file);
	return 0;
}

ssize_t
write(int fd, const void *bytes, size_t n_bytes)
{
	static ssize_t (*real)(int, const void *, size_t);

	BEHIND("write");
	if (fd != STDERR_FILENO && must_fail("write", ENOSPC))
		return -1;
	return real(fd, bytes, n_bytes);
}

size_t
fwrite(const void *items, size_t size, size_t count, FILE *file)
{
	static size_t (*real)(const void *, size_t, size_t, FILE *);

	BEHIND("fwrite");
	if (file != stderr && must_fail("write", ENOSPC)) {
		set_error(file);
		return 0;
	}
	return real(items, size, count, file);
}

int
fputs(const char *text, FILE *file)
{
	static int (*real)(const char *, FILE *);

	BEHIND("fputs");
	if (file != stderr && must_fail("write", ENOSPC)) {
		set_error(file);
		return EOF;
	}
	return real(text, file);
}

int
fflush(FILE *file)
{
	static int (*real)(FILE *);

	BEHIND("fflush");
	if (file != stderr && file != NULL && must_fail("write", ENOSPC)) {
		set_error(file);
		return EOF;
	}
	return real(file);
}

int
close(int fd)
{
	static int (*real)(int);
	const int fails = must_fail("close", EIO);
	int result;

	BEHIND("close");
	result = real(fd);
	if (fails)
		errno = EIO;
	return fails ? -1 : result;
}

int
fclose(FILE *file)
{
	static int (*real)(FILE *);
	const int fails = file != stderr && must_fail("close", EIO);
	int result;

	BEHIND("fclose");
	result = real(file);
	if (fails)
		errno = EIO;
	return fails ? EOF : result;
}

/* The first backtrace loads a library: not when memory is to be counted. */
__attribute__((constructor)) static void
prepare(void)
{
	void *frame;

	(void)backtrace(&frame, 1);
	atomic_store(&is_ready, 1);
}

__attribute__((destructor)) static void
tell_what_lives(void)
{
	const char *path = getenv("FAIL_LIVE");
	char number[32];

	(void)snprintf(number, sizeof(number), "%ld", atomic_load(&n_live));
	if (path != NULL && symlink(number, path) != 0)
		_exit(98);
}
