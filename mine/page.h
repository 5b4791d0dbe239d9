/*
 * page -- one page of a report, as HTML and as Markdown at once.
 *
 * FOLDER/index.html needs nothing from elsewhere: its style is in it, light or
 * dark as the reader's system is, and it names files of its folder only.
 * FOLDER/index.md says the same.  Texts may be of strangers: what is markup in
 * them is escaped, and bytes that are no UTF-8 become "?".
 *
 * Calls do not fail; what went wrong on the way is reported by page_commit.
 */
#ifndef MINE_PAGE_H
#define MINE_PAGE_H

#include <stddef.h>

#include "base/error.h"

struct page;

/* Begin both files.  The folder is made.  NULL with an error. */
struct page *page_open(const char *folder, const char *title,
    struct error *err) MUST_CHECK;
int page_commit(struct page *p, struct error *err) MUST_CHECK;
void page_abandon(struct page *p);	/* NULL: does nothing */

void page_heading(struct page *p, const char *text);

/* A paragraph. */
void page_text(struct page *p, const char *fmt, ...) ERROR_PRINTF(2, 3);

/* A paragraph that leads to a file of the folder. */
void page_link(struct page *p, const char *file, const char *text);

/* A table: its head, its rows, its end; cells [n]; NULL is empty. */
void page_table(struct page *p, const char *const *cells, size_t n);
void page_row(struct page *p, const char *const *cells, size_t n);
void page_table_end(struct page *p);

/* A picture or a sound of the folder; the text says what is in it. */
void page_picture(struct page *p, const char *file, const char *text);
void page_sound(struct page *p, const char *file, const char *text);

#endif
