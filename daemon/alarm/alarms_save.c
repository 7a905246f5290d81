/* The alarms' state for the snapshot: each alarm as its journal record, and the highest id ever given. */
#include "alarm/alarms_internal.h"

#include <wardwatch/record.h>

int alarms_save(const struct alarms *a, struct buf *out) {
        struct buf record = BUF_INIT;
        int r = 0;

        buf_put_u64(out, a->last_id);
        buf_put_u64(out, a->transitions);
        buf_put_var(out, HASH_CNT(by_id, a->by_id));
        for (const struct alarm_entry *entry = a->by_id; entry && !r; entry = entry->by_id.next) {
                buf_reset(&record);
                r = ww_alarm_encode(&entry->alarm, &record);
                buf_put_str(out, buf_str(&record));
        }
        buf_deinit(&record);
        return r ? r : out->error;
}

/* A detection that describes the alarm as it was: the same way in as when it was raised. */
static int alarms_load_one(struct alarms *a, const struct ww_alarm *alarm) {
        const struct ww_detection d = {
                .flags = alarm->exercise ? WW_DETECTION_EXERCISE : 0,
                .rule = alarm->rule,
                .rule_hash = alarm->rule_hash,
                .key = alarm->key,
                .title = alarm->title,
                .hazard = alarm->hazard,
                .klass = alarm->klass,
                .priority = alarm->priority,
                .procedure = alarm->procedure,
                .legal_basis = alarm->legal_basis,
                .site = alarm->site,
                .zone = alarm->zone,
                .asset = alarm->asset,
                .device = alarm->device,
        };
        struct alarm_entry *entry = alarm->id ? alarm_table_add(a, &d, alarm->id) : NULL;
        struct ww_alarm placed;
        int r;

        if (!entry)
                return alarm->id ? -ENOMEM : -EBADMSG;
        placed = entry->alarm; /* whose strings are the entry's own */
        entry->alarm = *alarm;
        entry->alarm.rule = placed.rule;
        entry->alarm.key = placed.key;
        entry->alarm.title = placed.title;
        entry->alarm.procedure = placed.procedure;
        entry->alarm.legal_basis = placed.legal_basis;
        entry->alarm.site = placed.site;
        entry->alarm.zone = placed.zone;
        entry->alarm.asset = placed.asset;
        entry->alarm.device = placed.device;
        r = alarm_entry_set(&entry->acknowledged_by, &entry->alarm.acknowledged_by, alarm->acknowledged_by);
        if (!r)
                r = alarm_entry_set(&entry->suppressed_by, &entry->alarm.suppressed_by, alarm->suppressed_by);
        if (!r)
                r = alarm_entry_set(&entry->work_order, &entry->alarm.work_order, alarm->work_order);
        alarm_group_count(entry);
        return r;
}

int alarms_load(struct alarms *a, struct rd *in) {
        uint64_t last_id = rd_u64(in), transitions = rd_u64(in), n = rd_var(in);
        int r = 0;

        for (uint64_t i = 0; i < n && !r && !in->failed; i++) {
                struct ww_alarm alarm;

                r = ww_alarm_decode(rd_str(in), &alarm) ? -EBADMSG : alarms_load_one(a, &alarm);
        }
        a->last_id = last_id;
        a->transitions = transitions;
        a->deadline_dirty = true;
        return in->failed ? -EBADMSG : r;
}
