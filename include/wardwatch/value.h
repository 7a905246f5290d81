#pragma once
/*
 * A value of an event's field and of the expression language.
 *
 * Missing is not null and not empty: a field that the message does not carry is WW_MISSING, a JSON null is
 * WW_NULL, "" is a string of length 0. A comparison with a missing or null value is false.
 * A span (30m) and an instant are WW_SPAN and WW_TIME, both in microseconds, so that `now - since > 5m` is typed.
 */
#include <wardwatch/str.h>
#include <wardwatch/time.h>

enum ww_value_type {
        WW_MISSING,
        WW_NULL,
        WW_BOOL,
        WW_NUMBER,
        WW_STRING,
        WW_TIME,
        WW_SPAN,
};

struct ww_value {
        enum ww_value_type type;
        union {
                bool boolean;
                double number;
                struct ww_str string;
                int64_t usec; /* WW_TIME, WW_SPAN */
        };
};

static inline struct ww_value ww_missing(void) {
        return (struct ww_value){ .type = WW_MISSING };
}
static inline struct ww_value ww_bool(bool b) {
        return (struct ww_value){ .type = WW_BOOL, .boolean = b };
}
static inline struct ww_value ww_number(double d) {
        return (struct ww_value){ .type = WW_NUMBER, .number = d };
}
static inline struct ww_value ww_string(struct ww_str s) {
        return (struct ww_value){ .type = WW_STRING, .string = s };
}
static inline struct ww_value ww_span(int64_t usec) {
        return (struct ww_value){ .type = WW_SPAN, .usec = usec };
}
static inline struct ww_value ww_instant(int64_t usec) {
        return (struct ww_value){ .type = WW_TIME, .usec = usec };
}
