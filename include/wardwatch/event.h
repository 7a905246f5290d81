#pragma once
/*
 * An event: what decode concludes from a message, what correlate reads, what the store writes.
 *
 * Order of events is the triple (time, seq, index); "later" is strict in it.
 */
#include <wardwatch/kind.h>
#include <wardwatch/value.h>

/* on disk: do not renumber */
enum ww_event_flag {
        WW_EVENT_RETAINED = 1 << 0,   /* came from a retained message */
        WW_EVENT_LATE = 1 << 1,       /* behind the watermark when it came */
        WW_EVENT_CLOCK_SKEW = 1 << 2, /* device time implausible: time is the receive time */
        WW_EVENT_SUSPECT = 1 << 3,    /* a check of the message failed (CRC, length) */
        WW_EVENT_EXERCISE = 1 << 4,   /* drill */
        WW_EVENT_DUPLICATE = 1 << 5,  /* the device's own number was seen before */
        WW_EVENT_INITIAL = 1 << 6,    /* first state heard of this device and family */
};

struct ww_attr {
        struct ww_str name; /* "badge" */
        uint32_t symbol;    /* of `name` in the rule set's symbol table; 0 = not interned */
        struct ww_value value;
};

struct ww_event {
        uint64_t seq;        /* input record it came from */
        uint32_t index;      /* within the message, from 0 */
        int64_t time;        /* event time: the device's if plausible, else received */
        int64_t received;    /* wall clock at intake, UTC */
        int64_t device_time; /* as the device said it, WW_TIME_NONE if it did not */
        ww_family family;    /* WW_FAMILY_NONE when read back from a record */
        struct ww_str kind;  /* name of (family, state): "door.opened" */
        enum ww_state state;
        uint32_t flags;
        struct ww_str site;
        struct ww_str zone;   /* id of the zone the device is in, from the site model; empty = not known */
        struct ww_str asset;  /* id of the asset; empty = device not in the site model */
        uint32_t asset_index; /* site model's index of `asset`, SITE_NONE (UINT32_MAX) if none */
        struct ww_str device;
        struct ww_str sensor;  /* sensor type's name and version, "zigbee2mqtt/1" */
        struct ww_value value; /* number or string; WW_MISSING if none */
        struct ww_str unit;    /* of value; empty = none */
        const struct ww_attr *attrs;
        size_t n_attrs;
};
