#pragma once
/* Shared by rows.c (inputs and what is no alarm), rows_event.c and rows_alarm.c. */
#include "store/rows.h"

/** Begins a row with the columns that every table begins with: journal, seq and, if n >= 0, n. */
struct copy *rows_begin(struct rows *r, enum table table, uint64_t seq, int64_t n);
/** The day of a partitioned row. */
void rows_note_day(struct rows *r, int64_t usec);

/** Zones and assets of the bundle that a reload carries. 0, -ENOMEM. */
int rows_add_site(struct rows *r, uint64_t seq, struct ww_str text);
void rows_add_event(struct rows *r, uint64_t seq, uint32_t n, const struct ww_event *event);
void rows_add_transition(struct rows *r, uint64_t seq, uint32_t n, const struct ww_transition *transition);
