/*
 * xml -- the elements of an XML text, one after the other (expat behind it).
 */
#ifndef FORMATS_XML_H
#define FORMATS_XML_H

#include <stddef.h>

#include "base/error.h"

/*
 * Call with the beginning of every element: its name, and its attributes as
 * names and values in turn, NULL at the end; all UTF-8.  A call that gives -1
 * ends it.  Documents that declare entities are refused: a few lines of them
 * can become gigabytes.  Messages name the line.
 */
int xml_each(const char *text, size_t n_bytes,
    int (*element)(void *shared, const char *name,
    const char *const *attributes, size_t line, struct error *err),
    void *shared, struct error *err) MUST_CHECK;

/* The value of an attribute, or NULL. */
const char *xml_attribute(const char *const *attributes, const char *name);

#endif
