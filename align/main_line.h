/*
 * main_line -- which fragments follow the course of the work, and which repeat.
 *
 * The main line is the sequence of fragments that go forward in both
 * recordings and weigh most together, by length and agreement: the cover sung
 * along the original.  The others are repeats: sections sung again, which are
 * as good, and verses and phrases that resemble others of the work, which are
 * not; they deserve more doubt.
 */
#ifndef ALIGN_MAIN_LINE_H
#define ALIGN_MAIN_LINE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "align/aligner.h"

/* What a fragment weighs: seconds by agreement above that of strangers. */
double main_line_weight(const struct aligner_fragment *f);

/*
 * Set is_repeat of fragments [n], which are in the order of their beginnings
 * in the original.
 */
int main_line_mark(struct aligner_fragment *fragments, size_t n,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
