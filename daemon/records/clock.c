/*
 * Clocks: what falls due, and when. A clock runs while the record is in one of its states, from a field or from the
 * begin of the state. When it runs out, that is a change of the record and an event `record.overdue`; when the record
 * goes on, or its deadline is put off, `record.met` ends it. The body says of each clock that runs {due, overdue}.
 */
#include "records/records_internal.h"

#include "journal/record_json.h"

static int64_t clock_due(const struct records *r, const struct record *rec, const struct record_clock *c,
                         size_t state) {
        const struct record_field *f = c->field == SIZE_MAX ? NULL : &rec->kind->fields[c->field];
        int64_t base;

        if (state == SIZE_MAX || rec->over || !(c->in & 1U << state))
                return WW_TIME_NONE;
        base = f ? field_instant(r, f, json_object_get(record_fields(rec), f->name.p))
                 : record_time_of(rec->body, "since");
        return base == WW_TIME_NONE ? WW_TIME_NONE : base + c->after;
}

static int clock_set(struct records *r, struct record *rec, const struct record_clock *c, size_t state, int64_t now) {
        json_t *clocks = json_object_get(rec->body, "clocks"), *was = json_object_get(clocks, c->name.p);
        bool overdue = json_is_true(json_object_get(was, "overdue"));
        int64_t due = clock_due(r, rec, c, state);
        int e = 0;

        if (overdue && (due == WW_TIME_NONE || due > now)) {
                e = tell_clock(r, rec, c, false, false);
                overdue = false;
        }
        if (e)
                return e;
        if (due == WW_TIME_NONE)
                return was && json_object_del(clocks, c->name.p) ? -ENOMEM : 0;
        return json_object_set_new(clocks, c->name.p,
                                   json_pack("{s:o, s:b}", "due", record_json_time(due), "overdue", overdue))
                       ? -ENOMEM
                       : 0;
}

int clocks_set(struct records *r, struct record *rec, int64_t now) {
        size_t state = record_state(rec);
        int e = 0;

        for (size_t i = 0; !e && rec->kind && i < rec->kind->n_clocks; i++)
                e = clock_set(r, rec, &rec->kind->clocks[i], state, now);
        return e;
}

static int64_t clock_next(const struct record *rec, const struct record_clock *c) {
        const json_t *is = json_object_get(json_object_get(rec->body, "clocks"), c->name.p);

        return !is || json_is_true(json_object_get(is, "overdue")) ? WW_TIME_NEVER : record_time_of(is, "due");
}

int64_t clocks_due(const struct record *rec) {
        int64_t first = WW_TIME_NEVER;

        for (size_t i = 0; rec->kind && i < rec->kind->n_clocks; i++) {
                int64_t next = clock_next(rec, &rec->kind->clocks[i]);

                first = next < first ? next : first;
        }
        return first;
}

static int clock_run_out(struct records *r, struct record *rec, const struct record_clock *c, int64_t now) {
        const struct record_by by = RECORD_BY_TIMER(now);
        json_t *is = json_object_get(json_object_get(rec->body, "clocks"), c->name.p);
        int e;

        if (json_object_set_new(is, "overdue", json_true()))
                return -ENOMEM;
        e = tell_clock(r, rec, c, true, false);
        if (!e)
                e = record_enter(rec, c->to, now);
        return e ? e : record_changed(r, rec, c->name.p, &by);
}

int clocks_fire(struct records *r, struct record *rec, int64_t now, bool *ret_done) {
        for (size_t i = 0; i < rec->kind->n_clocks; i++)
                if (clock_next(rec, &rec->kind->clocks[i]) <= now) {
                        *ret_done = true;
                        return clock_run_out(r, rec, &rec->kind->clocks[i], now);
                }
        return 0;
}
