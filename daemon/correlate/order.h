#pragma once
/*
 * The place of an event in the one order: its time, the input's number with the index within the message, and what was
 * derived from it (an alarm that other rules read) right behind it: by depth and rule, then as they came. Packed: a log
 * is made of them.
 */
#include "base/buf.h"
#include <wardwatch/event.h>

struct order {
        int64_t time;
        uint64_t input;   /* seq << 16 | index; 0 = a deadline: precedes every event of its time */
        uint32_t derived; /* 0 = the event, or the deadline, itself */
} __attribute__((packed, aligned(4)));

#define ORDER_INDEX_BITS  16
#define ORDER_RULE_BITS   14 /* of `derived`: depth, rule, and a number of the rule's own: see derived.c */
#define ORDER_NUMBER_BITS 14

static inline int order_compare(struct order a, struct order b) {
        if (a.time != b.time)
                return a.time < b.time ? -1 : 1;
        if (a.input != b.input)
                return a.input < b.input ? -1 : 1;
        return (a.derived > b.derived) - (a.derived < b.derived);
}
static inline struct order order_of(const struct ww_event *event) {
        return (struct order){ event->time, event->seq << ORDER_INDEX_BITS | event->index, 0 };
}
static inline struct order order_deadline(int64_t time) {
        return (struct order){ .time = time };
}
/* true for an event, also a derived one; false for a deadline */
static inline bool order_is_event(struct order at) {
        return at.input || at.derived;
}

static inline int64_t time_earlier(int64_t a, int64_t b) {
        return a < b ? a : b;
}

/* ---- in snapshots ---- */

static inline void order_save(struct buf *out, struct order at) {
        buf_put_time(out, at.time);
        buf_put_var(out, at.input);
        buf_put_var(out, at.derived);
}
/* an instant with which one may reckon, or none, or never */
static inline int64_t time_load(struct rd *in) {
        int64_t time = rd_time(in);

        if (time != WW_TIME_NONE && time != WW_TIME_NEVER && (time < -(INT64_C(1) << 61) || time > INT64_C(1) << 61))
                in->failed = true;
        return time;
}
static inline struct order order_read(struct rd *in) {
        struct order at = { .time = time_load(in) };

        at.input = rd_var(in);
        at.derived = (uint32_t)rd_var(in);
        return at;
}
/* one that stands in a log */
static inline struct order order_load(struct rd *in) {
        struct order at = order_read(in);

        if (at.time == WW_TIME_NONE || at.time == WW_TIME_NEVER)
                in->failed = true;
        return at;
}
