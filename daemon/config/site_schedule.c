/*
 * Whether a schedule is open, and when that changes.
 *
 * Hours are kept as people write them, in local time, and asked in local time that only runs forward (timezone.h): so a
 * time that the clock skips or shows twice needs no care here. An edge is looked for among the ends of hours, in local
 * time, day by day; only then it becomes an instant.
 */
#include "base/calendar.h"
#include "config/site_internal.h"

/* longest time between two days that differ: from 29 February to 29 February, past 2100 */
#define SCAN_DAYS  (9 * 366)

#define EDGE_LIMIT (TIMEZONE_LIMIT - 2 * SCAN_DAYS * WW_DAY) /* so that no search meets the end of time */

static const struct site_schedule *schedule_at(const struct site *s, uint32_t schedule) {
        return schedule < s->n_schedules ? &s->schedules[schedule] : NULL;
}

static int64_t day_of(int64_t local) {
        return local / WW_DAY - (local % WW_DAY < 0);
}

/* The first range that ends at the day or later. */
static size_t dates_from(const struct site_dates *dates, size_t n, int64_t day) {
        size_t low = 0, high = n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (dates[middle].last < day)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static const struct site_dates *dates_find(const struct site_dates *dates, size_t n, int64_t day) {
        size_t at = dates_from(dates, n, day);

        return at < n && dates[at].first <= day ? &dates[at] : NULL;
}

static unsigned day_in_year(int64_t day) {
        struct calendar_date date = calendar_date(day);

        return (unsigned)((date.month - 1) * 31 + date.day - 1);
}

static bool is_holiday(const struct site *s, int64_t day) {
        const struct site_holidays *h = &s->holidays;

        return (h->any_yearly && h->yearly[day_in_year(day)]) || dates_find(h->dates, h->n_dates, day);
}

/* The more special goes first: a date, a date of every year, holidays, the weekday. */
static const struct site_hours *hours_of(const struct site *s, const struct site_schedule *p, int64_t day) {
        const struct site_dates *date = dates_find(p->dates, p->n_dates, day);

        if (date)
                return &p->hours[date->hours];
        if (p->yearly) {
                uint16_t hours = p->yearly[day_in_year(day)];

                if (hours != SITE_AS_WEEKDAY)
                        return &p->hours[hours];
        }
        if (p->holidays != SITE_AS_WEEKDAY && is_holiday(s, day))
                return &p->hours[p->holidays];
        return &p->hours[p->weekdays[calendar_weekday(day)]];
}

static bool hours_hold(const struct site_hours *h, int64_t at) {
        for (size_t i = 0; i < h->n; i++)
                if (h->spans[i].from <= at && at < h->spans[i].to)
                        return true;
        return false;
}

static bool open_at(const struct site *s, const struct site_schedule *p, int64_t local) {
        int64_t day = day_of(local), at = local - day * WW_DAY;

        return hours_hold(hours_of(s, p, day), at) ||
               (p->overnight && hours_hold(hours_of(s, p, day - 1), at + WW_DAY));
}

/* The least of the beginnings and ends of a day's hours that lies between. */
static int64_t nearest_bound(const struct site_hours *h, int64_t midnight, int64_t after, int64_t before) {
        for (size_t i = 0; i < h->n; i++) {
                int64_t from = midnight + h->spans[i].from, to = midnight + h->spans[i].to;

                if (from > after && from < before)
                        before = from;
                if (to > after && to < before)
                        before = to;
        }
        return before;
}

static int64_t next_of_dates(const struct site_dates *dates, size_t n, int64_t day) {
        size_t at = dates_from(dates, n, day);

        if (at == n)
                return WW_TIME_NEVER;
        return dates[at].first > day ? dates[at].first : day;
}

/* 29 February is not there each year: then the search goes on behind it. */
static int64_t next_yearly(const struct site_schedule *p, int64_t day) {
        int64_t year = calendar_date(day).year;

        if (!p->to_yearly)
                return WW_TIME_NEVER;
        for (unsigned i = day_in_year(day); i < 9 * SITE_YEAR; i++) {
                struct calendar_date date;

                i += p->to_yearly[i % SITE_YEAR];
                date.year = year + i / SITE_YEAR;
                date.month = (int)(i % SITE_YEAR / 31) + 1;
                date.day = (int)(i % SITE_YEAR % 31) + 1;
                if (calendar_has(date))
                        return calendar_day(date);
        }
        return WW_TIME_NEVER;
}

/* The first day from `day` on that may be other than its weekday is. */
static int64_t next_special(const struct site *s, const struct site_schedule *p, int64_t day) {
        int64_t next = next_of_dates(p->dates, p->n_dates, day), yearly = next_yearly(p, day);

        next = yearly < next ? yearly : next;
        if (p->holidays != SITE_AS_WEEKDAY) {
                int64_t holiday = next_of_dates(s->holidays.dates, s->holidays.n_dates, day);

                next = holiday < next ? holiday : next;
        }
        return next;
}

/* The day at which to go on. Where all weeks are the same hour after hour, something can change only at a special day,
 * the one before it and the one after. */
static int64_t day_of_change(const struct site *s, const struct site_schedule *p, int64_t day) {
        int64_t special;

        if (!p->plain)
                return day;
        special = next_special(s, p, day - 1);
        return special == WW_TIME_NEVER || special - 1 > day ? special - 1 : day;
}

/* The next local time at which open_at may change; WW_TIME_NEVER if none begins by the day `last`. */
static int64_t next_bound(const struct site *s, const struct site_schedule *p, int64_t local, int64_t last) {
        int64_t best = WW_TIME_NEVER;

        for (int64_t day = day_of(local) - 1;; day++) {
                day = day_of_change(s, p, day);
                if (day > last || day * WW_DAY >= best)
                        return best;
                best = nearest_bound(hours_of(s, p, day), day * WW_DAY, local, best);
        }
}

/* The last day on which an edge need be looked for from `local` on. */
static int64_t last_day(const struct site_schedule *p, const struct site_holidays *h, int64_t local) {
        int64_t last = day_of(local);

        if (p->n_dates && p->dates[p->n_dates - 1].last > last)
                last = p->dates[p->n_dates - 1].last;
        if (p->holidays != SITE_AS_WEEKDAY && h->n_dates && h->dates[h->n_dates - 1].last > last)
                last = h->dates[h->n_dates - 1].last;
        return last + SCAN_DAYS;
}

/* A week shows all there is, the second one that hours meet over the end of the first. */
static bool is_plain(const struct site *s, const struct site_schedule *p) {
        struct site_schedule week = *p;
        int64_t local = 0;

        week.n_dates = 0;
        week.yearly = NULL;
        week.holidays = SITE_AS_WEEKDAY;
        week.plain = false;
        while ((local = next_bound(s, &week, local, 14)) != WW_TIME_NEVER)
                if (open_at(s, &week, local) != open_at(s, &week, local - 1))
                        return false;
        return true;
}

static bool is_yearly(const struct site *s, const struct site_schedule *p, unsigned at) {
        return (p->yearly && p->yearly[at] != SITE_AS_WEEKDAY) ||
               (p->holidays != SITE_AS_WEEKDAY && s->holidays.yearly[at]);
}

/* From the end of the year backwards, twice, so that the first is known when the last is asked. */
static int count_to_yearly(struct site *s, struct site_schedule *p) {
        uint16_t *to = arena_array(&s->arena, uint16_t, SITE_YEAR), count = SITE_YEAR;

        if (!to)
                return -ENOMEM;
        for (unsigned i = 2 * SITE_YEAR; i-- > 0;) {
                count = is_yearly(s, p, i % SITE_YEAR) ? 0 : (uint16_t)(count + (count < SITE_YEAR));
                to[i % SITE_YEAR] = count;
        }
        if (count < SITE_YEAR)
                p->to_yearly = to;
        return 0;
}

int site_schedule_prepare(struct site *s, struct site_schedule *p) {
        p->plain = is_plain(s, p);
        return p->plain ? count_to_yearly(s, p) : 0;
}

uint32_t site_schedule_find(const struct site *s, struct ww_str name) {
        return symtab_find(s->schedule_names, name) - 1;
}

size_t site_schedule_count(const struct site *s) {
        return s->n_schedules;
}

struct ww_str site_schedule_name(const struct site *s, uint32_t schedule) {
        return schedule < s->n_schedules ? s->schedules[schedule].name : WW_STR("");
}

struct ww_str site_schedule_title(const struct site *s, uint32_t schedule) {
        return schedule < s->n_schedules ? s->schedules[schedule].title : WW_STR("");
}

struct diag_pos site_schedule_pos(const struct site *s, uint32_t schedule) {
        return schedule < s->n_schedules ? s->schedules[schedule].pos : (struct diag_pos){ 0 };
}

bool site_schedule_open(const struct site *s, uint32_t schedule, int64_t t) {
        const struct site_schedule *p = schedule_at(s, schedule);

        return p && open_at(s, p, timezone_running(s->timezone, t));
}

/* Where the clock is put forward, several bounds become one instant: what holds after all of them counts. */
int64_t site_schedule_edge(const struct site *s, uint32_t schedule, int64_t t) {
        const struct site_schedule *p = schedule_at(s, schedule);
        int64_t local = timezone_running(s->timezone, t), last;
        bool open;

        if (!p || t >= EDGE_LIMIT)
                return WW_TIME_NEVER;
        open = open_at(s, p, local);
        last = last_day(p, &s->holidays, local);
        while ((local = next_bound(s, p, local, last)) != WW_TIME_NEVER) {
                int64_t at = timezone_first(s->timezone, local);

                local = timezone_running(s->timezone, at);
                if (open_at(s, p, local) != open)
                        return at;
        }
        return WW_TIME_NEVER;
}

int64_t site_schedule_opening(const struct site *s, uint32_t schedule, int64_t t) {
        const struct site_schedule *p = schedule_at(s, schedule);
        int64_t local = timezone_running(s->timezone, t), last;

        if (!p || t >= EDGE_LIMIT)
                return WW_TIME_NEVER;
        last = last_day(p, &s->holidays, local);
        while ((local = next_bound(s, p, local, last)) != WW_TIME_NEVER)
                if (open_at(s, p, local) && !open_at(s, p, local - 1))
                        return timezone_first(s->timezone, local);
        return WW_TIME_NEVER;
}

#define EVERY_DAYS_MAX 3660

bool site_every_legal(int64_t every) {
        return every > 0 &&
               (every < WW_DAY ? WW_DAY % every == 0 : every % WW_DAY == 0 && every / WW_DAY <= EVERY_DAYS_MAX);
}

struct site_window site_window_of(const struct site *s, int64_t t, int64_t every) {
        int64_t days = every > WW_DAY ? every / WW_DAY : 1, day = day_of(timezone_running(s->timezone, t));
        int64_t first = day - (day % days + days) % days;
        int64_t inside = t < -TIMEZONE_LIMIT ? -TIMEZONE_LIMIT : t > TIMEZONE_LIMIT ? TIMEZONE_LIMIT : t;
        struct site_window w = { timezone_first(s->timezone, first * WW_DAY),
                                 timezone_first(s->timezone, (first + days) * WW_DAY) };

        if (every >= WW_DAY)
                return w;
        w.from += (inside - w.from) / every * every;
        if (w.to - w.from > every)
                w.to = w.from + every;
        return w;
}
