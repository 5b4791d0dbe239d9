/*
 * report_quarantine -- recordings of which a round kept nothing, and why.
 *
 * These are the covers and hums of works that have an original; chad-mine puts
 * them into quarantine.  The reason is what the records say: no voice in them,
 * nothing found, or found and not certain enough.
 */
#ifndef MINE_REPORT_QUARANTINE_H
#define MINE_REPORT_QUARANTINE_H

#include "base/arena.h"
#include "base/error.h"

#include "mine/page.h"
#include "mine/report_round.h"

/* Put them on the page, at most 200 of them, and those that failed. */
int report_quarantine_put(const struct report_round *round, struct page *p,
    struct arena *a, struct error *err) MUST_CHECK;

#endif
