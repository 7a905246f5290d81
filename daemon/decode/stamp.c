#include "decode/stamp.h"

#include "base/span.h"
#include "decode/document.h"
#include "decode/stamp_pattern.h"

#include <math.h>
#include <stdio.h>

#define YEAR_2200 INT64_C(7258118400) /* seconds */

const char *const stamp_forms[] = { "auto", "iso", "epoch_s", "epoch_ms", "epoch_us" };
const size_t stamp_forms_n = sizeof stamp_forms / sizeof *stamp_forms;

int stamp_form_find(struct ww_str name) {
        for (size_t i = 0; i < stamp_forms_n; i++)
                if (ww_str_is(name, stamp_forms[i]))
                        return (int)i;
        return -1;
}

/* µs for one of a number's unit; by its size if nobody says: seconds end at 1e11 (year 5138), milliseconds at 1e14 */
static double unit_of(double v, enum stamp_form form) {
        switch (form) {
        case STAMP_EPOCH_S:
                return 1e6;
        case STAMP_EPOCH_MS:
                return 1e3;
        case STAMP_EPOCH_US:
                return 1;
        case STAMP_AUTO:
        case STAMP_ISO:
        case STAMP_PATTERN:
                break;
        }
        if (v < 1e11)
                return 1e6;
        return v < 1e14 ? 1e3 : v < 1e17 ? 1 : 1e-3;
}

static bool read_number(double v, enum stamp_form form, int64_t *ret) {
        double usec = v * unit_of(v, form);

        if (!(v > 0) || usec >= (double)YEAR_2200 * 1e6)
                return false;
        *ret = llround(usec);
        return true;
}

/* A text without an offset is read alike whatever offset is taken for it, but for that offset. */
static bool read_iso(struct ww_str text, struct stamp_local local, int64_t *ret) {
        int64_t other;

        if (!local.zone)
                return instant_parse(text, local.offset, ret) == 0;
        if (instant_parse(text, 0, ret) < 0 || instant_parse(text, 60, &other) < 0)
                return false;
        if (*ret != other)
                *ret = stamp_local_instant(local, *ret);
        return true;
}

static bool read_text(struct ww_str text, const struct stamp_how *how, const struct timezone_table *site,
                      int64_t *ret) {
        struct stamp_local local = { how->site ? site : how->zone, how->offset };
        bool pattern = how->form == STAMP_PATTERN;
        double number;
        int64_t usec;

        if (how->form != STAMP_ISO && !pattern && document_number(text, &number))
                return read_number(number, how->form, ret);
        if (!pattern && how->form != STAMP_ISO && how->form != STAMP_AUTO)
                return false;
        if (!(pattern ? stamp_pattern_read(how->pattern, text, local, &usec) : read_iso(text, local, &usec)))
                return false;
        if (usec < 0 || usec >= YEAR_2200 * WW_SECOND)
                return false;
        *ret = usec;
        return true;
}

bool stamp_read(struct ww_value v, const struct stamp_how *how, const struct timezone_table *site, int64_t *ret) {
        char digits[32];

        if (v.type == WW_STRING)
                return read_text(v.string, how, site, ret);
        if (v.type != WW_NUMBER || how->form == STAMP_ISO)
                return false;
        if (how->form != STAMP_PATTERN)
                return read_number(v.number, how->form, ret);
        /* 20260131090000 is one, too */
        snprintf(digits, sizeof digits, "%.15g", v.number);
        return read_text(ww_str(digits), how, site, ret);
}

static bool two_digits(const char *p, int max, int *ret) {
        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
                return false;
        *ret = (p[0] - '0') * 10 + (p[1] - '0');
        return *ret <= max;
}

bool stamp_offset_parse(struct ww_str s, int *ret) {
        int hours, minutes;

        if (ww_str_is(s, "Z") || ww_str_is(s, "UTC")) {
                *ret = 0;
                return true;
        }
        if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
                return false;
        if (!two_digits(s.p + 1, 14, &hours) || !two_digits(s.p + 4, 59, &minutes))
                return false;
        *ret = (hours * 60 + minutes) * 60 * (s.p[0] == '-' ? -1 : 1);
        return true;
}

int64_t stamp_event_time(int64_t device_time, int64_t received, int64_t delay, bool *ret_skew) {
        int64_t oldest, newest;

        *ret_skew = false;
        if (device_time == WW_TIME_NONE)
                return received;
        if (__builtin_sub_overflow(received, delay, &oldest))
                oldest = INT64_MIN;
        if (__builtin_add_overflow(received, STAMP_AHEAD_MAX, &newest))
                newest = INT64_MAX;
        if (device_time >= oldest && device_time <= newest)
                return device_time;
        *ret_skew = true;
        return received;
}
