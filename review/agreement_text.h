/*
 * agreement_text -- how far people agree, as lines to read.
 */
#ifndef REVIEW_AGREEMENT_TEXT_H
#define REVIEW_AGREEMENT_TEXT_H

#include <stdio.h>

#include "base/json.h"

/* A report of agreement_report; a measure without value is a dash. */
void agreement_text_write(const struct json *report, FILE *out);

#endif
