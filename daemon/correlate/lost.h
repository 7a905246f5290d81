#pragma once
/*
 * Devices that cannot be reached, as they or their gateways say (`device.offline`): when nothing was heard of them,
 * that means nothing. Clearing timers stand still meanwhile.
 */
#include "base/buf.h"
#include <wardwatch/str.h>

struct lost;

#define LOST_DEVICES_MAX 100000

struct lost_span {
        int64_t from, to; /* to = NEVER: it lasts */
};

struct lost *lost_new(void);
struct lost *lost_free(struct lost *l);
/** `keep`: spans that ended before it are forgotten. 0 or -ENOMEM. Too many devices: the newcomer is left out. */
int lost_set(struct lost *l, struct ww_str device, bool lost, int64_t time, int64_t keep);
/** The first span of the device that ends behind `time`; false: none. */
bool lost_next(const struct lost *l, struct ww_str device, int64_t time, struct lost_span *ret);

int lost_save(const struct lost *l, struct buf *out);
int lost_load(struct lost *l, struct rd *in); /* 0, -EBADMSG, -ENOMEM */
