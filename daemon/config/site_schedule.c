/*
 * Whether a schedule is open, and when that changes.
 *
 * Hours are kept as people write them, in local time, and asked in local time that only runs forward (timezone.h): so a
 * time that the clock skips or shows twice needs no care here. An edge is looked for among the ends of hours, in local
 * time, day by day; only then it becomes an instant.
 */
#include "base/calendar.h"
#include "config/site_internal.h"

#define SCAN_DAYS                                                                                                      \
        (9 * 366) /* longest time between two days that differ: from 29 February to 29 February, past 2100             \
                   */

static const struct site_schedule *schedule_at(const struct site *s, uint32_t schedule) {
        return schedule < s->n_schedules ? &s->schedules[schedule] : NULL;
}

static int64_t day_of(int64_t local) {
        return local / WW_DAY - (local % WW_DAY < 0);
}

const struct site_dates *site_dates_find(const struct site_dates *dates, size_t n, int64_t day) {
        size_t low = 0, high = n;

        while (low < high) { /* first range that ends at the day or later */
                size_t middle = low + (high - low) / 2;

                if (dates[middle].last < day)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < n && dates[low].first <= day ? &dates[low] : NULL;
}

static unsigned day_in_year(int64_t day) {
        struct calendar_date date = calendar_date(day);

        return (unsigned)((date.month - 1) * 31 + date.day - 1);
}

static bool is_holiday(const struct site *s, int64_t day) {
        const struct site_holidays *h = &s->holidays;

        return (h->any_yearly && h->yearly[day_in_year(day)]) || site_dates_find(h->dates, h->n_dates, day);
}

/* The more special goes first: a date, a date of every year, holidays, the weekday. */
static const struct site_hours *hours_of(const struct site *s, const struct site_schedule *p, int64_t day) {
        const struct site_dates *date = site_dates_find(p->dates, p->n_dates, day);

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

/* The next local time at which open_at may change; WW_TIME_NEVER if none begins by the day `last`. */
static int64_t next_bound(const struct site *s, const struct site_schedule *p, int64_t local, int64_t last) {
        int64_t best = WW_TIME_NEVER;

        for (int64_t day = day_of(local) - 1; day <= last && day * WW_DAY < best; day++)
                best = nearest_bound(hours_of(s, p, day), day * WW_DAY, local, best);
        return best;
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

bool site_schedule_open(const struct site *s, uint32_t schedule, int64_t t) {
        const struct site_schedule *p = schedule_at(s, schedule);

        return p && open_at(s, p, timezone_running(s->timezone, t));
}

/* Where the clock is put forward, several bounds become one instant: what holds after all of them counts. */
int64_t site_schedule_edge(const struct site *s, uint32_t schedule, int64_t t) {
        const struct site_schedule *p = schedule_at(s, schedule);
        int64_t local = timezone_running(s->timezone, t), last;
        bool open;

        if (!p || p->steady || t >= TIMEZONE_LIMIT)
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

        if (!p || p->steady || t >= TIMEZONE_LIMIT)
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
