#include "decode/stamp_pattern.h"

#include "base/calendar.h"

#include <strings.h>

/* what was read so far */
struct parts {
        struct ww_str rest;
        int year, month, day, day_of_year, hour, minute, second, usec;
        int offset; /* of %z */
        bool noon;  /* %I: the second half of the day */
        bool has_offset;
        int64_t epoch;
};

static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                      "July",    "August",   "September", "October", "November", "December" };
static const char *const days[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };

static void skip_blanks(struct parts *p) {
        while (p->rest.n && (*p->rest.p == ' ' || *p->rest.p == '\t')) {
                p->rest.p++;
                p->rest.n--;
        }
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* Up to `max` digits; how many there were. */
static size_t take_digits(struct parts *p, size_t max, int64_t *ret) {
        size_t n = 0;

        for (*ret = 0; n < max && n < p->rest.n && is_digit(p->rest.p[n]); n++)
                *ret = *ret * 10 + (p->rest.p[n] - '0');
        p->rest.p += n;
        p->rest.n -= n;
        return n;
}

/* One of two digits at most, padded with blanks or not. */
static bool take_number(struct parts *p, size_t max, int least, int most, int *ret) {
        int64_t v;

        skip_blanks(p);
        if (take_digits(p, max, &v) == 0 || v < least || v > most)
                return false;
        *ret = (int)v;
        return true;
}

/* A name, or its first three letters, in any case: its number. */
static bool take_name(struct parts *p, const char *const *names, size_t n_names, int *ret) {
        for (size_t i = 0; i < n_names; i++) {
                size_t n = strlen(names[i]);

                if (p->rest.n < n || strncasecmp(p->rest.p, names[i], n) != 0)
                        n = 3;
                if (p->rest.n < n || strncasecmp(p->rest.p, names[i], n) != 0)
                        continue;
                p->rest.p += n;
                p->rest.n -= n;
                *ret = (int)i;
                return true;
        }
        return false;
}

static bool take_year(struct parts *p) {
        int64_t v;

        p->year = take_digits(p, 4, &v) == 4 ? (int)v : 0;
        return p->year > 0;
}

static bool take_short_year(struct parts *p) {
        int64_t v;

        if (take_digits(p, 2, &v) != 2)
                return false;
        p->year = (int)v + (v < 70 ? 2000 : 1900);
        return true;
}

static bool take_month(struct parts *p) {
        return take_number(p, 2, 1, 12, &p->month);
}

static bool take_month_name(struct parts *p) {
        return take_name(p, months, 12, &p->month) && ++p->month;
}

static bool take_day(struct parts *p) {
        return take_number(p, 2, 1, 31, &p->day);
}

static bool take_day_name(struct parts *p) {
        int day;

        return take_name(p, days, 7, &day);
}

static bool take_day_of_year(struct parts *p) {
        return take_number(p, 3, 1, 366, &p->day_of_year);
}

static bool take_hour(struct parts *p) {
        return take_number(p, 2, 0, 23, &p->hour);
}

static bool take_half_hour(struct parts *p) {
        bool taken = take_number(p, 2, 1, 12, &p->hour);

        p->hour %= 12;
        return taken;
}

static bool take_half(struct parts *p) {
        static const char *const halves[] = { "AM", "PM" };

        for (int i = 0; p->rest.n >= 2 && i < 2; i++)
                if (strncasecmp(p->rest.p, halves[i], 2) == 0) {
                        p->noon = i;
                        p->rest.p += 2;
                        p->rest.n -= 2;
                        return true;
                }
        return false;
}

static bool take_minute(struct parts *p) {
        return take_number(p, 2, 0, 59, &p->minute);
}

static bool take_second(struct parts *p) {
        return take_number(p, 2, 0, 60, &p->second);
}

/* Of nine digits six count. */
static bool take_fraction(struct parts *p) {
        int64_t v;
        size_t n = take_digits(p, 9, &v);

        for (size_t i = n; n && i < 9; i++)
                v *= 10;
        p->usec = (int)(v / 1000);
        return n;
}

/* Z, +08:00, +0800, +08 */
static bool take_offset(struct parts *p) {
        char sign = p->rest.n ? *p->rest.p : 0;
        int hours, minutes = 0;

        if (sign != '+' && sign != '-' && sign != 'Z')
                return false;
        p->has_offset = true;
        p->rest.p++;
        p->rest.n--;
        if (sign == 'Z')
                return true;
        if (!take_number(p, 2, 0, 14, &hours))
                return false;
        if (p->rest.n && *p->rest.p == ':') {
                p->rest.p++;
                p->rest.n--;
        }
        if (p->rest.n && is_digit(*p->rest.p) && !take_number(p, 2, 0, 59, &minutes))
                return false;
        p->offset = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
        return true;
}

static bool take_epoch(struct parts *p) {
        return take_digits(p, 12, &p->epoch) > 0;
}

static bool take_percent(struct parts *p) {
        bool there = p->rest.n && *p->rest.p == '%';

        p->rest.p += there;
        p->rest.n -= there;
        return there;
}

/* what a directive says, as bits */
enum says {
        SAYS_YEAR = 1,
        SAYS_MONTH = 2,
        SAYS_DAY = 4,
        SAYS_DATE = 8, /* within the year */
        SAYS_HOUR = 16,
        SAYS_HALF_HOUR = 32,
        SAYS_HALF = 64,
        SAYS_EPOCH = 128,
};

const struct stamp_directive stamp_directives[] = {
        { 'Y', "year, four digits" },
        { 'y', "year, two digits: 1970 to 2069" },
        { 'm', "month, 1 to 12" },
        { 'b', "month by its English name, whole or three letters" },
        { 'd', "day of the month" },
        { 'j', "day of the year" },
        { 'a', "weekday by its English name; passed over" },
        { 'H', "hour, 0 to 23" },
        { 'I', "hour, 1 to 12" },
        { 'p', "AM or PM" },
        { 'M', "minute" },
        { 'S', "second" },
        { 'f', "what stands behind the second's point, up to nine digits; a microsecond counts" },
        { 'z', "Z, +08:00, +0800 or +08" },
        { 's', "seconds since 1970" },
        { '%', "a percent sign" },
};
const size_t stamp_directives_n = sizeof stamp_directives / sizeof *stamp_directives;

/* by the directive's number above */
static const struct {
        bool (*take)(struct parts *p);
        unsigned says;
} acts[] = {
        { take_year, SAYS_YEAR },
        { take_short_year, SAYS_YEAR },
        { take_month, SAYS_MONTH },
        { take_month_name, SAYS_MONTH },
        { take_day, SAYS_DAY },
        { take_day_of_year, SAYS_DATE },
        { take_day_name, 0 },
        { take_hour, SAYS_HOUR },
        { take_half_hour, SAYS_HALF_HOUR },
        { take_half, SAYS_HALF },
        { take_minute, 0 },
        { take_second, 0 },
        { take_fraction, 0 },
        { take_offset, 0 },
        { take_epoch, SAYS_EPOCH },
        { take_percent, 0 },
};
_Static_assert(sizeof acts / sizeof *acts == sizeof stamp_directives / sizeof *stamp_directives,
               "each directive has its act");

/* The number of the directive behind the percent sign; -1 = none. */
static int directive_at(struct ww_str pattern, size_t i) {
        for (size_t k = 0; i + 1 < pattern.n && k < stamp_directives_n; k++)
                if (stamp_directives[k].letter == pattern.p[i + 1])
                        return (int)k;
        return -1;
}

const char *stamp_pattern_check(struct ww_str pattern) {
        unsigned says = 0;
        bool date, hour;

        if (pattern.n > STAMP_PATTERN_MAX)
                return "it is longer than 64 bytes";
        for (size_t i = 0; i < pattern.n; i++) {
                int directive;

                if (pattern.p[i] != '%')
                        continue;
                directive = directive_at(pattern, i++);
                if (directive < 0)
                        return "a percent sign without one of the letters of the reference";
                says |= acts[directive].says;
        }
        if (says & SAYS_EPOCH)
                return NULL;
        date = says & SAYS_DATE || (says & SAYS_MONTH && says & SAYS_DAY);
        if (!date || !(says & SAYS_YEAR))
                return "it gives no date: %Y or %y, and %m or %b with %d, or %j";
        hour = says & SAYS_HOUR || (says & SAYS_HALF_HOUR && says & SAYS_HALF);
        return hour ? NULL : "it gives no hour: %H, or %I with %p";
}

int64_t stamp_local_instant(struct stamp_local local, int64_t usec) {
        return local.zone ? timezone_first(local.zone, usec) : usec - local.offset * WW_SECOND;
}

static bool take_literal(struct parts *p, char c) {
        if (c == ' ') {
                skip_blanks(p);
                return true;
        }
        if (!p->rest.n || *p->rest.p != c)
                return false;
        p->rest.p++;
        p->rest.n--;
        return true;
}

static bool take_all(struct parts *p, struct ww_str pattern) {
        for (size_t i = 0; i < pattern.n; i++) {
                int directive = pattern.p[i] == '%' ? directive_at(pattern, i) : -1;

                i += directive >= 0;
                if (!(directive < 0 ? take_literal(p, pattern.p[i]) : acts[directive].take(p)))
                        return false;
        }
        skip_blanks(p);
        return p->rest.n == 0;
}

static bool day_of(const struct parts *p, int64_t *ret) {
        struct calendar_date date = { p->year, p->month, p->day };
        int64_t first = calendar_day((struct calendar_date){ p->year, 1, 1 });

        if (!p->day_of_year) {
                *ret = calendar_day(date);
                return calendar_has(date);
        }
        *ret = first + p->day_of_year - 1;
        return calendar_date(*ret).year == p->year;
}

bool stamp_pattern_read(struct ww_str pattern, struct ww_str text, struct stamp_local local, int64_t *ret) {
        struct parts p = { .rest = text, .epoch = -1 };
        int64_t day, usec;

        if (!take_all(&p, pattern))
                return false;
        if (p.epoch >= 0) {
                *ret = p.epoch * WW_SECOND + p.usec;
                return true;
        }
        if (!day_of(&p, &day))
                return false;
        usec = day * WW_DAY + (p.hour + (p.noon ? 12 : 0)) * WW_HOUR + p.minute * WW_MINUTE + p.second * WW_SECOND +
               p.usec;
        if (p.has_offset)
                local = (struct stamp_local){ .offset = p.offset };
        *ret = stamp_local_instant(local, usec);
        return true;
}
