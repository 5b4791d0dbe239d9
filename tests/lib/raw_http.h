/*
 * raw_http -- bytes to a port of this machine and bytes back, for tests of
 * what a web server does with anything.
 */
#ifndef TESTS_LIB_RAW_HTTP_H
#define TESTS_LIB_RAW_HTTP_H

#include <stddef.h>

/*
 * A socket to 127.0.0.1:port from 127.0.0.FROM (1..254); what is read or
 * written gives up after 10 s.  -1 when there is no connection.
 */
int raw_http_connect(unsigned port, unsigned from);

/* 0, or -1 when the other side has closed. */
int raw_http_write(int fd, const char *bytes, size_t n_bytes);

/*
 * Read one whole answer: header and Content-Length bytes (none to HEAD), or
 * what comes until the end.  A zero byte is put behind it.  Returns its bytes;
 * 0 when the other side has closed before one came.  "text" has room for
 * n_text.
 */
size_t raw_http_read(int fd, int is_head, char *text, size_t n_text);

/* All in one: the answer to these bytes, on a connection of their own. */
size_t raw_http_ask(unsigned port, const char *bytes, size_t n_bytes,
    char *text, size_t n_text);

/* The status of an answer, or 0. */
unsigned raw_http_status(const char *text);

/* The value of a header of the answer, to the line's end; NULL: not there. */
const char *raw_http_header(const char *text, const char *name);

#endif
