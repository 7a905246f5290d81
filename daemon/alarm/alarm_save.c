/* State to bytes and back: the episodes that mute, then every alarm in order of its id. Groups, places and alarms'
 * deadlines follow from these. */
#include "alarm/alarms.h"

#define SAVE_VERSION 3
#define FLAG_COUNT   7

static uint64_t flags_of(const struct ww_alarm *a) {
        const bool flags[FLAG_COUNT] = { a->instant,  a->first_out, a->silenced, a->stale,
                                         a->exercise, a->covert,    a->partial };
        uint64_t bits = 0;

        for (unsigned i = 0; i < FLAG_COUNT; i++)
                bits |= (uint64_t)flags[i] << i;
        return bits;
}

static void flags_set(struct ww_alarm *a, uint64_t bits) {
        bool *const flags[FLAG_COUNT] = { &a->instant,  &a->first_out, &a->silenced, &a->stale,
                                          &a->exercise, &a->covert,    &a->partial };

        for (unsigned i = 0; i < FLAG_COUNT; i++)
                *flags[i] = bits >> i & 1;
}

static void save_regions(const struct ww_alarm_regions *r, struct buf *out) {
        buf_put_u8(out, (uint8_t)(r->active | r->acknowledged << 1 | r->latched << 2 | r->suppressed << 3 |
                                  r->out_of_service << 4));
        buf_put_u8(out, (uint8_t)r->shelved);
}

static void save_alarm(const struct ww_alarm *a, struct buf *out) {
        const struct ww_str strings[] = { a->rule,          a->key,       a->title, a->procedure, a->legal_basis,
                                          a->site,          a->zone,      a->asset, a->device,    a->acknowledged_by,
                                          a->suppressed_by, a->work_order };

        for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
                buf_put_str(out, strings[i]);
        buf_put_var(out, a->id);
        buf_put_u64(out, a->rule_hash);
        buf_put_u8(out, (uint8_t)a->hazard);
        buf_put_u8(out, (uint8_t)a->klass);
        buf_put_u8(out, (uint8_t)a->priority);
        buf_put_u8(out, (uint8_t)a->priority_unack);
        save_regions(&a->regions, out);
        buf_put_var(out, flags_of(a));
        buf_put_var(out, a->raised_count);
        buf_put_var(out, a->version);
        buf_put_var(out, a->alarmed_version);
        buf_put_time(out, a->raised_at);
        buf_put_time(out, a->changed_at);
        buf_put_time(out, a->acknowledged_at);
        buf_put_time(out, a->shelved_until);
        buf_put_time(out, a->out_of_service_until);
}

static void save_episode(const struct alarm_episode *e, struct buf *out) {
        buf_put_str(out, e->rule);
        buf_put_str(out, e->key_text);
        buf_put_str(out, e->asset_id);
        buf_put_u8(out, e->exercise);
        buf_put_var(out, e->alarm);
        buf_put_time(out, e->opened);
        buf_put_time(out, e->end);
        buf_put_time(out, e->timer.deadline);
}

/* What mutes it is of its own kind, a drill or none: the rule and the key name it. */
static void save_mute(const struct alarm *alarm, struct buf *out) {
        buf_put_time(out, alarm->settles);
        buf_put_u8(out, alarm->by != NULL);
        if (!alarm->by)
                return;
        buf_put_str(out, alarm->by->rule);
        buf_put_str(out, alarm->by->key_text);
}

static void save_regrade(const struct alarm_regrade *g, struct buf *out) {
        buf_put_u8(out, (uint8_t)g->n);
        for (unsigned i = 0; i < g->n; i++) {
                buf_put_time(out, g->rows[i].after);
                buf_put_u8(out, (uint8_t)g->rows[i].priority);
        }
        buf_put_u8(out, (uint8_t)g->done);
        buf_put_time(out, g->since);
        buf_put_u8(out, (uint8_t)g->floor);
}

static void save_source(const struct alarm *alarm, struct buf *out) {
        buf_put_u8(out, (uint8_t)(alarm->silent | alarm->link << 1));
}

int alarms_save(const struct alarms *a, struct buf *out) {
        buf_put_u8(out, SAVE_VERSION);
        buf_put_var(out, a->next_id);
        buf_put_var(out, a->transitions);
        buf_put_var(out, a->muted);
        buf_put_var(out, a->regraded);
        buf_put_var(out, HASH_CNT(hh, a->mutes.episodes));
        for (const struct alarm_episode *e = a->mutes.episodes; e; e = e->hh.next)
                save_episode(e, out);
        alarm_source_save(a, out);
        buf_put_var(out, HASH_CNT(by_id, a->ids));
        for (const struct alarm *alarm = a->ids; alarm; alarm = alarm->by_id.next) {
                save_alarm(&alarm->now, out);
                save_mute(alarm, out);
                save_regrade(&alarm->regrade, out);
                save_source(alarm, out);
        }
        return out->error;
}

static void load_strings(struct ww_alarm *a, struct rd *in) {
        struct ww_str *const strings[] = {
                &a->rule, &a->key,   &a->title,  &a->procedure,       &a->legal_basis,   &a->site,
                &a->zone, &a->asset, &a->device, &a->acknowledged_by, &a->suppressed_by, &a->work_order
        };

        for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
                *strings[i] = rd_str(in);
}

static void load_regions(struct ww_alarm_regions *r, struct rd *in) {
        uint8_t bits = rd_u8(in);

        *r = (struct ww_alarm_regions){
                .active = bits & 1,
                .acknowledged = bits >> 1 & 1,
                .latched = bits >> 2 & 1,
                .suppressed = bits >> 3 & 1,
                .out_of_service = bits >> 4 & 1,
                .shelved = (enum ww_shelved)rd_u8(in),
        };
}

static struct ww_alarm load_fields(struct rd *in) {
        struct ww_alarm a;

        machine_init(&a);
        load_strings(&a, in);
        a.id = rd_var(in);
        a.rule_hash = rd_u64(in);
        a.hazard = (enum ww_hazard)rd_u8(in);
        a.klass = (enum ww_class)rd_u8(in);
        a.priority = (enum ww_priority)rd_u8(in);
        a.priority_unack = (enum ww_priority)rd_u8(in);
        load_regions(&a.regions, in);
        flags_set(&a, rd_var(in));
        a.raised_count = (uint32_t)rd_var(in);
        a.version = rd_var(in);
        a.alarmed_version = rd_var(in);
        a.raised_at = rd_time(in);
        a.changed_at = rd_time(in);
        a.acknowledged_at = rd_time(in);
        a.shelved_until = rd_time(in);
        a.out_of_service_until = rd_time(in);
        return a;
}

static bool priority_valid(enum ww_priority p) {
        return p >= WW_PRIORITY_LOW && p <= WW_PRIORITY_CRITICAL;
}

/* `last`: the id before; they grow. */
static bool valid(const struct alarms *a, const struct ww_alarm *alarm, uint64_t last) {
        return alarm->id > last && alarm->id < a->next_id && (unsigned)alarm->hazard < WW_HAZARD_MAX_ &&
               (unsigned)alarm->klass < WW_CLASS_MAX_ && priority_valid(alarm->priority) &&
               priority_valid(alarm->priority_unack) && (unsigned)alarm->regions.shelved <= WW_SHELVED_ONE_SHOT &&
               alarm->version && alarm->alarmed_version <= alarm->version &&
               ww_alarm_state(&alarm->regions) != WW_ALARM_NORM &&
               !alarm_find(a, alarm->rule, alarm->key, alarm->exercise);
}

static bool load_mute(const struct alarms *a, struct alarm *alarm, struct rd *in) {
        struct ww_str rule, key;

        alarm->settles = rd_time(in);
        if (rd_u8(in)) {
                rule = rd_str(in);
                key = rd_str(in);
                alarm->by = in->failed ? NULL : alarm_episode_named(a, rule, key, alarm->now.exercise);
                if (!alarm->by)
                        return false;
        }
        return alarm->now.regions.suppressed == (alarm->by || alarm->settles != WW_TIME_NONE);
}

static bool load_regrade(struct alarm_regrade *g, struct rd *in) {
        bool good = true;

        g->n = rd_u8(in);
        for (unsigned i = 0; i < g->n && g->n <= WW_REGRADE_AFTER_MAX; i++) {
                g->rows[i].after = rd_time(in);
                g->rows[i].priority = (enum ww_priority)rd_u8(in);
                good = good && priority_valid(g->rows[i].priority);
        }
        g->done = rd_u8(in);
        g->since = rd_time(in);
        g->floor = (enum ww_priority)rd_u8(in);
        return good && g->n <= WW_REGRADE_AFTER_MAX && g->done <= g->n && (g->floor == 0 || priority_valid(g->floor));
}

static bool load_source(struct alarm *alarm, struct rd *in) {
        uint8_t bits = rd_u8(in);

        alarm->silent = bits & 1;
        alarm->link = bits >> 1 & 1;
        return bits < 1 << 2;
}

static int load_alarm(struct alarms *a, const struct ww_alarm *from, struct rd *in) {
        _cleanup_(alarm_freep) struct alarm *alarm = alarm_new(from->rule, from->key, from->exercise);
        struct alarm *linked;
        struct ww_str rule, key;
        int r;

        if (!alarm)
                return -ENOMEM;
        rule = alarm->now.rule;
        key = alarm->now.key;
        alarm->now = *from;
        alarm->now.rule = rule;
        alarm->now.key = key;
        r = alarm_set_texts(alarm, from);
        if (!r)
                r = alarm_set_marks(alarm, from->acknowledged_by, from->suppressed_by, from->work_order);
        if (!r && (!load_mute(a, alarm, in) || !load_regrade(&alarm->regrade, in) || !load_source(alarm, in)))
                r = -EBADMSG;
        if (!r)
                r = alarm_link(a, alarm);
        if (r)
                return r;
        linked = alarm;
        alarm = NULL;
        alarm_place_link(&a->mutes, linked);
        r = alarm_source_link(a, linked);
        if (r)
                return r;
        r = linked->now.regions.active ? alarm_group_count(a, &linked->now, 1) : 0;
        alarm_deadline_update(a, linked);
        return r;
}

static int load_episode(struct alarms *a, struct rd *in) {
        struct alarm_episode e = { 0 };

        e.rule = rd_str(in);
        e.key_text = rd_str(in);
        e.asset_id = rd_str(in);
        e.exercise = rd_u8(in) != 0;
        e.alarm = rd_var(in);
        e.opened = rd_time(in);
        e.end = rd_time(in);
        e.timer.deadline = rd_time(in);
        e.row = alarm_mute_row(&a->mutes, e.rule);
        if (in->failed || !e.row || e.alarm >= a->next_id || alarm_episode_named(a, e.rule, e.key_text, e.exercise))
                return -EBADMSG;
        return alarm_episode_restore(a, &e);
}

static int load_episodes(struct alarms *a, struct rd *in) {
        uint64_t n = rd_var(in);
        int r = 0;

        while (n-- && !r && !in->failed)
                r = load_episode(a, in);
        return in->failed ? -EBADMSG : r;
}

int alarms_load(struct alarms *a, struct rd *in) {
        uint64_t n, last = 0;
        int r;

        if (rd_u8(in) != SAVE_VERSION || a->ids || a->mutes.episodes)
                return -EBADMSG;
        a->next_id = rd_var(in);
        a->transitions = rd_var(in);
        a->muted = rd_var(in);
        a->regraded = rd_var(in);
        r = load_episodes(a, in);
        if (!r)
                r = alarm_source_load(a, in);
        n = rd_var(in);
        while (n-- && !r && !in->failed) {
                struct ww_alarm alarm = load_fields(in);

                if (in->failed || !valid(a, &alarm, last))
                        return -EBADMSG;
                last = alarm.id;
                r = load_alarm(a, &alarm, in);
        }
        return in->failed ? -EBADMSG : r;
}
