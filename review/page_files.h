/*
 * page_files -- the files of the page, compiled in: those of review/page/ and
 * of the packages that review/page/package-lock.json pins, as
 * review/page/embed.py puts them together.
 */
#ifndef REVIEW_PAGE_FILES_H
#define REVIEW_PAGE_FILES_H

#include <stddef.h>

struct page_file {
	const char *name;	/* "index.html": no folders */
	const char *type;	/* Content-Type */
	const unsigned char *bytes;
	size_t n_bytes;
	const char *etag;	/* in its quotes: of the SHA-256 */
};

/* The file of that name, or NULL. */
const struct page_file *page_files_find(const char *name);

/* File i = 0.. in the order of their names; NULL behind the last. */
const struct page_file *page_files_at(size_t i);

#endif
