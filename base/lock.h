/*
 * lock -- one process at a time changes a file.
 *
 * The lock is on "PATH.lock" beside the file, which is made and stays, since
 * the file itself is replaced by renaming.  The system takes the lock away when
 * the process ends, however it ends.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stddef.h>

#include "base/error.h"

struct lock;

/*
 * Wait at most wait_ms for others to be done; ERROR_BUSY when they are not.
 * The folder is made when it is missing.
 */
struct lock *lock_take(const char *path, size_t wait_ms, struct error *err)
    MUST_CHECK;
void lock_free(struct lock *l);	/* NULL: does nothing */

#endif
