/*
 * Plans: a record of one kind (an inspection plan, a patrol route) makes records of another, at each beginning of the
 * hours that it names or in each of its spans. The plan's body says of each kind when the next one is made. None is
 * left out: what nobody could do because the daemon was down was not done, and the record says so; but after more than
 * two days it begins with those two days.
 */
#include "records/records_internal.h"

#include "base/span.h"
#include "journal/record_json.h"

static bool is_of_plan(const struct record_opens *o, const struct record *plan) {
        size_t state = record_state(plan);

        return o->plan_kind && o->plan_kind == plan->kind && state != SIZE_MAX && !plan->over &&
               o->while_in & 1U << state;
}

static const char *plan_text(const struct record *plan, struct ww_str field) {
        return json_string_value(json_object_getn(record_fields(plan), field.p, field.n));
}

#define PLAN_EVERY_LEAST (10 * WW_MINUTE) /* a shorter span makes nothing */
#define PLAN_CATCH_UP    (2 * WW_DAY)

/* The first after `t`. */
static int64_t plan_next(const struct records *r, const struct record *plan, const struct record_opens *o, int64_t t) {
        const char *schedule = plan_text(plan, o->schedule), *every = plan_text(plan, o->every);
        int64_t span, from;

        if (o->schedule.n)
                return schedule ? site_schedule_opening(r->site, site_schedule_find(r->site, ww_str(schedule)), t)
                                : WW_TIME_NEVER;
        if (!every || span_parse(ww_str(every), &span) || span < PLAN_EVERY_LEAST)
                return WW_TIME_NEVER;
        from = o->begin.n ? record_time_of(record_fields(plan), o->begin.p) : WW_TIME_NONE;
        if (from == WW_TIME_NONE)
                from = record_time_of(plan->body, "opened_at");
        return t < from ? from : from + ((t - from) / span + 1) * span;
}

/* Its end: of hours when they close, of spans when the next begins. */
static int64_t plan_end(const struct records *r, const struct record *plan, const struct record_opens *o,
                        int64_t begin) {
        const char *schedule = plan_text(plan, o->schedule);

        return o->schedule.n && schedule
                       ? site_schedule_edge(r->site, site_schedule_find(r->site, ww_str(schedule)), begin)
                       : plan_next(r, plan, o, begin);
}

static int plan_set(struct records *r, struct record *plan, const struct record_kind *kind,
                    const struct record_opens *o, int64_t now) {
        json_t *next = json_object_get(plan->body, "next");
        int64_t was = record_time_of(next, kind->name.p), from, is;

        if (!is_of_plan(o, plan))
                return was == WW_TIME_NONE ? 0 : json_object_del(next, kind->name.p) ? -ENOMEM : 0;
        from = was != WW_TIME_NONE && was <= now ? was : now;
        is = plan_next(r, plan, o, from < now - PLAN_CATCH_UP ? now - PLAN_CATCH_UP : from);
        if (is == WW_TIME_NEVER)
                return was == WW_TIME_NONE ? 0 : json_object_del(next, kind->name.p) ? -ENOMEM : 0;
        return json_object_set_new(next, kind->name.p, record_json_time(is)) ? -ENOMEM : 0;
}

/* Each kind that some plan makes. */
#define EACH_PLANNED(r, kind, o)                                                                                       \
        for (size_t k_ = 0; k_ < (r)->kinds->n_kinds; k_++)                                                            \
                for (const struct record_kind *kind = &(r)->kinds->kinds[k_], *once_ = kind; once_; once_ = NULL)      \
                        for (const struct record_opens *o = kind->opens; o && o < kind->opens + kind->n_opens; o++)

int plans_set(struct records *r, struct record *plan, int64_t now) {
        int e = 0;

        EACH_PLANNED(r, kind, o) {
                if (e || o->plan_kind != plan->kind || !o->plan_kind)
                        continue;
                /* one that is due waits for its turn: see plans_fire() */
                if (record_time_of(json_object_get(plan->body, "next"), kind->name.p) != WW_TIME_NONE &&
                    record_time_of(json_object_get(plan->body, "next"), kind->name.p) <= now && is_of_plan(o, plan))
                        continue;
                e = plan_set(r, plan, kind, o, now);
        }
        return e;
}

int64_t plans_due(const struct record *plan) {
        const json_t *next = json_object_get(plan->body, "next");
        int64_t first = WW_TIME_NEVER;
        const char *kind;
        json_t *value;

        json_object_foreach((json_t *)(uintptr_t)next, kind, value) {
                int64_t at = record_time_of(next, kind);

                first = at != WW_TIME_NONE && at < first ? at : first;
        }
        return first;
}

static json_t *plan_source(const struct record *plan, struct ww_str source, int64_t begin, int64_t end) {
        if (ww_str_is(source, "begin"))
                return record_json_time(begin);
        if (ww_str_is(source, "end"))
                return end == WW_TIME_NEVER ? NULL : record_json_time(end);
        return source_record(plan, source, begin);
}

static int plan_make(struct records *r, const struct record *plan, const struct record_kind *kind,
                     const struct record_opens *o, int64_t begin, int64_t now) {
        int64_t end = plan_end(r, plan, o, begin);
        const struct record_by by = RECORD_BY_TIMER(now);
        struct record *rec;
        json_t *fields;
        int e = 0;

        if (!record_room(r, kind)) {
                r->full++;
                return 0;
        }
        fields = json_object();
        if (!fields)
                return -ENOMEM;
        for (size_t i = 0; !e && i < o->fields.n; i++)
                e = source_fill(r, kind, fields, o->fields.pairs[i].field,
                                plan_source(plan, o->fields.pairs[i].source, begin, end), now);
        rec = record_begin(r, kind, fields, o->to, &by);
        if (e || !rec || json_object_set_new(rec->body, "origin", json_string(plan->number)))
                return e ? e : -ENOMEM;
        rec->exercise = plan->exercise;
        return record_changed(r, rec, "opened", &by);
}

int plans_fire(struct records *r, struct record *plan, int64_t now, bool *ret_done) {
        json_t *next = json_object_get(plan->body, "next");

        EACH_PLANNED(r, kind, o) {
                const struct record_by by = RECORD_BY_TIMER(now);
                int64_t begin = record_time_of(next, kind->name.p);
                int e;

                if (o->plan_kind != plan->kind || begin == WW_TIME_NONE || begin > now)
                        continue;
                *ret_done = true;
                e = plan_make(r, plan, kind, o, begin, now);
                if (!e)
                        e = plan_set(r, plan, kind, o, now);
                return e ? e : record_changed(r, plan, "planned", &by);
        }
        json_object_clear(next); /* of kinds that are gone */
        record_timer(r, plan);
        *ret_done = true;
        return 0;
}
