#pragma once
/*
 * What the record files share: the head around a body, and the fields that occur in more than one record.
 *
 * A get function of a field out of its range latches `in->failed`, as the reader does at the end of the bytes, so that
 * a long run of gets is checked once, by record_close().
 */
#include "base/arena.h"
#include "base/buf.h"
#include <wardwatch/record.h>

/* first byte of a record; on disk: do not renumber */
enum record_magic {
        RECORD_INPUT = 0xa1,
        RECORD_OUTPUT = 0xa2,
        RECORD_LIVE = 0xa3,
};

/** Room for the head; returns where the record begins in `out`. */
size_t record_open(struct buf *out, enum record_magic magic, uint8_t type);
/** Puts the checksum over what was written since. On an error the buffer is as before record_open. 0, -ENOMEM. */
int record_seal(struct buf *out, size_t start);

/** Checks head and checksum; *ret_type, and a reader over the body. 0, RECORD_E_CHECKSUM, RECORD_E_VERSION. */
int record_unseal(struct ww_str bytes, enum record_magic magic, uint8_t *ret_type, struct rd *ret_body);
/** 0 if the body was read whole and right, else RECORD_E_MALFORMED. */
int record_close(const struct rd *in);

/** A varint not above `max`. */
uint32_t record_get_max(struct rd *in, uint32_t max);
/** An instant near another one: in most records they are the same second. WW_TIME_NONE is one byte. */
void record_put_near(struct buf *out, int64_t time, int64_t base);
int64_t record_get_near(struct rd *in, int64_t base);
/** A count of things that take `least` bytes each: more than what is left of the body can hold is refused. */
size_t record_get_count(struct rd *in, size_t least);

void record_put_regions(struct buf *out, const struct ww_alarm_regions *regions);
struct ww_alarm_regions record_get_regions(struct rd *in);
void record_put_alarm(struct buf *out, const struct ww_alarm *alarm);
void record_get_alarm(struct rd *in, struct ww_alarm *ret);

void record_put_change(struct buf *out, const struct ww_change *change);
void record_get_change(struct rd *in, struct ww_change *ret);

void record_put_event(struct buf *out, const struct ww_event *event);
int record_get_event(struct rd *in, struct arena *arena, struct ww_event *ret); /* 0, -ENOMEM */
void record_put_transition(struct buf *out, const struct ww_transition *transition);
int record_get_transition(struct rd *in, struct arena *arena, struct ww_transition *ret); /* 0, -ENOMEM */
