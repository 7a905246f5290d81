/*
 * Schedules and holidays as they are written. A schedule is a table from days to hours:
 *
 *     pharmacy:
 *       mon-fri: ["08:00-12:00", "13:00-18:00"]
 *       holidays: like sun
 *       2026-12-24: "08:00-12:00"
 *
 * Each weekday and each date is said once, so the order of the lines has no meaning. A weekday of which nothing is said
 * is closed; a date or a holiday of which nothing is said is what its weekday is.
 */
#include "config/site_internal.h"

#define HOURS_MAX 4096 /* lines of one schedule */

/* A schedule being read. `like sun` waits until all days are known. */
struct reader {
        struct site_compiler *c;
        struct site_schedule *p;
        const struct yaml_node *weekdays[7]; /* what said it */
};

static bool is_like(const struct yaml_node *n, struct ww_str *ret_day) {
        const struct ww_str like = WW_STR("like ");

        if (n->type != YAML_SCALAR || n->text.n <= like.n || memcmp(n->text.p, like.p, like.n) != 0)
                return false;
        *ret_day = (struct ww_str){ n->text.p + like.n, n->text.n - like.n };
        return true;
}

/* The index of a weekday's hours. The weekdays have been read before. */
static int find_like(struct reader *r, const struct yaml_node *n, struct ww_str day, uint16_t *ret) {
        for (uint16_t i = 0; i < 7; i++)
                if (ww_str_is(day, site_weekdays[i])) {
                        *ret = r->p->weekdays[i];
                        return 0;
                }
        return diag_error(r->c->d, n->pos, "like mon, tue, wed, thu, fri, sat or sun", "`%.*s` is no day of the week",
                          WW_STR_ARG(day));
}

static int add_hours(struct reader *r, const struct yaml_node *n, uint16_t *ret) {
        struct site_hours *room = site_array_room(r->p->hours, r->p->n_hours, sizeof *room), *hours;
        int result;

        if (!room)
                return -ENOMEM;
        r->p->hours = room;
        hours = &room[r->p->n_hours];
        result = site_read_hours(r->c, n, hours);
        if (result || hours->n == 0) {
                *ret = 0;
                return result;
        }
        *ret = (uint16_t)r->p->n_hours++;
        return 0;
}

/* The index of the hours that a line says. 0, DIAG_E_USER, -ENOMEM. */
static int read_line_hours(struct reader *r, const struct yaml_node *n, enum site_days_kind kind, uint16_t *ret) {
        struct ww_str day;

        if (!is_like(n, &day))
                return add_hours(r, n, ret);
        if (kind == SITE_DAYS_WEEK)
                return diag_error(r->c->d, n->pos, "write the hours, or join the days: `mon-fri`",
                                  "a weekday cannot be like another");
        return find_like(r, n, day, ret);
}

static int set_week(struct reader *r, const struct yaml_node *n, unsigned week, uint16_t hours) {
        for (unsigned i = 0; i < 7; i++) {
                if (!(week & (1U << i)))
                        continue;
                if (r->weekdays[i])
                        return diag_error(r->c->d, n->key_pos, "each day once", "%s has its hours already in line %u",
                                          site_weekdays[i], r->weekdays[i]->key_pos.line);
                r->weekdays[i] = n;
                r->p->weekdays[i] = hours;
        }
        return 0;
}

static int set_yearly(struct reader *r, const struct yaml_node *n, const struct site_days *days, uint16_t hours) {
        uint16_t *yearly = r->p->yearly;

        if (!yearly) {
                yearly = r->p->yearly = arena_array(&r->c->site->arena, uint16_t, SITE_YEAR);
                if (!yearly)
                        return -ENOMEM;
                memset(yearly, 0xff, SITE_YEAR * sizeof *yearly);
        }
        for (int64_t i = days->first;; i = (i + 1) % SITE_YEAR) {
                if (yearly[i] != SITE_AS_WEEKDAY)
                        return diag_error(r->c->d, n->key_pos, "each date once",
                                          "there is something for this date already");
                yearly[i] = hours;
                if (i == days->last)
                        return 0;
        }
}

static int read_line(struct reader *r, const struct yaml_node *n, const struct site_days *days) {
        uint16_t hours = 0;
        int result = read_line_hours(r, n, days->kind, &hours);

        if (result)
                return result;
        switch (days->kind) {
        case SITE_DAYS_NONE:
                return 0;
        case SITE_DAYS_WEEK:
                return set_week(r, n, days->week, hours);
        case SITE_DAYS_HOLIDAYS:
                r->p->holidays = hours;
                return 0;
        case SITE_DAYS_YEARLY:
                return set_yearly(r, n, days, hours);
        case SITE_DAYS_DATES:
                return site_dates_add(r->c, &r->p->dates, &r->p->n_dates,
                                      (struct site_dates){ days->first, days->last, hours }, n->key_pos);
        }
        return 0;
}

/* The weekdays or the rest. */
static int read_lines(struct reader *r, const struct yaml_node *n, const struct site_days *days, bool week) {
        int result = 0;

        yaml_each(line, n) {
                if (days->kind != SITE_DAYS_NONE && (days->kind == SITE_DAYS_WEEK) == week)
                        result = site_told(r->c, read_line(r, line, days));
                if (result)
                        return result;
                days++;
        }
        return 0;
}

/* What the keys say, by line; SITE_DAYS_NONE where it is wrong (told), and for the title. */
static struct site_days *read_keys(struct reader *r, const struct yaml_node *n) {
        struct site_days *days = arena_array(&r->c->trees, struct site_days, n->n ? n->n : 1), *at = days;

        if (!days)
                return NULL;
        yaml_each(line, n) {
                if (!ww_str_is(line->key, "title"))
                        (void)site_told(r->c, site_read_days(r->c, line, at));
                at++;
        }
        return days;
}

/* Hours over midnight may not reach into those of the next day. */
static void check_nights(struct reader *r) {
        for (unsigned i = 0; i < 7; i++) {
                const struct site_hours *h = &r->p->hours[r->p->weekdays[i]];
                const struct site_hours *next = &r->p->hours[r->p->weekdays[(i + 1) % 7]];
                int64_t end = h->n ? h->spans[h->n - 1].to - WW_DAY : 0;

                if (r->weekdays[i] && next->n && next->spans[0].from < end) {
                        (void)site_told(r->c,
                                        diag_error(r->c->d, r->weekdays[i]->pos, "let them end where the others begin",
                                                   "the hours of %s reach into those of %s", site_weekdays[i],
                                                   site_weekdays[(i + 1) % 7]));
                        return;
                }
        }
}

static int read_schedule_lines(struct reader *r, const struct yaml_node *n) {
        struct site_schedule *p = r->p;
        struct site_days *days;
        int result;

        p->hours = site_array_room(NULL, 0, sizeof *p->hours);
        if (!p->hours)
                return -ENOMEM;
        p->hours[0] = (struct site_hours){ 0 };
        p->n_hours = 1;
        if (n->n > HOURS_MAX)
                return diag_error(r->c->d, n->pos, "use holidays and ranges of dates",
                                  "a schedule has at most %d lines", HOURS_MAX);
        days = read_keys(r, n);
        if (!days)
                return -ENOMEM;
        result = read_lines(r, n, days, true);
        if (result == 0)
                result = read_lines(r, n, days, false);
        if (result)
                return result;
        check_nights(r);
        for (size_t i = 0; i < p->n_hours; i++)
                p->overnight |= p->hours[i].n && p->hours[i].spans[p->hours[i].n - 1].to > WW_DAY;
        return 0;
}

static int read_schedule(struct site_compiler *c, const struct yaml_node *n) {
        struct site *s = c->site;
        struct site_schedule *room = site_array_room(s->schedules, s->n_schedules, sizeof *room);
        struct reader r = { .c = c };
        struct ww_str name;
        int result;

        if (!room)
                return -ENOMEM;
        s->schedules = room;
        result = site_read_name_key(c, n, "schedule", s->schedule_names, &name);
        if (result)
                return result;
        r.p = &room[s->n_schedules++];
        *r.p = (struct site_schedule){ .name = name, .holidays = SITE_AS_WEEKDAY, .pos = n->key_pos };
        r.p->pos.file = c->path;
        if (n->type != YAML_MAPPING && !site_is_nothing(n))
                return diag_error(c->d, n->pos, "write `mon-fri: \"08:00-18:00\"` and the like below it",
                                  "a schedule must be a group of days");
        result = site_read_text(c, n, "title", &r.p->title);
        if (result == 0)
                result = read_schedule_lines(&r, n);
        if (result == 0 && r.p->n_hours == 1 && !c->result)
                return diag_error(c->d, n->key_pos, "give it hours, such as `mon-fri: \"08:00-18:00\"`",
                                  "schedule `%.*s` is never open", WW_STR_ARG(name));
        return result;
}

int site_read_schedules(struct site_compiler *c, const struct yaml_node *group) {
        return site_read_group(c, group, "schedules must be a group of named schedules",
                               "write `NAME:` and its days below it", read_schedule);
}

static int read_holiday(struct site_compiler *c, const struct yaml_node *n) {
        struct site_holidays *h = &c->site->holidays;
        struct site_days days = { 0 };
        struct ww_str title;
        int r = site_read_dates(c, n, &days);

        if (r == 0)
                r = yaml_string(n, "a holiday", c->d, &title);
        if (r)
                return r;
        if (days.kind == SITE_DAYS_DATES)
                return site_dates_add(c, &h->dates, &h->n_dates, (struct site_dates){ days.first, days.last, 0 },
                                      n->key_pos);
        h->any_yearly = true;
        for (int64_t i = days.first;; i = (i + 1) % SITE_YEAR) {
                h->yearly[i] = true;
                if (i == days.last)
                        return 0;
        }
}

int site_read_holidays(struct site_compiler *c, const struct yaml_node *group) {
        return site_read_group(c, group, "holidays must be a group of dates",
                               "write `12-25: Christmas Day` for each below it", read_holiday);
}

int site_check_schedules(struct site_compiler *c) {
        struct site *s = c->site;
        int r = 0;

        for (size_t i = 0; r == 0 && i < s->n_schedules; i++) {
                struct site_schedule *p = &s->schedules[i];

                if (p->holidays != SITE_AS_WEEKDAY && !s->holidays.any_yearly && !s->holidays.n_dates)
                        diag_warning(c->d, p->pos, "list them under `holidays:` in one of the site's files",
                                     "schedule `%.*s` speaks of holidays, but the site has none", WW_STR_ARG(p->name));
                r = site_schedule_prepare(s, p);
        }
        return r;
}
