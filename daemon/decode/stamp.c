#include "decode/stamp.h"

#include "base/span.h"
#include "decode/document.h"

#include <math.h>

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

bool stamp_read(struct ww_value v, enum stamp_form form, int offset, int64_t *ret) {
        double number;
        int64_t usec;

        if (v.type == WW_NUMBER && form != STAMP_ISO)
                return read_number(v.number, form, ret);
        if (v.type != WW_STRING)
                return false;
        if (form != STAMP_ISO && document_number(v.string, &number))
                return read_number(number, form, ret);
        if ((form != STAMP_ISO && form != STAMP_AUTO) || instant_parse(v.string, offset, &usec) < 0)
                return false;
        if (usec < 0 || usec >= YEAR_2200 * WW_SECOND)
                return false;
        *ret = usec;
        return true;
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
