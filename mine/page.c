#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"

#include "mine/page.h"

#define TEXT_BYTES 4096		/* longest text of a paragraph or cell */

struct page {
	struct arena *names;
	struct file_new *html_file, *md_file;
	FILE *html, *md;
	char clean[TEXT_BYTES];		/* the text at hand */
};

static const char style[] =
    ":root{color-scheme:light dark;--ink:#222;--paper:#fff;--line:#ccc;"
    "--link:#05c}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#181818;"
    "--line:#444;--link:#8bf}}\n"
    "body{font-family:sans-serif;line-height:1.45;max-width:62em;"
    "margin:2em auto;padding:0 1em;color:var(--ink);"
    "background:var(--paper)}\n"
    "a{color:var(--link)}\n"
    "table{border-collapse:collapse;margin:1em 0;display:block;"
    "overflow-x:auto}\n"
    "th,td{border:1px solid var(--line);padding:.25em .7em;"
    "text-align:left}\n"
    "p{overflow-wrap:anywhere}\n"
    "img{max-width:100%;background:#fff}\n"
    "figure{margin:1em 0}\n"
    "figcaption{font-size:.9em}\n";

/* The text as UTF-8 on one line, cut to what there is room for. */
static const char *
clean(struct page *p, const char *text)
{
	const size_t n = strnlen(text, TEXT_BYTES - 1);

	utf8_clean(p->clean, text, n);
	for (char *s = p->clean; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
	return p->clean;
}

static void
put_html(struct page *p, const char *text)
{
	for (const char *s = clean(p, text); *s != '\0'; s++)
		switch (*s) {
		case '&':
			(void)fputs("&amp;", p->html);
			break;
		case '<':
			(void)fputs("&lt;", p->html);
			break;
		case '>':
			(void)fputs("&gt;", p->html);
			break;
		case '"':
			(void)fputs("&quot;", p->html);
			break;
		default:
			(void)putc(*s, p->html);
		}
}

static void
put_md(struct page *p, const char *text)
{
	for (const char *s = clean(p, text); *s != '\0'; s++) {
		if (strchr("\\`*_[]<>|&#", *s) != NULL)
			(void)putc('\\', p->md);
		(void)putc(*s, p->md);
	}
}

struct page *
page_open(const char *folder, const char *title, struct error *err)
{
	struct page *p = memory_new(1, sizeof(*p), "page", err);
	const char *html, *md;

	if (p == NULL)
		return NULL;
	if ((p->names = arena_new()) == NULL ||
	    (html = arena_printf(p->names, "%s/index.html", folder)) ==
	    NULL ||
	    (md = arena_printf(p->names, "%s/index.md", folder)) == NULL) {
		(void)error_set(err, ERROR_NOMEM, "out of memory");
		goto fail;
	}
	if ((p->html_file = file_create(html, err)) == NULL ||
	    (p->md_file = file_create(md, err)) == NULL)
		goto fail;
	p->html = file_stream(p->html_file);
	p->md = file_stream(p->md_file);
	(void)fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width\">\n<title>", p->html);
	put_html(p, title);
	(void)fprintf(p->html, "</title>\n<style>\n%s</style>\n</head>\n"
	    "<body>\n<h1>", style);
	put_html(p, title);
	(void)fputs("</h1>\n", p->html);
	(void)fputs("# ", p->md);
	put_md(p, title);
	(void)fputs("\n", p->md);
	return p;
fail:
	page_abandon(p);
	return NULL;
}

/* What all ways to end share. */
static void
release(struct page *p)
{
	arena_free(p->names);
	memory_free(p);
}

int
page_commit(struct page *p, struct error *err)
{
	int status;

	(void)fputs("</body>\n</html>\n", p->html);
	status = file_commit(p->html_file, err);
	if (status == 0)
		status = file_commit(p->md_file, err);
	else
		file_abandon(p->md_file);
	release(p);
	return status;
}

void
page_abandon(struct page *p)
{
	if (p == NULL)
		return;
	file_abandon(p->html_file);
	file_abandon(p->md_file);
	release(p);
}

void
page_heading(struct page *p, const char *text)
{
	(void)fputs("<h2>", p->html);
	put_html(p, text);
	(void)fputs("</h2>\n", p->html);
	(void)fputs("\n## ", p->md);
	put_md(p, text);
	(void)fputs("\n", p->md);
}

void
page_text(struct page *p, const char *fmt, ...)
{
	char text[TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)fputs("<p>", p->html);
	put_html(p, text);
	(void)fputs("</p>\n", p->html);
	(void)fputs("\n", p->md);
	put_md(p, text);
	(void)fputs("\n", p->md);
}

void
page_link(struct page *p, const char *file, const char *text)
{
	(void)fputs("<p><a href=\"", p->html);
	put_html(p, file);
	(void)fputs("\">", p->html);
	put_html(p, text);
	(void)fputs("</a></p>\n", p->html);
	(void)fputs("\n[", p->md);
	put_md(p, text);
	(void)fprintf(p->md, "](%s)\n", clean(p, file));
}

/* A row of cells of the kind "td" or "th". */
static void
put_cells(struct page *p, const char *const *cells, size_t n,
    const char *kind)
{
	(void)fputs("<tr>", p->html);
	(void)fputs("|", p->md);
	for (size_t i = 0; i < n; i++) {
		const char *text = cells[i] == NULL ? "" : cells[i];

		(void)fprintf(p->html, "<%s>", kind);
		put_html(p, text);
		(void)fprintf(p->html, "</%s>", kind);
		(void)fputs(" ", p->md);
		put_md(p, text);
		(void)fputs(" |", p->md);
	}
	(void)fputs("</tr>\n", p->html);
	(void)fputs("\n", p->md);
}

void
page_table(struct page *p, const char *const *cells, size_t n)
{
	(void)fputs("<table>\n", p->html);
	(void)fputs("\n", p->md);
	put_cells(p, cells, n, "th");
	(void)fputs("|", p->md);
	for (size_t i = 0; i < n; i++)
		(void)fputs(" --- |", p->md);
	(void)fputs("\n", p->md);
}

void
page_row(struct page *p, const char *const *cells, size_t n)
{
	put_cells(p, cells, n, "td");
}

void
page_table_end(struct page *p)
{
	(void)fputs("</table>\n", p->html);
}

void
page_picture(struct page *p, const char *file, const char *text)
{
	(void)fputs("<figure><img src=\"", p->html);
	put_html(p, file);
	(void)fputs("\" alt=\"", p->html);
	put_html(p, text);
	(void)fputs("\"><figcaption>", p->html);
	put_html(p, text);
	(void)fputs("</figcaption></figure>\n", p->html);
	(void)fputs("\n![", p->md);
	put_md(p, text);
	(void)fprintf(p->md, "](%s)\n", clean(p, file));
}

void
page_sound(struct page *p, const char *file, const char *text)
{
	(void)fputs("<figure><figcaption>", p->html);
	put_html(p, text);
	(void)fputs("</figcaption><audio controls preload=\"none\" src=\"",
	    p->html);
	put_html(p, file);
	(void)fputs("\"></audio></figure>\n", p->html);
	(void)fputs("\n[", p->md);
	put_md(p, text);
	(void)fprintf(p->md, "](%s)\n", clean(p, file));
}
