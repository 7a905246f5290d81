/* A change of a subject, as an output and as a live record: the same body under two heads. */
#include "journal/record_body.h"

#include <stdlib.h>

enum { CHANGE_EXERCISE = 1 << 0, CHANGE_ENDED = 1 << 1, CHANGE_FLAGS = CHANGE_EXERCISE | CHANGE_ENDED };

/* One list of the strings for both directions: the order is the format. */
#define CHANGE_STRINGS(c)                                                                                              \
        { &(c)->what, &(c)->actor, &(c)->reason, &(c)->body }
#define CHANGE_STRINGS_N 4

void record_put_change(struct buf *out, const struct ww_change *c) {
        const struct ww_str *const strings[CHANGE_STRINGS_N] = CHANGE_STRINGS(c);

        buf_put_u8(out, (uint8_t)c->subject);
        buf_put_u8(out, (uint8_t)((c->exercise ? CHANGE_EXERCISE : 0) | (c->ended ? CHANGE_ENDED : 0)));
        buf_put_var(out, c->id);
        buf_put_var(out, c->version);
        buf_put_var(out, c->incident);
        buf_put_time(out, c->time);
        for (size_t i = 0; i < CHANGE_STRINGS_N; i++)
                buf_put_str(out, *strings[i]);
}

void record_get_change(struct rd *in, struct ww_change *ret) {
        struct ww_str *const strings[CHANGE_STRINGS_N] = CHANGE_STRINGS(ret);
        uint32_t flags;

        ret->subject = (enum ww_subject)record_get_max(in, WW_SUBJECT_MAX_ - 1);
        flags = record_get_max(in, CHANGE_FLAGS);
        ret->exercise = flags & CHANGE_EXERCISE;
        ret->ended = flags & CHANGE_ENDED;
        ret->id = rd_var(in);
        ret->version = rd_var(in);
        ret->incident = rd_var(in);
        ret->time = rd_time(in);
        for (size_t i = 0; i < CHANGE_STRINGS_N; i++)
                *strings[i] = rd_str(in);
}

int ww_change_encode(const struct ww_change *change, struct buf *out) {
        size_t start = record_open(out, RECORD_LIVE, (uint8_t)WW_OUTPUT_CHANGE);

        record_put_change(out, change);
        return record_seal(out, start);
}

int ww_change_decode(struct ww_str bytes, struct ww_change *ret) {
        struct ww_change change = { 0 };
        struct rd in;
        uint8_t type;
        int r = record_unseal(bytes, RECORD_LIVE, &type, &in);

        if (r)
                return r;
        if (type != WW_OUTPUT_CHANGE)
                return RECORD_E_MALFORMED;
        record_get_change(&in, &change);
        r = record_close(&in);
        if (r)
                return r;
        *ret = change;
        return 0;
}

int ww_live_check(struct ww_str bytes, uint64_t key) {
        struct ww_change change;
        struct ww_alarm alarm;
        uint64_t own = 0;
        int r;

        if (ww_change_key_subject(key)) {
                r = ww_change_decode(bytes, &change);
                if (!r)
                        own = ww_change_key(change.subject, change.id);
        } else {
                r = ww_alarm_decode(bytes, &alarm);
                if (!r)
                        own = alarm.id;
        }
        return r ? r : own == key ? 0 : RECORD_E_CHECKSUM;
}
