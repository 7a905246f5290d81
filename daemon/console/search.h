#pragma once
/* What on_history.c shares with those who ask the same in another shape. */
#include "console/console_internal.h"
#include "console/history.h"

#include <event2/keyvalq_struct.h>

#define SEARCH_WHY 120

/** NULL: nothing that can be searched by its name. */
const struct history_what *search_what(const char *name);
/** False after refusing: who asks may not see that. */
bool search_may(struct call *call, const struct history_what *w);
/** Leaves out of `w` what those roles may not see. False without memory. */
bool search_withhold(struct history_query *q, const struct history_what *w, unsigned roles);
/** The filters of an address. False: `why` says what is wrong. */
bool search_filters(struct console *c, struct history_query *q, const struct history_what *w,
                    const struct evkeyvalq *query, char why[SEARCH_WHY]);
/** False after refusing: there is no database now. */
bool search_ready(struct call *call);
void search_failed(struct call *call, enum query_result result, const char *why);
/** A page of records of a kind, by the address' other filters. */
void search_records(struct call *call, const char *what, const char *kind);
