/*
 * title -- titles made comparable: one song, one key.
 *
 * "Hey Jude (Live) [Remastered 2009] feat. Somebody" and "HEY, JUDE!" give
 * "hey jude".  Works of an evaluation set are kept out of training by this
 * key as well as by id, since one work may stand under two ids.
 */
#ifndef STORE_TITLE_H
#define STORE_TITLE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * ASCII letters to lower case; text in brackets and what follows "feat.",
 * "ft." or "featuring" left out; runs of other ASCII bytes than letters and
 * digits become one space; bytes from 128 on (UTF-8) are kept.  When nothing
 * would be left, brackets are read as text.  At most n_bytes - 1 bytes and a
 * final zero are written.
 */
void title_normalise(const char *title, char *key, size_t n_bytes);

/*
 * Are two keys perhaps of one song: with the same numbers in them, and at most
 * one letter in eight put in, left out or another (Levenshtein 1966), or the
 * one standing, in whole words, within the other, if it has two words and
 * eight bytes?  "hey jude" and "the beatles hey jude", "hey jude" and "hey
 * judy"; not "symphony no 5" and "symphony no 6".  Keys over TITLE_MAX_LIKE
 * bytes are only alike when they are equal.
 */
#define TITLE_MAX_LIKE 256
bool title_is_like(const char *a, const char *b);

#endif
