#include "store/table.h"

#include <string.h>

/* clang-format off */
const struct table_row tables[TABLE_MAX_] = {
        [TABLE_MESSAGE] = { "message",
                "journal, seq, received_at, journal_time, origin, retained, duplicate, skipped, topic, payload, signed", "iqttsbbbsyb", "received_at", 11 },
        [TABLE_ENGINE_INPUT] = { "engine_input",
                "journal, seq, received_at, journal_time, origin, type, name, body, primed, stood", "iqttsssyss", "journal_time", 10 },
        [TABLE_COMMAND] = { "command",
                "journal, seq, received_at, journal_time, origin, actor, command_id, name, request", "iqttssssj", "journal_time", 9 },
        [TABLE_COMMAND_REPLY] = { "command_reply",
                "journal, seq, n, journal_time, command_id, ok, reply", "iqitsbj", "journal_time", 7 },
        [TABLE_EVENT] = { "event",
                "journal, seq, n, idx, time, received_at, device_time, site, zone, asset, device, sensor, kind, state, "
                "value_number, value_text, unit, attributes, flags", "iqiitttsssssssdssja", "time", 19 },
        [TABLE_UNDECODED] = { "undecoded",
                "journal, seq, n, received_at, reason, sensor, detail", "iqitsss", "received_at", 7 },
        [TABLE_ALARM] = { "alarm",
                "journal, alarm, seq, n, raised_at, rule, rule_hash, key, title, hazard, class, priority, procedure, "
                "legal_basis, site, zone, asset, device, exercise, covert", "iqqitsqsssssssssssbb", "raised_at", 20 },
        [TABLE_ALARM_TRANSITION] = { "alarm_transition",
                "journal, seq, n, alarm, version, changed_at, time, cause, actor, reason, old_state, new_state, "
                "old_regions, new_regions, old_priority, priority, priority_unack, annunciate, rule, key, title, site, "
                "zone, asset, device, raised_at, raised_count, acknowledged_at, acknowledged_by, shelved_until, "
                "out_of_service_until, suppressed_by, work_order, flags, context, sound", "iqiqqttsssssaasssbssssssstqtsttssass", "changed_at", 36 },
        [TABLE_ALARM_EVIDENCE] = { "alarm_evidence",
                "journal, seq, n, position, alarm, role, event_seq, event_idx, event_time, device, kind, changed_at", "iqiiqsqitsst", "changed_at", 12 },
        [TABLE_NOTICE] = { "notice",
                "journal, seq, n, journal_time, name, subject, text", "iqitsss", "journal_time", 7 },
        [TABLE_RULESET] = { "ruleset",
                "journal, seq, n, in_force_from, hash, rules, sensors, assets, zones, complete_from", "iqitsqqqqt", "", 10 },
        [TABLE_CHANGE] = { "change",
                "journal, seq, n, changed_at, subject, id, version, incident, what, ended, exercise, actor, reason, "
                "body", "iqitsqqqsbbssj", "changed_at", 14 },
        [TABLE_CHANGE_RESTRICTED] = { "change_restricted",
                "journal, seq, n, changed_at, subject, id, version, incident, what, ended, exercise, actor, reason, "
                "body", "iqitsqqqsbbssj", "changed_at", 14 },
        [TABLE_SITE_ZONE] = { "site_zone",
                "journal, seq, zone, parent, title, type, key_area", "", "", 7 },
        [TABLE_SITE_ASSET] = { "site_asset",
                "journal, seq, asset, title, class, device, zone, supervision", "", "", 8 },
        [TABLE_QUARANTINE] = { "quarantine",
                "journal, seq, n, record, sqlstate, error", "iqiyss", "", 6 },
};
/* clang-format on */

unsigned table_seq_field(enum table table) {
        const char *columns = tables[table].columns, *seq = strstr(columns, " seq,");
        unsigned place = 0;

        for (; columns < seq; columns++)
                place += *columns == ',';
        return place;
}
