#include "base/span.h"
#include "store/escape.h"
#include "store/rows_internal.h"

#include <math.h>
#include <stdio.h>

static const struct {
        enum ww_event_flag flag;
        const char *name;
} event_flags[] = {
        { WW_EVENT_RETAINED, "retained" }, { WW_EVENT_LATE, "late" },         { WW_EVENT_CLOCK_SKEW, "clock-skew" },
        { WW_EVENT_SUSPECT, "suspect" },   { WW_EVENT_EXERCISE, "exercise" }, { WW_EVENT_DUPLICATE, "duplicate" },
        { WW_EVENT_INITIAL, "initial" },
};
#define EVENT_FLAGS (sizeof event_flags / sizeof *event_flags)

static void copy_event_flags(struct copy *c, uint32_t flags) {
        const char *names[EVENT_FLAGS];
        size_t n = 0;

        for (size_t i = 0; i < EVENT_FLAGS; i++) {
                if (flags & event_flags[i].flag)
                        names[n++] = event_flags[i].name;
        }
        copy_texts(c, names, n);
}

/* The shortest digits that read back as the same number; JSON has no NaN and no infinity, those become strings. */
static void put_number(struct buf *out, double d) {
        char text[40];

        if (isnan(d) || isinf(d)) {
                buf_puts(out, isnan(d) ? "\"NaN\"" : d > 0 ? "\"Infinity\"" : "\"-Infinity\"");
                return;
        }
        if (fabs(d) < 1e15 && d == (double)(int64_t)d) {
                buf_printf(out, "%lld", (long long)d);
                return;
        }
        for (int digits = 15; digits <= 17; digits++) {
                (void)snprintf(text, sizeof text, "%.*g", digits, d);
                if (strtod(text, NULL) == d)
                        break;
        }
        buf_puts(out, text);
}

static void put_value(struct buf *out, struct ww_value v) {
        char text[32];

        switch (v.type) {
        case WW_MISSING:
        case WW_NULL:
                buf_puts(out, "null");
                break;
        case WW_BOOL:
                buf_puts(out, v.boolean ? "true" : "false");
                break;
        case WW_NUMBER:
                put_number(out, v.number);
                break;
        case WW_STRING:
                escape_json(out, v.string);
                break;
        case WW_TIME:
                instant_format(v.usec, text);
                escape_json(out, ww_str(text));
                break;
        case WW_SPAN:
                span_format(v.usec, text);
                escape_json(out, ww_str(text));
                break;
        }
}

static void copy_attributes(struct copy *c, const struct ww_attr *attrs, size_t n) {
        size_t place;

        if (n == 0) {
                copy_null(c);
                return;
        }
        place = copy_open(c);
        buf_put(&c->bytes, "\1{", 2); /* version of jsonb's binary form */
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        buf_put(&c->bytes, ",", 1);
                escape_json(&c->bytes, attrs[i].name);
                buf_put(&c->bytes, ":", 1);
                put_value(&c->bytes, attrs[i].value);
        }
        buf_put(&c->bytes, "}", 1);
        copy_close(c, place);
}

static void copy_value_number(struct copy *c, struct ww_value v) {
        switch (v.type) {
        case WW_BOOL:
                copy_double(c, v.boolean);
                break;
        case WW_NUMBER:
                copy_double(c, v.number);
                break;
        case WW_SPAN:
                copy_double(c, (double)v.usec / WW_SECOND);
                break;
        case WW_MISSING:
        case WW_NULL:
        case WW_STRING:
        case WW_TIME:
                copy_null(c);
                break;
        }
}

static void copy_value_text(struct copy *c, struct ww_value v) {
        char text[32];

        switch (v.type) {
        case WW_BOOL:
                copy_fixed(c, v.boolean ? "true" : "false");
                break;
        case WW_STRING:
                copy_text(c, v.string);
                break;
        case WW_TIME:
                instant_format(v.usec, text);
                copy_fixed(c, text);
                break;
        case WW_SPAN:
                span_format(v.usec, text);
                copy_fixed(c, text);
                break;
        case WW_MISSING:
        case WW_NULL:
        case WW_NUMBER:
                copy_null(c);
                break;
        }
}

void rows_add_event(struct rows *r, uint64_t seq, uint32_t n, const struct ww_event *event) {
        struct copy *c = rows_begin(r, TABLE_EVENT, seq, n);

        rows_note_day(r, event->time);
        copy_integer(c, (int32_t)event->index);
        copy_timestamp(c, event->time);
        copy_timestamp(c, event->received);
        copy_timestamp(c, event->device_time);
        copy_text(c, event->site);
        copy_name(c, event->zone);
        copy_text(c, event->asset);
        copy_name(c, event->device);
        copy_text(c, event->sensor);
        copy_text(c, event->kind);
        copy_fixed(c, ww_state_name(event->state));
        copy_value_number(c, event->value);
        copy_value_text(c, event->value);
        copy_text(c, event->unit);
        copy_attributes(c, event->attrs, event->n_attrs);
        copy_event_flags(c, event->flags);
}
