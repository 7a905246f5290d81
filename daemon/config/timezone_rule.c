/*
 * The rule at the end of a TZif file: a POSIX TZ text, with the hours of RFC 9636 (-167 to 167). Offsets are west of
 * UTC in the text and east of it here.
 */
#include "base/calendar.h"
#include "config/timezone_internal.h"

#define DAY_SECONDS 86400

/* --- reading: each takes what it reads from the front of the text --- */

static bool take(struct ww_str *text, char c) {
        if (!text->n || text->p[0] != c)
                return false;
        text->p++;
        text->n--;
        return true;
}

static bool take_number(struct ww_str *text, int max, int *ret) {
        int v = 0;
        size_t n = 0;

        while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9' && v <= max)
                v = v * 10 + (text->p[n++] - '0');
        text->p += n;
        text->n -= n;
        *ret = v;
        return n && v <= max;
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Three letters or more; in < > also digits and signs. */
static bool take_name(struct ww_str *text) {
        bool quoted = take(text, '<');
        size_t n = 0;

        while (n < text->n && (is_letter(text->p[n]) || (quoted && text->p[n] && strchr("+-0123456789", text->p[n]))))
                n++;
        text->p += n;
        text->n -= n;
        return n >= 3 && (!quoted || take(text, '>'));
}

/* [+-]hh[:mm[:ss]] as seconds */
static bool take_time(struct ww_str *text, int hours_max, int64_t *ret) {
        bool negative = take(text, '-');
        int hours, minutes = 0, seconds = 0;

        if (!negative)
                (void)take(text, '+');
        if (!take_number(text, hours_max, &hours))
                return false;
        if (take(text, ':')) {
                if (!take_number(text, 59, &minutes) || (take(text, ':') && !take_number(text, 59, &seconds)))
                        return false;
        }
        *ret = ((int64_t)hours * 60 + minutes) * 60 + seconds;
        if (negative)
                *ret = -*ret;
        return true;
}

static bool take_month(struct ww_str *text, struct timezone_when *ret) {
        ret->kind = TIMEZONE_MONTH;
        return take_number(text, 12, &ret->month) && ret->month && take(text, '.') &&
               take_number(text, 5, &ret->week) && ret->week && take(text, '.') && take_number(text, 6, &ret->day);
}

static bool take_when(struct ww_str *text, struct timezone_when *ret) {
        bool ok;

        if (take(text, 'M')) {
                ok = take_month(text, ret);
        } else if (take(text, 'J')) {
                ret->kind = TIMEZONE_JULIAN;
                ok = take_number(text, 365, &ret->day) && ret->day;
        } else {
                ret->kind = TIMEZONE_YEAR;
                ok = take_number(text, 365, &ret->day);
        }
        ret->time = 2 * 3600;
        return ok && (!take(text, '/') || take_time(text, 167, &ret->time));
}

bool timezone_rule_parse(struct ww_str text, struct timezone_rule *ret) {
        struct timezone_rule rule = { 0 };

        if (!take_name(&text) || !take_time(&text, 24, &rule.standard))
                return false;
        rule.standard = -rule.standard;
        rule.has_summer = text.n > 0;
        if (rule.has_summer) {
                if (!take_name(&text))
                        return false;
                rule.summer = -rule.standard - 3600;
                if (text.n && text.p[0] != ',' && !take_time(&text, 24, &rule.summer))
                        return false;
                rule.summer = -rule.summer;
                if (!take(&text, ',') || !take_when(&text, &rule.begin) || !take(&text, ',') ||
                    !take_when(&text, &rule.end))
                        return false;
        }
        *ret = rule;
        return text.n == 0;
}

/* --- applying --- */

static int64_t first_of(int64_t year, int month) {
        return calendar_day((struct calendar_date){ year, month, 1 });
}

static int64_t day_in_month(const struct timezone_when *w, int64_t year) {
        int64_t first = first_of(year, w->month), next = first_of(year + w->month / 12, w->month % 12 + 1);
        int sunday_first = (calendar_weekday(first) + 1) % 7;
        int64_t day = first + (w->day - sunday_first + 7) % 7 + 7 * (w->week - 1);

        return day < next ? day : day - 7;
}

/* Seconds since 1970 by a clock that is `offset` ahead of UTC at that moment. */
static int64_t moment(const struct timezone_when *w, int64_t year, int64_t offset) {
        int64_t first = first_of(year, 1), day = first + w->day;

        if (w->kind == TIMEZONE_MONTH)
                day = day_in_month(w, year);
        else if (w->kind == TIMEZONE_JULIAN)
                day = first + w->day - 1 + (w->day > 59 && calendar_has((struct calendar_date){ year, 2, 29 }));
        return day * DAY_SECONDS + w->time - offset;
}

struct change {
        int64_t at, offset;
        int order; /* summer time all the year is written as an end and a beginning at one moment */
};

static int compare_changes(const void *pa, const void *pb) {
        const struct change *a = pa, *b = pb;

        if (a->at != b->at)
                return a->at < b->at ? -1 : 1;
        return a->order - b->order;
}

#define YEARS 405 /* one cycle, and what lies over its ends */

int timezone_rule_apply(const struct timezone_rule *rule, struct timezone_table *z, int64_t last) {
        _cleanup_free_ struct change *changes = calloc(2 * YEARS, sizeof *changes);
        int64_t year = calendar_date(last / DAY_SECONDS).year - 1;
        int r = 0;

        if (!changes)
                return -ENOMEM;
        for (int i = 0; i < YEARS; i++) {
                changes[2 * i] = (struct change){ moment(&rule->begin, year + i, rule->standard), rule->summer, 2 * i };
                changes[2 * i + 1] = (struct change){ moment(&rule->end, year + i, rule->summer), rule->standard,
                                                      2 * i + 1 };
        }
        qsort(changes, 2 * YEARS, sizeof *changes, compare_changes);
        for (int i = 0; r == 0 && i < 2 * YEARS; i++)
                if (changes[i].at > last && (i + 1 == 2 * YEARS || changes[i + 1].at != changes[i].at))
                        r = timezone_add(z, changes[i].at, changes[i].offset);
        z->cycle = first_of(year + 3, 1) * WW_DAY;
        return r;
}
