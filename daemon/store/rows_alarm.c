#include "store/rows_internal.h"

static void copy_regions(struct copy *c, const struct ww_alarm_regions *regions) {
        const char *names[7];
        size_t n = 0;

        if (regions->active)
                names[n++] = "active";
        if (regions->acknowledged)
                names[n++] = "acknowledged";
        if (regions->latched)
                names[n++] = "latched";
        if (regions->shelved == WW_SHELVED_TIMED)
                names[n++] = "shelved-timed";
        if (regions->shelved == WW_SHELVED_ONE_SHOT)
                names[n++] = "shelved-one-shot";
        if (regions->suppressed)
                names[n++] = "suppressed";
        if (regions->out_of_service)
                names[n++] = "out-of-service";
        copy_texts(c, names, n);
}

static void copy_alarm_flags(struct copy *c, const struct ww_alarm *a) {
        const struct {
                bool set;
                const char *name;
        } flags[] = {
                { a->instant, "instant" }, { a->first_out, "first-out" }, { a->silenced, "silenced" },
                { a->stale, "stale" },     { a->exercise, "exercise" },   { a->covert, "covert" },
                { a->partial, "partial" },
        };
        const char *names[sizeof flags / sizeof *flags];
        size_t n = 0;

        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
                if (flags[i].set)
                        names[n++] = flags[i].name;
        }
        copy_texts(c, names, n);
}

static void add_alarm(struct rows *r, uint64_t seq, uint32_t n, const struct ww_alarm *a) {
        struct copy *c = &r->tables[TABLE_ALARM];

        rows_note_day(r, a->raised_at);
        copy_row(c, tables[TABLE_ALARM].fields);
        r->n++;
        copy_integer(c, r->journal);
        copy_bigint(c, (int64_t)a->id);
        copy_bigint(c, (int64_t)seq);
        copy_integer(c, (int32_t)n);
        copy_timestamp(c, a->raised_at);
        copy_name(c, a->rule);
        copy_bigint(c, (int64_t)a->rule_hash);
        copy_text(c, a->key);
        copy_text(c, a->title);
        copy_fixed(c, ww_hazard_name(a->hazard));
        copy_fixed(c, ww_class_name(a->klass));
        copy_fixed(c, ww_priority_name(a->priority));
        copy_text(c, a->procedure);
        copy_text(c, a->legal_basis);
        copy_text(c, a->site);
        copy_name(c, a->zone);
        copy_text(c, a->asset);
        copy_name(c, a->device);
        copy_bool(c, a->exercise);
        copy_bool(c, a->covert);
}

static void add_evidence(struct rows *r, uint64_t seq, uint32_t n, const struct ww_transition *t) {
        for (size_t i = 0; i < t->n_evidence; i++) {
                const struct ww_evidence *e = &t->evidence[i];
                struct copy *c = rows_begin(r, TABLE_ALARM_EVIDENCE, seq, n);

                copy_integer(c, (int32_t)i);
                copy_bigint(c, (int64_t)t->alarm.id);
                copy_text(c, e->role);
                copy_bigint(c, (int64_t)e->seq);
                copy_integer(c, (int32_t)e->index);
                copy_timestamp(c, e->time);
                copy_name(c, e->device);
                copy_text(c, e->kind);
                copy_timestamp(c, t->alarm.changed_at);
        }
}

static void add_transition(struct rows *r, uint64_t seq, uint32_t n, const struct ww_transition *t) {
        const struct ww_alarm *a = &t->alarm;
        struct copy *c = rows_begin(r, TABLE_ALARM_TRANSITION, seq, n);

        copy_bigint(c, (int64_t)a->id);
        copy_bigint(c, (int64_t)a->version);
        copy_timestamp(c, a->changed_at);
        copy_timestamp(c, t->time);
        copy_fixed(c, ww_cause_name(t->cause));
        copy_name(c, t->actor);
        copy_text(c, t->reason);
        copy_fixed(c, ww_alarm_state_name(ww_alarm_state(&t->old_regions)));
        copy_fixed(c, ww_alarm_state_name(ww_alarm_state(&a->regions)));
        copy_regions(c, &t->old_regions);
        copy_regions(c, &a->regions);
        copy_fixed(c, ww_priority_name(t->old_priority));
        copy_fixed(c, ww_priority_name(a->priority));
        copy_fixed(c, a->priority_unack ? ww_priority_name(a->priority_unack) : "");
        copy_bool(c, t->annunciate);
        copy_name(c, a->rule);
        copy_text(c, a->key);
        copy_text(c, a->title);
        copy_text(c, a->site);
        copy_name(c, a->zone);
        copy_text(c, a->asset);
        copy_name(c, a->device);
        copy_timestamp(c, a->raised_at);
        copy_bigint(c, a->raised_count);
        copy_timestamp(c, a->acknowledged_at);
        copy_text(c, a->acknowledged_by);
        copy_timestamp(c, a->shelved_until);
        copy_timestamp(c, a->out_of_service_until);
        copy_text(c, a->suppressed_by);
        copy_text(c, a->work_order);
        copy_alarm_flags(c, a);
        copy_text(c, t->context);
        copy_fixed(c, ww_sound_name(ww_transition_sound(t)));
}

void rows_add_transition(struct rows *r, uint64_t seq, uint32_t n, const struct ww_transition *t) {
        if (t->alarm.version == 1)
                add_alarm(r, seq, n, &t->alarm);
        add_transition(r, seq, n, t);
        add_evidence(r, seq, n, t);
}
