/*
 * Days as the keys of schedules and holidays name them: `mon`, `mon-fri`, `sat sun`, `daily`, `holidays`, `12-24`
 * (every year), `2026-12-24`, and ranges of dates with `..`.
 */
#include "base/calendar.h"
#include "config/site_internal.h"

#include <stdio.h>
#include <strings.h>

#define YEAR_MIN 1970
#define YEAR_MAX 2199

const char *const site_weekdays[7] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static const char days_help[] =
        "days: mon to sun, mon-fri, sat sun, daily, holidays; dates: 2026-12-24, 12-24 for every "
        "year, 2026-08-01..2026-08-14";
static const char dates_help[] = "dates: 2026-12-24, 12-24 for every year, 2026-08-01..2026-08-14";

/* Exactly `n` digits; -1 if it is anything else. */
static int digits(const char *p, size_t n) {
        int v = 0;

        for (size_t i = 0; i < n; i++) {
                if (p[i] < '0' || p[i] > '9')
                        return -1;
                v = v * 10 + (p[i] - '0');
        }
        return v;
}

/* One date: its form must be right, the date itself is checked by the caller. 2024 stands for every year: it has all
 * dates. */
static bool parse_date(struct ww_str text, bool *ret_yearly, struct calendar_date *ret) {
        bool yearly = text.n == 5;
        size_t at = yearly ? 0 : 5;
        struct calendar_date date = { .year = 2024 };

        if (!yearly) {
                if (text.n != 10 || text.p[4] != '-')
                        return false;
                date.year = digits(text.p, 4);
        }
        date.month = digits(text.p + at, 2);
        date.day = digits(text.p + at + 3, 2);
        if (date.year < 0 || date.month < 0 || date.day < 0 || text.p[at + 2] != '-')
                return false;
        *ret_yearly = yearly;
        *ret = date;
        return true;
}

static int check_date(struct site_compiler *c, struct diag_pos pos, struct ww_str text, struct calendar_date date) {
        if (!calendar_has(date))
                return diag_error(c->d, pos, "a date is year-month-day, or month-day, and in the calendar",
                                  "there is no date `%.*s`", WW_STR_ARG(text));
        if (date.year < YEAR_MIN || date.year > YEAR_MAX)
                return diag_error(c->d, pos, "leave the year out for every year",
                                  "the year of `%.*s` must be from %d to %d", WW_STR_ARG(text), YEAR_MIN, YEAR_MAX);
        return 0;
}

static int64_t number_of(bool yearly, struct calendar_date date) {
        return yearly ? (date.month - 1) * 31 + date.day - 1 : calendar_day(date);
}

/* `first..last` at the dots; a single date is both. */
static void split(struct ww_str text, struct ww_str ret[static 2]) {
        const char *dots = memmem(text.p, text.n, "..", 2);

        ret[0] = ret[1] = text;
        if (!dots)
                return;
        ret[0].n = (size_t)(dots - text.p);
        ret[1] = (struct ww_str){ dots + 2, text.n - ret[0].n - 2 };
}

/* 0, DIAG_E_USER (told), or 1 if the text has not the form of dates. */
static int parse_dates(struct site_compiler *c, const struct yaml_node *n, struct site_days *ret) {
        struct calendar_date dates[2];
        struct ww_str texts[2];
        bool yearly[2];

        split(n->key, texts);
        for (size_t i = 0; i < 2; i++)
                if (!parse_date(texts[i], &yearly[i], &dates[i]))
                        return 1;
        for (size_t i = 0; i < 2; i++)
                if (check_date(c, n->key_pos, texts[i], dates[i]))
                        return DIAG_E_USER;
        if (yearly[0] != yearly[1])
                return diag_error(c->d, n->key_pos, "write both with their year, or both without",
                                  "`%.*s` is half of every year, half of one", WW_STR_ARG(n->key));
        ret->kind = yearly[0] ? SITE_DAYS_YEARLY : SITE_DAYS_DATES;
        ret->first = number_of(yearly[0], dates[0]);
        ret->last = number_of(yearly[0], dates[1]);
        if (!yearly[0] && ret->last < ret->first)
                return diag_error(c->d, n->key_pos, "the earlier date goes first", "`%.*s` ends before it begins",
                                  WW_STR_ARG(n->key));
        return 0;
}

int site_read_dates(struct site_compiler *c, const struct yaml_node *n, struct site_days *ret) {
        int r = parse_dates(c, n, ret);

        return r == 1 ? diag_error(c->d, n->key_pos, dates_help, "`%.*s` is no date", WW_STR_ARG(n->key)) : r;
}

static int weekday_of(struct ww_str word) {
        for (int i = 0; i < 7; i++)
                if (ww_str_is(word, site_weekdays[i]))
                        return i;
        return -1;
}

/* `fri` or `fri-mon`, round the end of the week if need be; false if it is neither. */
static bool parse_weekdays(struct ww_str word, unsigned *week) {
        const char *dash = memchr(word.p, '-', word.n);
        size_t n = dash ? (size_t)(dash - word.p) : word.n;
        int first = weekday_of((struct ww_str){ word.p, n });
        int last = dash ? weekday_of((struct ww_str){ dash + 1, word.n - n - 1 }) : first;

        if (first < 0 || last < 0)
                return false;
        for (int i = first;; i = (i + 1) % 7) {
                *week |= 1U << i;
                if (i == last)
                        return true;
        }
}

/* `monday`, `Mon`: what begins like a day is meant to be one. */
static const char *weekday_meant(struct ww_str word) {
        for (size_t i = 0; word.n > 2 && i < 7; i++)
                if (strncasecmp(word.p, site_weekdays[i], 3) == 0)
                        return site_weekdays[i];
        return NULL;
}

/* `mon-fir`: each end by itself; what is no range is a day or another word of a schedule. */
static bool meant_by(struct ww_str word, char out[static 64]) {
        static const char *const words[] = { "mon", "tue", "wed",   "thu",      "fri",
                                             "sat", "sun", "daily", "holidays", "title" };
        const char *dash = memchr(word.p, '-', word.n), *first, *last = NULL;
        struct ww_str from = { word.p, dash ? (size_t)(dash - word.p) : word.n };
        struct ww_str to = { from.p + from.n + 1, dash ? word.n - from.n - 1 : 0 };

        first = weekday_meant(from);
        first = first ? first : diag_nearest(from, words, dash ? 7 : sizeof words / sizeof *words);
        if (dash) {
                last = weekday_meant(to);
                last = last ? last : diag_nearest(to, words, 7);
        }
        (void)snprintf(out, 64, "did you mean `%s%s%s`?", first ? first : "", last ? "-" : "", last ? last : "");
        return first && !dash == !last;
}

static int tell_unknown(struct site_compiler *c, const struct yaml_node *n, struct ww_str word) {
        char help[64];
        bool meant = meant_by(word, help);

        return diag_error(c->d, n->key_pos, meant ? help : days_help, "`%.*s` is neither a day nor a date",
                          WW_STR_ARG(word));
}

static int parse_week(struct site_compiler *c, const struct yaml_node *n, struct site_days *ret) {
        struct ww_str rest = n->key;

        ret->kind = SITE_DAYS_WEEK;
        do {
                const char *blank = memchr(rest.p, ' ', rest.n);
                struct ww_str word = { rest.p, blank ? (size_t)(blank - rest.p) : rest.n };

                if (!parse_weekdays(word, &ret->week))
                        return tell_unknown(c, n, word);
                rest.p += word.n + (blank != NULL);
                rest.n -= word.n + (blank != NULL);
        } while (rest.n);
        return 0;
}

int site_read_days(struct site_compiler *c, const struct yaml_node *n, struct site_days *ret) {
        struct site_days days = { 0 };
        int r = 0;

        if (ww_str_is(n->key, "daily"))
                days = (struct site_days){ .kind = SITE_DAYS_WEEK, .week = 127 };
        else if (ww_str_is(n->key, "holidays"))
                days.kind = SITE_DAYS_HOLIDAYS;
        else
                r = parse_dates(c, n, &days);
        if (r == 1)
                r = parse_week(c, n, &days);
        if (r == 0)
                *ret = days;
        return r;
}

int site_dates_add(struct site_compiler *c, struct site_dates **dates, size_t *n, struct site_dates add,
                   struct diag_pos pos) {
        struct site_dates *room = site_array_room(*dates, *n, sizeof *room);
        size_t at = *n;

        if (!room)
                return -ENOMEM;
        *dates = room;
        while (at && room[at - 1].first > add.first)
                at--;
        if ((at && room[at - 1].last >= add.first) || (at < *n && room[at].first <= add.last))
                return diag_error(c->d, pos, "each date once", "there is something for this date already");
        memmove(room + at + 1, room + at, (*n - at) * sizeof *room);
        room[at] = add;
        (*n)++;
        return 0;
}
