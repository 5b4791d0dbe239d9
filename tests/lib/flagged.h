/*
 * flagged -- catalogues of flagged fragments, for tests of the queue.
 * Whatever fails ends the program.
 */
#ifndef TESTS_LIB_FLAGGED_H
#define TESTS_LIB_FLAGGED_H

#include <stddef.h>

#include "store/catalogue.h"
#include "store/people.h"

/* Its file, made when missing. */
struct catalogue *flagged_open(const char *path);

/*
 * Add works w0 to w(n_works - 1), each with the fragments f0 to f(n_each - 1)
 * of the recordings o and c.  Fragment k of all of them, from 0, has the
 * probability 0.5 + (k % 97 - 48) / 200 and the decision given.
 */
void flagged_add(struct catalogue *c, size_t first_work, size_t n_works,
    size_t n_each, const char *decision);

/* Add one record. */
void flagged_add_text(struct catalogue *c, const char *text);

/* A person of that name and role, who is invited. */
struct people_person flagged_person(struct catalogue *c, const char *name,
    enum people_role role);

#endif
