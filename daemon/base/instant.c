/* Instants as RFC 3339 text. */
#include "base/calendar.h"
#include "base/error.h"
#include "base/span.h"

#define YEAR_MIN 1
#define YEAR_MAX 9999

/* One of two characters. */
static inline bool take(struct ww_str *text, char one, char other) {
        if (text->n == 0 || (text->p[0] != one && text->p[0] != other))
                return false;
        text->p++;
        text->n--;
        return true;
}

/* Exactly `width` digits, min..max. */
static inline bool take_number(struct ww_str *text, size_t width, int min, int max, int *ret) {
        int v = 0;

        if (text->n < width)
                return false;
        for (size_t i = 0; i < width; i++) {
                if (text->p[i] < '0' || text->p[i] > '9')
                        return false;
                v = v * 10 + (text->p[i] - '0');
        }
        text->p += width;
        text->n -= width;
        *ret = v;
        return v >= min && v <= max;
}

static bool take_date(struct ww_str *text, int64_t *ret_days) {
        int year, month, day;

        if (!take_number(text, 4, YEAR_MIN, YEAR_MAX, &year) || !take(text, '-', '-') ||
            !take_number(text, 2, 1, 12, &month) || !take(text, '-', '-') || !take_number(text, 2, 1, 31, &day))
                return false;
        *ret_days = calendar_day((struct calendar_date){ year, month, day });
        return calendar_has((struct calendar_date){ year, month, day });
}

/* Microseconds after the point; digits beyond the sixth are cut off. */
static bool take_fraction(struct ww_str *text, int64_t *ret_usec) {
        int64_t v = 0, unit = 100000;
        size_t n = 0;
        int digit;

        while (n < 9 && take_number(text, 1, 0, 9, &digit)) {
                v += digit * unit;
                unit /= 10;
                n++;
        }
        *ret_usec = v;
        return n > 0;
}

/* A leap second (:60) is the first of the next minute, as POSIX counts. */
static bool take_time(struct ww_str *text, int64_t *ret_usec) {
        int hour, minute, second = 0;
        int64_t fraction = 0;

        if (!take_number(text, 2, 0, 23, &hour) || !take(text, ':', ':') || !take_number(text, 2, 0, 59, &minute))
                return false;
        if (take(text, ':', ':')) {
                if (!take_number(text, 2, 0, 60, &second))
                        return false;
                if (take(text, '.', ',') && !take_fraction(text, &fraction))
                        return false;
        }
        *ret_usec = ((int64_t)hour * 3600 + minute * 60 + second) * WW_SECOND + fraction;
        return true;
}

/* Z, +HH:MM, +HHMM, +HH, or nothing. */
static bool take_offset(struct ww_str *text, int default_seconds, int *ret_seconds) {
        int hours, minutes = 0;
        bool west;

        if (text->n == 0) {
                *ret_seconds = default_seconds;
                return true;
        }
        if (take(text, 'Z', 'z')) {
                *ret_seconds = 0;
                return true;
        }
        west = text->p[0] == '-';
        if (!take(text, '+', '-') || !take_number(text, 2, 0, 23, &hours))
                return false;
        if ((take(text, ':', ':') || text->n) && !take_number(text, 2, 0, 59, &minutes))
                return false;
        *ret_seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
        return true;
}

/* What four digits can say in UTC. PostgreSQL reads no year 0: one such instant, and no question that meets it is
 * answered. */
static int64_t instant_first(void) {
        return calendar_day((struct calendar_date){ 1, 1, 1 }) * WW_DAY;
}

static int64_t instant_last(void) {
        return (calendar_day((struct calendar_date){ YEAR_MAX, 12, 31 }) + 1) * WW_DAY - 1;
}

int instant_parse(struct ww_str text, int default_offset_seconds, int64_t *ret_usec) {
        int64_t days, usec;
        int offset;

        if (!take_date(&text, &days) || !(take(&text, 'T', 't') || take(&text, ' ', ' ')) || !take_time(&text, &usec) ||
            !take_offset(&text, default_offset_seconds, &offset) || text.n)
                return -EINVAL;
        usec += days * WW_DAY - offset * WW_SECOND;
        if (usec < instant_first() || usec > instant_last()) /* by its offset from UTC */
                return -EINVAL;
        *ret_usec = usec;
        return 0;
}

static void put_number(char *out, int width, char after, int64_t v) {
        out[width] = after;
        for (int i = width - 1; i >= 0; i--) {
                out[i] = (char)('0' + v % 10);
                v /= 10;
        }
}

void instant_format(int64_t usec, char out[static 32]) {
        const int64_t min = instant_first(), max = instant_last();
        int64_t t = usec < min ? min : usec > max ? max : usec; /* four digits of year, whatever a record says */
        int64_t days = t / WW_DAY - (t % WW_DAY < 0);
        int64_t rest = t - days * WW_DAY;
        struct calendar_date c = calendar_date(days);

        put_number(out, 4, '-', c.year);
        put_number(out + 5, 2, '-', c.month);
        put_number(out + 8, 2, 'T', c.day);
        put_number(out + 11, 2, ':', rest / WW_HOUR);
        put_number(out + 14, 2, ':', rest / WW_MINUTE % 60);
        put_number(out + 17, 2, '.', rest / WW_SECOND % 60);
        put_number(out + 20, 6, 'Z', rest % WW_SECOND);
        out[27] = '\0';
}
