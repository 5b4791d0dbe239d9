/*
 * spool -- standard input as a file, for commands that must not hold a lock
 * while a slow pipe makes up its mind.
 */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include "base/error.h"

/*
 * Unless standard input is a file already, read it to its end into a file
 * without a name in "folder" and put that in its place.  The file goes when
 * the process does, however it ends.
 */
int spool_input(const char *folder, struct error *err) MUST_CHECK;

#endif
