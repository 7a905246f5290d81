#include "notices.h"

#define LOW    WW_PRIORITY_LOW
#define MEDIUM WW_PRIORITY_MEDIUM
#define HIGH   WW_PRIORITY_HIGH

/* clang-format off */
const struct notice_kind notice_kinds[] = {
        { "engine-started",       NOTICE_RECORD,  NULL,                       LOW,    "Engine started", false },
        { "configuration-changed", NOTICE_RECORD, NULL,                       LOW,    "Another configuration is in force", false },
        { "rules-unsigned",       NOTICE_RECORD,  NULL,                       LOW,    "Rules came into force that nobody had signed", false },
        { "engine-stopped",       NOTICE_RECORD,  NULL,                       LOW,    "Engine stopped", false },
        { "intake-blind",         NOTICE_RECORD,  NULL,                       LOW,    "Intake is behind or cut off", false },
        { "intake-sighted",       NOTICE_RECORD,  NULL,                       LOW,    "Intake has caught up", false },
        { "version-changed",      NOTICE_RECORD,  NULL,                       LOW,    "Another version goes on", false },
        { "credentials-changed",  NOTICE_RECORD,  NULL,                       LOW,    "A person's credentials changed", true },
        { "login",                NOTICE_RECORD,  NULL,                       LOW,    "A person logged in", true },
        { "login-refused",        NOTICE_RECORD,  NULL,                       LOW,    "A log-in was refused", true },
        { "logout",               NOTICE_RECORD,  NULL,                       LOW,    "A session ended", true },
        { "session-locked",       NOTICE_RECORD,  NULL,                       LOW,    "A session was locked or unlocked", true },
        { "key-used",             NOTICE_RECORD,  NULL,                       LOW,    "A program came with its key", true },
        { "history-exported",     NOTICE_RECORD,  NULL,                       LOW,    "History was exported", true },
        { "second-person",        NOTICE_RECORD,  NULL,                       LOW,    "A second person was asked and answered", true },
        { "signature-key",        NOTICE_RECORD,  NULL,                       LOW,    "Topics are signed with another key", false },
        { "clock-confirmed",      NOTICE_RECORD,  NULL,                       LOW,    "Clock step confirmed", false },
        { "intake-lost",          NOTICE_BEGINS,  "system/intake-lost",       HIGH,   "Connection to the broker lost", false },
        { "intake-back",          NOTICE_ENDS,    "system/intake-lost",       HIGH,   "Connection to the broker is back", false },
        { "journal-full",         NOTICE_BEGINS,  "system/journal-full",      HIGH,   "Journal nearly full: intake waits at the broker", false },
        { "journal-room",         NOTICE_ENDS,    "system/journal-full",      HIGH,   "Journal has room again", false },
        { "database-lost",        NOTICE_BEGINS,  "system/database-lost",     MEDIUM, "Database cannot be reached: the journal buffers", true },
        { "database-back",        NOTICE_ENDS,    "system/database-lost",     MEDIUM, "Database is back", true },
        { "session-lost",         NOTICE_INSTANT, "system/session-lost",      HIGH,   "Broker lost our session: messages may be missing", false },
        { "clock-backward",       NOTICE_INSTANT, "system/clock",             MEDIUM, "Clock was set back", false },
        { "clock-forward",        NOTICE_INSTANT, "system/clock",             MEDIUM, "Clock jumped forward: not followed until confirmed", false },
        { "record-skipped",       NOTICE_INSTANT, "system/record-skipped",    HIGH,   "A message crashed the engine and was set aside", false },
        { "replay-differs",       NOTICE_INSTANT, "system/replay-differs",    HIGH,   "Replay of the journal differs from what was written", false },
        { "journal-damaged",      NOTICE_INSTANT, "system/journal-damaged",   HIGH,   "Journal was damaged; what could be read was saved", false },
        { "snapshot-failed",      NOTICE_INSTANT, "system/snapshot-failed",   MEDIUM, "Snapshot could not be written", false },
        { "snapshot-refused",     NOTICE_INSTANT, "system/snapshot-refused",  MEDIUM, "A snapshot is not what was written: it was passed over", false },
        { "rules-refused",        NOTICE_INSTANT, "system/rules-refused",     MEDIUM, "Reload refused: the old rules stay in force", false },
        { "row-quarantined",      NOTICE_INSTANT, "system/row-quarantined",   MEDIUM, "Database refused a row; it is kept in quarantine", true },
        { "store-gap",            NOTICE_INSTANT, "system/store-gap",         HIGH,   "Records were trimmed before the database had them", true },
        { "sensor-drift",         NOTICE_BEGINS,  "system/sensor-drift",      MEDIUM, "Messages of a sensor type are no longer understood", false },
        { "sensor-understood",    NOTICE_ENDS,    "system/sensor-drift",      MEDIUM, "Messages of a sensor type are understood again", false },
        { "spoofed-message",      NOTICE_INSTANT, "system/spoofed-message",   HIGH,   "A message that its device must sign is not signed by it", false },
        { "replayed-message",     NOTICE_INSTANT, "system/replayed-message",  HIGH,   "A signed message came a second time: a recording", false },
        { "signatures-refused",   NOTICE_INSTANT, "system/signatures-refused", HIGH,  "The keys of mqtt.signatures cannot be taken: signatures are not checked by them", false },
        { "sandbox-degraded",     NOTICE_BEGINS,  "system/sandbox-degraded",  MEDIUM, "This kernel cannot hold the processes to what they need", false },
        { "sandbox-whole",        NOTICE_ENDS,    "system/sandbox-degraded",  MEDIUM, "The processes are held to what they need", false },
        { "worker-forbidden",     NOTICE_INSTANT, "system/worker-forbidden",  HIGH,   "A process did what it may not, and was killed: an intruder, or a fault of ours", false },
        { "broker-open",          NOTICE_BEGINS,  "system/broker-open",       MEDIUM, "Broker lets anybody publish anything", false },
        { "broker-closed",        NOTICE_ENDS,    "system/broker-open",       MEDIUM, "Broker refuses what it must", false },
        { "limit-reached",        NOTICE_INSTANT, "system/limit-reached",     MEDIUM, "A rule reached its limit of state", false },
};
/* clang-format on */
const size_t notice_kinds_n = sizeof notice_kinds / sizeof *notice_kinds;

const struct notice_kind *notice_find(struct ww_str name) {
        for (size_t i = 0; i < notice_kinds_n; i++) {
                if (ww_str_is(name, notice_kinds[i].name))
                        return &notice_kinds[i];
        }
        return NULL;
}
